"""What went wrong, in words for the learner."""

from app.web.render.html import Html, tag


def failure(message: str) -> Html:
    return tag("div", tag("p", message), cls="fn-failure", role="alert")
