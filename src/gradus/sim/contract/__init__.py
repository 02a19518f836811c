"""What the real API turns down, with its status, error type, code and parameter. Without it, broken code would pass."""

from .chat import check_chat, check_chat_update
from .embeddings import check_embeddings
from .moderations import check_moderations
from .responses import check_input_tokens, check_responses

__all__ = [
    "check_chat",
    "check_chat_update",
    "check_embeddings",
    "check_input_tokens",
    "check_moderations",
    "check_responses",
]
