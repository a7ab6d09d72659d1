"""`python -m evals answers`: what each writer makes of a question set, by which judge, and how far that one is trusted."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.types import Writer
from app.writers.factory import make_rewrite, make_writers, uses_claude
from evals.answers.agreement import agreement
from evals.answers.evaluate import Given, ask_writer, result
from evals.answers.judges import Judge, WordJudge
from evals.answers.table import answer_table
from evals.datasets.gold import Locator
from evals.datasets.questions import Question
from evals.report import files as saved
from evals.search.system import System, build_index, opened, settings_for
from retrieval.config import Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import ConfigError
from retrieval.index.versions import embedding_model

WRITERS = ("excerpts", "claude", "local")
QuestionSet = Callable[[argparse.Namespace, Settings], tuple[list[Question], Path, str, str]]


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = commands.add_parser("answers", help="answers of each writer, judged against quotes and reference answers")
    parser.add_argument(
        "--writer", action="append", choices=WRITERS, default=[], help="more than once for several (default: excerpts, and claude with a key)"
    )  # fmt: skip
    parser.add_argument(
        "--judge", choices=("auto", "words", "claude"), default="auto", help="auto: claude with a key, else words"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only the first N questions")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where to write the result")
    parser.add_argument("--show-prompt", action="store_true", help="print what a model is told as the judge, and stop")
    return parser


def answers(options: argparse.Namespace, question_set: QuestionSet) -> int:
    """Prints the table and writes the result. Raises ConfigError, WriterFailed."""
    if options.show_prompt:
        from evals.answers.model_judge import PROMPT

        print(PROMPT.read_text(encoding="utf-8"))
        return 0
    settings = load_settings()
    questions, corpus, name, split = question_set(options, settings)
    questions = questions[: options.limit or None]
    own = settings_for(settings, corpus)
    build_index(own)
    judge = make_judge(options.judge, settings)
    trust = agreement(judge)
    with opened(own) as system:
        given = {
            kind: _asked(kind, questions, system, judge, settings) for kind in options.writer or _writers(settings)
        }
        found = {**result(given, judge.name, system, name=name, split=split), "agreement": trust}
    saved.save(found, options.json or options.results / "answers" / f"{name}-{split}.json")
    print(answer_table(found, trust))
    return 0


def make_judge(kind: str, settings: Settings) -> Judge:
    """Raises ConfigError for a model without a key."""
    if kind == "words" or (kind == "auto" and not settings.anthropic_api_key):
        return WordJudge(FastEmbedder(embedding_model(settings), threads=settings.threads))
    if not settings.anthropic_api_key:
        raise ConfigError("--judge claude needs a key: set ANTHROPIC_API_KEY in .env, or use --judge words.")
    from evals.answers.model_judge import ModelJudge  # imports anthropic: half a second

    return ModelJudge(settings)


def _writers(settings: Settings) -> Sequence[str]:
    return ("excerpts", "claude") if uses_claude(settings) else ("excerpts",)


def _asked(kind: str, questions: Sequence[Question], system: System, judge: Judge, settings: Settings) -> list[Given]:
    chosen = settings.model_copy(update={"writer": kind})
    writer = _writer(chosen)
    rewrite = make_rewrite(chosen)
    asked = ask_writer(
        questions,
        system,
        writer,
        Locator(system.texts),
        judge,
        rewrite=rewrite,
        progress=_progress(kind, len(questions)),
    )
    return list(asked)


def _writer(settings: Settings) -> Writer:
    """The writer of the settings as the application makes it, without those that stand in for it."""
    return make_writers(settings)[0]


def _progress(kind: str, total: int) -> Callable[[int], None]:
    def show(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{kind} {done}/{total} ", end="" if done < total else "\n", file=sys.stderr, flush=True)

    return show
