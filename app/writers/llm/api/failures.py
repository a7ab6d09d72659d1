"""Why a model's reply failed, in words for the learner, and how long a reply is waited for. Knows no library."""

import time
from collections.abc import Mapping

from retrieval.errors import WriterFailed, WriterOverloaded, WriterPaused, WriterRefusedKey

_LATER = "Wait a minute, then ask again."


class ReplyFailed(Exception):
    """A reply that did not come, or broke off. `reason` completes "because ..."; `remedy` is a sentence or nothing.

    `final`: another model at the same place would fail in the same way. `pause`: seconds that the service asks to wait.
    """

    def __init__(
        self, kind: type[WriterFailed], reason: str, remedy: str = "", *, final: bool = False, pause: float = 0.0
    ) -> None:
        super().__init__(reason)
        self.final = final
        self.pause = pause
        self.kind = kind
        self.reason = reason
        self.remedy = remedy

    @property
    def outage(self) -> bool:
        """Whether the next request is likely to fail as well, whatever it asks."""
        return issubclass(self.kind, WriterOverloaded | WriterRefusedKey) and not self.paused

    @property
    def paused(self) -> bool:
        """Nothing was sent: the model failed several times just before."""
        return issubclass(self.kind, WriterPaused)

    def for_reader(self, model: str) -> WriterFailed:
        """The error that leaves the writer."""
        return self.kind(" ".join(filter(None, [f"{model} could not write the answer: {self.reason}.", self.remedy])))


class Deadline:
    """The moment after which nothing more is waited for."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds, 0 at least."""
        return max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        return self.left() == 0.0

    def failure(self) -> ReplyFailed:
        return timeout_failure(f"it took longer than {self.seconds:g} s")


def timeout_failure(reason: str) -> ReplyFailed:
    """A reply that was not waited for any longer."""
    return ReplyFailed(WriterOverloaded, reason, "WRITER_TIMEOUT sets how long to wait.")


def key_failure(reason: str, remedy: str = "Check ANTHROPIC_API_KEY in .env.") -> ReplyFailed:
    """Nothing can be had with this key."""
    return ReplyFailed(WriterRefusedKey, reason, remedy, final=True)


def unreachable(host: str) -> ReplyFailed:
    """Nobody answers there."""
    return ReplyFailed(
        WriterOverloaded, f"{host} cannot be reached", "Check the network and ANTHROPIC_BASE_URL.", final=True
    )


def status_failure(status: int, error_type: str, said: str, model: str, *, pause: float = 0.0) -> ReplyFailed:
    """An error of the service by its HTTP status; below 300 it came as an event within a reply. `said`: its own words."""
    words = " ".join(said.split()).rstrip(".")[:200]
    told = f"{status}: {words}" if words else str(status)
    match status:
        case 401 | 403:
            return key_failure(f"the API key was refused ({told})")
        case 402:
            return key_failure(f"the account cannot pay for it ({told})", "Check its billing.")
        case 404:
            return ReplyFailed(WriterFailed, f"the model was not found ({told})", f"MODEL is {model}.")
        case 429:
            return ReplyFailed(WriterOverloaded, "the rate limit is reached (429)", _LATER, pause=pause)
        case 529:
            return ReplyFailed(WriterOverloaded, "the service is overloaded (529)", _LATER, pause=pause)
        case _ if status >= 500:
            return ReplyFailed(WriterOverloaded, f"the service had an error ({status})", _LATER)
        case _ if status < 300:
            return ReplyFailed(WriterOverloaded, f"the service broke off ({error_type})", _LATER)
    return ReplyFailed(WriterFailed, f"the request was refused ({told})", "Check MODEL and ANTHROPIC_BASE_URL.")


def asked_pause(headers: Mapping[str, str]) -> float:
    """Seconds that the service asks to wait; 0 if it does not, or gives a date."""
    try:
        return float(headers.get("retry-after-ms", "")) / 1000
    except ValueError:
        asked = headers.get("retry-after", "")
        return float(asked) if asked.replace(".", "", 1).isdigit() else 0.0
