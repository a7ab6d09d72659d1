"""Seconds and peak memory of builds over many megabytes of Markdown.

    python -m tests.ingest_times 10 [--folder DIR]

Files of about 20 kB with headings, paragraphs, nested lists, code and tables, whose words are drawn as often as corpus/
uses them. Built from nothing, again with nothing changed, with one file changed and with one file renamed, each by
`python -m ingest` in a process of its own. Memory is that of the process and its children, sampled four times a second:
anonymous pages alone, and all that is resident, files that are mapped among it.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from retrieval.config import ROOT

MEGABYTE = 1_000_000
FILE = 20_000  # characters
PAUSE = 0.25


class Writer:
    """Markdown of random words; the same for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        text = " ".join(path.read_text("utf-8") for path in sorted((ROOT / "corpus").glob("*.md")))
        counted = Counter(re.findall(r"[a-z]{2,}", text.lower()))
        self._words, self._weights = list(counted), list(counted.values())
        self._random = random.Random(seed)

    def words(self, count: int) -> list[str]:
        return self._random.choices(self._words, self._weights, k=count)

    def sentence(self) -> str:
        return " ".join(self.words(self._random.randint(7, 24))).capitalize() + "."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self._random.randint(2, 7)))

    def items(self) -> str:
        return "\n".join(
            f"- {self.sentence()}\n  - {' '.join(self.words(6))}" for _ in range(self._random.randint(3, 8))
        )

    def code(self) -> str:
        name, argument = self.words(2)
        body = [f"    {argument} += {self._random.randint(1, 99)}" for _ in range(self._random.randint(3, 9))]
        return "\n".join(["```python", f"def {name}({argument}):", *body, f"    return {argument}", "```"])

    def table(self) -> str:
        rows = [self.words(3) for _ in range(self._random.randint(3, 12))]
        return "\n".join(f"| {' | '.join(row)} |" for row in [self.words(3), ["---"] * 3, *rows])

    def document(self, number: int) -> str:
        kinds = [self.paragraph, self.items, self.code, self.table]
        parts, size = [f"# Lesson {number}"], 0
        while size < FILE:
            parts.append(f"{self._random.choice(['##', '###'])} {' '.join(self.words(4)).capitalize()}")
            parts += [make() for make in self._random.choices(kinds, [6, 2, 1, 1], k=self._random.randint(1, 4))]
            size = sum(map(len, parts))
        return "\n\n".join(parts) + "\n"


def write_corpus(folder: Path, megabytes: int) -> list[Path]:
    writer, paths, size = Writer(), [], 0
    while size < megabytes * MEGABYTE:
        path = folder / f"week-{len(paths) // 50:03d}" / f"lesson-{len(paths):05d}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_text(writer.document(len(paths)), "utf-8")
        paths.append(path)
    return paths


def resident(process: int) -> tuple[int, int]:
    """Anonymous and all resident bytes of a process and its descendants."""
    anonymous = everything = 0
    for one in family(process):
        try:
            status = dict(
                line.split(":", 1) for line in Path(f"/proc/{one}/status").read_text().splitlines() if ":" in line
            )
        except OSError:  # it has ended
            continue
        anonymous += int(status.get("RssAnon", "0 kB").split()[0]) * 1024
        everything += int(status.get("VmRSS", "0 kB").split()[0]) * 1024
    return anonymous, everything


def family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def build(corpus: Path, index: Path) -> str:
    """One build; what it took, in a line."""
    environment = os.environ | {"CORPUS": str(corpus), "INDEX_DIR": str(index)}
    begun, peaks = time.perf_counter(), (0, 0)
    command = [sys.executable, "-m", "ingest", "--json"]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:  # a report is more than a pipe holds
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output)
        while process.poll() is None:
            now = resident(process.pid)
            peaks = (max(peaks[0], now[0]), max(peaks[1], now[1]))
            time.sleep(PAUSE)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        raise SystemExit(f"the build ended with status {process.returncode}: {printed}")
    report = json.loads(printed)
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in report["stages"].items())
    return (
        f"{time.perf_counter() - begun:8.1f} s  {peaks[0] / MEGABYTE:6.0f} MB anonymous  {peaks[1] / MEGABYTE:6.0f} MB resident"
        f"  {report['counts']['windows']} windows, {report['embedded']} embedded  [{stages}]  load {os.getloadavg()[0]:.1f}"
    )


def measure(folder: Path, megabytes: int) -> None:
    paths = write_corpus(folder / "corpus", megabytes)
    print(f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / MEGABYTE:.1f} MB", flush=True)

    def show(what: str) -> None:
        print(f"{what:<12}{build(folder / 'corpus', folder / 'index')}", flush=True)

    show("from nothing")
    show("no change")
    changed = paths[len(paths) // 2]
    changed.write_text(changed.read_text("utf-8") + "\nOne more sentence at the end.\n", "utf-8")
    show("one changed")
    paths[-1].rename(paths[-1].with_name("renamed.md"))
    show("one renamed")


def main() -> None:
    parser = argparse.ArgumentParser(description="time builds over much Markdown")
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--folder", type=Path, help="where to put corpus and index (default: a folder that is removed)")
    options = parser.parse_args()
    if options.folder:
        measure(options.folder, options.megabytes)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.megabytes)


if __name__ == "__main__":
    main()
