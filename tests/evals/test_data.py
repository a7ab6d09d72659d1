import json
from pathlib import Path

import pytest

from evals.datasets.questions import load_questions
from retrieval.errors import ConfigError, UnreadableFile


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_reads_all_fields_and_ignores_others(tmp_path: Path) -> None:
    row = {
        "id": "f1",
        "question": "and top-p?",
        "kind": "follow-up",
        "doc": "a.md",
        "quotes": ["one", "two"],
        "alternatives": [["one", "two"], ["three"]],
        "history": ["what is greedy sampling?"],
        "standalone": "what is top-p?",
        "answer": "it is",
        "split": "dev",
        "spans": [[0, 3]],
    }
    (question,) = load_questions(write(tmp_path / "q.jsonl", row))
    assert question.gold == (("one", "two"), ("three",))
    assert (question.history, question.standalone) == (("what is greedy sampling?",), "what is top-p?")
    assert question.answerable


def test_line_separators_inside_a_text_do_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"id": "a", "question": "one\u2028two", "quotes": ["x"]}\n\n', encoding="utf-8")
    assert load_questions(path)[0].question == "one\u2028two"


def test_a_folder_is_all_its_files_and_a_split_is_a_choice(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", {"id": "b", "question": "b", "answerable": False, "split": "test"})
    write(tmp_path / "a.jsonl", {"id": "a", "question": "a", "quotes": ["x"], "split": "dev"})
    assert [question.id for question in load_questions(tmp_path)] == ["a", "b"]
    assert [question.id for question in load_questions(tmp_path, split="test")] == ["b"]
    with pytest.raises(ConfigError, match=r"None of the 2 questions .* is marked split=train"):
        load_questions(tmp_path, split="train")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", r"q.jsonl, line 2: no JSON"),
        ("[1]", r"line 2: no JSON object"),
        ('{"question": "x", "quotes": ["y"]}', r'line 2: a question without "id"'),
        ('{"id": "x", "quotes": ["y"]}', r'line 2: a question without "question"'),
        ('{"id": "x", "question": "x"}', r'line 2: question "x" has no quotes'),
        ('{"id": "x", "question": "x", "quotes": "y"}', r'line 2: "quotes" is no list'),
        ('{"id": "x", "question": "x", "quotes": [" "]}', r'line 2: "quotes" is no list'),
        ('{"id": "x", "question": "x", "quotes": ["y"], "alternatives": ["y"]}', r'line 2: "alternatives" is no list'),
        ('{"id": "x", "question": 3, "quotes": ["y"]}', r'line 2: "question" is no text'),
        ('{"id": "a", "question": "x", "quotes": ["y"]}', r'"a" is taken already \(q.jsonl, line 1\)'),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path / "q.jsonl", {"id": "a", "question": "a", "quotes": ["x"]}, line)
    with pytest.raises(UnreadableFile, match=message):
        load_questions(path)


def test_a_missing_or_binary_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        load_questions(tmp_path / "none.jsonl")
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile, match="cannot be read"):
        load_questions(tmp_path / "b.jsonl")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"id": "a", "question": "x", "quotes": ["y"]}\r\n\r\n{"id": "b", "question": "x", "quotes": ["y"]}\r\n'
    )
    assert [question.id for question in load_questions(path)] == ["a", "b"]
    path.write_bytes(b"\r\n")
    with pytest.raises(ConfigError, match="There are no questions in"):
        load_questions(path)
