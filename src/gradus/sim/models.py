"""The models that the simulated provider offers, what they cost and how much they take."""

from __future__ import annotations

from dataclasses import dataclass

from .reply import Usage


@dataclass(frozen=True)
class Model:
    """One dated model.

    Attributes:
        name: what answers call it.
        input_price, output_price: US dollars per million tokens.
        context_window: tokens that prompt and completion may have together; 0 for a model that does not chat.
        max_output: tokens that one completion may have.
    """

    name: str
    input_price: float
    output_price: float
    context_window: int = 0
    max_output: int = 0

    @property
    def cached_price(self) -> float:
        """US dollars per million prompt tokens that the provider had read before."""
        return self.input_price / 10

    def cost(self, usage: Usage) -> float:
        """US dollars for one call."""
        read = (usage.prompt_tokens - usage.cached_tokens) * self.input_price + usage.cached_tokens * self.cached_price
        return (read + usage.completion_tokens * self.output_price) / 1_000_000


CHAT_MODELS = {
    model.name: model
    for model in (
        Model("sim-small-2026-03", 0.10, 0.40, context_window=8192, max_output=2048),
        Model("sim-small-2026-09", 0.10, 0.40, context_window=8192, max_output=2048),
        Model("sim-large-2026-03", 1.00, 4.00, context_window=32768, max_output=8192),
        Model("sim-large-2026-09", 1.00, 4.00, context_window=32768, max_output=8192),
    )
}
EMBEDDING_MODELS = {"sim-embed": Model("sim-embed", 0.02, 0.0)}
MODERATION_MODELS = {"sim-moderation": Model("sim-moderation", 0.0, 0.0)}
DEFAULT_MODERATION_MODEL = "sim-moderation"
ALIASES = {"sim-small": "sim-small-2026-09", "sim-large": "sim-large-2026-09"}
NAMES = (*ALIASES, *CHAT_MODELS, *EMBEDDING_MODELS, *MODERATION_MODELS)


def chat_model(name: str) -> Model | None:
    """The dated model that answers to this name (an undated one stands for the newest), or None.

    Example:
        >>> chat_model("sim-small").name
        'sim-small-2026-09'
    """
    return CHAT_MODELS.get(ALIASES.get(name, name))
