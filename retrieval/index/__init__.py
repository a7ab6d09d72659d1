"""Index versions: points, token vectors, documents; in this process or on a server."""
