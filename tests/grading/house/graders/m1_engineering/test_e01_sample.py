import pytest


@pytest.mark.task(1)
def test_adds(submission):
    """Two and three are five."""
    assert submission.add(2, 3) == 5


@pytest.mark.task(1)
@pytest.mark.held_out
def test_adds_what_nobody_has_seen(submission):
    """Other numbers have sums too."""
    assert submission.add(1234567, 7654321) == 8888888


@pytest.mark.task(2)
def test_asks(submission, sim):
    """The model's answer is what the caller wants."""
    sim.script("pong")
    assert submission.ask(sim.client(max_retries=0), "ping") == "pong"


@pytest.mark.task(2)
def test_asks_once(submission, sim, clock):
    """One question costs one call and no waiting."""
    sim.script("pong")
    submission.ask(sim.client(max_retries=0), "ping")
    assert sim.ledger.calls == 1
    assert clock.slept == []
