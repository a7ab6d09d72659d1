"""Walks from page to page over servers of their own, most of them with the real engine."""

from tests.app.web.browser.browser_support import browser  # noqa: F401
