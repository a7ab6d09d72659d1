"""Search over a course: embedding, lexical terms, index versions, hybrid retrieval. Imports none of its siblings."""
