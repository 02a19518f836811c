"""The project's folder: who may write there, whether saves are noticed, and what git says of it."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from gradus.doctor.environment import in_venv
from gradus.doctor.finding import MOST_NAMED, Finding, listed, note, ok, wrong

GIT_SECONDS = 5
EVENT_MILLISECONDS = 1000
# What nobody changes on purpose who learns here, and what would make verdicts wrong.
GIVEN = ("data/", "graders/")


def writable(root: Path) -> Finding:
    """Whether the exercises can be edited and progress can be kept."""
    if _refusal(root):
        said = "It is read-only: grading works, nothing is remembered. To edit exercises, copy it:"
        return note(said, f"cp -R {shlex.quote(str(root))} ~/gradus")
    state = root / ".gradus"
    for folder in (root / "exercises", state):
        refusal = _refusal(folder) if folder.exists() else ""
        if refusal:
            return wrong(f"{folder.name}/ cannot be written: {refusal}.", _own(folder.name))
    return ok("can be written, .gradus/ too")


def scratch(root: Path) -> Finding:
    """Whether there is a place for what lasts as long as one exercise's grading."""
    place = Path(tempfile.gettempdir())
    if in_venv(root):
        from gradus.grading.pool import scratch_place

        place = Path(scratch_place() or place)
    refusal = _refusal(place)
    if refusal:
        said = f"{place} cannot be written: {refusal}. Grading needs such a place."
        return wrong(said, "mkdir -p ~/tmp && export TMPDIR=~/tmp")
    return ok(f"{place} can be written")


def cache(root: Path) -> Finding:
    """Whether vectors can be kept from one run to the next."""
    place = Path(os.environ.get("GRADUS_CACHE") or root / ".cache")
    existing = next(folder for folder in (place, *place.parents) if folder.exists())
    refusal = _refusal(existing)
    if refusal:
        said = f"{place} cannot be written ({refusal}): vectors are computed anew each time."
        return note(said, "export GRADUS_CACHE=~/.cache/gradus")
    return ok(f"{_relative(place, root)} can be written")


def _refusal(folder: Path) -> str:
    """ "", or why no file can be written in the folder. One is: who may is not all that decides."""
    try:
        with tempfile.TemporaryFile(dir=str(folder)):
            return ""
    except OSError as error:
        return (error.strerror or str(error)).lower()


def _own(name: str) -> str:
    return f'sudo chown -R "$USER" {name} && chmod -R u+rwX {name}'


def _relative(path: Path, root: Path) -> str:
    try:
        return str(path.relative_to(root))
    except ValueError:
        return str(path)


def file_events(root: Path) -> Finding:
    """Whether the system tells of a save within the project, so that `make watch` need not look again and again."""
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        return note("watchfiles is not installed: make watch looks for changes by itself, a bit slower.")
    if _refusal(root):
        return note("Not tried: the project is read-only.")
    folder = Path(tempfile.mkdtemp(prefix=".doctor-", dir=str(root)))
    try:
        arrived = _event_arrives(folder)
    except OSError as error:
        said = f"The system watches no more folders ({error}): make watch looks for changes by itself."
        return note(said, "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024")
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)
    if arrived:
        return ok("saves are noticed at once")
    said = "None arrived (a network or Windows drive?): make watch looks for changes by itself, a bit slower."
    return note(said)


def _event_arrives(folder: Path) -> bool:
    from watchfiles import watch

    saved = threading.Event()

    def save() -> None:
        count = 0
        while not saved.wait(0.02):  # the first may come before the watch has begun
            count += 1
            (folder / "saved").write_text(str(count), encoding="ascii")

    writer = threading.Thread(target=save)
    writer.start()
    changes = watch(
        folder, debounce=20, step=10, rust_timeout=EVENT_MILLISECONDS, yield_on_timeout=True, force_polling=False
    )
    try:
        return bool(next(changes))
    finally:
        saved.set()
        writer.join()
        changes.close()


def git(root: Path) -> Finding:
    """Whether this is a clone, in which what came with it is as it came."""
    if not shutil.which("git"):
        install = "xcode-select --install" if sys.platform == "darwin" else "sudo apt install git"
        return wrong("It is not installed. Updates and going back to an earlier version need it.", install)
    try:
        _git(root, "rev-parse", "--verify", "HEAD")
        # Against HEAD, so that what was added to the index counts too; relative, for a clone within another.
        output = _git(
            root, "diff", "--name-only", "--no-renames", "--diff-filter=MDT", "--relative", "-z", "HEAD", "--", "."
        )
    except subprocess.TimeoutExpired:
        return note(f"It gave no answer within {GIT_SECONDS} s.", "git status")
    except subprocess.CalledProcessError as error:
        return _git_trouble(error.stderr.decode(errors="replace"), root)
    return _modified([os.fsdecode(name) for name in output.split(b"\0") if name])


def _git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments],
        cwd=str(root),
        env=dict(os.environ, GIT_OPTIONAL_LOCKS="0", LC_ALL="C"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=GIT_SECONDS,
        check=True,
    ).stdout


def _git_trouble(errors: str, root: Path) -> Finding:
    if "dubious ownership" in errors:
        said = "The folder belongs to somebody else, so git does not look into it."
        return wrong(said, f"git config --global --add safe.directory {shlex.quote(str(root))}")
    if "not a git repository" in errors:
        return note("This is no clone: there are no updates, and nothing to go back to. `git clone` makes one.")
    reason = (errors.strip().splitlines() or ["it failed and said nothing"])[0]
    return wrong(f"It fails here: {reason}.", "git status")


def _modified(names: "list[str]") -> Finding:
    changed = [name for name in names if not name.startswith("exercises/")]
    given = [name for name in changed if name.startswith(GIVEN)]
    if given:
        said = f"Not as it came, which may make verdicts wrong: {listed(given)}. To have it back:"
        return wrong(said, _checkout(given))
    if changed:
        return note(f"Changed outside exercises/: {listed(changed)}. Was that meant?", "git diff --stat")
    return ok("a clone, in which only exercises/ may have changed")


def _checkout(names: "list[str]") -> str:
    """Each by name, or where they are many, the folders that they are in."""
    if len(names) > MOST_NAMED:
        names = sorted({name.partition("/")[0] for name in names})
    return "git checkout HEAD -- " + " ".join(map(shlex.quote, names))
