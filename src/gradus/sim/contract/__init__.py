"""What the real API turns down, with its status, error type, code and parameter. Without it, broken code would pass."""

from .chat import check_chat
from .embeddings import check_embeddings
from .responses import check_responses

__all__ = ["check_chat", "check_embeddings", "check_responses"]
