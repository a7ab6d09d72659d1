"""What a request cost: the service's own token counts at the prices of the settings.

Writing to the prompt cache costs 1.25 times the input price, twice of it where it is kept for an hour; reading from it a
tenth, unless the price says otherwise. A batch costs half. Some models have a second price for long prompts, which then
holds for all tokens of the request.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.types import Usage
from retrieval.config import Settings
from retrieval.errors import ConfigError
from retrieval.text.tokenize import count_tokens

CACHE_WRITE, LONG_CACHE_WRITE = 1.25, 2.0
CACHE_READ = 0.1
BATCH = 0.5
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens. `longer`: the price from `above` prompt tokens on, where there is one."""

    per_input: float
    per_output: float
    per_read: float
    above: int = 0
    longer: "Price | None" = None

    def for_prompt(self, tokens: int) -> "Price":
        return self.longer if self.longer and tokens > self.above else self


def read_prices(prices: Mapping[str, str]) -> dict[str, Price]:
    """`{"model": "2/10/0.1"}` -> its price: input, output, reading from the cache (a tenth of the input if it is left out).

    `"0.1/0.5/0.01 >100000 0.5/2.5/0.05"`: the second price holds for prompts of more tokens. Raises ConfigError.
    """
    return {model: _price(model, text) for model, text in prices.items()}


def priced(
    usage: Usage, model: str, prices: Mapping[str, Price], *, batch: bool = False, long_writes: int = 0
) -> Usage:
    """`usage` with its cost in dollars; 0 for a model without a price. A dated name has the price of its family.

    `long_writes`: how many of the tokens written to the cache are kept for an hour.
    """
    known = price_of(model, prices)
    if known is None:
        return replace(usage, cost=0.0)
    price = known.for_prompt(usage.read_tokens)
    writes = CACHE_WRITE * (usage.cache_write_tokens - long_writes) + LONG_CACHE_WRITE * long_writes
    dollars = (
        (usage.input_tokens + writes) * price.per_input
        + usage.cache_read_tokens * price.per_read
        + usage.output_tokens * price.per_output
    )
    return replace(usage, cost=dollars * (BATCH if batch else 1.0) / _MILLION)


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """None for a model without one."""
    return prices.get(
        max((name for name in prices if model == name or model.startswith(f"{name}-")), key=len, default="")
    )


def check_prices(settings: Settings) -> None:
    """Raises ConfigError for a model of Anthropic's without a price: no budget would hold."""
    prices = read_prices(settings.prices)
    for model in filter(None, (settings.model, settings.fallback_model, settings.followup_model)):
        if not settings.anthropic_base_url and price_of(model, prices) is None:
            raise ConfigError(
                f"PRICES has no price for {model}, so DAILY_BUDGET could not hold. It takes those of all models in use: "
                f'"{model}": "input/output/read from the cache", in dollars per million tokens.'
            )


def _price(model: str, text: str) -> Price:
    try:
        short, more, rest = text.partition(">")
        price = _rates(short)
        if more:
            above, longer = rest.split()
            price = replace(price, above=int(above), longer=_rates(longer))
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"PRICES has {text!r} for {model}; it must be dollars per million tokens in, out and read from the cache, such as "
            "2/10/0.1, and may go on with a price for longer prompts: 0.1/0.5/0.01 >100000 0.5/2.5/0.05."
        ) from error
    return price


def _rates(text: str) -> Price:
    per_input, per_output, *read = map(float, text.split("/"))
    (per_read,) = read or (CACHE_READ * per_input,)
    if not all(0.0 <= rate < math.inf for rate in (per_input, per_output, per_read)):
        raise ValueError("a price is a number from 0 up")
    return Price(per_input, per_output, per_read)


def total(usages: Iterable[Usage]) -> Usage:
    """The sum of several requests."""
    return sum(usages, Usage())


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """Tokens of all that a request says, by our own count: about as many as the service counts."""
    return sum(map(count_tokens, _texts([request.get("system", ""), request["messages"], request.get("tools", [])])))


def _texts(value: object) -> Iterator[str]:
    """All strings within."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([inner for name, inner in value.items() if name not in ("type", "role", "cache_control")])
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
