"""The encoder that graders, exercises and notebooks use: the `encode` of sentence-transformers, cached and counted."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gradus.embeddings.cache import VectorCache
from gradus.embeddings.onnx_engine import GRAPH, OnnxEngine
from gradus.embeddings.reference_engine import ReferenceEngine
from gradus.embeddings.weights import DIGESTS, DIMENSIONS, MAX_SEQ_LENGTH, installed_model, verify

ONNX = "onnx"
REFERENCE = "sentence-transformers"


class Engine(Protocol):
    """What turns texts into vectors."""

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""

    @property
    def max_seq_length(self) -> int | None:
        """How many wordpieces of a text count."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of shape (len(texts), dimensions)."""


class Encoder:
    """Turns texts into vectors like a SentenceTransformer, remembers them on disk, and counts what it was asked.

    Making one opens and loads nothing: the engine is loaded when a text is met that the cache does not hold, so an
    encoder may be made before a fork and used after it.

    Args:
        engine: "onnx" (MiniLM on onnxruntime, the fast one), "sentence-transformers" (MiniLM on the library itself), or
            the folder or name of another model for sentence-transformers, which must be on this machine already.
            Without one, what the environment variable GRADUS_ENCODER says, or else "onnx". The cache takes a name for
            one model for ever: where the model behind it may change, give its folder.
        cache: the folder that vectors are kept in. Without one, GRADUS_CACHE, or else .cache in the project's root.

    Attributes:
        calls: how many times `encode` was called.
        texts: how many texts those calls brought, repeated ones included.
        misses: how many different texts had to be computed because the cache did not hold them.
        cache: the VectorCache; `cache.trouble` says in one sentence why it does not work, if it does not.

    Example:
        >>> encoder = Encoder()
        >>> encoder.encode(["Where is my parcel?", "Tracking a shipment"]).shape
        (2, 384)
        >>> encoder.calls, encoder.texts
        (1, 2)
    """

    def __init__(self, engine: str | None = None, cache: Path | None = None) -> None:
        self.engine = engine or os.environ.get("GRADUS_ENCODER") or ONNX
        self._folder = cache or default_cache()
        self.cache = VectorCache(self._folder)
        self.calls = 0
        self.texts = 0
        self.misses = 0

    def encode(
        self,
        inputs: str | Sequence[str],
        *,
        batch_size: int = 32,
        show_progress_bar: bool | None = None,
        convert_to_numpy: bool = True,
        normalize_embeddings: bool = False,
    ) -> NDArray[np.float32]:
        """Vectors for one text or for many.

        Args:
            inputs: a text, or a list, tuple or array of texts. What is longer than `max_seq_length` wordpieces is cut.
            batch_size, show_progress_bar, convert_to_numpy: accepted, because callers of sentence-transformers pass
                them, and of no effect: the result is always a numpy array.
            normalize_embeddings: scale every vector to length 1. MiniLM's have that length anyway.

        Returns:
            float32 of shape (dimensions,) for one text, (n, dimensions) for n texts; (0, dimensions) for none.

        Raises:
            TypeError: inputs is, or holds, something else than text.
            ValueError: a text cannot be written as UTF-8.
            ModelError: the engine's model is missing, damaged or unknown.

        Example:
            >>> Encoder().encode("cold chain", normalize_embeddings=True).shape
            (384,)
        """
        texts = [_text(inputs)] if isinstance(inputs, str) else _texts(inputs)
        self.calls += 1
        self.texts += len(texts)
        vectors = self._vectors(texts)
        if normalize_embeddings:
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors[0] if isinstance(inputs, str) else vectors

    def get_embedding_dimension(self) -> int:
        """How many numbers a vector has: 384 for MiniLM."""
        return DIMENSIONS if self._is_minilm else self._load().dimensions

    def get_sentence_embedding_dimension(self) -> int:
        """The older name of `get_embedding_dimension`."""
        return self.get_embedding_dimension()

    @property
    def max_seq_length(self) -> int | None:
        """How many wordpieces of a text count, the two that mark its ends included: 256 for MiniLM."""
        return MAX_SEQ_LENGTH if self._is_minilm else self._load().max_seq_length

    @property
    def _is_minilm(self) -> bool:
        return self.engine in (ONNX, REFERENCE)

    def _load(self) -> Engine:
        model = str(verified_model(self._folder)) if self._is_minilm else self.engine
        return load_engine(self.engine, model)

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.empty((0, self.get_embedding_dimension()), np.float32)
        model = model_digest(self.engine)
        different = dict.fromkeys(texts)
        known = self.cache.get(model, different)
        missing = [text for text in different if text not in known]
        if missing:
            computed = dict(zip(missing, self._load().encode(missing), strict=True))
            self.cache.put(model, computed)
            self.misses += len(missing)
            known |= computed
        return np.stack([known[text] for text in texts])


@functools.cache
def verified_model(folder: Path) -> Path:
    """The installed model's folder, its files verified; `folder` is where that is remembered.

    Raises:
        ModelError: the model is missing or damaged.

    Example:
        >>> verified_model(Path(".cache")) == installed_model()
        True
    """
    model = installed_model()
    verify(model, folder / "minilm.verified")
    return model


@functools.cache
def load_engine(engine: str, model: str) -> Engine:
    """The engine by its name, loaded once per process; encoders share it.

    Args:
        engine: as for Encoder.
        model: the folder of the model, or its name.

    Raises:
        ModelError: the model cannot be loaded.

    Example:
        >>> load_engine("onnx", str(installed_model())).dimensions
        384
    """
    if engine == ONNX:
        return OnnxEngine(Path(model))
    return ReferenceEngine(model)


@functools.cache
def model_digest(engine: str) -> bytes:
    """SHA-256 over what an engine's vectors depend on, without loading it: the cache's key for the model.

    MiniLM is known by the digests of its files, and on onnxruntime by the graph too; another model's folder by the
    names, sizes and modification times of its files; another model's name by itself.

    Example:
        >>> model_digest("onnx") == model_digest("sentence-transformers")
        False
    """
    parts = [engine.encode()]
    if engine in (ONNX, REFERENCE):
        parts += [digest.encode() for digest in DIGESTS.values()]
        parts += [GRAPH.read_bytes()] if engine == ONNX else []
    else:
        files = sorted(path for path in Path(engine).glob("**/*") if path.is_file())
        parts += [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}".encode() for file in files]
    return hashlib.sha256(b"\n".join(parts)).digest()


def default_cache() -> Path:
    """GRADUS_CACHE, or .cache in the project's root, or where this package lies outside a project, ~/.cache/gradus."""
    if chosen := os.environ.get("GRADUS_CACHE"):
        return Path(chosen)
    for folder in Path(__file__).resolve().parents:
        if (folder / "pyproject.toml").exists():
            return folder / ".cache"
    return Path.home() / ".cache" / "gradus"


def _texts(inputs: Sequence[str]) -> list[str]:
    if not isinstance(inputs, list | tuple | np.ndarray):
        raise TypeError(f"encode() takes a string or a list of strings, not {type(inputs).__name__}.")
    return [_text(item, f"item {index} of its list") for index, item in enumerate(inputs)]


def _text(item: object, what: str = "its text") -> str:
    if not isinstance(item, str):
        raise TypeError(f"encode() takes a string or a list of strings; {what} is {type(item).__name__}.")
    try:
        item.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"encode() cannot take {what}: it holds half of a surrogate pair ({error}). "
            "Replace such characters with text.encode('utf-8', 'replace').decode()."
        ) from error
    return item
