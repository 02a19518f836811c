"""How often each dated model errs, and in which way: the table behind MODEL_CARD.md.

The ids are those of the model card, where each is described with what brings it about and what keeps it away.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MODELS = ("sim-small-2026-03", "sim-small-2026-09", "sim-large-2026-03", "sim-large-2026-09")

# Shares of the occasions on which a habit can show, in the order of MODELS. The model card says what an occasion is.
_RATES = {
    "G1": (0.08, 0.06, 0.02, 0.01),
    "G2": (0.10, 0.08, 0.02, 0.02),
    "G3": (0.20, 0.15, 0.02, 0.015),
    "G4": (0.35, 0.30, 0.06, 0.04),
    "G5": (0.50, 0.40, 0.15, 0.10),
    "G6": (0.60, 0.55, 0.35, 0.30),
    "G7": (0.80, 0.70, 0.40, 0.30),
    "G8": (0.06, 0.05, 0.035, 0.03),
    "O2": (0.20, 0.25, 0.08, 0.10),
    "O3": (0.10, 0.08, 0.03, 0.02),
    "O4": (0.30, 0.65, 0.45, 0.90),
    "O5": (0.90, 0.90, 0.95, 1.00),
    "O6": (0.01, 0.01, 0.00, 0.00),
    "O7": (0.06, 0.12, 0.01, 0.04),
    "O8": (0.08, 0.06, 0.02, 0.02),
    "O9": (0.08, 0.06, 0.02, 0.01),
    "O10": (0.15, 0.12, 0.04, 0.03),
    "A1": (0.10, 0.08, 0.02, 0.01),
    "A2": (0.04, 0.03, 0.005, 0.005),
    "A3": (0.10, 0.08, 0.02, 0.01),
    "A4": (0.50, 0.60, 0.80, 0.90),
    "A5": (0.08, 0.06, 0.02, 0.01),
    "A6": (0.12, 0.10, 0.03, 0.02),
    "A7": (0.30, 0.25, 0.08, 0.05),
    "A8": (0.60, 0.50, 0.20, 0.15),
    "A9": (0.04, 0.03, 0.01, 0.005),
    "A10": (0.20, 0.15, 0.04, 0.03),
    "I1": (0.95, 0.95, 0.80, 0.75),
    "I2": (0.95, 0.95, 0.80, 0.75),
    "I3": (0.90, 0.90, 0.70, 0.65),
    "I4": (0.90, 0.90, 0.60, 0.55),
    "I5": (0.90, 0.90, 0.70, 0.65),
    "J1": (0.26, 0.22, 0.10, 0.085),
    "J2": (0.30, 0.25, 0.12, 0.10),
    "J3": (0.46, 0.42, 0.20, 0.16),
    "J4": (0.10, 0.08, 0.02, 0.02),
    "J5": (0.15, 0.12, 0.05, 0.04),
    "N3": (0.15, 0.12, 0.05, 0.04),
    "N4": (0.95, 0.95, 0.85, 0.85),
}

RATES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        model: MappingProxyType({habit: rates[place] for habit, rates in _RATES.items()})
        for place, model in enumerate(MODELS)
    }
)
