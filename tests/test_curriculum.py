"""Reading modules/*/module.toml, and finding exercises by the names people type."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradus.curriculum import Curriculum, CurriculumError, Task, find_root, read_curriculum

ENGINEERING = """\
title = "Engineering fundamentals"

[[exercise]]
id = "e00_first_flight"
title = "First flight"
minutes = 10
skill = "Working with the grader"
tasks = [{ title = "Answer the first call", points = 5 }]

[[exercise]]
id = "e06_retry_budget"
title = "Retry without making it worse"
minutes = 60
skill = "Reliability"
needs = ["m1_engineering/e00_first_flight"]
libraries = ["openai"]
tasks = [
    { title = "Wait as long as the provider asks", points = 4 },
    { title = "Give up before the deadline", points = 6 },
]
"""
RETRIEVAL = """\
title = "Retrieval and context engineering"

[[exercise]]
id = "e04_vector_store"
title = "Rebuildable"
minutes = 60
skill = "Build an index"
tasks = [{ title = "Write each chunk once", points = 4 }]

[[exercise]]
id = "e06_hybrid_search"
title = "Two rankings, one list"
minutes = 60
skill = "Search"
tasks = [{ title = "Fuse", points = 4 }]
"""


def write_module(root: Path, name: str, text: str) -> Path:
    file = root / "modules" / name / "module.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def curriculum(tmp_path: Path) -> Curriculum:
    write_module(tmp_path, "m3_retrieval", RETRIEVAL)
    write_module(tmp_path, "m1_engineering", ENGINEERING)
    return read_curriculum(tmp_path)


def stems(curriculum: Curriculum, *names: str, module: str | None = None) -> list[str]:
    return [exercise.stem for exercise in curriculum.select(names, module)]


def complaint_about(tmp_path: Path, text: str) -> str:
    write_module(tmp_path, "m1_engineering", text)
    with pytest.raises(CurriculumError) as caught:
        read_curriculum(tmp_path)
    return str(caught.value)


# Reading


def test_modules_come_in_order_of_their_ids_and_exercises_as_written(curriculum: Curriculum) -> None:
    assert [module.id for module in curriculum.modules] == ["m1_engineering", "m3_retrieval"]
    assert curriculum.modules[0].title == "Engineering fundamentals"
    assert stems(curriculum) == [
        "m1_engineering/e00_first_flight",
        "m1_engineering/e06_retry_budget",
        "m3_retrieval/e04_vector_store",
        "m3_retrieval/e06_hybrid_search",
    ]


def test_an_exercise_holds_what_its_table_says(curriculum: Curriculum) -> None:
    exercise = curriculum.exercise("m1_engineering/e06_retry_budget")
    assert (exercise.title, exercise.minutes, exercise.skill) == ("Retry without making it worse", 60, "Reliability")
    assert exercise.needs == ("m1_engineering/e00_first_flight",)
    assert exercise.libraries == ("openai",)
    assert exercise.tasks == (
        Task(1, "Wait as long as the provider asks", 4),
        Task(2, "Give up before the deadline", 6),
    )


def test_every_path_follows_from_the_stem(curriculum: Curriculum, tmp_path: Path) -> None:
    exercise = curriculum.exercise("m1_engineering/e06_retry_budget")
    parts = (exercise.lesson, exercise.stub, exercise.solution, exercise.grader, exercise.mutants, exercise.alternate)
    assert [part.relative_to(tmp_path).as_posix() for part in parts] == [
        "modules/m1_engineering/e06_retry_budget.md",
        "exercises/m1_engineering/e06_retry_budget.py",
        "solutions/m1_engineering/e06_retry_budget.py",
        "graders/m1_engineering/test_e06_retry_budget.py",
        "graders/m1_engineering/mutants/e06_retry_budget.toml",
        "graders/m1_engineering/alternates/e06_retry_budget.py",
    ]


def test_needs_and_libraries_may_be_left_out(curriculum: Curriculum) -> None:
    exercise = curriculum.exercise("m1_engineering/e00_first_flight")
    assert (exercise.needs, exercise.libraries) == ((), ())


def test_a_folder_without_modules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CurriculumError, match=r"No modules/\*/module\.toml below"):
        read_curriculum(tmp_path)


# A module.toml that cannot be read says which file and which line


def test_broken_toml(tmp_path: Path) -> None:
    text = ENGINEERING.replace("minutes = 60", "minutes = = 60")
    assert complaint_about(tmp_path, text).startswith("modules/m1_engineering/module.toml:13: not TOML: ")


def test_toml_that_ends_too_early(tmp_path: Path) -> None:
    text = ENGINEERING.rstrip().removesuffix("]")
    last = len(text.splitlines())
    assert complaint_about(tmp_path, text).startswith(f"modules/m1_engineering/module.toml:{last}: not TOML: ")


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    file = write_module(tmp_path, "m1_engineering", ENGINEERING)
    file.write_bytes(ENGINEERING.replace("First flight", "Première").encode("latin-1"))
    with pytest.raises(CurriculumError) as caught:
        read_curriculum(tmp_path)
    assert str(caught.value).startswith("modules/m1_engineering/module.toml:5: ")
    assert "UTF-8" in str(caught.value)


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ('title = "First flight"\n', "", ":3: title is missing."),
        ('id = "e06_retry_budget"\n', "", ":10: id is missing."),
        ("minutes = 60", 'minutes = "60"', ":10: minutes must be a whole number, not '60'."),
        ("minutes = 60", "minutes = true", ":10: minutes must be a whole number, not True."),
        ('skill = "Reliability"', "skill = 3", ":10: skill must be text, not 3."),
        ('libraries = ["openai"]', 'libraries = "openai"', ":10: libraries must be a list of names."),
        ("points = 6", 'points = "six"', ":10: points must be a whole number, not 'six'."),
        ("tasks = [{", "tasks = [1, {", ":3: task 1 of e00_first_flight is not a table."),
        ('title = "Engineering fundamentals"\n', "", ":1: title is missing."),
    ],
)
def test_a_field_that_is_missing_or_wrong(tmp_path: Path, written: str, instead: str, complaint: str) -> None:
    assert written in ENGINEERING
    text = ENGINEERING.replace(written, instead, 1)
    assert complaint_about(tmp_path, text).startswith(f"modules/m1_engineering/module.toml{complaint}")


def test_a_comment_after_the_header_does_not_shift_the_lines(tmp_path: Path) -> None:
    text = ENGINEERING.replace("[[exercise]]", "[[exercise]]  # the first", 1).replace("minutes = 60", "")
    assert complaint_about(tmp_path, text).startswith("modules/m1_engineering/module.toml:10: minutes is missing.")


def test_a_single_table_instead_of_a_list_of_them(tmp_path: Path) -> None:
    text = 'title = "x"\n\n[exercise]\nid = "e00_first_flight"\n'
    assert complaint_about(tmp_path, text) == (
        "modules/m1_engineering/module.toml:3: exercise is not a list of tables. Write [[exercise]] above each."
    )


# Names


@pytest.mark.parametrize(
    "name",
    [
        "m1_engineering/e06_retry_budget",
        "m1_engineering/e06_retry_budget.py",
        "e06_retry_budget",
        "retry_budget",
        "m1/e06",
        "m1/retry_budget",
        "m1_engineering/e06",
        "budget",
    ],
)
def test_any_name_that_fits_one_exercise_will_do(curriculum: Curriculum, name: str) -> None:
    assert stems(curriculum, name) == ["m1_engineering/e06_retry_budget"]


def test_a_module_makes_a_short_name_enough(curriculum: Curriculum) -> None:
    assert stems(curriculum, "e06", module="m3") == ["m3_retrieval/e06_hybrid_search"]


def test_a_module_alone_stands_for_all_of_it(curriculum: Curriculum) -> None:
    assert stems(curriculum, module="m3_ret") == ["m3_retrieval/e04_vector_store", "m3_retrieval/e06_hybrid_search"]


def test_several_names_come_in_curriculum_order_and_once(curriculum: Curriculum) -> None:
    found = stems(curriculum, "e04", "e00", "vector")
    assert found == ["m1_engineering/e00_first_flight", "m3_retrieval/e04_vector_store"]


def test_an_ambiguous_name_lists_who_it_could_be(curriculum: Curriculum) -> None:
    with pytest.raises(CurriculumError) as caught:
        curriculum.select(["e06"])
    assert "'e06' could be any of m1_engineering/e06_retry_budget, m3_retrieval/e06_hybrid_search." in str(caught.value)


def test_a_name_that_fits_very_many_lists_only_some(tmp_path: Path) -> None:
    tables = [RETRIEVAL.partition("\n\n")[2].replace("e0", f"e{number}") for number in range(1, 9)]
    write_module(tmp_path, "m3_retrieval", 'title = "x"\n' + "\n".join(tables))
    with pytest.raises(CurriculumError) as caught:
        read_curriculum(tmp_path).select(["m3_retrieval"])
    assert str(caught.value).count("m3_retrieval/") == 5
    assert "and 11 more" in str(caught.value)


def test_an_unknown_name_offers_the_closest(curriculum: Curriculum) -> None:
    with pytest.raises(CurriculumError, match=r"'retry_buget'\. Did you mean m1_engineering/e06_retry_budget\?"):
        curriculum.select(["retry_buget"])


def test_a_short_name_that_is_close_to_several_offers_each(curriculum: Curriculum) -> None:
    with pytest.raises(CurriculumError) as caught:
        curriculum.select(["e6"])
    assert "m1_engineering/e06_retry_budget" in str(caught.value)
    assert "m3_retrieval/e06_hybrid_search" in str(caught.value)


@pytest.mark.parametrize("name", ["", "zzz", "/", "../e06_retry_budget"])
def test_a_name_nobody_answers_to_says_so(curriculum: Curriculum, name: str) -> None:
    with pytest.raises(CurriculumError, match="No exercise answers to"):
        curriculum.select([name])


@pytest.mark.parametrize("module", ["m", "m9"])
def test_a_module_nobody_or_more_than_one_answers_to(curriculum: Curriculum, module: str) -> None:
    with pytest.raises(CurriculumError) as caught:
        curriculum.select(module=module)
    assert str(caught.value) == (
        f"No single module answers to {module!r}. The modules are: m1_engineering, m3_retrieval."
    )


def test_the_short_name_stands_for_its_exercise_alone(curriculum: Curriculum) -> None:
    names = [curriculum.short_name(exercise) for exercise in curriculum.exercises]
    assert names == ["e00", "m1/e06", "e04", "m3/e06"]
    assert stems(curriculum, *names) == stems(curriculum)


def test_the_short_name_of_one_of_several_with_a_number_is_its_slug(tmp_path: Path) -> None:
    write_module(tmp_path, "m1_engineering", ENGINEERING.replace("e00_first", "e06_first"))
    curriculum = read_curriculum(tmp_path)
    assert [curriculum.short_name(exercise) for exercise in curriculum.exercises] == [
        "m1/e06_first_flight",
        "m1/e06_retry_budget",
    ]


def test_half_a_name_stands_for_nothing(tmp_path: Path) -> None:
    write_module(tmp_path, "m1_engineering", ENGINEERING.replace("e00_first_flight", "capstone"))
    with pytest.raises(CurriculumError, match="No exercise answers to 'm1/'"):
        read_curriculum(tmp_path).select(["m1/"])


# The root


def test_the_root_is_found_from_any_folder_below_it(tmp_path: Path) -> None:
    write_module(tmp_path, "m1_engineering", ENGINEERING)
    (tmp_path / "pyproject.toml").touch()
    assert find_root(tmp_path / "modules" / "m1_engineering") == tmp_path


def test_the_second_start_is_tried_after_the_first(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    write_module(project, "m1_engineering", ENGINEERING)
    (project / "pyproject.toml").touch()
    elsewhere.mkdir()
    assert find_root(elsewhere, project) == project


def test_no_root_at_all_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(CurriculumError, match="Run this in the folder that you cloned"):
        find_root(tmp_path)
