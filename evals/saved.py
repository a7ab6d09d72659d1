"""Results on disk: JSON files in a folder (evals/results/), and history.jsonl, one line of main figures a run."""

import json
from pathlib import Path

from evals.show import MAIN
from retrieval.errors import UnreadableFile
from retrieval.types import Json

HISTORY = "history.jsonl"


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
    """A result that `run` wrote. Raises UnreadableFile for anything else."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(
            "missing", f"{path} cannot be read ({error}). Name a file that evals run wrote."
        ) from error
    if not isinstance(result, dict) or "per_question" not in result:
        raise UnreadableFile("result", f"{path} is no result of an evaluation. Name a file that evals run wrote.")
    return result


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
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / HISTORY).open("a", encoding="utf-8") as history:
        history.write(json.dumps(line, ensure_ascii=False) + "\n")


def history(folder: Path) -> list[Json]:
    """The lines of the history, oldest first; none if there is none."""
    path = folder / HISTORY
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def saved_results(folder: Path) -> list[Json]:
    """All results in the folder by name of their file; ablations are not among them."""
    paths = sorted(path for path in folder.glob("*.json") if not path.name.startswith("ablation-"))
    return [load(path) for path in paths]


def saved_ablations(folder: Path) -> list[Json]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("ablation-*.json"))]
