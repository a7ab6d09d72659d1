import pytest


@pytest.fixture(autouse=True)
def models_read_a_text_once() -> None:
    """Not here, where that it gives the same each time is what is tested."""
