import pytest


@pytest.mark.task(1)
def test_doubles(submission):
    """Twice four is eight."""
    assert submission.double(4) == 8
