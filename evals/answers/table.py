"""An evaluation of answers as a table for the terminal."""

from collections.abc import Iterator, Sequence

from evals.report.table import grid
from evals.stats import mean
from retrieval.types import Json

MEASURES = (
    "correct", "in sight", "marked", "gold recall", "gold precision", "supported", "citation recall", "citation precision", "doubted", "dropped", "words", "marked words",
)  # fmt: skip
SUMMED = ("correct", "supported", "citation precision", "citation recall")
WRITERS = ("excerpts", "claude")
UNMEASURED = "not measured: needs a key"
WORST = 8
WEAKNESS = (
    "Judged without a model, by shared words and embeddings: a sentence that turns its quote around passes, and an answer "
    "that is only near to the point often counts as right. With a key: --judge claude."
)


def answer_table(result: Json, agreement: Json | None = None) -> str:
    """Measures of each writer, refusals, times, the worst answers, and how far the judge is to be trusted."""
    lines = [*_head(result), *_writers(result), *_kinds(result), *_worst(result)]
    return "\n".join([*lines, *(agreement_lines(agreement) if agreement else [])])


def summary(results: Sequence[Json]) -> str:
    """A row for each writer over several sets, each set weighing the same, as a Markdown table; also for a writer that no set
    was answered by. Excerpts state nothing of their own, so that support and citations do not apply to them.
    """
    lines = [f"| writer | {' | '.join(SUMMED)} | cost per answer |", "| --- " * (len(SUMMED) + 2) + "|"]
    for writer in WRITERS:
        of = [result["writers"][writer] for result in results if writer in result["writers"]]
        found = [[one["measures"][name] for one in of if name in one["measures"]] for name in SUMMED]
        cells = [f"{mean(values):.2f}" if values else "–" for values in found]
        cells = (
            [*cells, f"${mean([one['cost per answer'] for one in of]):.4f}"]
            if of
            else [UNMEASURED, *[""] * len(SUMMED)]
        )
        lines.append(f"| {writer} | {' | '.join(cells)} |")
    return "\n".join(lines)


def agreement_lines(found: Json) -> Iterator[str]:
    """A line for each set of hand labels, and one for each kind of claim."""
    yield ""
    yield "the judge beside hand labels"
    for name, of in found.items():
        yield (
            f"  {name} ({of['n']}): agrees {of['agree']:.0%}, kappa {of['kappa']:.2f}, "
            f"too kind {of['too_kind']:.0%}, too strict {of['too_strict']:.0%}"
        )
        if len(of["by_kind"]) > 1:
            yield "    " + ", ".join(f"{kind} {share:.0%}" for kind, share in of["by_kind"].items())


def _head(result: Json) -> Iterator[str]:
    yield f"answers, {result['name']} ({result['split']}), judged by {result['judge']}, threshold {result['threshold']:.2f}"
    if result["judge"] == "words":
        yield WEAKNESS
    yield ""


def _writers(result: Json) -> Iterator[str]:
    writers = result["writers"]
    yield from grid(MEASURES, {f"{name} ({of['n']})": of["measures"] for name, of in writers.items()})
    yield ""
    for name, of in writers.items():
        refused = of["refused"]
        yield (
            f"{name}: refused {refused['answerable']:.1%} of the answerable, {refused['unanswerable']:.1%} of the others; "
            f"{refused['hedged']:.1%} of the answerable with a caution, {refused['unhedged']:.1%} of the others answered without one; "
            f"{of['median words']:.0f} words in the median; writing {of['ms']['p50']:.1f} ms in the median, {of['ms']['p95']:.1f} at the 95th percentile; "
            f"${of['cost']:.4f}, ${of['cost per answer']:.4f} an answer"
        )


def _kinds(result: Json) -> Iterator[str]:
    for name, of in result["writers"].items():
        rows = {kind: row for kind, row in of["per_kind"].items() if row}
        if rows:
            yield ""
            yield from grid(MEASURES, rows, first=name)


def _worst(result: Json) -> Iterator[str]:
    for name, of in result["writers"].items():
        rows = [row for row in of["per_question"] if "gold recall" in row["measures"]]
        rows.sort(key=lambda row: (row["measures"].get("correct", 0.0), row["measures"]["gold recall"]))
        if rows:
            yield ""
            yield f"worst answers of {name} (correct, gold recall)"
        for row in rows[:WORST]:
            found = row["measures"]
            what = f"refused: {row['refused']}" if row["refused"] else " ".join(row["answer"].split())[:70]
            yield f"  {row['id']}  {found.get('correct', 0.0):.1f} {found['gold recall']:.2f}  {row['question'][:60]} -> {what}"
