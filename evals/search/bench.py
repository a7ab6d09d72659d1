"""How fast and how large: latency, throughput and peak memory of a fresh process that only answers, and the same beside LlamaIndex.

The process is `python -m evals.search.bench`: it reads {"corpus", "queries", "rounds"} from stdin as JSON and writes
its figures to stdout. It loads no more than the chat needs for retrieval (no parsers, no measures), so that its memory can be
judged. Beside LlamaIndex, each is built and asked in fresh processes, one after the other, so that their ratio says more than
their times. Times of the processor are given too: they say the same on a machine that is busy with other things.
"""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evals import stats
from evals.datasets.questions import GoldQuestion
from evals.search.system import build_index, opened, settings_for
from retrieval.config import ROOT, Settings, load_settings
from retrieval.errors import ConfigError, FootnoteError
from retrieval.text.tokenize import count_tokens
from retrieval.types import Json, Retriever

OURS = ("OPENBLAS_NUM_THREADS",)  # set by this process for itself; each process decides for itself
SMALLEST, LARGEST = 140, 220  # tokens of a made section; a chunk has at most 250
MARKS = frozenset("|`#<")  # what would begin a table, code or a heading
DIFFERENT = 300  # sections that a made folder repeats
THREADS = 2  # for the throughput
PEER = Path(__file__).resolve().parent / "peer_llamaindex.py"
PEER_PYTHON = ROOT / ".venv-peers" / "bin" / "python"


def bench(questions: Sequence[GoldQuestion], corpus: Path, settings: Settings, *, rounds: int) -> Json:
    """Build, or bring up to date, then time a process of its own at the settings' k."""
    begun, cpu = time.perf_counter(), _cpu()
    encoded = build_index(settings_for(settings, corpus))
    built = {"build_s": time.perf_counter() - begun, "build_cpu_s": _cpu() - cpu, "encoded": encoded}
    size = sum(path.stat().st_size for path in corpus.rglob("*.md")) / 1e6
    queries = [question.standalone or question.question for question in questions]
    found = answering(queries, corpus, rounds=rounds, index_dir=settings.index_dir)
    times = found.pop("ms")
    latency = {f"p{percent}": stats.percentile(times, percent) for percent in (50, 95, 99)}
    return {**found, **built, "mb": size, "latency_ms": latency, "queries": len(times)}


def bench_sizes(
    questions: Sequence[GoldQuestion],
    corpus: Path,
    settings: Settings,
    *,
    chunks: Sequence[int],
    rounds: int,
) -> list[Json]:
    """`bench` over a folder that grows to about so many chunks, see `write_sections`. Only the first build encodes anything."""
    with tempfile.TemporaryDirectory() as place:
        kept = settings.model_copy(update={"index_dir": Path(place) / "index"})
        text = " ".join(path.read_text(encoding="utf-8") for path in sorted(corpus.rglob("*.md")))
        lines = text.replace("\n", " ").split(". ")
        sentences = [line for line in lines if 40 < len(line) < 400 and MARKS.isdisjoint(line)]
        found = []
        for count in sorted(chunks):
            folder = write_sections(Path(place) / "made", sentences, count)
            found.append(bench(questions, folder, kept, rounds=rounds))
    return found


def write_sections(folder: Path, sentences: Sequence[str], chunks: int) -> Path:
    """Markdown files that are cut into `chunks` chunks: DIFFERENT sections of one chunk each, fifty to a file in another order
    in each, so that a large index costs no more to encode than a small one and is as long to search."""
    chance = random.Random(1)
    sections = [f"## Part {number}\n\n{_one_chunk(sentences, chance)}\n" for number in range(DIFFERENT)]
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, chunks, 50):
        held = chance.sample(sections, min(50, chunks - start))
        (folder / f"{start:06d}.md").write_text("# Sections\n\n" + "\n".join(held), encoding="utf-8")
    return folder


def _one_chunk(sentences: Sequence[str], chance: random.Random) -> str:
    """Too much for two such to share a chunk, and not enough for two chunks."""
    held: list[str] = []
    for sentence in chance.sample(sentences, len(sentences)):
        size = count_tokens(". ".join([*held, sentence]))
        if size < LARGEST:
            held.append(sentence)
        if size > SMALLEST:
            break
    return ". ".join(held) + "."


def answering(queries: Sequence[str], corpus: Path, *, rounds: int, index_dir: Path) -> Json:
    """What a process of its own says of itself over the index of `corpus`, which is built already. `index_dir`: of the
    settings that it was built with."""
    asked = {"corpus": str(corpus.resolve()), "queries": list(queries), "rounds": rounds}
    return dict(
        json.loads(
            run_process([sys.executable, "-m", "evals.search.bench"], json.dumps(asked), INDEX_DIR=str(index_dir))
        )
    )


def run_process(command: Sequence[str], text: str = "", **environment: str) -> str:
    """What a process that reads `text` writes. Raises FootnoteError where it fails."""
    done = subprocess.run(
        command,
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={name: value for name, value in os.environ.items() if name not in OURS} | environment,
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
            f"built in     {found['build_s']:.1f} s ({found['build_cpu_s']:.1f} s of processor), {found['mb']:.2f} MB, "
            f"{found['encoded']} windows encoded",
            f"opened in    {found['open_s']:.2f} s",
            f"latency      {latency} ms over {found['queries']} queries, one after the other; {found['cpu_ms']:.1f} ms of processor",
            f"stages       {stages} ms in the mean",
            f"throughput   {found['per_second']:.1f} queries/s, {found['per_second_threads']:.1f} on {THREADS} threads",
            f"peak memory  {found['peak_mb']:.0f} MB",
        ]
    )


def answer_all(retriever: Retriever, queries: Sequence[str], *, rounds: int) -> Json:
    """Milliseconds of each query one after the other, the mean of each stage, and queries per second on one and on several
    threads."""
    retriever.retrieve(queries[0])
    stages: Counter[str] = Counter()
    cpu = time.process_time()
    times = [_timed(retriever, query, stages) for _ in range(rounds) for query in queries]
    cpu, begun = time.process_time() - cpu, time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(retriever.retrieve, [query for _ in range(rounds) for query in queries]):
            pass
    together = time.perf_counter() - begun
    return {
        "ms": times,
        "cpu_ms": 1000.0 * cpu / len(times),
        "stages_ms": {name: total / len(times) for name, total in stages.items()},
        "per_second": 1000.0 * len(times) / sum(times),
        "per_second_threads": len(times) / together,
    }


def _cpu() -> float:
    """Seconds of processor that this process and those it has started and waited for have had."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_megabytes() -> float:
    """The largest resident size of this process so far.

    Linux hands `ru_maxrss` down from whoever started the process, however large that was; VmHWM is of this program alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / (1 << 10)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # macOS counts bytes


def main() -> int:
    asked = json.load(sys.stdin)
    begun = time.perf_counter()
    try:
        with opened(settings_for(load_settings(), Path(asked["corpus"])), with_texts=False) as system:
            took = time.perf_counter() - begun
            found = answer_all(system.retriever, asked["queries"], rounds=asked["rounds"])
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


def compare_with_peers(queries: Sequence[str], corpus: Path, settings: Settings) -> Json:
    """{"documents", "questions", "ours", "llamaindex"}: of each the seconds of a build from nothing and the median
    milliseconds of a question, by the clock and of the processor. Raises ConfigError without the environment that has LlamaIndex.
    """
    if not PEER_PYTHON.is_file():
        raise ConfigError(f"There is no {PEER_PYTHON}. Run make bench-peers, which makes it.")
    own = settings_for(settings, corpus)
    shutil.rmtree(own.index_dir, ignore_errors=True)
    begun, cpu = time.perf_counter(), _cpu()
    build = [sys.executable, "-m", "ingest", "--quiet"]
    run_process(build, CORPUS=str(corpus.resolve()), INDEX_DIR=str(own.index_dir.resolve()))
    seconds, cpu = time.perf_counter() - begun, _cpu() - cpu
    ours = answering(queries, corpus, rounds=1, index_dir=settings.index_dir)
    with opened(own) as system:
        texts = dict(system.texts)
    asked = json.dumps({"texts": texts, "queries": list(queries)})
    theirs = json.loads(run_process([str(PEER_PYTHON), str(PEER)], asked))
    return {
        "documents": len(texts),
        "questions": len(queries),
        "ours": _figures({**ours, "build_s": seconds, "build_cpu_s": cpu, "chunks": ours["counts"]["chunks"]}),
        "llamaindex": _figures(theirs),
    }


def peers_table(found: Json) -> str:
    ours, theirs = found["ours"], found["llamaindex"]
    rows = [
        f"{found['documents']} documents, {found['questions']} questions",
        f"{'':<24}{'Footnote':>10}{'LlamaIndex':>12}{'ratio':>8}",
    ]
    for name, label in (
        ("build_s", "build from nothing, s"),
        ("build_cpu_s", "  of processor, s"),
        ("ms", "question, median ms"),
        ("cpu_ms", "  of processor, ms"),
        ("peak_mb", "peak memory, MB"),
    ):
        rows.append(f"{label:<24}{ours[name]:>10.1f}{theirs[name]:>12.1f}{ours[name] / max(theirs[name], 1e-9):>8.2f}")
    return "\n".join(rows)


def _figures(found: Json) -> Json:
    kept = {name: found[name] for name in ("build_s", "build_cpu_s", "cpu_ms", "peak_mb", "chunks")}
    return {**kept, "ms": stats.percentile(found["ms"], 50)}


if __name__ == "__main__":
    sys.exit(main())
