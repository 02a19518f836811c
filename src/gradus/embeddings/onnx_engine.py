"""MiniLM on onnxruntime: the graph of minilm.onnx over the installed weights, half a second to the first vector."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradus.embeddings.weights import DIMENSIONS, MAX_SEQ_LENGTH, TOKENIZER, WEIGHTS, map_weights

GRAPH = Path(__file__).with_name("minilm.onnx")


class OnnxEngine:
    """Encodes with onnxruntime on one thread, one text at a time (graph.py says why).

    Args:
        model: the folder with model.safetensors and tokenizer.json.

    Example:
        >>> OnnxEngine(installed_model()).encode(["cold chain"]).shape
        (1, 384)
    """

    dimensions = DIMENSIONS
    max_seq_length = MAX_SEQ_LENGTH

    def __init__(self, model: Path) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        # Sentence vectors do not pass through BERT's pooler, and the graph has no place for its weights.
        weights = {name: w for name, w in map_weights(model / WEIGHTS).items() if not name.startswith("pooler.")}
        # Kept, because onnxruntime promises nothing once the arrays behind the values are gone.
        self._values = [onnxruntime.OrtValue.ortvalue_from_numpy(array) for array in weights.values()]
        options.add_external_initializers(list(weights), self._values)
        self._session = onnxruntime.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(model / TOKENIZER))
        self._tokenizer.enable_truncation(MAX_SEQ_LENGTH)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, shape (len(texts), 384)."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            # One by one also keeps the tokenizer's thread pool from being started, which would not survive a fork.
            ids = np.array(self._tokenizer.encode(text).ids, np.int64)
            vectors[row] = self._session.run(["vector"], {"ids": ids})[0]
        return vectors
