"""The reader: a model that answers from what its prompt says, and errs as models do. See MODEL_CARD.md."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..models import chat_model
from ..reply import Reply
from .habits import RATES

NO_CHANGES: Mapping[str, float] = MappingProxyType({})


class Reader:
    """A step of a script that reads the request and answers it.

    Args:
        seed: another seed, other slips; the rates stay the same.
        rates: the share of occasions on which a habit shows, by its id in the model card, in place of the model's own:
            {"O7": 1.0} for an enum that always drifts, {"G3": 0.0} for a reader that never ignores its context.
        always_obeys: whether orders inside data are obeyed whatever the prompt says of them.

    Raises:
        ValueError: a habit that the model card does not name, or a rate outside of 0 to 1.

    Example:
        >>> sim = Simulator()
        >>> sim.otherwise(Reader(seed=7))
    """

    def __init__(self, seed: int = 0, rates: Mapping[str, float] = NO_CHANGES, *, always_obeys: bool = False) -> None:
        known = RATES["sim-large-2026-09"]
        for habit, rate in rates.items():
            if habit not in known:
                raise ValueError(f"no habit {habit!r}: those of the reader are {', '.join(known)}")
            if not 0 <= rate <= 1:
                raise ValueError(f"the rate of {habit} is a share from 0 to 1, and was given as {rate}")
        self._seed = seed
        self._rates = dict(rates)
        self._always_obeys = always_obeys
        self._calls = itertools.count(1)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Reader(seed={self._seed})"

    def __call__(self, request: dict[str, Any]) -> Reply:
        """The reply to an accepted chat completions or responses request."""
        # The corpus takes a moment to load: whoever only imports this package does not wait for it.
        from .mind import respond
        from .reading import begin

        with self._lock:
            call = next(self._calls)
        model = chat_model(request["model"])
        assert model is not None, "an unknown model is turned down before anybody reads"
        rates = {**RATES[model.name], **self._rates}

        def sample(number: int) -> Reply:
            always = self._always_obeys
            return respond(begin(model.name, request, rates, self._seed, (call, number), always_obeys=always))

        first, *others = map(sample, range(request.get("n") or 1))
        return replace(first, others=others)
