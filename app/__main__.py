"""python -m app ask "..." | doctor: the same answers as in the chat, in a terminal."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from app.types import Answer, AnswerEvent, Done, Question, Writing
from retrieval.config import Settings, load_settings
from retrieval.errors import ConfigError, FootnoteError
from retrieval.plain import fold, plain_inline
from retrieval.types import Scope


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit status: 0 answered, 3 the course does not cover it, 1 an error."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(**({"writer": options.writer} if getattr(options, "writer", "") else {}))
        if options.command == "doctor":
            from app.doctor import doctor

            return doctor(settings)
        return _ask(settings, options)
    except FootnoteError as error:
        print(f"footnote: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m app", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="answer one question")
    ask.add_argument("question")
    ask.add_argument("--json", action="store_true", help="the whole answer with its trace as JSON")
    ask.add_argument("--writer", choices=["auto", "claude", "local", "extractive"], default="")
    ask.add_argument("--document", action="append", default=[], help="look only in this document (title, path or id)")
    commands.add_parser("doctor", help="check the model, the index, the key, Qdrant and the disk")
    return parser


def _ask(settings: Settings, options: argparse.Namespace) -> int:
    if not options.question.strip():
        raise ConfigError('The question is empty. Ask one: make ask Q="what is a token?"')
    from app.engine import open_engine

    engine = open_engine(settings)
    try:
        titles = {document.id: (document.title, document.path) for document in engine.course.documents}
        question = Question(options.question, scope=Scope(documents=_documents(options.document, titles)))
        return _print(engine.answer(question), as_json=options.json)
    finally:
        engine.close()


def _documents(wanted: list[str], titles: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    found = []
    for name in wanted:
        ids = [key for key, names in titles.items() if name == key or name.casefold() in map(str.casefold, names)]
        if not ids:
            listed = ", ".join(title for title, _ in titles.values())
            raise ConfigError(f"--document {name!r} is not in the course. It has: {listed}")
        found += ids
    return tuple(found)


def _print(events: Iterator[AnswerEvent], *, as_json: bool) -> int:
    shown = ""
    for event in events:
        if isinstance(event, Writing) and not as_json:
            if event.text.startswith(shown):
                print(event.text[len(shown) :], end="", flush=True)
            shown = event.text
        elif isinstance(event, Done):
            if as_json:
                print(json.dumps(asdict(event.answer), ensure_ascii=False, indent=1, default=str))
            else:
                print("\n".join(lines_after(event.answer, shown)))
            return 3 if event.answer.refused else 0
    return 1


def lines_after(answer: Answer, shown: str) -> list[str]:
    """What follows the streamed text: the footnotes, or the refusal with its nearest sections, and the notices."""
    lines = ["" if shown.endswith("\n") or not shown else "\n"]
    if answer.refused:
        lines = ["The course does not cover this.", *(["", "Nearest sections:"] if answer.nearest else [])]
        lines += [f"  - {' > '.join(place.path)}" for place in answer.nearest]
    for note in answer.footnotes:
        page = f", {note.page_word} {note.page}" if note.page else ""
        lines += [f"[{note.number}] {' > '.join(note.path)}{page}", f"    “{fold(plain_inline(note.quote))}”"]
    lines += ["", *answer.notices] if answer.notices else []
    if answer.dropped:
        lines.append(f"{answer.dropped} citation(s) that are not in the course were left out.")
    searched = f"; searched for “{answer.searched}”" if answer.searched else ""
    lines.append(
        f"\n({answer.writer or 'no writer'}, confidence {answer.confidence:.2f}, "
        f"{answer.timings_ms.get('total', 0.0):.0f} ms{searched})"
    )
    return lines


if __name__ == "__main__":
    sys.exit(main())
