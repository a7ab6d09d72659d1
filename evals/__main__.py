"""How good retrieval and refusal are, where they fail, and whether a change helped."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from app.storage.shadow import ShadowBook
from evals.answers.command import add_command, answers
from evals.datasets.questions import GoldQuestion, load_questions
from evals.live import shadow_result, shadow_table, stored_drafts
from evals.report import saved
from evals.report.saved import comparison_table, load_limits, violations
from evals.report.table import side_by_side_table, table
from evals.search.bench import bench, bench_sizes, bench_table, compare_with_peers, peers_table
from evals.search.refusal import calibrate
from evals.search.results import evaluate
from evals.search.sets import course_set, load_sets
from evals.search.side_by_side import VARIANTS, parse_variants, side_by_side
from retrieval.config import ROOT, Settings, load_settings
from retrieval.errors import ConfigError, exit_status

OWN = ROOT / "evals" / "questions"
RESULTS = ROOT / "evals" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """0: all is well; 1: a figure broke its floor; 2: bad input."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: int(options.command(options)), said_by="error", failed=2)


def run(options: argparse.Namespace) -> int:
    if options.variant or options.set:
        return _side_by_side(options)
    limits = load_limits(options.floors) if options.floors else []
    settings = load_settings()
    questions, corpus, name, split = _set(options, settings)
    result = evaluate(questions, corpus, settings, name=name, split=split)
    print(table(result))
    saved.save(result, options.json or options.results / f"{name}-{split}.json")
    saved.remember(result, options.results)
    broken = violations(limits, result)
    for line in broken:
        print(f"FAILED: {line}", file=sys.stderr)
    return 1 if broken else 0


def compare(options: argparse.Namespace) -> int:
    print(comparison_table(saved.load(options.a), saved.load(options.b)))
    return 0


def benchmark(options: argparse.Namespace) -> int:
    settings = load_settings()
    questions, corpus, _, _ = _set(options, settings)
    if options.chunks:
        results = bench_sizes(questions, corpus, settings, chunks=options.chunks, rounds=options.rounds)
    else:
        results = [bench(questions, corpus, settings, rounds=options.rounds)]
    print("\n\n".join(map(bench_table, results)))
    return 0


def peers(options: argparse.Namespace) -> int:
    settings = load_settings()
    questions, corpus, _, _ = _set(options, settings)
    queries = [question.standalone or question.question for question in questions]
    print(peers_table(compare_with_peers(queries, corpus, settings)))
    return 0


def calibration(options: argparse.Namespace) -> int:
    print(json.dumps(calibrate(saved.load(options.file), options.fit), indent=1))
    return 0


def write_report(options: argparse.Namespace) -> int:
    from evals.report.html_report import report  # matplotlib takes longer to load than all the rest

    folder = options.results
    results, out = saved.saved_results(folder), folder / "report.html"
    saved.write(out, report(results, saved.history(folder)))
    print(f"{out}: {len(results)} results")
    return 0


def shadow(options: argparse.Namespace) -> int:
    print(shadow_table(shadow_result(ShadowBook(load_settings().data_dir / "shadow.db").pairs())))
    return 0


def feedback(options: argparse.Namespace) -> int:
    drafts = stored_drafts(load_settings(), load_questions(OWN))
    for draft in drafts:
        print(json.dumps(draft, ensure_ascii=False))
    todo = f"{len(drafts)} drafts; complete each, then add it to the question set." if drafts else ""
    print(todo or "No feedback that is new.", file=sys.stderr)
    return 0


def _side_by_side(options: argparse.Namespace) -> int:
    """Variants over all sets that are named: `--set`, and the question set if one is named, or nothing else is."""
    if options.floors:
        raise ConfigError("--floors are for one question set: leave out --variant and --set.")
    sets = load_sets(options.set, split=options.split or "test")
    settings = load_settings()
    if options.questions or not sets:
        questions, corpus, name, _ = _set(options, settings)
        sets.append(course_set(questions, corpus, name=name))
    result = side_by_side(sets, settings, parse_variants(options.variant, settings), sample=options.sample)
    print(side_by_side_table(result))
    saved.save(result, options.json or options.results / "side-by-side.json")
    return 0


def _set(options: argparse.Namespace, settings: Settings) -> tuple[list[GoldQuestion], Path, str, str]:
    """Questions, corpus, name and split that the options ask for."""
    if options.questions and not options.corpus:
        raise ConfigError("--questions needs --corpus: the folder of documents that the questions are about.")
    if options.corpus and not options.questions:
        raise ConfigError("--corpus needs --questions: the questions about that folder of documents.")
    split = options.split or ("all" if options.questions else "dev")
    questions = load_questions(options.questions or OWN, split=split)
    file = options.questions.resolve() if options.questions else None
    name = f"{file.parent.name}-{file.stem}" if file else "own"
    return questions, options.corpus or settings.corpus, name, split


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")

    runs = commands.add_parser(
        "run", help="ask every question of a set and print the measures; of many sets: side by side"
    )
    _add_set(runs)
    runs.add_argument(
        "--set",
        "--beir",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a BEIR folder, or a course (questions.jsonl, docs/), or a folder of such: variants side by side in one table",
    )
    runs.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="V",
        help=f"what to put side by side: {', '.join(VARIANTS)}, or settings as 'dense_weight=0.6 reranker=none'",
    )
    runs.add_argument(
        "--sample", type=_positive, default=0, metavar="N", help="with several sets: at most so many questions of each"
    )
    runs.add_argument(
        "--json", type=Path, metavar="OUT", help="where to write the result (default: in the results folder)"
    )
    runs.add_argument("--floors", type=Path, metavar="F", help="fail when a figure breaks a limit in this TOML file")
    runs.set_defaults(command=run)

    compares = commands.add_parser(
        "compare", help="two results of one set, or of several, with a paired significance test"
    )
    compares.add_argument("a", type=Path, metavar="A.json")
    compares.add_argument("b", type=Path, metavar="B.json")
    compares.set_defaults(command=compare)

    benches = commands.add_parser("bench", help="latency, throughput and memory of a process that only answers")
    _add_set(benches)
    benches.add_argument("--rounds", type=_positive, default=3, metavar="N", help="times each question is asked")
    sizes = "instead of the course: a folder that grows to about so many chunks, made of its sentences"
    benches.add_argument("--chunks", type=_positive, nargs="+", default=[], metavar="N", help=sizes)
    benches.set_defaults(command=benchmark)

    beside = commands.add_parser("peers", help="build and question beside LlamaIndex's hybrid, see make bench-peers")
    _add_set(beside)
    beside.set_defaults(command=peers)

    calibrates = commands.add_parser("calibrate", help="fit confidence on what `run` saved of many sets")
    calibrates.add_argument("file", type=Path, metavar="JSON")
    calibrates.add_argument(
        "--fit",
        action="append",
        default=[],
        metavar="SET",
        help="fit on these sets only; names with commas weigh as one set",
    )
    calibrates.set_defaults(command=calibration)

    reports = commands.add_parser("report", help="an HTML page about the results in the results folder")
    reports.set_defaults(command=write_report)

    shadows = commands.add_parser("shadow", help="the live setting and the SHADOW setting on the questions of both")
    shadows.set_defaults(command=shadow)

    feedbacks = commands.add_parser("feedback", help="learners' thumbs as draft questions for the question set")
    feedbacks.set_defaults(command=feedback)

    answering = add_command(commands)
    _add_set(answering)
    answering.set_defaults(command=lambda options: answers(options, _set))
    for command in (runs, reports, answering):
        command.add_argument("--results", type=Path, default=RESULTS, metavar="DIR", help="default: evals/results")
    return parser


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--questions", type=Path, metavar="F", help="a question set (default: the project's own)")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="its documents (default: the CORPUS setting)")
    parser.add_argument("--split", metavar="S", help="dev, test or all (default: dev of the own set, all of others)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
