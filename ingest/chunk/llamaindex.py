"""Chunking as LlamaIndex transformations (the only importer of llama_index in this package).

    IngestionPipeline(transformations=[FootnoteChunker(chunking=Chunking(tokens=250))]).run(nodes=[to_node(document)])

A document travels as a node whose metadata holds its layout; out come text nodes whose ids, texts and character
offsets are those of the chunks. Offsets are kept here: LlamaIndex's own are relative to whatever came before.
"""

from collections.abc import Sequence
from typing import Any

from llama_index.core.schema import BaseNode, NodeRelationship, RelatedNodeInfo, TextNode, TransformComponent
from llama_index.core.schema import Document as LlamaDocument

from ingest.chunk.chunker import Chunking, chunks
from retrieval.index.codec import chunk_to_json, document_from_json, document_to_json
from retrieval.types import Chunk, Document

LAYOUT = "footnote_document"
CHUNK = "footnote_chunk"


class FootnoteChunker(TransformComponent):
    """Documents (see `to_node`) to one text node per chunk, in reading order, windows in the metadata."""

    tokens: int = 250
    window_units: int = 4
    window_overlap: int = 1

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> list[BaseNode]:
        sizes = Chunking(self.tokens, self.window_units, self.window_overlap)
        return [
            _text_node(chunk, node)
            for node in nodes
            for chunk in chunks(document_from_json(node.metadata[LAYOUT]), sizes)
        ]


def to_node(document: Document) -> LlamaDocument:
    """A document with its layout as a LlamaIndex document."""
    metadata = {LAYOUT: document_to_json(document)}
    return LlamaDocument(
        id_=document.id,
        text=document.text,
        metadata=metadata,
        excluded_embed_metadata_keys=list(metadata),
        excluded_llm_metadata_keys=list(metadata),
    )


def _text_node(chunk: Chunk, source: BaseNode) -> TextNode:
    metadata = {"title": chunk.document_title, "section": " > ".join(chunk.section), CHUNK: chunk_to_json(chunk)}
    return TextNode(
        id_=chunk.id,
        text=chunk.text,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
        metadata=metadata,
        excluded_embed_metadata_keys=[CHUNK],
        excluded_llm_metadata_keys=[CHUNK],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=source.node_id)},
    )
