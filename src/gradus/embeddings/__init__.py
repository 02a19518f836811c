"""The local all-MiniLM-L6-v2 encoder and its vector cache.

Importing this package is cheap: the engines import their libraries when the first vector has to be computed.
"""

from gradus.embeddings.cache import VectorCache
from gradus.embeddings.encoder import Encoder
from gradus.embeddings.weights import DIMENSIONS, MAX_SEQ_LENGTH, ModelError, installed_model

__all__ = ["DIMENSIONS", "MAX_SEQ_LENGTH", "Encoder", "ModelError", "VectorCache", "installed_model"]
