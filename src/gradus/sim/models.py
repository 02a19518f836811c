"""The models that the simulated provider offers, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from .reply import Usage


@dataclass(frozen=True)
class Model:
    """One dated model. Prices are US dollars per million tokens."""

    name: str
    input_price: float
    output_price: float

    def cost(self, usage: Usage) -> float:
        """US dollars for one call."""
        return (usage.prompt_tokens * self.input_price + usage.completion_tokens * self.output_price) / 1_000_000


CHAT_MODELS = {
    model.name: model
    for model in (
        Model("sim-small-2026-03", 0.10, 0.40),
        Model("sim-small-2026-09", 0.10, 0.40),
        Model("sim-large-2026-03", 1.00, 4.00),
        Model("sim-large-2026-09", 1.00, 4.00),
    )
}
EMBEDDING_MODELS = {"sim-embed": Model("sim-embed", 0.02, 0.0)}
ALIASES = {"sim-small": "sim-small-2026-09", "sim-large": "sim-large-2026-09"}
NAMES = (*ALIASES, *CHAT_MODELS, *EMBEDDING_MODELS)


def chat_model(name: str) -> Model | None:
    """The dated model that answers to this name (an undated one stands for the newest), or None.

    Example:
        >>> chat_model("sim-small").name
        'sim-small-2026-09'
    """
    return CHAT_MODELS.get(ALIASES.get(name, name))
