"""What is said of an answer on the page, in a terminal and in a saved conversation alike."""

NO_QUESTION = "This is no question about the course"
UNSURE = "The course may not answer this. Quoted is what comes closest."


def more_words(words: int, place: str) -> str:
    """`(1, "Notes")` -> `"1 more word in Notes"`"""
    return f"{words} more {'word' if words == 1 else 'words'} in {place}"


def not_covered(*, scoped: bool) -> str:
    """`scoped`: only a part of the course was asked."""
    return f"{'The chosen part of the course' if scoped else 'The course'} does not cover this"
