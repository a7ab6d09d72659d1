"""Documents of nothing but headings, by which parts are named."""

from retrieval.types import Block, Document, Section


def document(path: str, title: str, *headings: str) -> Document:
    """A document of which each heading has ten characters of text below it."""
    text = title.ljust(10) + "".join(heading.ljust(20) for heading in headings)
    sections = tuple(Section((heading,), 2, 10 + 20 * place, 30 + 20 * place) for place, heading in enumerate(headings))
    blocks = tuple(Block("paragraph", part.end - 1, part.end) for part in sections) or (
        Block("paragraph", 0, len(text)),
    )
    return Document(path, path, title, text, blocks, sections)


COURSE = [
    document("06-bones.pdf", "6 Bones", "6.1 Long bones", "6.2 Repair of bones", "Key terms"),
    document("lessons.md", "Rivers", "Lesson 1: Springs", "Lesson 2: Erosion", "Lesson 10: Meanders"),
    document("vulkane.md", "Vulkane", "Lektion 1: Magma", "Lektion 2: Schildvulkane"),
    document("水循环.md", "水循环", "第一课：蒸发", "第二课：凝结"),
]
