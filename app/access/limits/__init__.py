"""How often one may ask: the stores of rate limits, and which limits a request is under."""
