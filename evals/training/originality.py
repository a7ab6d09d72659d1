"""Whether documents were written anew: how many words each has, and the longest runs of words it shares with sources.

    python -m evals.originality corpus ../sources [--words 8]

Words are compared without case and punctuation, so a run goes on from one sentence, row or line of code to the next.
Web addresses count as nothing: they are names. Names and titles of works remain, for the reader to tell.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.discover.files import find
from ingest.parse.load import Loader
from retrieval.errors import FootnoteError

_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")


def words(text: str) -> list[str]:
    """`"See https://x.org: it's 1.5x"` -> `["see", "it's", "1", "5x"]`"""
    return [word.lower() for word in _WORD.findall(_ADDRESS.sub(" ", text))]


def shared_runs(text: Sequence[str], source: Sequence[str], *, at_least: int) -> list[list[str]]:
    """The runs of at least so many words of `text` that stand in `source`, longest first; ties in order of the text.

    Each run is as long as can be, none lies inside another; they may overlap.
    """
    starts = defaultdict(list)
    for at in range(len(source) - at_least + 1):
        starts[tuple(source[at : at + at_least])].append(at)
    runs: list[list[str]] = []
    end = 0
    for at in range(len(text) - at_least + 1):
        found = starts.get(tuple(text[at : at + at_least]), [])
        length = max((_common(text, at, source, start) for start in found), default=0)
        if at + length > end and length:
            runs.append(list(text[at : at + length]))
            end = at + length
    return sorted(runs, key=len, reverse=True)


def _common(text: Sequence[str], at: int, source: Sequence[str], start: int) -> int:
    length = 0
    while at + length < len(text) and start + length < len(source) and text[at + length] == source[start + length]:
        length += 1
    return length


def report(corpus: Path, sources: Path, *, at_least: int) -> Iterator[str]:
    """Lines: each document's words, then each run it shares with a source. Raises UnreadableFile, ConfigError."""
    known = {path.name: words(path.read_text(encoding="utf-8")) for path in sorted(sources.iterdir()) if path.is_file()}
    with Loader(corpus) as loader:
        for path in find(corpus, limits=loader.limits)[0]:
            text = words(loader.load(path).document.text)
            yield f"{path.relative_to(corpus)}: {len(text)} words"
            for source, others in known.items():
                for run in shared_runs(text, others, at_least=at_least):
                    yield f"  {len(run):3d} with {source}: {' '.join(run)}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.originality", description=__doc__)
    parser.add_argument("corpus", type=Path, help="the folder of documents")
    parser.add_argument("sources", type=Path, help="a folder of text files they must not copy")
    parser.add_argument("--words", type=int, default=8, metavar="N", help="shortest run that is shown (default: 8)")
    options = parser.parse_args(arguments)
    try:
        for line in report(options.corpus, options.sources, at_least=options.words):
            print(line)
    except (FootnoteError, OSError, UnicodeDecodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
