"""How fast and how large: latency, throughput and peak memory of a fresh process that only answers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from evals import stats
from evals.datasets.questions import Question
from evals.search.system import build_index, settings_for
from retrieval.config import ROOT, Settings
from retrieval.errors import FootnoteError
from retrieval.types import Json


def bench(questions: Sequence[Question], corpus: Path, settings: Settings, *, rounds: int, threads: int) -> Json:
    """Build or reuse the index, then time a process of its own at the settings' k."""
    build_index(settings_for(settings, corpus))
    queries = [question.standalone or question.question for question in questions]
    asked = {"corpus": str(corpus.resolve()), "queries": queries, "rounds": rounds, "threads": threads}
    done = subprocess.run(
        [sys.executable, "-m", "evals.search.bench_process"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode:
        raise FootnoteError(f"The process that answers ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    found: Json = json.loads(done.stdout)
    times = found.pop("ms")
    latency = {f"p{percent}": stats.percentile(times, percent) for percent in (50, 95, 99)}
    return {**found, "latency_ms": latency, "queries": len(times), "threads": threads}


def bench_table(found: Json) -> str:
    latency = ", ".join(f"{name} {ms:.1f}" for name, ms in found["latency_ms"].items())
    counts = ", ".join(f"{count} {name}" for name, count in found["counts"].items())
    return "\n".join(
        [
            f"index        {counts}",
            f"opened in    {found['open_s']:.2f} s",
            f"latency      {latency} ms over {found['queries']} queries, one after the other",
            f"throughput   {found['per_second']:.1f} queries/s, {found['per_second_threads']:.1f} on {found['threads']} threads",
            f"peak memory  {found['peak_mb']:.0f} MB",
        ]
    )
