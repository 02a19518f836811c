"""The curriculum: modules/*/module.toml and the five trees, read into frozen data. Knows nobody else in the package."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MOST_OFFERED = 5
KINDS = {str: "text", int: "a whole number", list: "a list"}


class CurriculumError(Exception):
    """A module.toml that cannot be read (says file and line), or a name that no single exercise answers to."""


@dataclass(frozen=True)
class Task:
    """One numbered task of an exercise."""

    number: int
    title: str
    points: int


@dataclass(frozen=True)
class Exercise:
    """One exercise: what its module.toml says, and where its parts lie.

    `stem` ("m1_engineering/e06_retry_budget") is the only identity an exercise has; every path follows from it.
    """

    root: Path
    stem: str
    title: str
    minutes: int
    skill: str
    needs: tuple[str, ...]
    libraries: tuple[str, ...]
    tasks: tuple[Task, ...]

    @property
    def module(self) -> str:
        return self.stem.partition("/")[0]

    @property
    def slug(self) -> str:
        """The last part of the stem: "e06_retry_budget"."""
        return self.stem.rpartition("/")[2]

    @property
    def lesson(self) -> Path:
        return self.root / "modules" / f"{self.stem}.md"

    @property
    def stub(self) -> Path:
        return self.root / "exercises" / f"{self.stem}.py"

    @property
    def solution(self) -> Path:
        return self.root / "solutions" / f"{self.stem}.py"

    @property
    def grader(self) -> Path:
        return self.root / "graders" / self.module / f"test_{self.slug}.py"

    @property
    def mutants(self) -> Path:
        return self.root / "graders" / self.module / "mutants" / f"{self.slug}.toml"

    @property
    def fingerprints(self) -> Path:
        """Derived from solution and mutants by `gradus check --write`."""
        return self.root / "graders" / self.module / "fingerprints" / f"{self.slug}.json"

    @property
    def alternate(self) -> Path:
        return self.root / "graders" / self.module / "alternates" / f"{self.slug}.py"

    @property
    def driver(self) -> Path:
        """The part of the grader that runs beside the submission. Most exercises have none."""
        return self.root / "graders" / self.module / "drivers" / f"{self.slug}.py"


@dataclass(frozen=True)
class Module:
    """One module: a folder under modules/ and its exercises in teaching order."""

    id: str
    title: str
    exercises: tuple[Exercise, ...]


@dataclass(frozen=True)
class Curriculum:
    """All modules in order of their ids, below one root folder."""

    root: Path
    modules: tuple[Module, ...]

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(exercise for module in self.modules for exercise in module.exercises)

    def exercise(self, stem: str) -> Exercise:
        """The exercise with exactly this stem; KeyError if there is none."""
        for exercise in self.exercises:
            if exercise.stem == stem:
                return exercise
        raise KeyError(stem)

    def select(self, names: Iterable[str] = (), module: str | None = None) -> tuple[Exercise, ...]:
        """The exercises that names stand for, in curriculum order; all of `module` (or all there are) without names.

        A name is a full stem, or a part of one that is enough to tell it apart: "e06", "retry_budget" or "m1/e06".
        A module is its id or a prefix of it that is enough: "m1".

        Raises:
            CurriculumError: a name or module nobody answers to (the closest are offered) or that several answer to.

        Example:
            >>> [e.stem for e in read_curriculum(root).select(["e06"], module="m1")]
            ['m1_engineering/e06_retry_budget']
        """
        pool = self._module(module).exercises if module else self.exercises
        wanted = {self._find(name, pool).stem for name in names}
        return tuple(exercise for exercise in pool if not wanted or exercise.stem in wanted)

    def short_name(self, exercise: Exercise) -> str:
        """The shortest name that stands for this exercise alone: "e06", "m1/e06", "m1/e06_retry_budget" or its stem."""
        number, module = exercise.slug.partition("_")[0], exercise.module.partition("_")[0]
        for name in (number, f"{module}/{number}", f"{module}/{exercise.slug}"):
            if sum(_is_part(other, name) for other in self.exercises) == 1:
                return name
        return exercise.stem

    def _module(self, name: str) -> Module:
        found = [m for m in self.modules if m.id == name] or [m for m in self.modules if m.id.startswith(name)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(m.id for m in self.modules)
        raise CurriculumError(f"No single module answers to {name!r}. The modules are: {known}.")

    def _find(self, name: str, pool: tuple[Exercise, ...]) -> Exercise:
        for fits in (_is_stem, _is_part, _is_fragment):
            found = [exercise for exercise in pool if fits(exercise, name)]
            if len(found) == 1:
                return found[0]
            if found:
                stems = ", ".join(exercise.stem for exercise in found[:MOST_OFFERED])
                more = f" and {len(found) - MOST_OFFERED} more" if len(found) > MOST_OFFERED else ""
                module = found[0].module.partition("_")[0]
                raise CurriculumError(
                    f"{name!r} could be any of {stems}{more}. Write more of the name, such as {module}/{name}."
                )
        close = _closest(name, pool)
        offer = f" Did you mean {' or '.join(close)}?" if close else ""
        raise CurriculumError(
            f"No exercise answers to {name!r}.{offer} They are named as the files below exercises/ are."
        )


def _is_stem(exercise: Exercise, name: str) -> bool:
    return name.removesuffix(".py") == exercise.stem


def _is_part(exercise: Exercise, name: str) -> bool:
    """ "e06", "retry_budget", "e06_retry_budget", each also behind "m1/" or "m1_engineering/"."""
    module, _, part = name.removesuffix(".py").rpartition("/")
    number, _, slug = exercise.slug.partition("_")
    own_module = not module or module in (exercise.module, exercise.module.partition("_")[0])
    return bool(part) and own_module and part in (number, slug, exercise.slug)


def _is_fragment(exercise: Exercise, name: str) -> bool:
    return len(name) >= 3 and name in exercise.stem


def _closest(name: str, pool: tuple[Exercise, ...]) -> list[str]:
    names = [(handle, e.stem) for e in pool for handle in (e.stem, e.slug, *e.slug.split("_", 1))]
    close = difflib.get_close_matches(name, {handle for handle, _ in names}, n=3, cutoff=0.5)
    stems = dict.fromkeys(stem for match in close for handle, stem in names if handle == match)
    return list(stems)[:MOST_OFFERED]


def find_root(*starts: Path) -> Path:
    """The project's root: the first folder with modules/ and pyproject.toml, going up from each start in turn.

    Raises:
        CurriculumError: there is none.
    """
    for start in starts:
        for folder in (start, *start.parents):
            if (folder / "modules").is_dir() and (folder / "pyproject.toml").is_file():
                return folder
    raise CurriculumError(
        f"No folder with modules/ and pyproject.toml at or above {starts[0]}. Run this in the folder that you cloned."
    )


def read_curriculum(root: Path) -> Curriculum:
    """Read every modules/*/module.toml below root.

    Args:
        root: the folder that holds modules/, exercises/, solutions/ and graders/.

    Raises:
        CurriculumError: there is no module, or one cannot be read; says which file and which line.
    """
    files = sorted(root.glob("modules/*/module.toml"))
    if not files:
        raise CurriculumError(f"No modules/*/module.toml below {root}. Run this in the folder that you cloned.")
    return Curriculum(root, tuple(_read_module(root, file) for file in files))


def _read_module(root: Path, file: Path) -> Module:
    where = file.relative_to(root).as_posix()
    text = _read_text(file, where)
    table = _parse(text, where)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[+\s*exercise\s*\]", line)]
    entries = table.get("exercise", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        line = lines[0] if lines else 1
        raise CurriculumError(f"{where}:{line}: exercise is not a list of tables. Write [[exercise]] above each.")
    title = _field(table, "title", str, f"{where}:1")
    exercises = []
    for index, entry in enumerate(entries):
        line = lines[index] if index < len(lines) else 1
        exercises.append(_read_exercise(root, file.parent.name, entry, f"{where}:{line}"))
    return Module(file.parent.name, title, tuple(exercises))


def _read_text(file: Path, where: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise CurriculumError(f"{where}:{line}: not UTF-8. Save the file in that encoding.") from error
    except OSError as error:
        raise CurriculumError(f"{where}:1: cannot be read: {error.strerror}.") from error


def _parse(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = at[1] if at else len(text.splitlines())  # without a place it is the end of the document
        reason = re.sub(r"\s*\(at [^)]*\)", "", str(error))
        raise CurriculumError(f"{where}:{line}: not TOML: {reason}.") from error


def _read_exercise(root: Path, module: str, entry: dict[str, Any], where: str) -> Exercise:
    slug = _field(entry, "id", str, where)
    tasks = []
    for number, task in enumerate(_field(entry, "tasks", list, where), 1):
        if not isinstance(task, dict):
            raise CurriculumError(
                f"{where}: task {number} of {slug} is not a table. Write {{ title = …, points = … }}."
            )
        tasks.append(Task(number, _field(task, "title", str, where), _field(task, "points", int, where)))
    return Exercise(
        root=root,
        stem=f"{module}/{slug}",
        title=_field(entry, "title", str, where),
        minutes=_field(entry, "minutes", int, where),
        skill=_field(entry, "skill", str, where),
        needs=_names(entry, "needs", where),
        libraries=_names(entry, "libraries", where),
        tasks=tuple(tasks),
    )


def _names(entry: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    names = entry.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise CurriculumError(f"{where}: {key} must be a list of names.")
    return tuple(names)


def _field(table: dict[str, Any], key: str, kind: type[T], where: str) -> T:
    if key not in table:
        raise CurriculumError(f"{where}: {key} is missing.")
    value = table[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CurriculumError(f"{where}: {key} must be {KINDS[kind]}, not {value!r}.")
    return value
