"""What an answer cost: the service's own token counts at the prices of the settings.

Writing to the prompt cache costs 1.25 times the input price, reading from it a tenth (five-minute cache).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.types import Usage
from retrieval.errors import ConfigError

CACHE_WRITE = 1.25
CACHE_READ = 0.1
_MILLION = 1_000_000


Price = tuple[float, float]  # dollars per million tokens, in and out


def read_prices(prices: Mapping[str, str]) -> dict[str, Price]:
    """`{"model": "2/10"}` -> `{"model": (2.0, 10.0)}`. Raises ConfigError."""
    return {model: _price(model, text) for model, text in prices.items()}


def priced(usage: Usage, model: str, prices: Mapping[str, Price]) -> Usage:
    """`usage` with its cost in dollars; 0 for a model without a price. A dated name has the price of its family."""
    known = max((name for name in prices if model == name or model.startswith(f"{name}-")), key=len, default="")
    per_input, per_output = prices.get(known, (0.0, 0.0))
    inputs = usage.input_tokens + CACHE_WRITE * usage.cache_write_tokens + CACHE_READ * usage.cache_read_tokens
    return replace(usage, cost=(inputs * per_input + usage.output_tokens * per_output) / _MILLION)


def _price(model: str, text: str) -> Price:
    try:
        per_input, per_output = map(float, text.split("/"))
    except ValueError as error:
        message = f"PRICES has {text!r} for {model}; it must be dollars per million tokens in and out, such as 2/10."
        raise ConfigError(message) from error
    return per_input, per_output


def total(usages: Iterable[Usage]) -> Usage:
    """The sum of several attempts."""
    listed = list(usages)
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in listed),
        output_tokens=sum(usage.output_tokens for usage in listed),
        cache_read_tokens=sum(usage.cache_read_tokens for usage in listed),
        cache_write_tokens=sum(usage.cache_write_tokens for usage in listed),
        cost=sum(usage.cost for usage in listed),
    )
