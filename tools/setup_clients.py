"""Make or update .venv-clients and tests/clients/node_modules: what tests/clients tries the simulated provider with.

`make test` runs this before the tests. Learners never need it: the libraries are a dependency group that is no extra of
the package, and they have an environment of their own, because instructor and the locked openai do not fit together.

The package for Node is installed if npm is there; without it, its test is skipped. The file .venv-clients/.stamp says
that a set-up went through to its end, and from which inputs. pip's configuration is handed on to uv as for .venv; npm
goes by its own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

from tools import setup_venv
from tools.setup_venv import SetupError, say

VENV = ".venv-clients"
STAMP = Path(VENV, ".stamp")
LOCK = "requirements-clients.lock"
NODE = "tests/clients"
INPUTS = (LOCK, f"{NODE}/package.json", f"{NODE}/package-lock.json", f"{NODE}/.npmrc", "tools/setup_clients.py")


def main() -> int:
    """Set up what is not set up yet. Returns the exit status, as that of .venv does."""
    os.chdir(setup_venv.ROOT)
    try:
        with setup_venv.only_setup():
            if not is_current():
                set_up()
    except SetupError as error:
        say(f"Set-up of the client libraries stopped: {error}")
        return 1
    except KeyboardInterrupt:
        say("Set-up interrupted; the next command takes it up again.")
        return 130
    return 0


def is_current() -> bool:
    return STAMP.exists() and STAMP.read_text() == new_stamp()


def new_stamp() -> str:
    """The Python, whether there is npm, and a digest of the inputs."""
    inputs = hashlib.sha256(b"".join(Path(path).read_bytes() for path in INPUTS)).hexdigest()
    return f"{sys.version}\n{'npm' if shutil.which('npm') else 'no npm'}\n{inputs}\n"


def set_up() -> None:
    started = time.monotonic()
    say(f"Setting up {VENV}, client libraries for the tests (once, about ten seconds) ...")
    STAMP.unlink(missing_ok=True)
    env = setup_venv.uv_environment()
    setup_venv.run([setup_venv.UV, "venv", "--clear", "--python", sys.executable, VENV], env)
    install = [setup_venv.UV, "pip", "install", "--python", f"{VENV}/bin/python", "--no-deps", "--no-build"]
    setup_venv.run([*install, "--requirements", LOCK], env)
    if shutil.which("npm"):
        install_for_node()
    STAMP.write_text(new_stamp())
    say(f"Done in {time.monotonic() - started:.0f} s.")


def install_for_node() -> None:
    try:
        setup_venv.run(["npm", "--prefix", NODE, "ci"], setup_venv.environment())
    except SetupError:  # its words are made for pip and uv
        why = f"the end of {setup_venv.LOG} says why"
        raise SetupError(
            f"npm did not install what {NODE}/package-lock.json names; {why}. Then {setup_venv.AGAIN}."
        ) from None


if __name__ == "__main__":
    sys.exit(main())
