"""What tokens cost, by hand: dollars per million, the cache, long prompts, batches."""

import pytest

from app.types import Usage
from app.writers.llm.api.pricing import priced, read_prices
from retrieval.config import load_settings
from retrieval.errors import ConfigError

PRICES = read_prices(load_settings().prices)
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("claude-sonnet-5-5", Usage(MILLION, 0), 2.0),
        ("claude-sonnet-5-5", Usage(0, MILLION), 10.0),
        ("claude-sonnet-5-5", Usage(0, 0, MILLION, 0), 0.1),
        ("claude-sonnet-5-5", Usage(0, 0, 0, MILLION), 2.5),
        ("claude-opus-5-5", Usage(0, 0, MILLION, 0), 0.2),
        ("claude-haiku-5-5", Usage(100_000, 1000), 0.0105),
        ("claude-haiku-5-5", Usage(100_001, 1000), 0.0525005),
        ("claude-haiku-5-5", Usage(50_000, 0, 60_000, 0), 0.028),  # what is read from the cache counts as prompt
        ("claude-haiku-5-5-20261007", Usage(100_000, 0), 0.01),
        ("llama", Usage(MILLION, MILLION), 0.0),
    ],
)
def test_prices_as_published(model: str, usage: Usage, dollars: float) -> None:
    assert priced(usage, model, PRICES).cost == pytest.approx(dollars)


def test_a_batch_costs_half_and_an_hour_of_cache_twice_the_input() -> None:
    usage = Usage(0, 0, 0, MILLION)
    assert priced(usage, "claude-sonnet-5-5", PRICES, batch=True).cost == pytest.approx(1.25)
    assert priced(usage, "claude-sonnet-5-5", PRICES, long_writes=MILLION).cost == pytest.approx(4.0)


def test_reading_from_the_cache_is_a_tenth_unless_it_is_said() -> None:
    prices = read_prices({"m": "3/15"})
    assert priced(Usage(0, 0, MILLION), "m", prices).cost == pytest.approx(0.3)


@pytest.mark.parametrize("text", ["", "2", "2/x", "1/2/3/4", "1/2 >", "1/2 >x 1/2", "1/2 >5"])
def test_a_price_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"PRICES has .* for m; it must be dollars"):
        read_prices({"m": text})
