"""The questions in a terminal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from gradus.curriculum import Curriculum
from gradus.paths import AnswersError, Bank, Quit, converse
from tests.command import COMMAND
from tests.paths.personas import PERSONAS, Persona, by_name

ROOT = Path(__file__).resolve().parents[2]


def typed(bank: Bank, curriculum: Curriculum, *lines: str) -> tuple[dict[str, str], list[str]]:
    shown: list[str] = []
    left: Iterator[str] = iter(lines)
    answers = converse(bank, curriculum, lambda prompt: next(left), shown.append)
    assert list(left) == []
    return dict(answers), shown


@pytest.mark.parametrize("persona", PERSONAS[:2] + PERSONAS[-2:], ids=by_name)
def test_a_letter_answers(persona: Persona, bank: Bank, curriculum: Curriculum) -> None:
    assert typed(bank, curriculum, *persona.answers.values())[0] == persona.answers


def test_back_asks_the_question_before_once_more(bank: Bank, curriculum: Curriculum) -> None:
    letters = list(PERSONAS[-1].answers.values())
    answers, shown = typed(bank, curriculum, "<", "a", "<", "d", "c", "<", *letters[1:])
    assert answers == PERSONAS[-1].answers | {"ships": "d"}
    assert sum("1 of 12" in one for one in shown) == 3


def test_what_is_no_option_is_asked_for_again(bank: Bank, curriculum: Curriculum) -> None:
    answers, shown = typed(bank, curriculum, "", "x", "ab", " C ", *list(PERSONAS[-1].answers.values())[1:])
    assert answers == PERSONAS[-1].answers | {"ships": "c"}
    assert shown.count("One of a, b, c, d; < goes back, q quits.") == 3


def test_the_test_out_is_asked_last(bank: Bank, curriculum: Curriculum) -> None:
    answers, shown = typed(bank, curriculum, *PERSONAS[2].answers.values(), "c", "b", "a", "e")
    assert answers.keys() - PERSONAS[2].answers.keys() == {item.id for item in bank.areas[0].items}
    assert "Do you know it? Retries within a deadline, 4 of 4" in shown[-1]


def test_q_quits_and_an_end_of_input_is_no_answer(bank: Bank, curriculum: Curriculum) -> None:
    with pytest.raises(Quit):
        typed(bank, curriculum, "a", "q")

    def ended(prompt: str) -> str:
        raise EOFError

    with pytest.raises(AnswersError, match="--template FILE"):
        converse(bank, curriculum, ended, lambda line: None)


def test_every_question_fits_a_screen(bank: Bank, curriculum: Curriculum) -> None:
    knows_all = PERSONAS[0].answers | dict.fromkeys(
        ("knows_engineering", "knows_llms", "knows_retrieval", "knows_agents"), "c"
    )
    items = [item.answer for area in bank.areas for item in area.items]
    _, shown = typed(bank, curriculum, *knows_all.values(), *items)
    assert len(shown) == 1 + len(bank.questions)
    assert max(len(line) for text in shown for line in text.splitlines()) <= 80


# The command itself


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone under a name with a space and a letter beyond ASCII, as far as the path finder looks at it."""
    folder = tmp_path / "a clöne"
    folder.mkdir()
    shutil.copytree(ROOT / "modules", folder / "modules")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def start(project: Path, *arguments: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "path", *arguments], cwd=str(project), encoding="utf-8", timeout=20, echo=False
    )


def test_in_a_terminal(project: Path) -> None:
    child = start(project)
    for number, letter in enumerate(PERSONAS[1].answers.values(), 1):
        child.expect_exact(f"{number} of 12")
        child.expect_exact("> ")
        child.sendline(letter)
    child.expect_exact("Gradus is for that.")
    child.expect_exact("It is kept in .gradus/path.json")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert json.loads((project / ".gradus" / "path.json").read_text())["order"][1] == "m4_agents/e07_human_approval"


def test_q_in_a_terminal_writes_nothing(project: Path) -> None:
    child = start(project)
    child.expect_exact("> ")
    child.sendline("q")
    child.expect_exact("Nothing was written.")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert not (project / ".gradus").exists()


def test_from_a_file_nothing_is_asked(project: Path) -> None:
    (project / "researcher.json").write_text(json.dumps(PERSONAS[-1].answers))
    child = start(project, "--answers", "researcher.json")
    child.expect_exact("Gradus is not the course for that.")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert not (project / ".gradus").exists()


def test_a_template_that_is_filled_in_is_taken(project: Path) -> None:
    start(project, "--template", "mine.toml").expect_exact("make path ANSWERS=")
    file = project / "mine.toml"
    text = file.read_text(encoding="utf-8")
    for id_, letter in PERSONAS[0].answers.items():
        text = text.replace(f'{id_} = ""', f'{id_} = "{letter}"')
    file.write_text(text, encoding="utf-8")
    start(project, "--answers", "mine.toml").expect_exact("It is kept in .gradus/path.json")
