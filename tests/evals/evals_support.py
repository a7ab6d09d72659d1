"""Small real values for the tests of evals: documents cut into chunks, and a retriever that counts shared words."""

from collections.abc import Mapping, Sequence

from retrieval.types import Chunk, Hit, Retrieval, Scope, Stage, Unit, Window


def chunk(document_id: str, text: str, start: int, end: int) -> Chunk:
    """`text[start:end]` of a document as a chunk of one sentence."""
    return Chunk(
        id=f"{document_id}:{start}",
        document_id=document_id,
        document_title=document_id.title(),
        section=(),
        start=start,
        end=end,
        text=text[start:end],
        units=(Unit("sentence", start, end),),
        windows=(Window(start, end),),
    )


def cut(document_id: str, text: str, mark: str = "|") -> tuple[str, list[Chunk]]:
    """`"one |two"` -> the text without marks, and the chunks between them."""
    chunks: list[Chunk] = []
    plain = text.replace(mark, "")
    start = 0
    for piece in text.split(mark):
        chunks.append(chunk(document_id, plain, start, start + len(piece)))
        start += len(piece)
    return plain, chunks


class WordRetriever:
    """Ranks chunks by the share of the query's words they hold; ties by id. Confidence is the best share."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = chunks

    def retrieve(self, query: str, *, scope: Scope = Scope(), k: int = 10) -> Retrieval:
        words = set(query.lower().split())
        shares: Mapping[str, float] = {
            chunk.id: len(words & set(chunk.text.lower().split())) / max(1, len(words)) for chunk in self.chunks
        }
        ordered = sorted(self.chunks, key=lambda chunk: (-shares[chunk.id], chunk.id))[:k]
        hits = tuple(Hit(chunk, rank, fused=shares[chunk.id]) for rank, chunk in enumerate(ordered, start=1))
        confidence = hits[0].fused if hits else 0.0
        return Retrieval(query, hits, (), confidence, (Stage("words", 0.5, len(hits)),), "v1", {"best": confidence})
