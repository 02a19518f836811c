"""One request being read: what it says, what it allows, and what the model that reads it tends to get wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..dice import Dice
from .permissions import Permissions, read_permissions
from .prompt import Prompt, read_prompt


@dataclass(frozen=True)
class Reading:
    """What every part of the reader works from.

    Attributes:
        model: the dated model that reads: "sim-small-2026-09".
        prompt: the request.
        permissions: what its instructions allow and ask for.
        rates: by habit, the share of occasions on which it shows.
        dice: what decides on which.
        standing: dice that fall alike in every call, for a bias that no number of samples takes away.
        always_obeys: whether orders inside data are obeyed without exception.
    """

    model: str
    prompt: Prompt
    permissions: Permissions
    rates: Mapping[str, float]
    dice: Dice
    standing: Dice
    always_obeys: bool = False

    def errs(self, habit: str, *key: object, factor: float = 1.0) -> bool:
        """Whether the habit shows on this occasion.

        Args:
            habit: its id in the model card: "G3".
            key: what the occasion is about; the same key gives the same answer.
            factor: what multiplies the rate, where a prompt guards against the habit or invites it.
        """
        return self.dice.draw(habit, *key) < self.rates[habit] * factor


def begin(
    model: str,
    body: dict[str, Any],
    rates: Mapping[str, float],
    seed: int = 0,
    sample: tuple[int, int] = (1, 0),
    *,
    always_obeys: bool = False,
) -> Reading:
    """Read a request.

    Args:
        model: the dated model.
        body: the accepted request, with all items of the conversation that it continues.
        rates: how often each habit shows.
        seed: the reader's own.
        sample: the number of the call, and of the choice in it, which sampling depends on (N1): on the first where the
            request has no seed, on the second where it has one, and on neither at temperature 0.
        always_obeys: see Reading.
    """
    prompt = read_prompt(body)
    salt: tuple[object, ...] = (model, seed)
    if prompt.temperature > 0:
        call, choice = sample
        salt = (*salt, f"call {call}" if prompt.seed is None else f"seed {prompt.seed}", choice)
    # Now and then it makes a difference how the prompt is laid out: another space, another order, another answer (N3).
    if Dice(*salt, "N3").draw(prompt.text) < rates["N3"]:
        salt = (*salt, prompt.text)
    permissions = read_permissions(prompt.instructions)
    return Reading(model, prompt, permissions, rates, Dice(*salt), Dice(model, seed), always_obeys)
