"""How fast and how large: latency, throughput and peak memory of a fresh process that only answers."""

import json
import os
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
    found = answering(queries, corpus, rounds=rounds, threads=threads)
    times = found.pop("ms")
    latency = {f"p{percent}": stats.percentile(times, percent) for percent in (50, 95, 99)}
    return {**found, "latency_ms": latency, "queries": len(times), "threads": threads}


def answering(queries: Sequence[str], corpus: Path, *, rounds: int, threads: int) -> Json:
    """What `bench_process` says of itself over the index of `corpus`, which is built already."""
    asked = {"corpus": str(corpus.resolve()), "queries": list(queries), "rounds": rounds, "threads": threads}
    return dict(json.loads(run_process([sys.executable, "-m", "evals.search.bench_process"], json.dumps(asked))))


def run_process(command: Sequence[str], text: str = "", **environment: str) -> str:
    """What a process that reads `text` writes. Raises FootnoteError where it fails."""
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, **environment},
    )
    if done.returncode:
        raise FootnoteError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


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
