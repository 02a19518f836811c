"""Start a client's program in the environment made for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from gradus.sim import Simulator

HERE = Path(__file__).resolve().parent
VENV = HERE.parents[1] / ".venv-clients"
OLDEST_NODE = 20
SECONDS = 120


def missing(program: str) -> str:
    """Why this program cannot be run here, or ""."""
    if not program.endswith(".mjs"):
        set_up = (VENV / ".stamp").exists()
        return "" if set_up else "the client libraries are not installed; `make clients` installs them"
    if (node := shutil.which("node")) is None:
        return "there is no node on PATH"
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0] or 0) < OLDEST_NODE:
        return f"the client library wants Node {OLDEST_NODE} or later, and this is {version or 'none'}"
    if not (HERE / "node_modules").exists():
        return "the client library for Node is not installed; `make clients` installs it"
    return ""


def command(program: str) -> list[str]:
    """What runs this program, with nothing but loopback to connect to (see offline/)."""
    if program.endswith(".mjs"):
        return ["node", "--require", str(HERE / "offline" / "offline.cjs"), program]
    return [str(VENV / "bin" / "python"), program]


def environment(base_url: str, home: Path) -> dict[str, str]:
    """What a program is told, as any user would tell it; of ours, only where to look for programs."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "PYTHONPATH": str(HERE / "offline"),
        "OPENAI_BASE_URL": base_url,
        "OPENAI_API_KEY": "any",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else litellm fetches prices when it is imported
    }


def run(program: str, base_url: str, home: Path, sim: Simulator) -> dict[str, Any]:
    """The results that the program printed. Fails with what it said, and with what the simulator saw."""
    path = str(HERE / "programs" / program)
    given = environment(base_url, home)
    done = subprocess.run(command(path), env=given, cwd=home, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, f"{program} failed\n{done.stderr}\n{sim.ledger.transcript()}"
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return results
