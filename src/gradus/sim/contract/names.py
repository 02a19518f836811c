"""C6: which models there are for what; 404 for every other name."""

from __future__ import annotations

from collections.abc import Mapping

from .. import models
from ..errors import model_not_found
from ..models import Model


def chat_model(name: str) -> Model:
    """The dated model that chats under this name. Raises Rejected if there is none."""
    model = models.chat_model(name)
    if model is None:
        raise model_not_found(name)
    return model


def embedding_model(name: str) -> Model:
    """The same for embeddings."""
    return _among(models.EMBEDDING_MODELS, name)


def moderation_model(name: str | None) -> Model:
    """The same for moderations, which have a model by default."""
    return _among(models.MODERATION_MODELS, models.DEFAULT_MODERATION_MODEL if name is None else name)


def _among(known: Mapping[str, Model], name: str) -> Model:
    if name not in known:
        raise model_not_found(name)
    return known[name]
