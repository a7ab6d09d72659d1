"""A build killed at each of its steps in the file system: while it writes, publishes and prunes.

The steps are those that Python's audit events tell. This file is also a program, which forks a build for each: it loads no
library that does not live through that.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest

from ingest.build import build
from retrieval.config import ROOT, Settings, load_settings
from retrieval.encoders.embedder import Encoded
from retrieval.index import versions
from retrieval.index.opened_index import open_index
from retrieval.text.language import identify
from retrieval.types import Vector
from tests.conftest import copy_folder, know_parsers, write_course

CHANGES = frozenset(
    {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree", "shutil.copyfile"}
)
WRITES = os.O_WRONLY | os.O_RDWR
EDITIONS = ("sixteen", "eighteen", "twenty")


class Digests:
    """An encoder whose vectors are digests."""

    name, digest, dim, has_states = "digests", "1", 16, True

    def embed(self, texts: Sequence[str]) -> Vector:
        return np.stack([one.vector for one in self.stream(texts)]) if texts else np.zeros((0, self.dim), np.float32)

    def embed_query(self, text: str) -> Vector:
        return self.embed([text])[0]

    def known_share(self, text: str) -> float:
        return 1.0

    def stream(self, texts: Sequence[str]) -> Iterator[Encoded]:
        for text in texts:
            vector = np.frombuffer(blake2b(text.encode(), digest_size=self.dim).digest(), np.int8).astype(np.float32)
            vector /= np.linalg.norm(vector)
            yield Encoded(vector, np.stack([vector, -vector]))


def cats(edition: str) -> dict[str, str]:
    return {"cats.md": f"# Cats\n\nCats sleep up to {edition} hours a day.\n", "dogs.md": "# Dogs\n\nDogs bark.\n"}


def steps(index_dir: Path, at: Callable[[int], None]) -> None:
    """From now on `at` is told the number of each change below the folder before it is made."""
    below, count = str(index_dir), 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES
        if (writes or event in CHANGES) and any(str(one).startswith(below) for one in arguments[:2]):
            count += 1
            at(count)

    sys.addaudithook(hook)


def forked(task: Callable[[], None]) -> int:
    """How a child that does it ends, see `os.waitstatus_to_exitcode`."""
    child = os.fork()
    if not child:
        try:
            task()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed(settings: Settings, step: int) -> None:
    steps(settings.index_dir, lambda count: os.kill(os.getpid(), signal.SIGKILL) if count == step else None)
    build(settings, encoder=Digests())


def said(settings: Settings) -> str:
    index = open_index(settings, Digests())
    text = next(point.chunk.text for point in index.store.all() if "Cats" in point.chunk.text)
    index.close()
    return text


def whole(settings: Settings) -> None:
    """What answers is one edition; after the next build it is the last, and nothing is left of what was killed."""
    assert any(edition in said(settings) for edition in EDITIONS[1:])
    versions.check_intact(settings, versions.current(settings))
    build(settings, encoder=Digests())
    assert EDITIONS[-1] in said(settings)
    if len(versions.versions(settings)) > settings.keep_versions:  # what was killed as it pruned
        build(settings, encoder=Digests(), force=True)
    published = versions.versions(settings)
    for name in published:
        versions.check_intact(settings, name)
    there = {path.name for path in (settings.index_dir / "versions").iterdir()}
    assert there == set(published), there
    assert len(published) == settings.keep_versions
    assert [path.name for path in (settings.index_dir / "open").iterdir()] == ["LOCK"]
    assert not list(settings.index_dir.glob(".CURRENT*")), list(settings.index_dir.iterdir())


def prepare(settings: Settings) -> None:
    for edition in EDITIONS[:2]:
        write_course(settings.corpus, cats(edition))
        build(settings, encoder=Digests())
    write_course(settings.corpus, cats(EDITIONS[2]))


def run(folder: Path, every: int) -> int:
    """Kills at every so manieth step; how many. Exits where one has done harm."""
    know_parsers(folder / "base")
    identify("")  # loads its model, which a fork then has
    base = load_settings(
        corpus=folder / "corpus", index_dir=folder / "base", data_dir=folder / "data", qdrant_url="", keep_versions=2
    )
    assert forked(lambda: prepare(base)) == 0
    own = base.model_copy(update={"index_dir": folder / "index"})
    for tries, step in enumerate(range(1, 10_000, every)):
        copy_folder(base.index_dir, own.index_dir)
        ended = forked(lambda: killed(own, step))  # noqa: B023
        if ended != -signal.SIGKILL:
            assert ended == 0, f"step {step}"
            return tries
        assert forked(lambda: whole(own)) == 0, f"killed at step {step}"
        shutil.rmtree(own.index_dir)
    raise AssertionError("a build never came to its end")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.timeout(600)
@pytest.mark.fault("a build is killed before a step in the file system", "one whole version answers, nothing is left")
@pytest.mark.parametrize("every", [37, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_a_build_may_be_killed_at_each_step(
    tmp_path: Path, every: int, record_property: Callable[[str, object], None]
) -> None:
    command = [sys.executable, "-m", "tests.ingest.test_kills", str(tmp_path), str(every)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    tries = int(ran.stdout)
    assert tries * every > 60
    record_property("tries", tries)


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), int(sys.argv[2])))
