"""From a question to an answer: the engine, its services, the cache, suggestions, rates and traces."""
