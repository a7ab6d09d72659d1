"""The same documents and questions for this project and for LlamaIndex's hybrid with sentence-transformers, in one run.

Each is built and asked in fresh processes, one after the other, so that their ratio says more than their times.
"""

import json
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from evals import stats
from evals.search import system
from evals.search.bench import answering, run_process
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.types import Json

SCRIPT = Path(__file__).resolve().parent / "peer_llamaindex.py"


def compare_with_peers(queries: Sequence[str], corpus: Path, settings: Settings, *, python: Path) -> Json:
    """{"documents", "questions", "ours", "llamaindex"}: of each the seconds of a build from nothing and the median
    milliseconds of a question. `python`: of the environment that has LlamaIndex. Raises ConfigError where there is none.
    """
    if not python.is_file():
        raise ConfigError(f"There is no {python}. Run make bench-peers, which makes it.")
    own = system.settings_for(settings, corpus)
    shutil.rmtree(own.index_dir, ignore_errors=True)
    begun = time.perf_counter()
    build = [sys.executable, "-m", "ingest", "--quiet"]
    run_process(build, CORPUS=str(corpus.resolve()), INDEX_DIR=str(own.index_dir.resolve()))
    seconds = time.perf_counter() - begun
    ours = answering(queries, corpus, rounds=1, threads=1)
    with system.opened(own) as opened:
        texts = dict(opened.texts)
    asked = json.dumps({"texts": texts, "queries": list(queries)})
    theirs = json.loads(run_process([str(python), str(SCRIPT)], asked))
    return {
        "documents": len(texts),
        "questions": len(queries),
        "ours": _figures(seconds, ours, ours["counts"]["chunks"]),
        "llamaindex": _figures(theirs["import_s"] + theirs["build_s"], theirs, theirs["chunks"]),
    }


def peers_table(found: Json) -> str:
    ours, theirs = found["ours"], found["llamaindex"]
    rows = [
        f"{found['documents']} documents, {found['questions']} questions",
        f"{'':<24}{'Footnote':>10}{'LlamaIndex':>12}{'ratio':>8}",
    ]
    for name, label in (
        ("build_s", "build from nothing, s"),
        ("ms", "question, median ms"),
        ("peak_mb", "peak memory, MB"),
    ):
        rows.append(f"{label:<24}{ours[name]:>10.1f}{theirs[name]:>12.1f}{ours[name] / max(theirs[name], 1e-9):>8.2f}")
    return "\n".join(rows)


def _figures(seconds: float, found: Json, chunks: int) -> Json:
    return {
        "build_s": seconds,
        "ms": stats.percentile(found["ms"], 50),
        "peak_mb": found["peak_mb"],
        "chunks": chunks,
    }
