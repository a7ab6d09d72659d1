"""Writes docs/settings.md from retrieval/config.py: `python -m docs.settings`."""

import inspect
import json
import re
import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from retrieval.config import ROOT, Settings

PAGE = Path(__file__).with_name("settings.md")
HEAD = """# Settings

Environment variables, or lines `NAME=value` in a file `.env` at the top of the project. What cannot work is refused when
a program starts, with the value and the limit. This page is written by `python -m docs.settings` from
[retrieval/config.py](../retrieval/config.py).
"""


def page() -> str:
    parts = [HEAD]
    group = ""
    for name, field in Settings.model_fields.items():
        if groups().get(name) and groups()[name] != group:
            group = groups()[name]
            parts.append(f"\n## {group}\n\n| setting | default | values | what it does |\n| --- | --- | --- | --- |\n")
        variable = (field.alias or name).upper()
        parts.append(f"| `{variable}` | {_default(field)} | {_values(field)} | {_cell(field.description or '')} |\n")
    return "".join(parts)


def groups() -> dict[str, str]:
    """The comment above each setting's group, by the setting's name."""
    found: dict[str, str] = {}
    heading = ""
    for line in inspect.getsource(Settings).splitlines():
        if match := re.match(r"    # (.+)$", line):
            heading = match[1][0].upper() + match[1][1:]
        elif match := re.match(r"    (\w+): ", line):
            found[match[1]] = heading
    return found


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}`"
    if isinstance(value, dict):
        return f"`{json.dumps(value)}`"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text else ""


def _values(field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    names = {str: "text", int: "whole number", float: "number", bool: "`true`, `false`", Path: "path"}
    if get_origin(kind) in (Union, types.UnionType):
        kind = get_args(kind)[0]
    limits = {type(one).__name__: one for one in field.metadata}
    low = next((getattr(limits[key], key.lower()) for key in ("Ge", "Gt") if key in limits), None)
    high = next((getattr(limits[key], key.lower()) for key in ("Le", "Lt") if key in limits), None)
    base = names.get(kind, "JSON object")
    if low is None:
        return base
    above = "above " if "Gt" in limits else ""
    return f"{base}, {low} to {high}" if high is not None else f"{base}, {above}{low}{'' if above else ' or more'}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
