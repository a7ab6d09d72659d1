"""A result as a table for the terminal: of one question set, of variants of retrieval over many, of answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evals.search.sets import MEASURES
from evals.search.side_by_side import BASE, DEFAULT, TESTED
from evals.stats import mean
from retrieval.types import Json

MAIN = ("R@1", "R@3", "R@5", "R@10", "R@20", "RR@10", "nDCG@10", "P@3")
SHORT = ("R@1", "R@5", "R@10", "RR@10", "nDCG@10")
WORST = 10
ANSWER_MEASURES = (
    "correct", "in sight", "marked", "gold recall", "gold precision", "supported", "citation recall", "citation precision", "doubted", "dropped", "words", "marked words",
)  # fmt: skip
SUMMED = ("correct", "supported", "citation precision", "citation recall")
WRITERS = ("excerpts", "claude")
UNMEASURED = "not measured: needs a key"
WORST_ANSWERS = 8
WEAKNESS = (
    "Judged without a model, by shared words and embeddings: a sentence that turns its quote around passes, and an answer "
    "that is only near to the point often counts as right. With a key: --judge claude."
)


def table(result: Json) -> str:
    """Measures, kinds, follow-ups, refusal, latency, the worst questions, and what is wrong with the gold text."""
    parts = (_head, _measures, _tokens, _kinds, _follow_up, _refusal, _latency, _worst, _missing)
    return "\n".join(line for part in parts for line in part(result))


def grid(names: Sequence[str], rows: Mapping[str, Mapping[str, Any]], *, first: str = "") -> Iterator[str]:
    """Rows of figures with three decimals, or of texts, under their names; what a row lacks, or has as None, stays empty."""
    width = max(map(len, [first, *rows])) + 2
    yield first.ljust(width) + "".join(name.rjust(max(9, len(name) + 2)) for name in names)
    for label, row in rows.items():
        cells = ((name, row.get(name)) for name in names)
        yield label.ljust(width) + "".join(_cell(value).rjust(max(9, len(name) + 2)) for name, value in cells)


def _cell(value: float | str | None) -> str:
    return f"{value:.3f}" if isinstance(value, float | int) else value or ""


def worst(result: Json, count: int) -> list[Json]:
    """The answerable questions with the lowest R@10, then nDCG@10; ties in the order of the set."""
    measured = [row for row in result["per_question"] if "measures" in row]
    failed = [row for row in measured if row["measures"]["R@1"] < 1]
    return sorted(failed, key=lambda row: (row["measures"]["R@10"], row["measures"]["nDCG@10"]))[:count]


def _head(result: Json) -> Iterator[str]:
    counts = ", ".join(f"{count} {name}" for name, count in result["counts"].items())
    yield f"{result['name']} ({result['split']}): {result['n']['questions']} questions; {counts}"
    yield ""


def _measures(result: Json) -> Iterator[str]:
    measures = result["measures"]
    if not measures:
        return
    low = {name: ends[0] for name, ends in result["intervals"].items()}
    high = {name: ends[1] for name, ends in result["intervals"].items()}
    label = f"mean of {result['n']['measured']}"
    rows = {label: measures, "95 % from": low, "to": high}
    if result["lost"]["kept"] < result["n"]["measured"]:
        rows[f"mean of {result['lost']['kept']} with gold"] = result["lost"]["measures"]
    yield from grid(MAIN, rows)
    yield ""


def _tokens(result: Json) -> Iterator[str]:
    names = [name for name in result["measures"] if name.startswith("token_recall@")]
    budgets = [name.split("@")[1] for name in names]
    parts = ("recall", "precision", "IoU")
    rows = {part: {at: result["measures"][f"token_{part}@{at}"] for at in budgets} for part in parts}
    if budgets:
        yield from grid(budgets, rows, first="tokens of context")
        yield ""


def _kinds(result: Json) -> Iterator[str]:
    for part in ("per_kind", "per_document"):
        groups = result[part]
        rows = {f"{name or '-'} ({group['n']})": group["measures"] for name, group in groups.items()}
        if rows:
            yield from grid(SHORT, rows, first=part.replace("_", " "))
            yield ""


def _follow_up(result: Json) -> Iterator[str]:
    wordings = ("as_typed", "rule", "reference")
    rows = {
        f"{name} ({result['follow_up'][name]['n']})": result["follow_up"][name]
        for name in wordings
        if name in result["follow_up"]
    }
    if rows:
        yield from grid(SHORT, rows, first="follow-ups")
        yield ""


def _refusal(result: Json) -> Iterator[str]:
    found = result["refusal"]
    if not found["unanswerable"]:
        return
    kinds = list(found["by_kind"])
    rows = {f"threshold {found['threshold']:.3f}": {"answerable": found["answerable_refused"], **found["by_kind"]}}
    for limit, point in found["operating_points"].items() if found["answerable"] else ():
        label = f"at {float(limit):.0%}: {point['threshold']:.3f}"
        rows[label] = {"answerable": point["answerable_refused"], **point["by_kind"]}
    if found["auc"] is not None:
        rows["AUC"] = found["auc_by_kind"]
    yield from grid(["answerable", *kinds] if found["answerable"] else kinds, rows, first="share refused")
    yield f"AUC {found['auc']:.3f}" if found["auc"] is not None else "AUC: needs answerable questions too"
    yield ""


def _latency(result: Json) -> Iterator[str]:
    found = result["latency_ms"]
    stages = ", ".join(f"{name} {times['p50']:.1f}" for name, times in found["stages"].items())
    yield f"latency: median {found['p50']:.1f} ms, 95th percentile {found['p95']:.1f} ms ({stages})"


def _worst(result: Json) -> Iterator[str]:
    rows = worst(result, WORST)
    if rows:
        yield ""
        yield "worst questions (rank of the first relevant chunk)"
    for row in rows:
        yield f"  {row['id']}  {row['kind']}, {row['rank'] or 'not found'}: {row['question'][:90]}"


def _missing(result: Json) -> Iterator[str]:
    missing, lost = result["quote_missing"], result["lost"]["ids"]
    if lost:
        yield ""
        yield f"WARNING: gold text that is in no document and counts as not retrieved (questions: {len(lost)}):"
        yield from _quotes({name: missing[name] for name in lost})
    others = {name: quotes for name, quotes in missing.items() if name not in lost}
    if others:
        yield ""
        yield f"Gold text that is in no document, where other gold text of the question is (questions: {len(others)}):"
        yield from _quotes(others)


def _quotes(missing: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, quotes in missing.items():
        for quote in quotes:
            yield f"  {name}: {quote[:100]!r}"


def side_by_side_table(found: Json) -> str:
    """RR@10 of each set and the mean over the sets, all measures of the mean, how sure the differences are, refusal, times."""
    return "\n".join([*_sets(found), *_means(found), *_differences(found), *_refused(found), *_times(found)])


def _sets(found: Json) -> Iterator[str]:
    rows = {
        f"{one['name']} ({one['n']})": {name: one["measures"][name][TESTED] for name in found["variants"]}
        for one in found["sets"]
    }
    rows["mean"] = {name: found["mean"][name][TESTED] for name in found["variants"]}
    yield from grid(list(found["variants"]), rows, first=TESTED)


def _means(found: Json) -> Iterator[str]:
    yield ""
    yield from grid(MEASURES, found["mean"], first=f"mean of {len(found['sets'])} sets")


def _differences(found: Json) -> Iterator[str]:
    rows: dict[str, Mapping[str, float]] = {
        name: {
            TESTED: one["mean"],
            "95 % from": one["interval"][0],
            "to": one["interval"][1],
            "p": one["p"],
            "worst set": min(one["sets"].values()),
        }
        for name, one in found["difference"].items()
    }
    if rows:
        yield ""
        yield from grid([TESTED, "95 % from", "to", "p", "worst set"], rows, first=f"difference to {BASE}")


def _refused(found: Json) -> Iterator[str]:
    rows = {
        f"{one['name']} ({one['refusal']['unanswerable']})": {
            "AUC": one["refusal"]["auc"],
            "unanswerable": one["refusal"]["unanswerable_refused"],
            "answerable": one["refusal"]["answerable_refused"],
        }
        for one in found["sets"]
        if one["refusal"]["auc"] is not None
    }
    if rows:
        rows["mean"] = {
            name: mean([row[name] for row in rows.values()]) for name in ("AUC", "unanswerable", "answerable")
        }
        yield ""
        yield from grid(["AUC", "unanswerable", "answerable"], rows, first=f"refused by {DEFAULT}")


def _times(found: Json) -> Iterator[str]:
    yield ""
    for name in found["variants"]:
        times = [one["latency_ms"][name] for one in found["sets"]]
        stages = {
            stage: mean([one["stages"][stage]["p50"] for one in times if stage in one["stages"]])
            for stage in times[0]["stages"]
        }
        listed = ", ".join(f"{stage} {ms:.1f}" for stage, ms in stages.items())
        yield f"{name}: median {mean([one['p50'] for one in times]):.1f} ms, 95th percentile {mean([one['p95'] for one in times]):.1f} ms, the mean of the sets ({listed})"


def answer_table(result: Json, agreement: Json) -> str:
    """Measures of each writer, refusals, times, the worst answers, and how far the judge is to be trusted."""
    lines = [*_answer_head(result), *_writers(result), *_answer_kinds(result), *_worst_answers(result)]
    return "\n".join([*lines, *agreement_lines(agreement)])


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


def _answer_head(result: Json) -> Iterator[str]:
    yield f"answers, {result['name']} ({result['split']}), judged by {result['judge']}, threshold {result['threshold']:.2f}"
    if result["judge"] == "words":
        yield WEAKNESS
    yield ""


def _writers(result: Json) -> Iterator[str]:
    writers = result["writers"]
    yield from grid(ANSWER_MEASURES, {f"{name} ({of['n']})": of["measures"] for name, of in writers.items()})
    yield ""
    for name, of in writers.items():
        refused = of["refused"]
        yield (
            f"{name}: refused {refused['answerable']:.1%} of the answerable, {refused['unanswerable']:.1%} of the others; "
            f"{refused['hedged']:.1%} of the answerable with a caution, {refused['unhedged']:.1%} of the others answered without one; "
            f"right told from wrong by {', by '.join(f'{score} {area:.3f}' for score, area in of['right from wrong'].items() if area is not None) or 'nothing'}; "
            f"{of['median words']:.0f} words in the median; writing {of['ms']['p50']:.1f} ms in the median, {of['ms']['p95']:.1f} at the 95th percentile; "
            f"${of['cost']:.4f}, ${of['cost per answer']:.4f} an answer"
        )


def _answer_kinds(result: Json) -> Iterator[str]:
    for name, of in result["writers"].items():
        rows = {kind: row for kind, row in of["per_kind"].items() if row}
        if rows:
            yield ""
            yield from grid(ANSWER_MEASURES, rows, first=name)


def _worst_answers(result: Json) -> Iterator[str]:
    for name, of in result["writers"].items():
        rows = [row for row in of["per_question"] if "gold recall" in row["measures"]]
        rows.sort(key=lambda row: (row["measures"].get("correct", 0.0), row["measures"]["gold recall"]))
        if rows:
            yield ""
            yield f"worst answers of {name} (correct, gold recall)"
        for row in rows[:WORST_ANSWERS]:
            found = row["measures"]
            what = f"refused: {row['refused']}" if row["refused"] else " ".join(row["answer"].split())[:70]
            yield f"  {row['id']}  {found.get('correct', 0.0):.1f} {found['gold recall']:.2f}  {row['question'][:60]} -> {what}"
