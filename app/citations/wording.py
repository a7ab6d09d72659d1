"""What is said of an answer on the page, in a terminal and in a saved conversation alike."""

NO_QUESTION = "This is no question about the course"
UNSURE = "The course may not answer this. Quoted is what comes closest."

QUOTING = "excerpts"  # the writer that only quotes
OWN_WORDS = (
    "These are the course's own words, chosen without a language model. To have answers written, set ANTHROPIC_API_KEY in "
    ".env, or ANTHROPIC_BASE_URL for a model of your own."
)


def more_words(words: int, place: str) -> str:
    """`(1, "Notes")` -> `"1 more word in Notes"`"""
    return f"{words} more {'word' if words == 1 else 'words'} in {place}"


def not_covered(*, scoped: bool) -> str:
    """`scoped`: only a part of the course was asked."""
    return f"{'The chosen part of the course' if scoped else 'The course'} does not cover this"
