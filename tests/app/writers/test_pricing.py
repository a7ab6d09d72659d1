"""What tokens cost, by hand: dollars per million, the cache, long prompts, batches."""

from typing import get_args

import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS
from anthropic.types.model import Model

from app.types import Usage
from app.writers.llm.api.pricing import priced, read_prices
from app.writers.llm.writer import ClaudeWriter
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


def test_models_and_prices_are_of_the_sdk_s_models_and_none_is_going_to_be_switched_off() -> None:
    settings = load_settings()
    known = {name for choice in get_args(Model) for name in get_args(choice)}
    used = {settings.model, settings.fallback_model, settings.followup_model}
    assert used <= PRICES.keys() <= known
    assert not PRICES.keys() & DEPRECATED_MODELS.keys()


def test_a_model_of_anthropic_s_without_a_price_is_refused() -> None:
    with pytest.raises(ConfigError, match="PRICES has no price for claude-opus-5, so DAILY_BUDGET could not hold"):
        ClaudeWriter(load_settings(model="claude-opus-5", anthropic_base_url="", anthropic_api_key="k"))
    ClaudeWriter(load_settings(model="claude-opus-5", anthropic_base_url="http://127.0.0.1:9", anthropic_api_key="k"))


def test_a_batch_costs_half_and_an_hour_of_cache_twice_the_input() -> None:
    usage = Usage(0, 0, 0, MILLION)
    assert priced(usage, "claude-sonnet-5-5", PRICES, batch=True).cost == pytest.approx(1.25)
    assert priced(usage, "claude-sonnet-5-5", PRICES, long_writes=MILLION).cost == pytest.approx(4.0)


def test_reading_from_the_cache_is_a_tenth_unless_it_is_said() -> None:
    prices = read_prices({"m": "3/15"})
    assert priced(Usage(0, 0, MILLION), "m", prices).cost == pytest.approx(0.3)


@pytest.mark.parametrize("text", ["", "2", "2/x", "1/2/3/4", "1/2 >", "1/2 >x 1/2", "1/2 >5", "nan/1", "1/inf", "1/-2"])
def test_a_price_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"PRICES has .* for m; it must be dollars"):
        read_prices({"m": text})
