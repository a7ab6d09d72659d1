"""What went wrong, in words for the learner."""

from app.view.html import Html, tag


def failure(message: str) -> Html:
    return tag("div", tag("p", message), cls="fn-failure", role="alert")
