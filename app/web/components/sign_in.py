"""Whose conversations these are: one owner on a laptop; with sign-in (Streamlit's OpenID Connect), each user."""

import re
import secrets
from fnmatch import fnmatchcase

import streamlit as st

from app.web.components.page import plain_label, show
from app.web.render.html import tag

ANYONE = "local"
SESSION = "session"


def sign_in_is_on() -> bool:
    """Whether `.streamlit/secrets.toml` has an [auth] section."""
    return "is_logged_in" in st.user


def here() -> str:
    """The owner's key. Where sign-in is on and nobody is signed in, shows the way in and ends the run."""
    if not sign_in_is_on():
        return ANYONE
    if not st.user.is_logged_in:
        message = "Sign in to see your conversations and ask about the course."
        show(tag("div", tag("h1", "Footnote"), tag("p", message), cls="fn-welcome"))
        st.button("Sign in", type="primary", on_click=st.login)
        st.stop()
    return f"{st.user.get('iss', '')} {st.user.get('sub') or st.user.get('email', '')}"


def person() -> str:
    """Whose budget a question is on: the e-mail of who is signed in, or what the provider calls them; else nobody's."""
    return (_email() or here()) if sign_in_is_on() else ""


def way_out() -> None:
    """A button to sign out, for who is signed in."""
    if sign_in_is_on():
        who = plain_label(str(st.user.get("name") or st.user.get("email") or "you"))
        st.button(f"Sign out {who}", key="sign-out", type="tertiary", icon=":material/logout:", on_click=st.logout)


def session() -> str:
    """Whose questions count towards one limit: a signed-in user's, or those of this tab of a browser."""
    if sign_in_is_on():
        return here()
    return str(st.session_state.setdefault(SESSION, secrets.token_urlsafe(9)))


def manages(managers: str) -> bool:
    """Whether who is here may rebuild the index and go back: on a laptop yes; with sign-in, one of `managers`.

    `managers` are e-mails and patterns, separated by commas or spaces: `"ada@school.edu, *@staff.school.edu"`. An e-mail that
    the provider says it has not verified counts for nothing.
    """
    if not sign_in_is_on():
        return True
    email = _email()
    if not (st.user.is_logged_in and email):
        return False
    return any(fnmatchcase(email, pattern) for pattern in re.split(r"[,;\s]+", managers.casefold().strip()))


def _email() -> str:
    """Empty where there is none, or where the provider says that it has not verified it."""
    verified = str(st.user.get("email_verified", True)).casefold() == "true"  # some providers send it as text
    return str(st.user.get("email") or "").casefold() if verified else ""
