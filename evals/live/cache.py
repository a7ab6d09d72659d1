"""How often the answer cache knows a question again in other words, and how often it takes another for it.

Pairs of questions, as JSON lines: {"a", "b", "same": whether they ask the same, "kind"}. `frame`: the same words asked in
another way; `reworded`: other words; `changed`: a word or two differ, and with them the answer. Most start from the
project's own questions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.answering.answer_cache import SIMILAR, gist
from evals.datasets.questions import read_json_lines
from retrieval.types import Embedder, Json

PAIRS = Path(__file__).resolve().parent / "paraphrases.jsonl"
THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98)


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A pair with what the cache goes by: `cosine` of the embeddings, and whether the gists agree."""

    kind: str
    same: bool
    cosine: float
    agree: bool


def judge_pairs(embedder: Embedder, path: Path = PAIRS) -> list[JudgedPair]:
    """In the order of the file. Raises UnreadableFile."""
    return [_judged(row, embedder) for _, row in read_json_lines(path)]


def rates(judged: Sequence[JudgedPair], threshold: float, *, with_gist: bool) -> dict[str, float]:
    """The share of each kind that is taken for the same question at a cosine threshold."""
    taken = [one.cosine >= threshold and (one.agree or not with_gist) for one in judged]
    kinds = dict.fromkeys(one.kind for one in judged)
    return {kind: _share([hit for hit, one in zip(taken, judged, strict=True) if one.kind == kind]) for kind in kinds}


def cache_result(judged: Sequence[JudgedPair]) -> Json:
    """Rates at each threshold, by embedding alone and as the cache decides; and the lowest cosine of pairs it should take."""
    lowest = min((one.cosine for one in judged if one.same and one.agree), default=0.0)
    return {
        "pairs": {kind: sum(one.kind == kind for one in judged) for kind in dict.fromkeys(one.kind for one in judged)},
        "threshold": SIMILAR,
        "lowest_cosine_of_one_gist": lowest,
        "cosine_alone": {str(cut): rates(judged, cut, with_gist=False) for cut in THRESHOLDS},
        "gist_and_cosine": {str(cut): rates(judged, cut, with_gist=True) for cut in THRESHOLDS},
    }


def cache_table(found: Json) -> str:
    """A line per threshold: the share of each kind that is taken for the same question, both ways."""
    kinds = list(found["pairs"])
    counted = ", ".join(f"{count} {kind}" for kind, count in found["pairs"].items())
    head = f"{'cosine':>7}" + "".join(f"{way:>34}" for way in ("by embedding alone", "with the gist (the cache)"))
    names = f"{'':>7}" + 2 * ("    " + "".join(f"{kind:>10}" for kind in kinds))
    lines = [f"Pairs: {counted}. `changed` ones taken for the same are false hits.", head, names]
    for cut in map(str, THRESHOLDS):
        ways = (found[way][cut] for way in ("cosine_alone", "gist_and_cosine"))
        cells = ("    " + "".join(f"{rate[kind]:>10.1%}" for kind in kinds) for rate in ways)
        lines.append(f"{cut:>7}" + "".join(cells) + ("  <- in use" if float(cut) == found["threshold"] else ""))
    return "\n".join([*lines, f"Lowest cosine of a pair with one gist: {found['lowest_cosine_of_one_gist']:.3f}"])


def _judged(row: Mapping[str, object], embedder: Embedder) -> JudgedPair:
    a, b = str(row["a"]), str(row["b"])
    cosine = float(embedder.embed_query(a) @ embedder.embed_query(b))
    return JudgedPair(str(row["kind"]), row["same"] is True, cosine, gist(a) == gist(b) != "")


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
