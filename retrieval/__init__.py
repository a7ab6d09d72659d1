"""Search over a course: embedding, lexical terms, index versions, hybrid retrieval. Imports none of its siblings."""

import os

# From 1.29 on onnxruntime reports every session to its maker, unless this is set before it is loaded; and its uploader, still
# busy when a process ends, aborts it (std::system_error) after all work is done.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
