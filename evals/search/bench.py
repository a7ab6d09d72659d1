"""How fast and how large: latency, throughput and peak memory of a fresh process that only answers."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from evals import stats
from evals.datasets.questions import Question
from evals.search.system import build_index, opened, settings_for
from retrieval.config import ROOT, Settings
from retrieval.errors import FootnoteError
from retrieval.types import Json


def bench(questions: Sequence[Question], corpus: Path, settings: Settings, *, rounds: int, threads: int) -> Json:
    """Build or reuse the index, then time a process of its own at the settings' k."""
    begun = time.perf_counter()
    encoded = build_index(settings_for(settings, corpus))
    built = {"build_s": time.perf_counter() - begun, "encoded": encoded}
    queries = [question.standalone or question.question for question in questions]
    found = answering(queries, corpus, rounds=rounds, threads=threads)
    times = found.pop("ms")
    latency = {f"p{percent}": stats.percentile(times, percent) for percent in (50, 95, 99)}
    return {**found, **built, "latency_ms": latency, "queries": len(times), "threads": threads}


def bench_sizes(
    questions: Sequence[Question], corpus: Path, settings: Settings, *, chunks: Sequence[int], rounds: int, threads: int
) -> list[Json]:
    """`bench` over folders of about so many chunks, made of the sentences of `corpus` in random order."""
    with tempfile.TemporaryDirectory() as place:
        kept = settings.model_copy(update={"index_dir": Path(place) / "index"})
        source = settings_for(kept, corpus)
        build_index(source)
        with opened(source) as system:
            sentences = [line for text in system.texts.values() for line in text.split(". ") if 40 < len(line) < 400]
        found = []
        for count in chunks:
            folder = write_sentences(Path(place) / f"{count}", sentences, count)
            found.append(bench(questions, folder, kept, rounds=rounds, threads=threads))
    return found


def write_sentences(folder: Path, sentences: Sequence[str], chunks: int) -> Path:
    """Markdown files that are cut into about `chunks` chunks: ten sentences under a heading each, fifty to a file."""
    chance = random.Random(chunks)
    folder.mkdir(parents=True)
    for start in range(0, chunks, 50):
        sections = (
            f"## Part {number}\n\n{'. '.join(chance.sample(sentences, 10))}.\n"
            for number in range(start, min(start + 50, chunks))
        )
        (folder / f"{start:06d}.md").write_text(f"# File {start}\n\n{chr(10).join(sections)}", encoding="utf-8")
    return folder


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
    stages = ", ".join(f"{name} {ms:.1f}" for name, ms in found["stages_ms"].items())
    return "\n".join(
        [
            f"index        {counts}",
            f"built in     {found['build_s']:.1f} s, {found['encoded']} windows encoded",
            f"opened in    {found['open_s']:.2f} s",
            f"latency      {latency} ms over {found['queries']} queries, one after the other",
            f"stages       {stages} ms in the mean",
            f"throughput   {found['per_second']:.1f} queries/s, {found['per_second_threads']:.1f} on {found['threads']} threads",
            f"peak memory  {found['peak_mb']:.0f} MB",
        ]
    )
