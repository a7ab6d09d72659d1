"""Questions without end while everything else goes wrong: `python -m tests.soak --seconds 600`, or each fault so many
times: `--tries 10`.

Two threads ask an engine, and check every answer against the version that it names; meanwhile builds run, are killed, versions
are switched, files are damaged, CURRENT is overwritten and disks are full. Prints a table: what was done, how often, and
what became of it. Exit status 1 if an answer failed or was mixed of two versions.
"""

import argparse
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.answering.engine import Engine, open_engine
from app.types import Done, Question, Reading
from retrieval.config import ROOT, Settings, load_settings
from retrieval.errors import FootnoteError, IndexMissing
from retrieval.index import versions
from tests.conftest import SMALL_COURSE, write_course

FULL = """
set -e
mount -t tmpfs -o size=$(( $(du -s --block-size=1K "$FROM"/versions | cut -f1) + {room} ))k tmpfs "$INDEX_DIR"
cp --archive --sparse=always "$FROM"/CURRENT "$FROM"/versions "$INDEX_DIR"
{python} -m ingest -q || true
{python} -c '{check}'
"""
STILL_WHOLE = (
    "from retrieval.config import load_settings; from retrieval.index import versions; found = load_settings(); "
    'versions.check_intact(found, versions.current(found)); print("whole")'
)
CATS = Question("How long do cats sleep?")


@dataclass
class Tally:
    """`answers` by outcome; `faults` by name and outcome."""

    answers: Counter[str] = field(default_factory=Counter)
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: float = 0.0


class Soak:
    def __init__(self, settings: Settings, seed: int) -> None:
        self.settings = settings
        self.chance = random.Random(seed)
        self.round = 0
        self.said: dict[str, str] = {}  # what each version says about cats
        self.tally = Tally()
        self.over = threading.Event()

    def write(self) -> str:
        """Another edition of the course; what it says."""
        self.round += 1
        text = f"{self.round + 100} hours"
        write_course(self.settings.corpus, {"notes/cats.txt": f"Cats\n\nCats sleep up to {text} a week.\n"})
        return text

    def ask(self, engine: Engine) -> None:
        while not self.over.is_set():
            begun = time.monotonic()
            try:
                engine.refresh()
                events = list(engine.answer(CATS))
                version = next(event.retrieval.version for event in events if isinstance(event, Reading))
                answer = next(event.answer for event in events if isinstance(event, Done))
                quotes = " ".join(note.quote for note in answer.footnotes)
                expected = self.said.get(version, " hours")
                self.tally.answers["right" if expected in quotes else "mixed"] += 1
            except Exception as error:
                self.tally.answers[f"failed: {type(error).__name__}: {str(error)[:80]}"] += 1
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - begun)

    def run(self, seconds: float, *, tries: int = 0) -> None:
        """`tries` of each fault, or whatever comes for so many `seconds`."""
        self.build()
        engine = open_engine(self.settings)
        threads = [threading.Thread(target=self.ask, args=(engine,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        faults: list[Callable[[], str]] = [
            self.build,
            self.killed_build,
            self.damage,
            self.current,
            self.full,
            self.roll_back,
        ]
        end = time.monotonic() + seconds
        chosen = iter(faults * tries) if tries else iter(lambda: self.chance.choice(faults), None)
        while (tries or time.monotonic() < end) and (fault := next(chosen, None)):
            self.tally.faults[fault.__name__.replace("_", " "), fault()] += 1
        self.over.set()
        for thread in threads:
            thread.join()
        engine.close()
        left = sum(path.is_dir() for path in (self.settings.index_dir / "open").iterdir())
        hidden = len(list((self.settings.index_dir / "versions").glob(".*")))
        self.tally.faults["at the end", f"{left} private copies, {hidden} hidden folders left"] += 1

    def build(self) -> str:
        text = self.write()
        ran = self._ingest()
        if ran.returncode:
            return f"said: {ran.stderr.strip().splitlines()[-1][:70] if ran.stderr.strip() else 'nothing'}"
        self.said[versions.current(self.settings)] = text
        return "published"

    def killed_build(self) -> str:
        text, before = self.write(), set(versions.versions(self.settings))
        process = subprocess.Popen(self._command(), env=self._environment(), cwd=ROOT, stderr=subprocess.DEVNULL)
        time.sleep(self.chance.uniform(0.2, 6.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.2)
        for name in set(versions.versions(self.settings)) - before:
            self.said[name] = text
            return "killed after it published"
        return "killed, live version as it was"

    def roll_back(self) -> str:
        try:
            versions.rollback(self.settings)
        except IndexMissing:
            return "said: none before it"
        return "rolled back"

    def damage(self) -> str:
        """Of a file of the live version; only where another one can answer."""
        if len(versions.candidates(self.settings)) < 2:
            return "not tried: one version only"
        folder = versions.folder_of(self.settings, versions.current(self.settings))
        path = self.chance.choice([path for path in folder.rglob("*") if path.is_file() and path.stat().st_size])
        kind = path.relative_to(folder).parts[0]
        with path.open("r+b") as file:
            if self.chance.random() < 0.3:
                file.truncate(path.stat().st_size // 2)
            else:
                place = self.chance.randrange(min(path.stat().st_size, 1 << 16))
                file.seek(place)
                byte = file.read(1)
                file.seek(place)
                file.write(bytes([byte[0] ^ 0x55]))
        text, ran = self.write(), self._ingest()
        if ran.returncode or versions.damage(self.settings):
            return f"{kind}: not mended: {ran.stderr.strip()[-70:]}"
        self.said[versions.current(self.settings)] = text
        return f"{kind}: answered on, mended by the next build"

    def current(self) -> str:
        (self.settings.index_dir / "CURRENT").write_bytes(self.chance.choice([b"", b"\xff\x00garbage", b"no-such\n"]))
        return "mended by the next build" if self.build() == "published" else "not mended"

    def full(self) -> str:
        """A build on a copy of the index on a disk with little room left, a tmpfs of its own."""
        self.write()
        room = self.chance.randrange(64, 24 << 10)  # kB; the build wants 16 MB before it writes points
        with tempfile.TemporaryDirectory() as place:
            environment = self._environment() | {"FROM": str(self.settings.index_dir), "INDEX_DIR": place}
            code = FULL.format(room=room, python=shlex.quote(sys.executable), check=STILL_WHOLE)
            command = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", code]
            ran = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
        if "whole" not in ran.stdout:
            return f"not tried, or not whole: {ran.stderr.strip()[-70:]}"
        said = ran.stderr.strip()
        if not said:
            return "it had room: published, index whole"
        return "said in words, index whole" if "is full" in said and "Traceback" not in said else f"raw: {said[-60:]}"

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "ingest", "-q"]

    def _environment(self) -> dict[str, str]:
        return os.environ | {"INDEX_DIR": str(self.settings.index_dir), "CORPUS": str(self.settings.corpus)}

    def _ingest(self) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(self._command(), env=self._environment(), cwd=ROOT, capture_output=True, text=True)


def table(tally: Tally) -> str:
    rows = [
        ("questions asked", sum(tally.answers.values()), ""),
        *(("", count, what) for what, count in tally.answers.most_common()),
    ]
    rows += [(fault, count, outcome) for (fault, outcome), count in sorted(tally.faults.items())]
    rows.append(("slowest answer", round(tally.slowest, 1), "seconds"))
    return "\n".join(f"{name:<16}{count:>8}  {outcome}" for name, count, outcome in rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--tries", type=int, default=0, help="of each fault, instead of a time")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        settings = load_settings(
            corpus=write_course(folder / "corpus", SMALL_COURSE),
            index_dir=folder / "index",
            data_dir=folder / "data",
            answer_cache=False,
            anthropic_api_key="",
            confidence_threshold=0.0,
        )
        soak = Soak(settings, options.seed)
        try:
            soak.run(options.seconds, tries=options.tries)
        except FootnoteError as error:
            print(error, file=sys.stderr)
            return 1
    print(table(soak.tally))
    return int(any(not outcome.startswith("right") for outcome in soak.tally.answers))


if __name__ == "__main__":
    sys.exit(main())
