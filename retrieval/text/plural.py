"""Numbers of things, for people."""


def counted(count: int, noun: str) -> str:
    """`1 chunk`, `2 chunks`, `0 pieces of boilerplate`; nouns that take an s."""
    first, *rest = noun.split(" of ")
    return f"{count} {' of '.join([first if count == 1 else first + 's', *rest])}"
