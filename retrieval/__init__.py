"""Search over a course: embedding, lexical terms, index versions, hybrid retrieval. Imports none of its siblings."""

import os

# From 1.29 on onnxruntime reports every session to its maker, unless this is set before it is loaded; and its uploader, still
# busy when a process ends, aborts it (std::system_error) after all work is done.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# numpy would spread its small products (one text's tokens, one question's hits) over all processors, whose threads wait for
# each other longer than they compute: with one thread a build and a question take half the processor time. Texts run side by
# side already. Has an effect only before numpy is loaded; whoever sets it decides.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# One text at a time is cut into tokens: a pool of threads for it has nothing to do, and panics where none can be started.
os.environ["TOKENIZERS_PARALLELISM"] = "false"
