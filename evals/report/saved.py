"""Results on disk: JSON files in a folder (evals/results/), and history.jsonl, one line of main figures a run; two of one question
set side by side, with a paired randomisation test; and one beside its floors.

Floors are figures that an evaluation must not fall below, and ceilings that it must not exceed, in a TOML file:

    [minimum.measures]      a table of the result, by its path
    "R@5" = 0.9
    [maximum.refusal]
    answerable_refused = 0.06
"""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeGuard

from evals.datasets.questions import read_json_lines
from evals.report.table import MAIN, grid
from evals.search.results import BUDGETS
from evals.search.side_by_side import DEFAULT, TESTED
from evals.stats import Comparison, compare_paired, mean, stratified_interval, stratified_p
from retrieval.errors import ConfigError, UnreadableFile
from retrieval.types import Json

HISTORY = "history.jsonl"
FIELDS = {"name", "split", "measures", "follow_up", "refusal", "latency_ms", "lost", "settings", "per_question"}
SIGNIFICANT = 0.05
TOKENS = tuple(f"token_recall@{budget}" for budget in BUDGETS)
TABLES = ("minimum", "maximum")


def save(result: Json, path: Path) -> None:
    """Write a result. Raises UnreadableFile if the place cannot be written to."""
    write(path, json.dumps(result, ensure_ascii=False, indent=1) + "\n")


def write(path: Path, text: str) -> None:
    """Raises UnreadableFile if the place cannot be written to."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnreadableFile("unwritable", f"{path} cannot be written ({error}). Name another file.") from error


def load(path: Path) -> Json:
    """What `run` wrote of one set or of several. Raises UnreadableFile for anything else."""
    result = _read(path, "Name a file that evals run wrote.")
    if not is_result(result):
        raise UnreadableFile(
            "result", f"{path} is no result of an evaluation as this version writes them. Run the evaluation again."
        )
    return result


def is_result(value: object) -> TypeGuard[Json]:
    """Whether this is what `run` writes, and not the JSON of another command."""
    return isinstance(value, dict) and (value.keys() >= FIELDS or "difference" in value)


def remember(result: Json, folder: Path) -> None:
    """Append the main figures to the history."""
    refusal, follow_up = result["refusal"], result["follow_up"]
    line = {
        "created": result["created"],
        "name": result["name"],
        "split": result["split"],
        "version": result["version"],
        "measures": {name: result["measures"][name] for name in MAIN if name in result["measures"]},
        "follow_up": {name: follow_up[name] for name in MAIN if name in follow_up},
        "refusal": {key: refusal[key] for key in ("auc", "answerable_refused", "unanswerable_refused")},
        "latency_ms": {key: result["latency_ms"][key] for key in ("p50", "p95")},
        "settings": result["settings"],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / HISTORY).open("a", encoding="utf-8") as history:
            history.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UnreadableFile(
            "unwritable", f"{folder} cannot be written to ({error}). Name another --results."
        ) from error


def history(folder: Path) -> list[Json]:
    """The lines of the history, oldest first; none if there is none. Raises UnreadableFile for a broken line."""
    path = folder / HISTORY
    return [dict(line) for _, line in read_json_lines(path)] if path.is_file() else []


def saved_results(folder: Path) -> list[Json]:
    """All results in the folder by name of their file; what other commands keep there is passed over."""
    read = (_read(path, "Remove it and run this again.") for path in sorted(folder.glob("*.json")))
    return [value for value in read if is_result(value)]


def _read(path: Path, remedy: str) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile("missing", f"{path} cannot be read ({error}). {remedy}") from error


def paired(a: Json, b: Json, *, follow_up: bool = False) -> dict[str, Comparison]:
    """Measure -> comparison over the answerable questions that both results have (follow-ups, or all others)."""
    one, other = _measured(a, follow_up), _measured(b, follow_up)
    shared = [name for name in one if name in other]
    if not shared:
        return {}
    names = [name for name in (*MAIN, *TOKENS) if all(name in rows[shared[0]] for rows in (one, other))]
    return {name: compare_paired([one[i][name] for i in shared], [other[i][name] for i in shared]) for name in names}


def comparison_table(a: Json, b: Json) -> str:
    """Of two results of one set, or of two of several. Raises ConfigError when they share no measured question."""
    if "sets" in a and "sets" in b:
        return "\n".join(_of_sets(a, b))
    main = paired(a, b) if "sets" not in a and "sets" not in b else {}
    if not main:
        raise ConfigError("The two results share no question. Compare two runs of one question set.")
    return "\n".join(_lines(a, b, main))


def _of_sets(a: Json, b: Json) -> Iterator[str]:
    """The questions of each set that both have, as the settings find them; a set's questions weigh one in sum."""
    one, other = ({found["name"]: found["per_question"][DEFAULT] for found in result["sets"]} for result in (a, b))
    pairs = {
        name: [(rows[q], other[name][q]) for q in rows if q in other[name]]
        for name, rows in one.items()
        if name in other
    }
    pairs = {name: rows for name, rows in pairs.items() if rows}
    if not pairs:
        raise ConfigError("The two results share no question. Compare two runs of the same sets.")
    yield from (f"{letter}: {result['created']}" for letter, result in (("A", a), ("B", b)))
    yield ""
    yield from _compared(TESTED, {name: compare_paired(*zip(*rows, strict=True)) for name, rows in pairs.items()})
    differences = [[new - old for old, new in rows] for rows in pairs.values()]
    low, high = stratified_interval(differences)
    yield ""
    yield (
        f"mean of {len(pairs)} sets: B - A {mean([mean(rows) for rows in differences]):+.3f}, 95 % from {low:+.3f} to {high:+.3f}, "
        f"p {stratified_p(differences):.4f}"
    )


def _lines(a: Json, b: Json, main: dict[str, Comparison]) -> Iterator[str]:
    yield f"A: {_label(a)}"
    yield f"B: {_label(b)}"
    yield from (f"   {name}: {old!r} -> {new!r}" for name, old, new in _changes(a, b))
    alone = len(_measured(a, False)) + len(_measured(b, False)) - 2 * next(iter(main.values())).n
    if alone:
        yield f"   {alone} questions are in one of them only and left out"
    yield ""
    yield from _compared("measure", main)
    follow_ups = paired(a, b, follow_up=True)
    if follow_ups:
        yield ""
        yield from _compared("follow-ups", follow_ups)
    yield ""
    yield from _plain(a, b)
    yield ""
    yield (
        f"p: two-sided paired randomisation test; * below {SIGNIFICANT}. Each measure is tested by itself: "
        "of twenty, one is below by chance."
    )


def _compared(first: str, rows: Mapping[str, Comparison]) -> Iterator[str]:
    cells = {
        name: {
            "A": row.a,
            "B": row.b,
            "B - A": f"{row.b - row.a:+.3f}",
            "p": f"{row.p:.4f}{'*' if row.p < SIGNIFICANT else ' '}",
            "better in A / B of n": f"{row.a_better} / {row.b_better} of {row.n}",
        }
        for name, row in rows.items()
    }
    yield from grid(["A", "B", "B - A", "p", "better in A / B of n"], cells, first=first)


def _plain(a: Json, b: Json) -> Iterator[str]:
    """Figures that are no means over questions."""
    sides = {"A": a, "B": b}
    names = ("auc", "answerable_refused", "unanswerable_refused")
    rows = {name: {side: of["refusal"][name] for side, of in sides.items()} for name in names}
    for name in ("p50", "p95"):
        rows[f"latency {name} (ms)"] = {side: f"{of['latency_ms'][name]:.1f}" for side, of in sides.items()}
    yield from grid(list(sides), rows, first="refusal")


def _changes(a: Json, b: Json) -> Iterator[tuple[str, object, object]]:
    for name in dict.fromkeys([*a["settings"], *b["settings"]]):
        old, new = a["settings"].get(name), b["settings"].get(name)
        if old != new:
            yield name, old, new


def _label(result: Json) -> str:
    return f"{result['name']} ({result['split']}), {result['created']}, index {result['version']}"


def _measured(result: Json, follow_up: bool) -> dict[str, dict[str, float]]:
    rows: Sequence[Json] = result["per_question"]
    return {row["id"]: row["measures"] for row in rows if "measures" in row and row["follow_up"] is follow_up}


Limit = tuple[str, tuple[str, ...], float]
"""One of TABLES, the path of a figure in a result, and the least or the most that it may be."""


def load_limits(path: Path) -> list[Limit]:
    """Raises ConfigError for a file that is not of the form."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read ({error}). Give a TOML file of floors, see evals/floors.toml."
        ) from error
    unknown = [name for name in tables if name not in TABLES]
    if unknown:
        raise ConfigError(
            f"{path}: unknown table [{unknown[0]}]. Use [minimum.measures], [maximum.refusal] and the like."
        )
    return [(bound, *leaf) for bound in TABLES for leaf in _leaves(tables.get(bound, {}), (), path)]


def violations(limits: list[Limit], result: Json) -> list[str]:
    """A line for each limit that the result breaks. Raises ConfigError if the result has no such figure."""
    broken = []
    for bound, path, value in limits:
        figure = round(_figure_at(result, path), 3)  # as printed
        if bound == "minimum" and figure < value:
            broken.append(f"{' '.join(path)} is {figure:.3f}, below its floor of {value:.3f}")
        if bound == "maximum" and figure > value:
            broken.append(f"{' '.join(path)} is {figure:.3f}, above its ceiling of {value:.3f}")
    return broken


def _leaves(table: Any, path: tuple[str, ...], file: Path) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(table, Mapping):
        for name, entry in table.items():
            yield from _leaves(entry, (*path, name), file)
    elif isinstance(table, (int, float)) and not isinstance(table, bool):
        yield path, float(table)
    else:
        raise ConfigError(f"{file}: {'.'.join(path)} = {table!r} is no number.")


def _figure_at(result: Json, path: tuple[str, ...]) -> float:
    value: Any = result
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(value, (int, float)):
        raise ConfigError(
            f"A floor is set for {' '.join(path)}, but the result has no such figure. Correct the floors file."
        )
    return float(value)
