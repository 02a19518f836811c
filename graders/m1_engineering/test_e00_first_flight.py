"""Grader for m1_engineering/e00_first_flight."""

import pytest


@pytest.mark.task(1)
@pytest.mark.parametrize(("fahrenheit", "celsius"), [(39.2, 4.0), (32.0, 0.0), (-4.0, -20.0), (98.6, 37.0)])
def test_converts_readings(submission, fahrenheit, celsius):
    """The scale is shifted and stretched: take off 32 first, then multiply by 5/9."""
    assert submission.to_celsius(fahrenheit) == celsius


@pytest.mark.task(1)
def test_rounds_to_one_decimal(submission):
    """The contract promises one decimal: a reading with fifteen digits claims a precision that no sensor has."""
    assert submission.to_celsius(40.0) == 4.4


@pytest.mark.task(2)
def test_returns_what_the_model_said(submission, sim):
    """The answer is the text in the reply's first choice. The caller wants that text, not the object around it."""
    sim.script("The CT-210 logs to 0.1 °C.")
    assert submission.ask(sim.client(), "Which model logs to 0.1 °C?") == "The CT-210 logs to 0.1 °C."


@pytest.mark.task(2)
def test_leaves_the_text_alone(submission, sim):
    """White space can carry meaning, as in code or in an indented list. What to trim is for the caller to decide."""
    sim.script("  1. Close the lid.\n  2. Wait.\n")
    assert (
        submission.ask(sim.client(), "What do I do when the lid alarm sounds?") == "  1. Close the lid.\n  2. Wait.\n"
    )


@pytest.mark.task(2)
def test_sends_the_question_as_it_is(submission, sim):
    """The model only knows what you send: a fixed or reworded prompt asks something else than the user did."""
    sim.script("Yes.")
    submission.ask(sim.client(), "Is 8 °C too warm for a vaccine fridge?")
    (exchange,) = sim.ledger.exchanges
    assert exchange.request["messages"] == [{"role": "user", "content": "Is 8 °C too warm for a vaccine fridge?"}]
