"""The house: imports run one way, and each third-party library is touched by the modules that own it."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("retrieval", "ingest", "app", "evals")
MAY_IMPORT = {
    "retrieval": set(),
    "ingest": {"retrieval"},
    "app": {"retrieval"},
    "evals": {"retrieval", "ingest", "app"},
}
OWNERS = {
    "anthropic": {"app/writers/llm/api/messages.py"},
    "qdrant_client": {f"retrieval/index/qdrant_{part}.py" for part in ("server", "versions")},
    "qdrant_edge": {"retrieval/index/qdrant_edge.py"},
    "rank_bm25": {"retrieval/index/bm25.py"},
    "py_rust_stemmers": {"retrieval/text/tokenize.py"},
    "pydantic_settings": {"retrieval/config.py"},
    "fastembed": {"retrieval/encoders/embedder.py", "retrieval/encoders/cross_encoder.py"},
    "onnxruntime": {"retrieval/encoders/bundled.py"},
    "llama_index": {"retrieval/llamaindex.py", "ingest/chunk/llamaindex.py", "evals/search/peer_llamaindex.py"},
    "pathspec": {"ingest/discover/files.py"},
    "opentelemetry": {"app/answering/tracing.py"},
    "ir_measures": {"evals/search/metrics.py"},
    "matplotlib": {"evals/report/html_report.py"},
}
ALONE = {"torch", "onnx", "safetensors", "wordfreq"}  # training only, never at run time


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


@cache
def imports(path: Path) -> list[ast.Import | ast.ImportFrom]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in imports(path):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        else:
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    siblings = imported(path) & set(PACKAGES) - {package}
    assert siblings <= MAY_IMPORT[package]


def test_each_library_has_its_owner() -> None:
    users: dict[str, set[str]] = {library: set() for library in OWNERS}
    for path in modules():
        if "training" in path.parts:
            continue
        for library in imported(path) & OWNERS.keys():
            users[library].add(path.relative_to(ROOT).as_posix())
    assert {library: found for library, found in users.items() if not found <= OWNERS[library]} == {}


def test_training_libraries_stay_in_training() -> None:
    training = ("evals/training/",)
    users = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if imported(path) & ALONE and not path.relative_to(ROOT).as_posix().startswith(training)
    }
    assert users == set()


def test_no_circles() -> None:
    graph = {name: set() for name in map(_module_name, modules())}
    for path in modules():
        for node in imports(path):
            if isinstance(node, ast.ImportFrom) and node.col_offset == 0 and node.module:
                targets = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                graph[_module_name(path)] |= targets & graph.keys()
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join((*above, name))
        if name not in done:
            for target in graph[name] - {name}:
                visit(target, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())
    assert len(done) == len(graph)
    assert sys.version_info >= (3, 11)


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
