"""Answers from a file, and the file to fill in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gradus.curriculum import Curriculum
from gradus.paths import AnswersError, Bank, read_answers, write_template
from tests.paths.personas import PERSONAS

LEARNER = PERSONAS[0].answers
TOML = "\n".join(f'{id_} = "{letter}"' for id_, letter in LEARNER.items())


@pytest.mark.parametrize(("name", "text"), [("answers.json", json.dumps(LEARNER)), ("answers.toml", TOML)])
def test_json_and_toml(name: str, text: str, tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    (tmp_path / name).write_text(text)
    assert read_answers(tmp_path / name, bank, curriculum) == LEARNER


def refused(tmp_path: Path, bank: Bank, curriculum: Curriculum, answers: object) -> str:
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    with pytest.raises(AnswersError) as caught:
        read_answers(tmp_path / "answers.json", bank, curriculum)
    return str(caught.value)


def test_an_unknown_question_is_an_error_that_names_the_known(
    tmp_path: Path, bank: Bank, curriculum: Curriculum
) -> None:
    said = refused(tmp_path, bank, curriculum, LEARNER | {"shipps": "a"})
    assert "There is no question 'shipps'." in said
    assert "The questions are: ships, hired, week," in said


@pytest.mark.parametrize("letter", ["e", "A", "ab", 1, None, ["a"]])
def test_an_unknown_option_is_an_error_that_names_the_known(
    letter: object, tmp_path: Path, bank: Bank, curriculum: Curriculum
) -> None:
    said = refused(tmp_path, bank, curriculum, LEARNER | {"ships": letter})
    assert f"ships has no option {letter!r}. Its options are: a, b, c, d." in said


def test_every_problem_is_told_at_once(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    said = refused(tmp_path, bank, curriculum, {"no": "a", "ships": "x", "hired": "y"})
    assert "'no'" in said
    assert "ships has" in said
    assert "hired has" in said


@pytest.mark.parametrize("left_out", ["hired", "hours"])
def test_a_question_left_out_is_an_error(left_out: str, tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    for answers in ({**LEARNER, left_out: ""}, {id_: LEARNER[id_] for id_ in LEARNER if id_ != left_out}):
        said = refused(tmp_path, bank, curriculum, answers)
        assert said.splitlines()[1].startswith(f"{left_out} is not answered: ")
        assert len(said.splitlines()) == 2


def test_a_test_out_may_be_left_out(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    knows = LEARNER | {"knows_llms": "c", "structured_refusal": ""}
    (tmp_path / "answers.json").write_text(json.dumps(knows))
    assert "structured_refusal" not in read_answers(tmp_path / "answers.json", bank, curriculum)


def test_the_plan_need_not_be_answered_where_there_is_none(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    (tmp_path / "answers.json").write_text(json.dumps(PERSONAS[-1].answers))
    assert read_answers(tmp_path / "answers.json", bank, curriculum) == PERSONAS[-1].answers


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"{", "is not JSON"),
        ("a.toml", b"ships = a", "is not TOML"),
        ("a.toml", b"\xff", "is not TOML"),
        ("a.json", b"[]", "must hold one object"),
        ("a.json", None, "cannot be read: No such file"),
    ],
)
def test_what_is_no_table_is_an_error(
    name: str, content: bytes | None, words: str, tmp_path: Path, bank: Bank, curriculum: Curriculum
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(AnswersError, match=words):
        read_answers(tmp_path / name, bank, curriculum)


def test_the_template_holds_every_question_and_can_be_filled_in(
    tmp_path: Path, bank: Bank, curriculum: Curriculum
) -> None:
    file = tmp_path / "answers.toml"
    write_template(file, bank, curriculum)
    text = file.read_text(encoding="utf-8")
    assert all(f'\n{question.id} = ""\n' in text for question in bank.questions)
    assert all(f"#   {one.letter}  {one.text}\n" in text for question in bank.questions for one in question.options)
    for id_, letter in LEARNER.items():
        text = text.replace(f'{id_} = ""', f'{id_} = "{letter}"')
    file.write_text(text, encoding="utf-8")
    assert read_answers(file, bank, curriculum) == LEARNER


def test_the_template_asks_nothing_about_exercises_that_do_not_exist(
    tmp_path: Path, bank: Bank, curriculum: Curriculum
) -> None:
    write_template(tmp_path / "t.toml", bank, Curriculum(curriculum.root, curriculum.modules[:1]))
    text = (tmp_path / "t.toml").read_text(encoding="utf-8")
    assert "retries_quota" in text
    assert "vectors_add" not in text


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, bank: Bank, curriculum: Curriculum) -> None:
    (tmp_path / "t.toml").write_text("mine")
    with pytest.raises(AnswersError, match="is there already"):
        write_template(tmp_path / "t.toml", bank, curriculum)
    assert (tmp_path / "t.toml").read_text() == "mine"
