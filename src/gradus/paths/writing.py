"""The plan in .gradus/path.json, which `make next` follows."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from datetime import datetime
from pathlib import Path

from gradus.paths.finding import Plan

FILE = Path(".gradus", "path.json")
VERSION = 1


def write_plan(root: Path, plan: Plan, now: datetime) -> str:
    """Keep a plan; an earlier one is kept beside it, under a name with the date and time.

    Args:
        root: the project's folder.
        plan: what to keep.
        now: what the earlier one is named for.

    Returns:
        Where it is, and where the earlier one is; or why it could not be kept.
    """
    document = {
        "version": VERSION,
        "role": plan.outcome.role.value,
        "answers": dict(plan.answers),
        "skipped": list(plan.skipped),
        "order": list(plan.order),
    }
    file = root / FILE
    temporary = ""
    try:
        file.parent.mkdir(exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=file.parent, suffix=".json")
        with open(descriptor, "w", encoding="utf-8") as opened:
            json.dump(document, opened, indent=1)
        earlier = _put_aside(file, now)
        os.replace(temporary, file)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        return f"It could not be kept, so `make next` does not follow it: {file.parent}: {error.strerror}."
    return f"It is kept in {FILE}, and `make next` follows it.{earlier}"


def _put_aside(file: Path, now: datetime) -> str:
    """A line on where the earlier plan is now; "" if there was none."""
    aside = file.with_name(f"path-{now:%Y-%m-%d-%H%M%S}.json")
    try:
        os.replace(file, aside)
    except FileNotFoundError:
        return ""
    return f"\nThe earlier one is now {FILE.parent / aside.name}."
