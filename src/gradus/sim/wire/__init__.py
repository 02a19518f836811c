"""The shapes of the OpenAI HTTP API: bodies and event streams, built from replies. Pure functions, no state."""
