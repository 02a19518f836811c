"""All checks, made at the same time, and told in one order."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from gradus.doctor import environment, machine, project
from gradus.doctor.finding import Finding, Grade, wrong


class Check(NamedTuple):
    """One thing that is looked at."""

    name: str
    look: "Callable[[Path], Finding]"


CHECKS = (
    Check("python", environment.python),
    Check(".venv", environment.venv),
    Check("packages", environment.packages),
    Check("encoder", environment.encoder),
    Check("wheels", environment.wheels),
    Check("disk", machine.disk),
    Check("memory", machine.memory),
    Check("encoding", machine.encoding),
    Check("loopback", machine.loopback),
    Check("port", machine.port),
    Check("project", project.writable),
    Check("scratch", project.scratch),
    Check("cache", project.cache),
    Check("events", project.file_events),
    Check("git", project.git),
)


def examine(root: Path, checks: "Sequence[Check]" = CHECKS) -> int:
    """Look at everything and print one line for each check.

    Args:
        root: the project's folder.
        checks: what to look at.

    Returns:
        The exit status: 0 if nothing is wrong, else 1.

    Example:
        >>> examine(root, [Check("python", environment.python)])
        ok    python     3.11.7
        <BLANKLINE>
        Nothing is wrong here.
        0
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    with ThreadPoolExecutor(len(checks)) as pool:
        findings = list(pool.map(lambda check: _looked(check, root), checks))
    for check, finding in zip(checks, findings):  # noqa: B905 (strict= came with Python 3.10)
        print(finding.text(check.name))
    count = sum(finding.grade is Grade.WRONG for finding in findings)
    print()
    if count:
        print(
            "{} wrong. Mend the first, then: make doctor".format("1 thing is" if count == 1 else f"{count} things are")
        )
    else:
        print("Nothing is wrong here.")
    return 1 if count else 0


def _looked(check: Check, root: Path) -> Finding:
    """What a check found. That it could not look is a finding too."""
    try:
        return check.look(root)
    except Exception as error:
        return wrong(f"This could not be looked at: {type(error).__name__}: {error}.", environment.ANEW)
