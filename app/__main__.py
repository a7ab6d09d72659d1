"""python -m app ask "..." | doctor | usage | contexts: the answers of the chat, and what they stand on, in a terminal."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.terminal import print_answer, usage_table
from app.types import Question
from retrieval.config import ROOT, Settings, load_settings
from retrieval.errors import ConfigError, exit_status
from retrieval.types import Scope

if TYPE_CHECKING:
    from app.answering.course import Course

SHADOW_SECONDS = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit status: 0 answered, 3 the course does not cover it, 1 an error, 2 a wrong command."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that knows no typographic signs shows question marks
    given = {"writer": options.writer} if getattr(options, "writer", "") else {}
    return exit_status(lambda: int(options.run(load_settings(**given), options)), said_by="footnote")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    ask = commands.add_parser("ask", help="answer one question")
    ask.add_argument("question")
    ask.add_argument("--json", action="store_true", help="the whole answer with its trace as JSON")
    ask.add_argument("--writer", choices=["auto", "claude", "local", "excerpts"], default="")
    ask.add_argument("--document", action="append", default=[], help="look only in this document (title, path or id)")
    ask.set_defaults(run=_ask)
    check = commands.add_parser("doctor", help="check the model, the index, the key, Qdrant and the disk")
    check.add_argument(
        "--paid", action="store_true", help="try what Claude can do with real requests; the price is said first"
    )
    check.set_defaults(run=_doctor)
    usage = commands.add_parser("usage", help="answers, tokens and dollars of the last days")
    usage.set_defaults(run=_usage)
    contexts = commands.add_parser(
        "contexts",
        help="have sentences of context written for the indexed chunks, and index them; the price is said first",
    )
    contexts.add_argument("corpus", nargs="?", type=Path, help="folder of documents (default: CORPUS or corpus/)")
    contexts.add_argument("--if-set", action="store_true", help="do nothing unless CONTEXTS is true")
    contexts.set_defaults(run=_contexts)
    return parser


def _ask(settings: Settings, options: argparse.Namespace) -> int:
    if not options.question.strip():
        raise ConfigError('The question is empty. Ask one: make ask Q="what is a token?"')
    from app.answering.engine import open_engine

    engine = open_engine(settings)
    try:
        scope = Scope(documents=_documents(options.document, engine.course))
        events = engine.answer(Question(options.question, scope=scope, agreed=True))
        return print_answer(events, as_json=options.json, scoped=bool(scope))
    finally:
        if engine.shadow:
            engine.shadow.drain(seconds=SHADOW_SECONDS)  # its thread ends with this process
        engine.close()


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    from app.cli.doctor import doctor

    return doctor(settings, paid=options.paid)


def _usage(settings: Settings, options: argparse.Namespace) -> int:
    from app.storage.usage import open_ledger

    print(usage_table(open_ledger(settings).days()))
    return 0


def _contexts(settings: Settings, options: argparse.Namespace) -> int:
    """The index is built once more with what is new, also where the budget or a failure ended it early."""
    if not settings.contexts:
        if options.if_set:
            return 0
        raise ConfigError("Sentences of context are switched off. Set CONTEXTS=true in .env.")
    from app.storage.usage import open_ledger
    from app.writers.llm.contexts import write_contexts
    from retrieval.index.contexts import read_contexts

    before = read_contexts(settings).digest
    try:
        write_contexts(settings, open_ledger(settings), say=partial(print, flush=True))
    finally:
        if read_contexts(settings).digest != before:
            corpus = [str(options.corpus.resolve())] if options.corpus else []
            subprocess.run([sys.executable, "-m", "ingest", *corpus], cwd=ROOT, check=False)
    return 0


def _documents(wanted: Sequence[str], course: "Course") -> tuple[str, ...]:
    """Ids of documents named by id, title or path, whatever the case."""
    found: dict[str, None] = {}
    for name in wanted:
        asked = name.strip().casefold()
        ids = [item.id for item in course.documents if asked in (item.id, item.title.casefold(), item.path.casefold())]
        if not ids:
            listed = ", ".join(item.title for item in course.documents)
            raise ConfigError(f"--document {name!r} is not in the course. It has: {listed}")
        found |= dict.fromkeys(ids)
    return tuple(found)


if __name__ == "__main__":
    sys.exit(main())
