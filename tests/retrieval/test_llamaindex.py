"""The retriever inside LlamaIndex, and chunking as its transformation.

LlamaIndex takes a second to load: each test imports what it needs, and who only collects the tests need not.
"""

from ingest.parse.load import load
from retrieval.config import Settings
from retrieval.encoders.embedder import FastEmbedder
from retrieval.hybrid import HybridRetriever
from retrieval.ranking.late_interaction import TextLateInteraction
from tests.retrieval.reranker_support import ScoredBy


def test_nodes_are_the_hits(retriever: HybridRetriever) -> None:
    from llama_index.core.schema import TextNode

    from retrieval.llamaindex import FootnoteRetriever

    nodes = FootnoteRetriever(retriever, k=4).retrieve("how are texts compared by meaning")
    hits = retriever.retrieve("how are texts compared by meaning", k=4).hits
    assert [node.node.node_id for node in nodes] == [hit.chunk.id for hit in hits]
    assert [node.score for node in nodes] == [hit.score for hit in hits]
    first = nodes[0].node
    text = retriever.index.document(hits[0].chunk.document_id).text
    assert isinstance(first, TextNode)
    assert first.start_char_idx is not None
    assert text[first.start_char_idx : first.end_char_idx] == first.text
    assert first.metadata["section"] == "Vector search"


def test_reranker_as_a_postprocessor() -> None:
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

    from retrieval.llamaindex import FootnoteReranker

    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in ("a", "bbb", "cc")]
    longest = FootnoteReranker(ScoredBy("length", lambda _, texts: [len(text) for text in texts]), top_n=2)
    ordered = longest.postprocess_nodes(nodes, query_bundle=QueryBundle("which?"))
    assert [node.node.get_content() for node in ordered] == ["bbb", "cc"]
    assert [node.score for node in ordered] == [4.0, 3.0]  # with the line break after no place
    assert longest.postprocess_nodes([], query_str="which?") == []


def test_a_node_s_first_line_is_no_heading() -> None:
    from llama_index.core.schema import TextNode

    from retrieval.llamaindex import placed_text

    words = "Cats sleep.\nDogs bark."
    assert placed_text(TextNode(text=words)) == "\n" + words
    assert placed_text(TextNode(text=words, metadata={"title": "Pets", "section": "A > B"})) == "Pets > A > B\n" + words


def test_late_interaction_over_nodes_from_elsewhere(embedder: FastEmbedder) -> None:
    from llama_index.core.schema import NodeWithScore, TextNode

    from retrieval.llamaindex import FootnoteReranker

    texts = ["Output tokens cost more than input tokens.", "Cats sleep up to sixteen hours a day."]
    nodes = [NodeWithScore(node=TextNode(text=text), score=0.5) for text in texts]
    late = FootnoteReranker(TextLateInteraction(embedder), top_n=2)
    ordered = late.postprocess_nodes(nodes, query_str="how long do cats sleep")
    assert [node.node.get_content() for node in ordered] == texts[::-1]


def test_chunking_in_a_pipeline_of_llamaindex(course_settings: Settings, retriever: HybridRetriever) -> None:
    from llama_index.core.ingestion import IngestionPipeline

    from ingest.chunk.llamaindex import FootnoteChunker, to_node

    document = load(course_settings.corpus / "search.md", root=course_settings.corpus)
    nodes = IngestionPipeline(transformations=[FootnoteChunker()]).run(nodes=[to_node(document)])
    assert all(document.text[node.start_char_idx : node.end_char_idx] == node.get_content() for node in nodes)
    assert {node.node_id for node in nodes} == retriever.index.store.fetch([node.node_id for node in nodes]).keys()
