"""The statement of the course that answers one of its own questions: the key of a quiz."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.types import Documents
from app.writers.excerpts.choose import Judged, Shown, alone, can_be_marked
from app.writers.excerpts.features import features, likelihoods
from app.writers.excerpts.stretches import Stretch
from app.writers.excerpts.writer import answering, find
from app.writers.tasks.material import Exercise, Piece, posed, unmarked
from retrieval.text.tokenize import terms
from retrieval.types import Retrieval, Unit

LIKELY = 0.45  # likelihood that a sentence needs to be a key: read with the answers of nine chapters, three of four are right, half at .4
AHEAD = 0.08  # likelihood by which one option has to lead: 59 of 70 are right there, two in three without


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """What answers a question: a statement, and the option that it tells, where there are options; `sure` in [0, 1]."""

    shown: Shown
    option: Piece | None
    sure: float


def key(one: Exercise, found: Retrieval, documents: Documents) -> Key | None:
    """The likeliest statement of `found`, or, where there are options, the likeliest that tells just one. None where it is not
    likely enough, or not enough more so than what tells another. What a document asks tells nothing.
    """
    stretches = find(found.passages, documents)
    answers = answering(found.query, stretches.stretches)
    asked, rows = features(found.query, answers, stretches.hits)
    judged = [Judged(stretch, likelihoods(of)) for stretch, of in zip(answers, rows, strict=True)]
    posing = {each.stretch.document.id: posed(each.stretch.document) for each in judged}
    stating = [
        each
        for each in judged
        if not any(a <= unit.start < b for a, b in posing[each.stretch.document.id] for unit in each.stretch.units)
    ]
    if not one.options:
        likeliest = alone(stating, asked)
        sure = max(
            (float(each.likely.max()) for each in stating if likeliest and each.stretch == likeliest.stretch),
            default=0.0,
        )
        return Key(likeliest, None, sure) if likeliest and sure >= LIKELY else None
    options = [terms(unmarked(option.text)) for option in one.options]
    telling: dict[int, tuple[float, Stretch, Unit]] = {}
    for each in stating:
        for likely, unit in zip(each.likely.tolist(), each.stretch.units, strict=True):
            within = told(terms(each.stretch.text(unit)), options) if can_be_marked(each.stretch, unit) else []
            if len(within) == 1 and likely > telling.get(within[0], (0.0,))[0]:
                telling[within[0]] = (likely, each.stretch, unit)
    ranked = sorted(telling.items(), key=lambda item: -item[1][0])
    ahead = ranked[0][1][0] - (ranked[1][1][0] if len(ranked) > 1 else 0.0) if ranked else 0.0
    if not ranked or ahead < AHEAD:
        return None
    place, (_, stretch, unit) = ranked[0]
    return Key(Shown(stretch, (unit,)), one.options[place], ahead)


def told(statement: Sequence[str], options: Sequence[Sequence[str]]) -> list[int]:
    """Which options a statement has all words of: in a row, if it has any so; none whose words are some of another's.

    >>> told("one chief justice and eight associate justices".split(), [["nine", "justices"], ["one", "justice"]])
    [1]
    """
    within = [place for place, option in enumerate(options) if option and set(option) <= set(statement)]
    within = [place for place in within if _in_a_row(options[place], statement)] or within
    return [place for place in within if not any(set(options[place]) < set(options[other]) for other in within)]


def _in_a_row(some: Sequence[str], words: Sequence[str]) -> bool:
    return any(list(words[start : start + len(some)]) == list(some) for start in range(len(words) - len(some) + 1))
