"""Results on disk: JSON files in a folder (evals/results/), and history.jsonl, one line of main figures a run."""

import json
from pathlib import Path
from typing import TypeGuard

from evals.datasets.questions import read_json_lines
from evals.report.table import MAIN
from retrieval.errors import UnreadableFile
from retrieval.types import Json

HISTORY = "history.jsonl"
FIELDS = {"name", "split", "measures", "follow_up", "refusal", "latency_ms", "lost", "settings", "per_question"}


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
