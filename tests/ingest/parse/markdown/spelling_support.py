"""Markdown as it is read, without its empty lines."""

from ingest.parse import markdown_writer as markup
from ingest.parse.markdown.extensions import spelled_out


def text_of(text: str) -> str:
    found = markup.written([spelled_out(text).text]).text
    return "\n".join(line for line in found.split("\n") if line.strip())
