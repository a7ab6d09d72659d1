"""What `python -m evals run` left on disk, as far as a page shows it: results, and the history of their main figures."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.config import ROOT

FOLDER = ROOT / "evals" / "results"
MEASURES = ("R@1", "R@3", "R@5", "R@10", "RR@10", "nDCG@10")


@dataclass(frozen=True, slots=True)
class Run:
    """The main figures of one evaluation; measures in [0, 1], times in milliseconds."""

    created: str
    name: str
    version: str
    measures: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    refusal: Mapping[str, Any]
    latency_ms: Mapping[str, Any]
    per_kind: Mapping[str, Any]
    questions: int = 0

    @property
    def day(self) -> str:
        return self.created[:16].replace("T", " ")


def latest(folder: Path) -> list[Run]:
    """The last result of each question set, latest first; files that cannot be read are left out."""
    runs = [run for path in sorted(folder.glob("*.json")) if (run := _read(path)) is not None]
    return sorted(runs, key=lambda run: run.created, reverse=True)


def history(folder: Path) -> list[Run]:
    """Every run that was made, oldest first."""
    try:
        lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [run for line in lines if (run := _run(line)) is not None]


def _read(path: Path) -> Run | None:
    try:
        return _run(path.read_text(encoding="utf-8"))
    except OSError:
        return None


def _run(text: str) -> Run | None:
    try:
        data = json.loads(text)
        return Run(
            created=str(data["created"]),
            name=f"{data['name']} ({data['split']})" if data.get("split") else str(data["name"]),
            version=str(data["version"]),
            measures={name: float(data["measures"][name]) for name in MEASURES if name in data["measures"]},
            intervals={name: (low, high) for name, (low, high) in data.get("intervals", {}).items()},
            refusal=data.get("refusal", {}),
            latency_ms=data.get("latency_ms", {}),
            per_kind=data.get("per_kind", {}),
            questions=int(data.get("n", {}).get("measured", 0)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
