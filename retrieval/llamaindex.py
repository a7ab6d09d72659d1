"""The retriever and rerankers for a LlamaIndex application (the only importer of llama_index in this package).

    from retrieval.config import load_settings
    from retrieval.hybrid import open_retriever
    from retrieval.llamaindex import FootnoteRetriever

    retriever = FootnoteRetriever(open_retriever(load_settings()), k=8)
    nodes = retriever.retrieve("what is perplexity?")

Nodes keep their chunk's id, exact offsets and place. Importing llama_index takes two seconds, so nothing in the chat
imports this module.
"""

from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.postprocessor.types import BaseNodePostprocessor
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    BaseNode,
    MetadataMode,
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from retrieval.types import Hit, Reranker, Retriever, Scope


class FootnoteRetriever(BaseRetriever):
    """The best `k` chunks of a `Retriever` as nodes, best first; a node's score is that of the stage that ordered last."""

    def __init__(
        self,
        retriever: Retriever,
        *,
        k: int = 10,
        scope: Scope = Scope(),
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager or CallbackManager())
        self._footnote = retriever
        self._k = k
        self._scope = scope

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._footnote.retrieve(query_bundle.query_str, scope=self._scope, k=self._k)
        return [to_node(hit) for hit in found.hits]


class FootnoteReranker(BaseNodePostprocessor):
    """Orders nodes by a `Reranker`, best first, ties in their order before; keeps the first `top_n`.

    A node's title and section, which `FootnoteRetriever` and `FootnoteChunker` keep in its metadata, are its place; a node
    from elsewhere has none.
    """

    top_n: int = 10
    _reranker: Reranker = PrivateAttr()

    def __init__(self, reranker: Reranker, **fields: Any) -> None:
        super().__init__(**fields)
        self._reranker = reranker

    @classmethod
    def class_name(cls) -> str:
        return "FootnoteReranker"

    def _postprocess_nodes(
        self, nodes: list[NodeWithScore], query_bundle: QueryBundle | None = None
    ) -> list[NodeWithScore]:
        if query_bundle is None or not nodes:
            return nodes[: self.top_n]
        scores = self._reranker.score(query_bundle.query_str, [placed_text(node.node) for node in nodes])
        ordered = sorted(zip(nodes, scores, strict=True), key=lambda pair: -pair[1])
        return [NodeWithScore(node=node.node, score=float(score)) for node, score in ordered[: self.top_n]]


def placed_text(node: BaseNode) -> str:
    """A node as rerankers read it: its place on the first line, then its words."""
    parts = (node.metadata.get("title"), node.metadata.get("section"))
    place = " > ".join(str(part) for part in parts if part)
    return " ".join(place.split()) + "\n" + node.get_content(metadata_mode=MetadataMode.NONE)


def to_node(hit: Hit) -> NodeWithScore:
    """A hit as a LlamaIndex node: text and offsets are the chunk's, the place is in the metadata."""
    chunk = hit.chunk
    metadata: dict[str, Any] = {"title": chunk.document_title, "section": " > ".join(chunk.section)}
    if chunk.page is not None:
        metadata[chunk.page_word] = chunk.page
    node = TextNode(
        id_=chunk.id,
        text=chunk.text,
        metadata=metadata,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=chunk.document_id)},
    )
    return NodeWithScore(node=node, score=hit.score)
