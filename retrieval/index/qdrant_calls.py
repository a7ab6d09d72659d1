"""Requests to a Qdrant server: repeated where that can help, and what fails in the end said in words.

Every request that Footnote makes can be made twice: points are written by ids that their contents give, payloads and
deletions by filters. So a request that broke off, was refused for load (429) or met a server that restarts (5xx) is sent again,
after 0.2 s, then twice that, and so on, with a random part, or when the server says.
"""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import grpc
from qdrant_client import QdrantClient
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from retrieval.config import Settings
from retrieval.errors import StoreUnavailable

T = TypeVar("T")
TIMEOUT = 30  # seconds
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0  # seconds
QUESTION, BUILD = 3, 9  # tries: a learner waits, a build has time (about a minute)
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_AGAIN_GRPC = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "INTERNAL"})


def connect(settings: Settings) -> QdrantClient:
    """A client for QDRANT_URL; nothing is sent yet."""
    return QdrantClient(
        url=settings.qdrant_url,
        api_key=settings.qdrant_api_key or None,
        timeout=TIMEOUT,
        prefer_grpc=settings.qdrant_grpc,
        check_compatibility=False,
    )


class Calls:
    """Makes requests through one client, `tries` times at most."""

    def __init__(self, settings: Settings, client: QdrantClient, *, tries: int) -> None:
        self.client = client
        self._url = settings.qdrant_url
        self._secrets = [text for text in (settings.qdrant_api_key, urlsplit(settings.qdrant_url).password) if text]
        self._tries = tries

    def __call__(self, request: Callable[[], T]) -> T:
        """Raises StoreUnavailable, without keys or passwords."""
        for left in reversed(range(self._tries)):
            try:
                return request()
            except Exception as error:  # httpx, grpc and validation errors, each of its own family
                if not left or not _passing(error):
                    raise self._in_words(error) from None
                time.sleep(_wait(error, self._tries - left - 1))
        raise AssertionError("at least one try is made")

    def _in_words(self, error: Exception) -> StoreUnavailable:
        said = str(error).replace(self._url, address(self._url))
        for secret in self._secrets:
            said = said.replace(secret, "...")
        return StoreUnavailable(
            f"Qdrant at {address(self._url)} failed: {said[:500]}. Check that it runs and that QDRANT_URL and QDRANT_API_KEY "
            "are right, or unset QDRANT_URL to use the embedded engine."
        )


def address(url: str) -> str:
    """An address without user and password: `https://me:secret@q.example:6333/x` -> `https://q.example:6333`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _passing(error: Exception) -> bool:
    """Whether it may be over in a moment."""
    if isinstance(error, UnexpectedResponse):
        return error.status_code in _AGAIN
    if isinstance(error, grpc.RpcError):
        code: Any = getattr(error, "code", None)
        return code is not None and code().name in _AGAIN_GRPC
    return isinstance(error, (ResponseHandlingException, ResourceExhaustedResponse))


def _wait(error: Exception, tried: int) -> float:
    """Seconds."""
    if isinstance(error, ResourceExhaustedResponse):
        return min(float(error.retry_after_s), LONGEST_WAIT)
    return float(min(FIRST_WAIT * 2**tried, LONGEST_WAIT) * random.uniform(0.75, 1.25))
