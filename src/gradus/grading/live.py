"""The live run: exercises once more, with an endpoint (or what was recorded of one) in place of the graders' scripts.

It comes after grading and is reported apart: no verdict, no point and no exit status depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gradus.curriculum import Curriculum, Exercise
from gradus.grading.pool import GradingError, grade
from gradus.grading.verdicts import ExerciseResult, Report
from gradus.sim import Request, Response
from gradus.sim.cassette import CassetteError, Secrets
from gradus.sim.live import Upstream, public_url
from gradus.sim.record import Recorder
from gradus.sim.replay import Replay

if TYPE_CHECKING:
    from gradus.sim.transport import Core

MODES = ("sim", "live", "record", "replay")
CASSETTE = ".gradus/cassette.jsonl"


class LiveError(Exception):
    """A live run that cannot be made as it was asked for; says why and what to do."""


@dataclass(frozen=True)
class LiveReport:
    """What a live run found.

    Attributes:
        mode: "live", "record" or "replay".
        answered_by: what answered, in words.
        cassette: the file that was written or read, "" if there was none.
        notes: what else is to be known: a request that was not recorded, a damaged cassette, why the run stopped.
        report: the checks that held, and those that did not.
    """

    mode: str
    answered_by: str
    cassette: str
    notes: tuple[str, ...]
    report: Report


class _Discreet:
    """A core whose responses hold no key, whatever its endpoint says: submissions see them, and reports quote them."""

    def __init__(self, core: Core, secrets: Secrets) -> None:
        self._core = core
        self._secrets = secrets

    def handle(self, request: Request) -> Response:
        response = self._core.handle(request)
        headers = {name: self._secrets.hidden(value) for name, value in response.headers.items()}
        return Response(response.status, headers, iter(self._secrets.hidden_in(list(response.chunks))))


class LiveRun:
    """A live run as the environment asks for it, ready to be made.

    Args:
        environ: GRADUS_LLM ("live", "record" or "replay"), OPENAI_BASE_URL, OPENAI_API_KEY, GRADUS_MODEL (the
            endpoint's name for what takes the place of the simulator's models) and GRADUS_CASSETTE.
        root: the project's, below which the cassette lies by default.

    Raises:
        LiveError: the environment asks for something that there is not.
    """

    def __init__(self, environ: Mapping[str, str], root: Path) -> None:
        self._mode = environ["GRADUS_LLM"]
        self._cassette = Path(environ.get("GRADUS_CASSETTE") or root / CASSETTE)
        self._replay: Replay | None = None
        key = environ.get("OPENAI_API_KEY", "")
        try:
            if self._mode == "replay":
                self._replay = Replay(self._cassette, [key])
                self._core: Core = self._replay
                self._answered_by = "the cassette"
            else:
                self._core = self._endpoint(environ, key)
        except (CassetteError, ValueError) as error:
            raise LiveError(f"GRADUS_LLM={self._mode}: {error}") from error

    def _endpoint(self, environ: Mapping[str, str], key: str) -> Core:
        url, model = environ.get("OPENAI_BASE_URL", ""), environ.get("GRADUS_MODEL") or None
        missing = [name for name, value in (("OPENAI_BASE_URL", url), ("OPENAI_API_KEY", key)) if not value]
        if missing:
            raise LiveError(
                f"GRADUS_LLM={self._mode} asks an endpoint: set {' and '.join(missing)}. "
                "The first is like https://api.openai.com/v1; a server that asks for no key takes any text for one."
            )
        upstream = _Discreet(Upstream(url, key, model), Secrets([key]))
        self._answered_by = f"{model or 'the endpoint'} at {public_url(url)}"
        return Recorder(upstream, self._cassette, [key]) if self._mode == "record" else upstream

    def make(
        self,
        curriculum: Curriculum,
        exercises: Sequence[Exercise],
        target: Path,
        *,
        jobs: int,
        on_result: Callable[[ExerciseResult], None],
    ) -> LiveReport:
        """Run the exercises. Arguments are those of `gradus.grading.pool.grade`; what goes wrong is told in a note."""
        stopped = ""
        try:
            report = grade(curriculum, exercises, target, jobs=jobs, on_result=on_result, upstream=self._core)
        except (GradingError, CassetteError) as error:
            report, stopped = Report(str(target), 0.0, ()), f"The live run could not be finished. {error}"
        notes = (stopped, *((self._replay.damage, self._replay.unmet()) if self._replay else ()))
        return LiveReport(
            mode=self._mode,
            answered_by=self._answered_by,
            cassette="" if self._mode == "live" else str(self._cassette),
            notes=tuple(note for note in notes if note),
            report=report,
        )


def live_run(environ: Mapping[str, str], root: Path) -> LiveRun | None:
    """The live run that the environment asks for; None if it asks for none, as it does unless GRADUS_LLM is set.

    Raises:
        LiveError: it asks for something that there is not.
    """
    mode = environ.get("GRADUS_LLM") or "sim"
    if mode not in MODES:
        raise LiveError(f"GRADUS_LLM is one of {', '.join(MODES)}, and is set to {mode!r}.")
    return None if mode == "sim" else LiveRun(environ, root)
