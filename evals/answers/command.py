"""`python -m evals answers`: what each writer makes of a question set, by which judge, and how far that one is trusted."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.answering.services import make_rewrite, make_writers, uses_claude
from app.storage.usage import Purpose, open_ledger
from app.types import TextPiece, Usage
from app.writers.llm.api.gateway import Gateway
from app.writers.llm.api.pricing import prompt_tokens
from app.writers.llm.api.reply import Range, RecordedReply, Recording
from app.writers.llm.search_tool import MOST_SEARCHES
from evals.answers.evaluate import JudgedAnswer, ask_writer, result
from evals.answers.judges import Judge, WordJudge, agreement
from evals.datasets.questions import GoldQuestion
from evals.report import saved
from evals.report.table import answer_table, summary
from evals.search.sets import CourseSet, load_sets
from evals.search.system import System, build_index, opened, settings_for, show_progress
from retrieval.config import Settings, load_settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.errors import BudgetExceeded, ConfigError
from retrieval.index.versions import embedding_model
from retrieval.text.display import counted

if TYPE_CHECKING:
    from app.writers.llm.api.messages import Messages

WRITERS = ("excerpts", "claude", "local")
TYPICAL_TOKENS = 500  # of a reply with its thoughts: a guess, for a forecast
Asked = tuple[list[GoldQuestion], Path, str, str]  # questions, their documents, name, split
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
    return parser


def answers(options: argparse.Namespace, question_set: QuestionSet) -> int:
    """Prints a table for each set, and one over several, and writes the results. Replies of models are kept as they come, so
    that a run that broke off goes on. Raises ConfigError, WriterFailed, BudgetExceeded.
    """
    if options.limit < 0:
        raise ConfigError(f"--limit {options.limit}: it is a number of questions, from 1 up; 0 for all.")
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
    from app.writers.llm.api.messages import Messages  # imports anthropic: half a second

    forecast = Forecast(
        Messages(settings, silence=settings.writer_timeout),
        searches=MOST_SEARCHES,
        growth=settings.passage_tokens,
        kept=replies,
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
    kind: str, questions: Sequence[GoldQuestion], system: System, judge: Judge, settings: Settings, gateway: Gateway
) -> list[JudgedAnswer]:
    """By the writer as the application makes it, without those that stand in for it, its second model among them."""
    chosen = settings.model_copy(update={"writer": kind, "fallback_model": ""})
    asked = ask_writer(
        questions,
        system,
        make_writers(chosen, gateway)[0],
        judge,
        rewrite=make_rewrite(chosen, gateway),
        progress=lambda done: show_progress(kind, done, len(questions)),
    )
    return list(asked)


class Forecast:
    """Replies that are kept already, and for every other request one that is made up; what those would cost is added up.

    `likely`: dollars if none searches again, nothing is cached and each reply is of TYPICAL_TOKENS. `most`: if each
    searches `searches` times and is as long as it may be; `growth`: tokens of what one search finds. Of the first request
    the service is asked how it counts, which is free of charge and tells whether the key is right.
    """

    def __init__(self, service: "Messages", *, searches: int, growth: int, kept: Recording) -> None:
        self.requests = 0
        self.likely = self.most = 0.0
        self._service, self._searches, self._growth, self._kept = service, searches, growth, kept
        self._scale = 0.0

    def find(self, model: str, request: Mapping[str, Any]) -> RecordedReply:
        """A made-up reply cites the first words of each passage that was sent as a search result. Raises WriterFailed."""
        if kept := self._kept.find(model, request):
            return kept
        if not self._scale and self._service.costs(model):
            self._scale = self._service.scale(model, request)
        size, longest = prompt_tokens(request), request["max_tokens"]
        steps = range(self._searches + 1 if "tools" in request else 1)
        self.requests += 1
        self.likely += self._price(model, size, min(TYPICAL_TOKENS, longest))
        self.most += sum(self._price(model, size + step * (self._growth + longest), longest) for step in steps)
        return RecordedReply(tuple(_made_up(request)), Usage(), "end_turn", [])

    def keep(self, model: str, request: Mapping[str, Any], purpose: Purpose, reply: RecordedReply) -> None:
        """Nothing came."""

    def _price(self, model: str, tokens_in: int, tokens_out: int) -> float:
        return self._service.priced(model, Usage(round(tokens_in * self._scale), tokens_out)).cost


def _made_up(request: Mapping[str, Any]) -> Iterator[TextPiece | Range]:
    yield TextPiece("So it is. ")
    said = request["messages"][-1]["content"]
    for block in said if isinstance(said, list) else []:
        if block["type"] == "search_result":
            first = block["content"][0]["text"]
            yield TextPiece(f"{first} ")
            yield Range(block["source"], 0, 1, first)
