"""The command line: reads what was typed, calls what does the work, writes what came of it.

Everything heavy is imported inside the commands, so that `gradus --help` answers at once.
"""

from __future__ import annotations

import errno
import functools
import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import gradus
from gradus.curriculum import Curriculum, CurriculumError, Exercise, find_root, read_curriculum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradus.embeddings import Encoder
    from gradus.grading.live import LiveReport
    from gradus.grading.verdicts import Report
    from gradus.sim import Simulator

NOT_DONE = 1
NO_SENSE = 2
INTERRUPTED = 130
KEPT_EXCHANGES = 1000
STOPPING = (signal.SIGINT, signal.SIGTERM)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)

Stems = Annotated[
    list[str] | None, typer.Argument(metavar="STEM", help="Exercises, such as e06 or m1/e06. All if none is named.")
]

One = Annotated[str | None, typer.Argument(metavar="STEM", help="An exercise, such as e06 or m1/e06.")]


class CommandError(Exception):
    """A command that cannot be carried out; says why and what to do."""


def main() -> None:
    """The `gradus` command. What stdout cannot show is written as Python writes it, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="gradus")


@app.callback(invoke_without_command=True)
def gradus_command(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """A flight simulator for AI engineers. To see where you stand: gradus grade."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"gradus {installed('gradus')}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def grade(
    stems: Stems = None,
    module: Annotated[str | None, typer.Option(metavar="M", help="Only this module, such as m1.")] = None,
    target: Annotated[
        str, typer.Option(metavar="PATH", help="exercises, solutions, or a folder laid out like them.")
    ] = "exercises",
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the report as JSON; - for stdout, alone.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as JUnit XML.")] = None,
    strict: Annotated[
        bool | None,
        typer.Option("--strict/--no-strict", help="Exit with 1 unless all of it is done. The default where CI is set."),
    ] = None,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="How many exercises to grade at once.")] = 2,
    debug: Annotated[str | None, typer.Option(metavar="EX", help="Run pytest on one exercise, in one process.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show everything, however long.")] = False,
) -> None:
    """Grade exercises and show where you stand.

    With GRADUS_LLM=live, record or replay, what a real model makes of the exercises is reported after the grade.

    Exit status: 0 graded; 1 with --strict, not all of it is done; 2 a grader is broken or the command makes no sense.
    """
    from gradus.grading.live import LiveError, live_run
    from gradus.grading.pool import GradingError
    from gradus.grading.pool import grade as grade_exercises

    with _plain_errors(GradingError, LiveError):
        curriculum = _curriculum()
        folder = _target(curriculum, target)
        if debug is not None:
            from gradus.grading.debug import run

            (exercise,) = curriculum.select([debug], module)
            raise typer.Exit(run(exercise, folder))

        from gradus.grading.reporters import terminal

        exercises = curriculum.select(stems or (), module)
        endpoint = live_run(os.environ, curriculum.root)
        shown_on = terminal.screen_of(sys.stdout)
        progress = sys.stderr if json == "-" else sys.stdout
        with terminal.LiveLine(progress, shown_on, len(exercises)) as line:
            report = grade_exercises(curriculum, exercises, folder, jobs=jobs, on_result=line.advance)
        stuck: dict[str, str] = {}
        if folder == curriculum.root / "exercises":
            from gradus.loop.stuck import note

            noted = note(curriculum, report)
            stuck = noted.stuck
            if noted.skipped:
                _to_stderr(f"gradus: {noted.skipped}")
        if json != "-":
            print(terminal.render(curriculum, report, shown_on, verbose, stuck), end="", flush=True)
        live = None
        if endpoint is not None:
            with terminal.LiveLine(progress, shown_on, len(exercises)) as line:
                live = endpoint.make(curriculum, exercises, folder, jobs=jobs, on_result=line.advance)
            if json != "-":
                print(terminal.render_live(curriculum, live, shown_on, verbose), end="")
        _write_reports(curriculum, report, live, json, junit)
        raise typer.Exit(_exit_status(report, _is_ci() if strict is None else strict))


@app.command()
def watch(
    stem: Annotated[
        str | None, typer.Argument(metavar="STEM", help="An exercise, such as e06. The current one if none is named.")
    ] = None,
) -> None:
    """Grade an exercise on every save. Keys lead to the next one, its hints and its solution.

    Exit status: 0 ended by q; 130 by Ctrl-C; 128 + N by signal N; 2 the command makes no sense.
    """
    from gradus.grading.pool import GradingError
    from gradus.grading.reporters.terminal import screen_of
    from gradus.loop.current import current
    from gradus.loop.opening import nothing_left
    from gradus.loop.progress import read_progress
    from gradus.loop.watch import watch as watch_exercise

    with _plain_errors(GradingError):
        curriculum = _curriculum()
        progress = read_progress(curriculum.root)
        exercise = curriculum.select([stem])[0] if stem else current(curriculum, progress, curriculum.root)
        if exercise is None:
            print(nothing_left(curriculum, screen_of(sys.stdout)), end="")
            return
        ended_by = watch_exercise(curriculum, exercise, sys.stdin, sys.stdout)
        if ended_by == signal.SIGINT:
            raise KeyboardInterrupt
        raise typer.Exit(128 + ended_by if ended_by else 0)


@app.command("next")
def next_exercise(
    print_only: Annotated[bool, typer.Option("--print", help="Only say so: start no editor.")] = False,
) -> None:
    """Say which exercise comes next, and open its lesson and its file in EDITOR (or VISUAL), on a terminal.

    Exit status: 0 said, and the editor is done; 2 the editor did not start or failed.
    """
    from gradus.grading.reporters.terminal import screen_of
    from gradus.loop.current import current
    from gradus.loop.opening import EditorError, edit, editor_of, nothing_left, where_to_go
    from gradus.loop.progress import read_progress

    with _plain_errors(EditorError):
        curriculum, screen = _curriculum(), screen_of(sys.stdout)
        progress = read_progress(curriculum.root)
        exercise = current(curriculum, progress, curriculum.root)
        if exercise is None:
            print(nothing_left(curriculum, screen), end="")
            return
        print(where_to_go(curriculum, exercise, progress, screen), end="", flush=True)
        editor = editor_of(os.environ)
        if editor and sys.stdout.isatty() and not print_only:
            edit(editor, exercise)


@app.command()
def hint(
    stem: Annotated[
        str | None, typer.Argument(metavar="STEM", help="An exercise, such as e06. The current one if none is named.")
    ] = None,
    task: Annotated[
        int | None, typer.Option(metavar="N", help="The task; the first that did not pass, if none is named.")
    ] = None,
) -> None:
    """Show one more hint of the current task, and those shown before."""
    from gradus.grading.reporters.terminal import screen_of
    from gradus.lessons import LessonError
    from gradus.loop.current import current
    from gradus.loop.hints import HintError, next_hint
    from gradus.loop.opening import nothing_left
    from gradus.loop.progress import read_progress, write_progress

    with _plain_errors(HintError, LessonError):
        curriculum, screen = _curriculum(), screen_of(sys.stdout)
        progress = read_progress(curriculum.root)
        exercise = curriculum.select([stem])[0] if stem else current(curriculum, progress, curriculum.root)
        if exercise is None:
            print(nothing_left(curriculum, screen), end="")
            return
        page, progress = next_hint(curriculum, exercise, progress, screen, task)
        print(page, end="", flush=True)
        if skipped := write_progress(curriculum.root, progress):
            _to_stderr(f"gradus: {skipped} All hints stand in {exercise.lesson}.")


@app.command()
def solution(
    stem: One = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if the exercise has not passed.")] = False,
) -> None:
    """Show an exercise's solution beside your file, once it has passed."""
    from gradus.grading.reporters.terminal import screen_of
    from gradus.loop.page import wide_screen
    from gradus.loop.progress import read_progress
    from gradus.loop.solution import SolutionError, beside, may_be_shown, not_yet

    with _plain_errors(SolutionError):
        curriculum = _curriculum()
        exercise = _exercise(curriculum, stem, "solution")
        if anyway or may_be_shown(exercise, read_progress(curriculum.root)):
            print(beside(curriculum, exercise, wide_screen(sys.stdout)), end="")
        else:
            print(not_yet(curriculum, exercise, screen_of(sys.stdout)), end="")


@app.command()
def reset(stem: One = None) -> None:
    """Put an exercise's stub back; your file is kept below .gradus/backups/."""
    from datetime import datetime

    from gradus.grading.reporters.terminal import screen_of
    from gradus.loop.progress import read_progress, write_progress
    from gradus.loop.reset import ResetError, after_reset, put_back, told

    with _plain_errors(ResetError):
        curriculum = _curriculum()
        exercise = _exercise(curriculum, stem, "reset")
        done = put_back(exercise, datetime.now())
        print(told(curriculum, exercise, done, screen_of(sys.stdout)), end="", flush=True)
        progress = after_reset(read_progress(curriculum.root), exercise)
        if done.changed and (skipped := write_progress(curriculum.root, progress)):
            _to_stderr(f"gradus: {skipped}")


@app.command("list")
def list_exercises() -> None:
    """List all exercises: where each stood in its last run, how long it takes, what it needs."""
    from gradus.grading.reporters.terminal import screen_of
    from gradus.loop.listing import listing
    from gradus.loop.progress import read_progress

    with _plain_errors():
        curriculum = _curriculum()
        print(listing(curriculum, read_progress(curriculum.root), screen_of(sys.stdout)), end="")


@app.command("path")
def find_path(
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask nothing: the answers stand in this file, JSON or TOML.")
    ] = None,
    template: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write such a file, to be filled in, and do nothing else.")
    ] = None,
) -> None:
    """A dozen questions: is this the right course for you, and in which order to do it.

    The order is kept in .gradus/path.json, and `gradus next` follows it.
    """
    from datetime import datetime

    from gradus import paths

    with _plain_errors(paths.AnswersError):
        curriculum, bank = _curriculum(), paths.read_bank()
        if template is not None:
            paths.write_template(template, bank, curriculum)
            print(f"Fill in {template}, then: make path ANSWERS={shlex.quote(str(template.absolute()))}")
            return
        try:
            given = paths.read_answers(answers, bank, curriculum) if answers else paths.converse(bank, curriculum)
        except paths.Quit:
            print("Nothing was written.")
            return
        plan = paths.find(bank, curriculum, given)
        print(paths.tell(bank, curriculum, plan), end="")
        if plan.order:
            print(paths.write_plan(curriculum.root, plan, datetime.now()))


@app.command()
def doctor() -> None:
    """Say what is wrong with this machine, and the command that mends it.

    Exit status: 0 nothing is wrong; 1 something is.
    """
    from gradus.doctor import examine

    with _plain_errors():
        raise typer.Exit(examine(find_root(Path.cwd(), Path(gradus.__file__).resolve().parent)))


@app.command()
def check(
    stems: Stems = None,
    write: Annotated[bool, typer.Option("--write", help="Write fingerprints that have drifted.")] = False,
) -> None:
    """For authors: see that exercises keep every rule.

    Exit status: 0 they do; 1 they do not, and each finding names the file to open; 2 the command makes no sense.
    """
    from gradus.authoring.check import run
    from gradus.grading.pool import GradingError
    from gradus.grading.reporters.text import counted

    with _plain_errors(GradingError):
        curriculum = _curriculum()
        exercises = curriculum.select(stems or ())
        findings = run(curriculum, exercises, write)
        for finding in findings:
            print(finding.line(curriculum))
        total = counted(len(exercises), "exercise")
        print(f"{total} checked: {counted(len(findings), 'finding') if findings else 'every rule is kept'}.")
        raise typer.Exit(NOT_DONE if findings else 0)


@app.command()
def corpus() -> None:
    """For authors: derive everything in data/ that is not written by hand, and build data/ops.db."""
    from gradus.authoring.corpus.derive import derive_all
    from gradus.authoring.corpus.errors import SourceError

    with _plain_errors(SourceError):
        changed = derive_all(find_root(Path.cwd(), Path(gradus.__file__).resolve().parent) / "data")
        for name in changed:
            print(f"wrote data/{name}")
        print(f"{len(changed)} written." if changed else "Nothing has drifted: every derived file is as it should be.")


@app.command()
def serve(
    host: Annotated[str, typer.Option(metavar="HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="0 for any free one.")] = 8377,
    seed: Annotated[int, typer.Option(metavar="N", help="What the model's choices and the faults depend on.")] = 0,
    faults: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME=SHARE", help="What goes wrong, such as rate_limited=0.1. Repeatable."),
    ] = None,
) -> None:
    """Serve the simulated provider over HTTP, for notebooks, other languages and curious people.

    Exit status: 0 terminated; 130 stopped by Ctrl-C; 2 nobody can listen there.
    """
    from gradus.sim.server import Server, is_loopback

    with _plain_errors():
        # Blocked, a signal waits until it is asked for, and none falls between two instructions. Threads inherit that.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        try:
            server = Server(simulator_for(seed, faults or ()), host, port, log=_to_stderr)
        except OSError as error:
            raise CommandError(_cannot_listen(host, port, error)) from None
        with server:
            print(f"export OPENAI_BASE_URL={server.base_url}", "export OPENAI_API_KEY=anything", sep="\n")
            print(f"{server.url}/ shows every request.", "Ctrl-C stops the server.", sep="\n", flush=True)
            if not is_loopback(host):
                _to_stderr(f"gradus: {host} can be reached from other machines; whoever does may use all of it.")
            stopped_by = signal.sigwait(STOPPING)
        if stopped_by == signal.SIGINT:
            raise KeyboardInterrupt


def simulator_for(seed: int, faults: Sequence[str] = ()) -> Simulator:
    """What `gradus serve` serves: the reader, and such faults as `rate_limited=0.1`."""
    from gradus.sim import RealClock, Simulator, Unreliable
    from gradus.sim.reader import Reader

    simulator = Simulator(seed=seed, clock=RealClock(), embed=_embed, keep=KEPT_EXCHANGES)
    try:
        simulator.otherwise(Unreliable(Reader(seed), seed=seed, **dict(map(_share, faults))))
    except (TypeError, ValueError) as error:
        known = ", ".join(
            field.name for field in fields(Unreliable) if field.init and field.name not in ("step", "seed")
        )
        raise CommandError(f"--fault {' --fault '.join(faults)}: {error}. It takes NAME=SHARE of {known}.") from None
    return simulator


def _share(fault: str) -> tuple[str, float]:
    name, _, share = fault.partition("=")
    return name, float(share)


@contextmanager
def _plain_errors(*others: type[Exception]) -> Iterator[None]:
    """A sentence on stderr, and no traceback, for what the person at the keyboard can put right."""
    known: tuple[type[Exception], ...] = (CurriculumError, CommandError, *others)
    try:
        yield
    except known as error:
        typer.echo(f"gradus: {error}", err=True)
        raise typer.Exit(NO_SENSE) from None
    except KeyboardInterrupt:
        typer.echo("gradus: interrupted.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _cannot_listen(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8377
        return (
            f"Port {port} is taken, maybe by another gradus serve. "
            f"Choose another with --port {other} (make serve PORT={other}), or --port 0 for any that is free."
        )
    reason = (error.strerror or str(error)).partition(" (")[0]
    return f"Cannot listen at {host}, port {port}: {reason}. Choose others with --host and --port."


def _embed(texts: list[str]) -> NDArray[np.float32]:
    return _encoder().encode(texts)


@functools.cache
def _encoder() -> Encoder:
    from gradus.embeddings import Encoder

    return Encoder()


def _curriculum() -> Curriculum:
    return read_curriculum(find_root(Path.cwd(), Path(gradus.__file__).resolve().parent))


def _exercise(curriculum: Curriculum, name: str | None, command: str) -> Exercise:
    if not name:
        example = curriculum.short_name(curriculum.exercises[0])
        raise CommandError(f"Name an exercise: make {command} EX={example}, or gradus {command} {example}.")
    return curriculum.select([name])[0]


def _target(curriculum: Curriculum, name: str) -> Path:
    """The folder to grade: one of the project's own by name, else a path from the current directory."""
    folder = curriculum.root / name if name in ("exercises", "solutions") else Path(name).absolute()
    if not folder.is_dir():
        raise CommandError(
            f"There is no folder {folder} to grade. --target takes exercises, solutions or a folder laid out like them."
        )
    return folder


def _write_reports(
    curriculum: Curriculum, report: Report, live: LiveReport | None, json: str | None, junit: Path | None
) -> None:
    """The documents that were asked for, and the job summary where GitHub runs this."""
    if json is not None:
        from gradus.grading.reporters import json_report

        document = json_report.render(curriculum, report, live)
        if json == "-":
            print(document, end="")
        else:
            _write(Path(json), document)
    if junit is not None:
        from gradus.grading.reporters import junit as junit_report

        _write(junit, junit_report.render(report))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        from gradus.grading.reporters import github

        _write(Path(summary), github.render(curriculum, report), mode="a")


def _write(path: Path, text: str, mode: str = "w") -> None:
    try:
        with path.open(mode, encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CommandError(f"Cannot write {path}: {error.strerror}. Name a file that can be written.") from error


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _exit_status(report: Report, strict: bool) -> int:
    if report.broken:
        return NO_SENSE
    return NOT_DONE if strict and not report.all_done else 0
