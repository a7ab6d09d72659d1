"""`python -m evals answers`: what each writer makes of a question set, by which judge, and how far that one is trusted."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from app.storage.usage import open_ledger
from app.writers.factory import make_rewrite, make_writers, uses_claude
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.pricing import read_prices
from app.writers.llm.api.recording import Forecast, Recording
from app.writers.llm.search_tool import MOST_SEARCHES
from evals.answers.agreement import agreement
from evals.answers.evaluate import Given, ask_writer, result
from evals.answers.judges import Judge, WordJudge
from evals.answers.table import answer_table, summary
from evals.datasets.gold import Locator
from evals.datasets.questions import Question
from evals.report import files as saved
from evals.search.sets import CourseSet, load_sets
from evals.search.system import System, build_index, opened, settings_for
from retrieval.config import Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import BudgetExceeded, ConfigError
from retrieval.index.versions import embedding_model
from retrieval.text.display import counted

WRITERS = ("excerpts", "claude", "local")
Asked = tuple[list[Question], Path, str, str]  # questions, their documents, name, split
QuestionSet = Callable[[argparse.Namespace, Settings], Asked]


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    parser = commands.add_parser("answers", help="answers of each writer, judged against quotes and reference answers")
    parser.add_argument(
        "--writer", action="append", choices=WRITERS, default=[], help="more than once for several (default: excerpts, and claude with a key)"
    )  # fmt: skip
    parser.add_argument(
        "--judge", choices=("auto", "words", "claude"), default="auto", help="auto: claude with a key, else words"
    )
    parser.add_argument(
        "--set", type=Path, action="append", default=[], metavar="DIR", help="a course (questions.jsonl, docs/), or a folder of such"
    )  # fmt: skip
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only the first N questions of each set")
    parser.add_argument("--json", type=Path, metavar="OUT", help="where to write the result")
    parser.add_argument("--show-prompt", action="store_true", help="print what a model is told as the judge, and stop")
    return parser


def answers(options: argparse.Namespace, question_set: QuestionSet) -> int:
    """Prints a table for each set, and one over several, and writes the results. Replies of models are kept as they come, so
    that a run that broke off goes on. Raises ConfigError, WriterFailed, BudgetExceeded.
    """
    if options.show_prompt:
        from evals.answers.model_judge import PROMPT

        print(PROMPT.read_text(encoding="utf-8"))
        return 0
    settings = load_settings()
    sets = _course_sets(options.set) or [question_set(options, settings)]
    if options.limit:
        sets = [(questions[: options.limit], corpus, name, split) for questions, corpus, name, split in sets]
    for _, corpus, *_ in sets:
        build_index(settings_for(settings, corpus))
    kinds = options.writer or _writers(settings)
    gateway = Gateway()
    if _is_model(options.judge, settings) or set(kinds) != {"excerpts"}:
        replies = Recording(options.results / "answers" / "replies.jsonl")
        gateway = Gateway(ledger=open_ledger(settings), replies=replies)
        _say_price(options, settings, sets, kinds, replies)
    judge = make_judge(options.judge, settings, gateway)
    trust = agreement(judge)
    results = []
    for questions, corpus, name, split in sets:
        with opened(settings_for(settings, corpus)) as system:
            given = {kind: _asked(kind, questions, system, judge, settings, gateway) for kind in kinds}
            found = {**result(given, judge.name, system, name=name, split=split), "agreement": trust}
        results.append(found)
        saved.save(found, options.json or options.results / "answers" / f"{name}-{split}.json")
        print(answer_table(found, trust))
    if len(results) > 1:
        print(f"\n{summary(results)}")
    return 0


def _course_sets(folders: Sequence[Path]) -> list[Asked]:
    """Raises ConfigError for a set that has no reference answers."""
    found: list[Asked] = []
    for one in load_sets(folders, split="all"):
        if not isinstance(one, CourseSet):
            raise ConfigError(
                f"--set: {one.name} has no answers to compare with. Name a course: questions.jsonl and docs/."
            )
        found.append((list(one.questions.values()), one.documents, one.name, "all"))
    return found


def _say_price(
    options: argparse.Namespace, settings: Settings, sets: Sequence[Asked], kinds: Sequence[str], replies: Recording
) -> None:
    """Runs everything with made-up replies where none is kept, and says what it will cost. Raises BudgetExceeded where more
    than is left of the day's budget."""
    forecast = Forecast(
        read_prices(settings.prices), searches=MOST_SEARCHES, growth=settings.passage_tokens, kept=replies
    )
    gateway = Gateway(replies=forecast)
    judge = make_judge(options.judge, settings, gateway, forecast=True)
    agreement(judge)
    for questions, corpus, *_ in sets:
        with opened(settings_for(settings, corpus)) as system:
            for kind in kinds:
                _asked(kind, questions, system, judge, settings, gateway)
    left = open_ledger(settings).left()
    print(
        f"{counted(forecast.requests, 'request')} to {settings.model}: about ${forecast.likely:.2f}, at most ${forecast.most:.2f}; "
        f"${left:.2f} of DAILY_BUDGET are left. Replies are kept in {options.results / 'answers' / 'replies.jsonl'}.",
        file=sys.stderr,
        flush=True,
    )
    if forecast.likely > left:
        raise BudgetExceeded(
            f"This would cost about ${forecast.likely:.2f} and ${left:.2f} are left of DAILY_BUDGET=${settings.daily_budget:.2f}. "
            "Raise it, or ask fewer questions: --limit N."
        )


def make_judge(kind: str, settings: Settings, gateway: Gateway, *, forecast: bool = False) -> Judge:
    """`forecast`: a model is not heard, only asked. Raises ConfigError for a model without a key."""
    if not _is_model(kind, settings):
        return WordJudge(FastEmbedder(embedding_model(settings), threads=settings.threads))
    if not settings.anthropic_api_key:
        raise ConfigError("--judge claude needs a key: set ANTHROPIC_API_KEY in .env, or use --judge words.")
    from evals.answers.model_judge import ForecastJudge, ModelJudge  # imports anthropic: half a second

    return (ForecastJudge if forecast else ModelJudge)(settings, gateway)


def _is_model(kind: str, settings: Settings) -> bool:
    return kind == "claude" or (kind == "auto" and bool(settings.anthropic_api_key))


def _writers(settings: Settings) -> Sequence[str]:
    return ("excerpts", "claude") if uses_claude(settings) else ("excerpts",)


def _asked(
    kind: str, questions: Sequence[Question], system: System, judge: Judge, settings: Settings, gateway: Gateway
) -> list[Given]:
    """By the writer as the application makes it, without those that stand in for it, its second model among them."""
    chosen = settings.model_copy(update={"writer": kind, "fallback_model": ""})
    asked = ask_writer(
        questions,
        system,
        make_writers(chosen, gateway)[0],
        Locator(system.texts),
        judge,
        rewrite=make_rewrite(chosen, gateway),
        progress=_progress(kind, len(questions)),
    )
    return list(asked)


def _progress(kind: str, total: int) -> Callable[[int], None]:
    def show(done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{kind} {done}/{total} ", end="" if done < total else "\n", file=sys.stderr, flush=True)

    return show
