"""The desk: a Streamlit page, its state and its server."""
