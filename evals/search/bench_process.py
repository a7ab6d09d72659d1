"""A process that only answers, timing itself: what `python -m evals bench` starts and reads.

Loads no more than the chat needs for retrieval (no parsers, no measures), so that its memory can be judged. Reads
{"corpus", "queries", "rounds", "threads"} from stdin as JSON, writes its figures to stdout.
"""

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evals.search.system import opened, settings_for
from retrieval.config import load_settings
from retrieval.errors import FootnoteError
from retrieval.types import Json, Retriever


def answer_all(retriever: Retriever, queries: Sequence[str], *, rounds: int, threads: int) -> Json:
    """Milliseconds of each query one after the other, the mean of each stage, and queries per second on one and on several
    threads."""
    retriever.retrieve(queries[0])
    stages: Counter[str] = Counter()
    times = [_timed(retriever, query, stages) for _ in range(rounds) for query in queries]
    begun = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(retriever.retrieve, [query for _ in range(rounds) for query in queries]):
            pass
    together = time.perf_counter() - begun
    return {
        "ms": times,
        "stages_ms": {name: total / len(times) for name, total in stages.items()},
        "per_second": 1000.0 * len(times) / sum(times),
        "per_second_threads": len(times) / together,
    }


def peak_megabytes() -> float:
    """The largest resident size of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> int:
    asked = json.load(sys.stdin)
    begun = time.perf_counter()
    try:
        with opened(settings_for(load_settings(), Path(asked["corpus"])), with_texts=False) as system:
            took = time.perf_counter() - begun
            found = answer_all(system.retriever, asked["queries"], rounds=asked["rounds"], threads=asked["threads"])
    except FootnoteError as error:
        print(error, file=sys.stderr)
        return 2
    json.dump({**found, "open_s": took, "peak_mb": peak_megabytes(), "counts": dict(system.counts)}, sys.stdout)
    return 0


def _timed(retriever: Retriever, query: str, stages: Counter[str]) -> float:
    begun = time.perf_counter()
    found = retriever.retrieve(query)
    took = (time.perf_counter() - begun) * 1000.0
    for stage in found.stages:
        stages[stage.name] += stage.ms  # type: ignore[assignment]
    return took


if __name__ == "__main__":
    sys.exit(main())
