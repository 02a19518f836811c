"""The model card says what the code does: every habit is described, with the rates that it has."""

from __future__ import annotations

import re
from pathlib import Path

import gradus.sim
from gradus.sim import models
from gradus.sim.reader.habits import MODELS, RATES

CARD = (Path(gradus.sim.__file__).parent / "MODEL_CARD.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    return CARD.partition(f"## {name}\n")[2].partition("\n## ")[0]


def test_its_rates_are_those_of_the_code() -> None:
    rows = [line.strip("|").split("|") for line in section("Rates").splitlines() if line.startswith("| ")][1:]
    written = {row[0].strip(): [float(cell) for cell in row[1:]] for row in rows}
    assert written == {habit: [RATES[model][habit] for model in MODELS] for habit in RATES[MODELS[0]]}


def test_every_habit_is_described() -> None:
    text = CARD.replace(section("Rates"), "")
    described = set(re.findall(r"^\| ([GOAIJN]\d+) \|", text, re.MULTILINE))
    assert {*RATES[MODELS[0]], "N1", "N2", "O1"} <= described


def test_its_models_are_those_that_are_offered() -> None:
    for model in models.CHAT_MODELS.values():
        assert f"`{model.name}`" in section("Models")
        assert f"{model.context_window:,} | {model.max_output:,}" in section("Models")
        prices = (model.input_price, model.cached_price, model.output_price)
        assert ", ".join(f"{price:.2f}" for price in prices) in section("Models")
