"""Requests to a model: the client, its replies, the budget and the breaker before them, prices, what is kept."""
