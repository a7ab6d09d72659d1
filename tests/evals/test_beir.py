import json
from math import log2
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.datasets.beir import load_beir, write_corpus
from evals.report.saved import load
from evals.search.sets import documents
from retrieval.errors import UnreadableFile
from tests.evals.evals_support import WordRetriever, cut

CORPUS = [
    {"_id": "MED/1", "title": "Sleep in cats", "text": "Cats sleep sixteen hours a day, mostly at noon."},
    {"_id": "2", "title": "", "text": "Steel is an alloy of iron and carbon."},
    {"_id": "q3", "title": "Bread", "text": "Bread rises because yeast makes gas from sugar."},
    {"_id": "4", "title": "Yeast", "text": "Yeast is a fungus with a single cell. It is found on fruit."},
]
QUERIES = [
    {"_id": "q1", "text": "how long do cats sleep"},
    {"_id": "q2", "text": "what is steel made of"},
    {"_id": "q3", "text": "why does bread rise with yeast"},
    {"_id": "q4", "text": "not judged"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tMED/1\t1\nq2\t2\t1\nq2\tq3\t0\nq3\t4\t2\nq4\t4\t0\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tiny"
    (made / "qrels").mkdir(parents=True)
    (made / "corpus.jsonl").write_text("\n".join(map(json.dumps, CORPUS)))
    (made / "queries.jsonl").write_text("\n".join(map(json.dumps, QUERIES)))
    (made / "qrels" / "test.tsv").write_text(QRELS)
    return made


def test_only_queries_with_a_relevant_document_are_asked(folder: Path) -> None:
    beir = load_beir(folder, split="test")
    assert list(beir.queries) == ["q1", "q2", "q3"]
    assert beir.qrels["q2"] == {"2": 1, "q3": 0}


def test_documents_become_files_and_stay(folder: Path, tmp_path: Path) -> None:
    names = write_corpus(folder, tmp_path / "corpus")
    assert list(names.values()) == ["MED/1", "2", "q3", "4"]
    assert (tmp_path / "corpus" / "0000000.md").read_text() == f"# Sleep in cats\n\n{CORPUS[0]['text']}\n"
    assert (tmp_path / "corpus" / "0000001.md").read_text() == f"{CORPUS[1]['text']}\n"
    (folder / "corpus.jsonl").write_text(json.dumps(CORPUS[0]))
    write_corpus(folder, tmp_path / "corpus")
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["0000000.md"]


def test_a_document_ranks_where_its_best_chunk_does() -> None:
    chunks = [*cut("a", "one two |three ")[1], *cut("b", "three four |one two three ")[1]]
    found = WordRetriever(chunks).retrieve("one two three", k=10)
    assert documents(found, {"a": "A", "b": "B"}) == ["B", "A"]
    assert documents(found, {"a": "A", "b": "B"}, without="B") == ["A"]


def test_a_folder_by_the_command_line(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("QDRANT_URL", "")
    with (folder / "qrels" / "test.tsv").open("a") as qrels:
        qrels.write("q9\t2\t1\nq1\tgone\t0\nq2\tgone\t1\n")
    out, results = tmp_path / "out.json", tmp_path / "results"
    assert main(["run", "--beir", str(folder), "--json", str(out), "--results", str(results)]) == 0
    said = capsys.readouterr().err
    assert "Not asked: q9: it is judged, but not in queries.jsonl." in said
    assert said.count("not in the index") == 1
    assert "tiny, q2: not in the index, never found: gone" in said
    [found] = load(out)["sets"]
    assert (found["name"], found["n"]) == ("tiny", 3)
    # the document q3 is the namesake of the query q3 and left out, which leaves its only relevant one first
    assert found["per_question"]["default"] == {"q1": 1, "q2": 1, "q3": 1}
    assert found["measures"]["default"]["nDCG@10"] == pytest.approx((1 + 1 / (1 + 1 / log2(3)) + 1) / 3)
    assert found["measures"]["default"]["R@5"] == pytest.approx((1 + 1 / 2 + 1) / 3)
    assert main(["compare", str(out), str(out)]) == 0
    assert "mean of 1 sets: B - A +0.000" in capsys.readouterr().out


def test_a_split_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"dev.tsv cannot be read .* for each --split \(here: test\)"):
        load_beir(folder, split="dev")


def test_ids_that_are_in_no_file_are_told(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text(QRELS.replace("\n", "\r\n") + "q9\t2\t1\r\nq1\tgone\t1\r\n")
    beir = load_beir(folder, split="test")
    assert (list(beir.queries), beir.unknown) == (["q1", "q2", "q3"], ["q9"])


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("qrels/test.tsv", "q1\tMED/1\n", r"test.tsv, line 1: not query, document, grade"),
        (
            "qrels/test.tsv",
            "q9\tMED/1\t1\n",
            "none of the 1 queries with a positive grade in qrels/test.tsv is in queries.jsonl",
        ),
        ("queries.jsonl", '{"text": "x"}', r'queries.jsonl, line 1: no text in "_id"'),
        ("queries.jsonl", "{", r"queries.jsonl, line 1: no JSON"),
    ],
)
def test_a_bad_folder_is_named(folder: Path, file: str, text: str, message: str) -> None:
    (folder / file).write_text(text)
    with pytest.raises(UnreadableFile, match=message):
        load_beir(folder, split="test")
