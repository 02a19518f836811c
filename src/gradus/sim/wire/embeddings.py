"""/v1/embeddings: one vector per text, as numbers or as base64 of little-endian 32-bit floats."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


def embeddings(body: dict[str, Any], model: str, vectors: Vectors, tokens: int) -> dict[str, Any]:
    """The body of an embeddings list.

    Args:
        body: the accepted request; `dimensions` and `encoding_format` are looked at.
        model: the name that goes into the answer.
        vectors: float32, shape (texts, 384), in the order of the texts.
        tokens: in all texts together.
    """
    rows = shortened(vectors, body.get("dimensions"))
    encoded: Sequence[Any] = (
        [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in rows]
        if body.get("encoding_format") == "base64"
        else rows.astype(float).tolist()
    )
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(encoded)],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def shortened(vectors: Vectors, dimensions: int | None) -> Vectors:
    """The first `dimensions` numbers of each vector, brought back to unit length; the vectors themselves for None."""
    import numpy as np

    if dimensions is None:
        return np.asarray(vectors, dtype=np.float32)
    rows = np.asarray(vectors[:, :dimensions], dtype=np.float32)
    unit: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit
