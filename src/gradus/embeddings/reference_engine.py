"""sentence-transformers: the reference for MiniLM, and the way to any other model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradus.embeddings.weights import ModelError


class ReferenceEngine:
    """Encodes with sentence-transformers on the CPU. Importing it takes 8 to 10 seconds. Nothing is fetched.

    Args:
        model: a model's folder, or the name of one that was downloaded.

    Raises:
        ModelError: sentence-transformers cannot load the model.

    Example:
        >>> ReferenceEngine(str(installed_model())).encode(["cold chain"]).shape
        (1, 384)
    """

    def __init__(self, model: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            self._model = SentenceTransformer(model, device="cpu", local_files_only=True)
        except Exception as error:  # OSError, ValueError and others, by what is wrong with the model and who notices
            raise ModelError(
                f"sentence-transformers cannot load the model {model!r} from this machine: {error} "
                "Name a model's folder, or a model that `hf download NAME` has fetched, in GRADUS_ENCODER."
            ) from error
        self.dimensions = int(self._model.get_embedding_dimension() or 0)
        self.max_seq_length = self._model.max_seq_length

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors as the model gives them, shape (len(texts), dimensions)."""
        vectors = self._model.encode(list(texts), show_progress_bar=False)
        return np.asarray(vectors, np.float32)
