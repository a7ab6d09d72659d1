"""The evals page's data and its history."""

import json
import re
from pathlib import Path

from app.web.pages.evals import PAST, history, latest, past_runs, result
from tests.app.web.page_support import Reader

RESULT = {
    "name": "own",
    "split": "dev",
    "created": "2026-01-02T03:04:05+00:00",
    "version": "v1",
    "measures": {"R@5": 0.8125, "RR@10": 0.7},
    "intervals": {"R@5": [0.74, 0.88]},
    "n": {"measured": 96},
    "refusal": {"auc": 0.95, "unanswerable_refused": 0.8, "answerable_refused": 0.05},
    "latency_ms": {"p50": 4.2, "p95": 9.0},
    "per_kind": {"fact": {"n": 40, "measures": {"R@5": 0.9, "RR@10": 0.8}}},
}


def test_results_are_read_latest_first_and_broken_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(RESULT))
    (tmp_path / "b.json").write_text(json.dumps({**RESULT, "name": "beir", "created": "2026-02-02T00:00:00+00:00"}))
    (tmp_path / "side-by-side.json").write_text(json.dumps({"difference": {}}))
    (tmp_path / "c.json").write_text("{not json")
    assert [run["name"] for run in latest(tmp_path)] == ["beir", "own"]
    assert latest(tmp_path / "none") == []


def test_history_is_in_order(tmp_path: Path) -> None:
    later = {**RESULT, "measures": {"R@5": 0.9}}
    (tmp_path / "history.jsonl").write_text(f"{json.dumps(RESULT)}\nbroken\n{json.dumps(later)}\n")
    assert [run["measures"]["R@5"] for run in history(tmp_path)] == [0.8125, 0.9]
    assert history(tmp_path / "none") == []


def test_a_result_is_shown_with_its_intervals(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(RESULT))
    text = Reader(result(latest(tmp_path)[0])).text
    assert "0.812 (0.74 to 0.88)" in text
    assert "AUC 0.950. Of questions it does not cover 80% are refused, of the others 5%." in text
    assert "4.2 ms in the median" in text
    assert "fact400.900.80" in text


def test_the_history_of_a_set_has_its_latest_runs_the_newest_first(tmp_path: Path) -> None:
    lines = [json.dumps({**RESULT, "measures": {"R@5": share / 100}}) for share in range(50)]
    (tmp_path / "history.jsonl").write_text("\n".join(lines))
    runs = history(tmp_path)
    figures = re.findall(r"0\.\d{3}", Reader(past_runs("own", runs)).text)
    assert figures == [f"{share / 100:.3f}" for share in range(49, 49 - PAST, -1)]
    assert past_runs("own", runs[:1]) == ""
