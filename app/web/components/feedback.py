"""Thumbs under an answer, with an optional reason."""

import streamlit as st

from app.storage.conversations import Conversations, SavedTurn


def feedback(conversations: Conversations, turn: SavedTurn) -> None:
    """Shows the rating given before; a new one is kept at once."""
    given = conversations.rating(turn.id)
    rating_key, reason_key = f"rating-{turn.id}", f"reason-{turn.id}"

    def keep() -> None:
        conversations.rate(turn, st.session_state.get(rating_key), reason=st.session_state.get(reason_key, ""))

    st.feedback("thumbs", key=rating_key, default=given.rating if given else None, on_change=keep)
    if given is not None:
        st.text_input(
            "Why? (optional)",
            value=given.reason,
            key=reason_key,
            max_chars=500,
            placeholder="Why? (optional)",
            label_visibility="collapsed",
            width=220,
            on_change=keep,
        )
