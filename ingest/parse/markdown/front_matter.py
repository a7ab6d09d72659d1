"""Front matter: the `---` (YAML) or `+++` (TOML) head of a Markdown file, as flat metadata.

YAML is read by rule, not by a YAML library: front matter is `key: value` and short lists, and a file that is almost
YAML shall still give its title. Left out: nested mappings, anchors, block scalars (their first line is kept).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

_YAML = re.compile(r"---[ \t]*\n(.*?\n)??(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\n(.*?\n)??\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"([A-Za-z_][\w .-]{0,60}):(?:\s+(.*)|\s*)$")
_ENTRY = re.compile(r"\s*-\s+(.*)$")
_OTHER = re.compile(r"\s+\S|\s*$|#|[\]}]")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`text[:end]` is the front matter, 0 if there is none. Keys are lower case, lists joined with commas."""

    end: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


def read(text: str) -> FrontMatter:
    """The front matter of `text`. A head of rules without a single `key: value` line is not front matter."""
    if match := _YAML.match(text):
        metadata = _yaml(match[1] or "")
        return FrontMatter(match.end(), metadata) if metadata else FrontMatter()
    if match := _TOML.match(text):
        metadata = _toml(match[1] or "")
        return FrontMatter(match.end(), metadata) if metadata else FrontMatter()
    return FrontMatter()


def _yaml(head: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    key = ""
    for line in head.split("\n"):
        if match := _KEY.match(line):
            key = match[1].rstrip().lower()
            found[key] = _values((match[2] or "").strip())
        elif key and (entry := _ENTRY.match(line)):
            found[key].append(_unquoted(entry[1].strip()))
        elif not _OTHER.match(line):
            return {}  # prose between two rules
    return {key: ", ".join(filter(None, values)) for key, values in found.items()}


def _values(value: str) -> list[str]:
    """`[a, "b"]` -> a, b; `"a"` -> a; `|` and `>` announce a block scalar and are no value."""
    if value.startswith("[") and value.endswith("]"):
        return [_unquoted(part.strip()) for part in value[1:-1].split(",")]
    return [] if value in {"|", ">", "|-", ">-"} else [_unquoted(value)]


def _unquoted(value: str) -> str:
    for quote in ('"', "'"):
        if len(value) > 1 and value.startswith(quote) and (end := value.find(quote, 1)) > 0:
            return value[1:end] if value[end + 1 :].lstrip()[:1] in {"", "#"} else value
    return value.partition(" #")[0].rstrip()


def _toml(head: str) -> dict[str, str]:
    try:
        table = tomllib.loads(head)
    except tomllib.TOMLDecodeError:
        return {}
    joined = {key.lower(): ", ".join(map(str, value)) for key, value in table.items() if isinstance(value, list)}
    return joined | {k.lower(): str(v) for k, v in table.items() if not isinstance(v, list | dict)}
