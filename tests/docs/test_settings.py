"""The page of settings is that of the program."""

from docs import settings as generator
from retrieval.config import Settings


def test_the_page_is_up_to_date() -> None:
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page(), "run: python -m docs.settings"


def test_every_setting_is_described_and_in_a_group() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    assert [name for name in Settings.model_fields if not generator.groups().get(name)] == []
