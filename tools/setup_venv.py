"""Make or update .venv. `make` runs this before everything else; `python3 tools/setup_venv.py` does the same.

Needs nothing but the standard library, and parses under Python 3.6, so that an old Python is told what is missing.

The file .venv/.stamp says that a set-up went through to its end: in which folder, for which Python, from which
inputs. It is removed before the first change and written after the last one. A .venv without a stamp, or with the
stamp of another folder (it holds absolute paths) or of another Python, is made anew; one with an outdated stamp is
updated in place.

What pip is configured with is handed on to uv: the index, its certificate, proxy and trusted hosts, and the
directories of wheels. On Linux, PyTorch comes from such a directory if one has a wheel that fits, else it is the CPU
build from PyTorch's own index. Setting UV_TORCH_BACKEND chooses another build; setting it to nothing takes the one
in the index that pip is configured with.
"""

import ast
import contextlib
import errno
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LOG = ".venv-setup.log"
STAMP = ".venv/.stamp"
PYTHON = ".venv/bin/python"
UV = ".venv/bin/uv"
THIS_FILE = "tools/setup_venv.py"
INPUTS = ("pyproject.toml", "requirements.lock", THIS_FILE)

UV_VERSION = "0.13.9"
OLDEST, NEWEST = (3, 11), (3, 13)
VENV_BYTES = 1_700_000_000
MARGIN_BYTES = 300_000_000
SECONDS_BETWEEN_SIGNS_OF_LIFE = 30
AGAIN = "run the same command again"

# pip's setting and uv's variable for the same.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "no-index": "UV_NO_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
}


class SetupError(Exception):
    """What went wrong and what to do next, in words for the person at the keyboard."""


def main() -> int:
    """Set up what is not set up yet. Returns the exit status: 0, 1 (said why) or 130 (interrupted)."""
    try:
        os.chdir(ROOT)
        choose_python()
        with only_setup():
            if is_current():
                os.utime(STAMP)  # make goes by its time
            else:
                set_up()
    except SetupError as error:
        say(f"Set-up stopped: {error}")
        return 1
    except OSError as error:
        say(f"Set-up stopped: {explain(str(error))}")
        return 1
    except KeyboardInterrupt:
        say("Set-up interrupted; the next command takes it up again.")
        return 130
    return 0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# Which Python


def choose_python() -> None:
    """Return if this Python will do. Otherwise start over with one that does, or say what is missing."""
    if os.name != "posix":
        raise SetupError("Gradus runs on Linux and macOS. On Windows, clone it inside WSL and run the command there.")
    version, running = sys.version_info[:2], platform.python_version()
    if not OLDEST <= version <= NEWEST:
        other = find_python("ensurepip") or find_python("sys")
        if other:
            say(f"{sys.executable} is Python {running}; using {other}.")
            os.execv(other, [other, THIS_FILE])
        if version < OLDEST:
            raise SetupError(
                f"Gradus needs Python 3.11, 3.12 or 3.13, and {sys.executable} is Python {running}. Install one of "
                f"them and {AGAIN}; if it is not on PATH, say where it is: "
                "make setup PYTHON=/path/to/python3.12"
            )
        say(f"Python {running} is newer than what Gradus is tested with; trying it.")
    try:
        import ensurepip  # noqa: F401
    except ImportError:  # Debian and Ubuntu have it in a package of its own
        package = f"python{version[0]}.{version[1]}-venv"
        raise SetupError(
            f"{sys.executable} lacks ensurepip, which virtual environments need. On Debian and Ubuntu: "
            f"sudo apt install {package}; then {AGAIN}."
        ) from None


def find_python(needs: str) -> str:
    """The newest tested Python on PATH that starts (a pyenv shim may not) and has the module `needs`, or ""."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            candidate = os.path.join(folder, f"python3.{minor}")
            program = f"import sys, {needs}; print(sys.version_info[1])"
            if os.access(candidate, os.X_OK) and output_of([candidate, "-c", program]) == str(minor):
                return candidate
    return ""


def output_of(command: "list[str]") -> str:
    """What the command prints, or "" if it cannot be started or fails."""
    try:
        output = subprocess.check_output(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return output.decode(errors="replace").strip()


def environment() -> "dict[str, str]":
    """The environment, without what leads Python or pip out of .venv, with what keeps pip from asking questions."""
    astray = ("PYTHONPATH", "PYTHONHOME", "FORCE_COLOR")
    env = {name: value for name, value in os.environ.items() if name not in astray}
    env.update(PIP_USER="0", PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", NO_COLOR="1")
    return env


# Whether there is anything to do


@contextlib.contextmanager
def only_setup() -> "Iterator[None]":
    """Hold a lock on the log, so that a second set-up of the same folder waits.

    The programs that a set-up starts write to the log and share the lock. So if a set-up is killed, the next one also
    waits for what it left running.
    """
    import fcntl  # not on Windows

    with open(LOG, "ab") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this folder is running; waiting for it.")
            fcntl.flock(log, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP):  # some network file systems have no locks
                raise
        yield


def is_current() -> bool:
    return read_stamp() == new_stamp() and venv_works()


def can_be_updated() -> bool:
    folder_and_python = slice(0, 2)
    return read_stamp()[folder_and_python] == new_stamp()[folder_and_python] and venv_works()


def read_stamp() -> "list[bytes]":
    try:
        with open(STAMP, "rb") as file:
            return file.read().splitlines()
    except OSError:
        return []


def new_stamp() -> "list[bytes]":
    """The folder, the Python and a digest of the inputs. The Makefile reads the first line too."""
    digest = hashlib.sha256()
    for path in INPUTS:
        with open(path, "rb") as file:
            digest.update(hashlib.sha256(file.read()).digest())
    python = "{}.{}".format(*sys.version_info)
    return [os.getcwdb(), python.encode(), digest.hexdigest().encode()]


def venv_works() -> bool:
    return output_of([PYTHON, "-c", "import pip; print('yes')"]) == "yes"


# The work


def set_up() -> None:
    started = time.monotonic()
    updates = can_be_updated()
    check_disk()
    os.truncate(LOG, 0)
    with contextlib.suppress(FileNotFoundError):
        os.remove(STAMP)
    if updates:
        say("Updating .venv ...")
    else:
        say(f"Setting up .venv with Python {platform.python_version()} (once, about half a minute) ...")
        # The base executable, because this may be the .venv/bin/python that is about to be cleared. The real path,
        # because .venv may be a link to another disk, which the venv module does not follow.
        base = getattr(sys, "_base_executable", sys.executable)
        run([base, "-m", "venv", "--clear", os.path.realpath(".venv")], environment())
    install()
    with open(STAMP + ".new", "wb") as file:
        file.write(b"\n".join(new_stamp()) + b"\n")
    os.replace(STAMP + ".new", STAMP)
    say(f"Done in {time.monotonic() - started:.0f} s.")


def check_disk() -> None:
    folder = os.path.realpath(".venv" if os.path.isdir(".venv") else ".")
    free = shutil.disk_usage(folder).free
    missing = VENV_BYTES + MARGIN_BYTES - free
    if missing > 0:
        missing -= size_of(".venv")
    if missing > 0:
        raise SetupError(
            f"a finished .venv takes {VENV_BYTES / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in {folder}. "
            f"Free another {missing / 1e9:.1f} GB, then {AGAIN}."
        )


def size_of(folder: str) -> int:
    """Bytes on disk of all files below a folder; 0 if there is none."""
    paths = (os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return sum(os.lstat(path).st_blocks * 512 for path in paths)


def install() -> None:
    pip = [PYTHON, "-m", "pip", "install", "--no-warn-script-location", "--no-deps", "--only-binary", ":all:"]
    # Without a retry pip does not say that it could not connect; with its usual five it takes long to say so.
    run([*pip, "--retries", "3", f"uv=={UV_VERSION}"], environment())
    env = uv_environment()
    uv = [UV, "pip", "install", "--python", PYTHON, "--no-deps"]
    run([*uv, "--no-build", "--requirements", "requirements.lock"], env)
    # Built by the setuptools that the lock has just installed, so that nothing unlocked is fetched.
    run([*uv, "--no-build-isolation", "--editable", "."], env)


def run(command: "list[str]", env: "dict[str, str]") -> None:
    """Run a command with its output in the log. Raises SetupError, made from that output, if it fails."""
    with open(LOG, "ab") as log:
        log.write(os.fsencode(f"$ {' '.join(command)}\n"))
        log.flush()
        begin = log.tell()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env) as process:
            try:
                status = wait_for(process)
            except BaseException:
                process.terminate()
                raise
    if status < 0:
        raise SetupError(
            f"{command[0]} was killed by signal {-status}. If memory is short, close something; then {AGAIN}."
        )
    if status > 0:
        with open(LOG, "rb") as file:
            file.seek(begin)
            output = file.read().decode(errors="replace")
        raise SetupError(f"{explain(output)} The full log is {LOG}.")


def wait_for(process: "subprocess.Popen[bytes]") -> int:
    started = time.monotonic()
    while True:
        try:
            return process.wait(SECONDS_BETWEEN_SIGNS_OF_LIFE)
        except subprocess.TimeoutExpired:
            say(f"  still working after {time.monotonic() - started:.0f} s; details in {LOG} ...")


# What uv is told


def uv_environment() -> "dict[str, str]":
    """The environment for uv: pip's configuration in uv's variables. What the user has set for uv comes first."""
    env = environment()
    pip = pip_configuration()
    for setting, variable in PIP_TO_UV.items():
        if setting in pip:
            env.setdefault(variable, pip[setting])
    links = find_links(pip.get("find-links", ""))
    if links:
        env["UV_FIND_LINKS"] = ",".join(filter(None, [*links, env.get("UV_FIND_LINKS")]))
    if sys.platform == "linux" and "UV_TORCH_BACKEND" not in env and not (links and pip_finds_torch()):
        env["UV_TORCH_BACKEND"] = "cpu"
    if env.get("UV_TORCH_BACKEND") == "":
        del env["UV_TORCH_BACKEND"]  # uv takes an empty one for an error
    return env


def pip_configuration() -> "dict[str, str]":
    """pip's settings for `pip install`: from its files, then from the environment."""
    lines = output_of([PYTHON, "-m", "pip", "config", "list"]).splitlines()
    settings = {}
    for scope in ("global.", "install.", ":env:."):  # the later one wins
        for line in lines:
            if line.startswith(scope):
                name, _, value = line[len(scope) :].partition("=")
                settings[name] = str(ast.literal_eval(value))
    return settings


def find_links(setting: str) -> "list[str]":
    """The addresses and the existing directories in pip's find-links (uv takes a missing directory for an error)."""
    links = [os.path.expanduser(link) for link in setting.split()]
    return [link for link in links if link.startswith(("http:", "https:")) or os.path.isdir(path_of(link))]


def path_of(link: str) -> str:
    return urllib.parse.unquote(link[len("file://") :]) if link.startswith("file://") else link


def pip_finds_torch() -> bool:
    """Whether find-links have a wheel of the locked torch that fits this Python and machine. pip itself is asked."""
    versions = output_of([PYTHON, "-m", "pip", "index", "versions", "torch", "--no-index"])
    return re.search(rf"(?<![\w.]){re.escape(torch_version())}(?![\w.])", versions) is not None


def torch_version() -> str:
    with open("requirements.lock", encoding="utf-8") as file:
        pins = re.findall(r"^torch==(\S+)", file.read(), re.MULTILINE)
    return str(pins[0])


# What went wrong

DISK_FULL = (
    f"the disk is full. Free some space (a finished .venv takes {VENV_BYTES / 1e9:.1f} GB, the download cache as "
    f"much), then {AGAIN}."
)
NOT_WRITABLE = f"{{path}} may not be written. Make it yours (was it made with sudo?), then {AGAIN}."
WRONG_HASH = (
    "what was downloaded as {package} is not what requirements.lock names (its hash differs), so it was not installed. "
    f"Please {AGAIN}; if that does not help, the index or a proxy on the way hands out altered files: report it."
)
NOT_TRUSTED = (
    "the certificate of {host} is not trusted here. Behind a company's proxy, name the company's root certificate "
    f"(export PIP_CERT=/path/to/root.pem), then {AGAIN}."
)
REFUSED = (
    "{host} does not hand out what was asked for. Check the index and the password that pip is configured with "
    f"(pip config list), then {AGAIN}."
)
UNREACHABLE = (
    "{host} did not answer. Check the connection (for a mirror: export PIP_INDEX_URL=its address), "
    f"then {AGAIN}; what was downloaded is kept."
)
NO_BUILD = (
    "the package index has no {package} for {machine}. Check which index pip is configured with (pip config list), or "
    f"try another Python (make setup PYTHON=/path/to/python3.11), then {AGAIN}."
)
NO_TORCH = (
    "PyTorch {torch} for {machine} was not to be had from {host}. Check the connection, or put its wheel into a "
    "directory and export PIP_FIND_LINKS=that directory, or try another Python "
    f"(make setup PYTHON=/path/to/python3.11), then {AGAIN}."
)

# Patterns in the output of pip, uv and the system. The first that is found decides.
CAUSES = (
    (r"No space left on device|os error 28\b|Disk quota exceeded", DISK_FULL),
    (r"Hash mismatch", WRONG_HASH),
    (r"Permission denied|Read-only file system|Operation not permitted", NOT_WRITABLE),
    (r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate", NOT_TRUSTED),
    (r"HTTP status (client|server) error|\b[45]\d\d (Client|Server) Error|HTTP error [45]\d\d", REFUSED),
    (r"Failed to fetch|error sending request|NewConnectionError|Max retries|connection broken|timed out", UNREACHABLE),
    (r"No solution found|No matching distribution", NO_BUILD),
)


def explain(output: str) -> str:
    """Why something failed and what to do next, from what it printed."""
    cause = next((sentence for pattern, sentence in CAUSES if re.search(pattern, output)), "")
    if not cause:
        lines = [line.strip() for line in output.splitlines() if line.strip()] or ["it failed and said nothing"]
        errors = [line for line in lines if line.lower().startswith("error")]
        return f"{(errors or lines)[-1].rstrip('.')}."
    if cause in (REFUSED, UNREACHABLE, NO_BUILD) and re.search(r"/torch[/-]|\btorch==", output):
        cause = NO_TORCH
    package = r"mismatch for `([^`]+)`|you require (\S+==[\w.+-]*\w)|distribution found for (\S+)"
    return cause.format(
        path=os.path.abspath(first(r"(?:denied|system|permitted): '([^']+)'|`(/[^`]+)`", output, ".")),
        package=first(package, output, "a package"),
        host=first(r"https?://(?:[^/\s@]*@)?([^/:\s]+)|host='([^']+)'", output, "the package index"),
        machine="Python {}.{} on {} {}".format(*sys.version_info[:2], platform.system(), platform.machine()),
        torch=torch_version(),
    )


def first(pattern: str, text: str, default: str) -> str:
    """The first group that matched where the pattern is first found, or the default."""
    found = re.search(pattern, text)
    return next(filter(None, found.groups()), default) if found else default


if __name__ == "__main__":
    sys.exit(main())
