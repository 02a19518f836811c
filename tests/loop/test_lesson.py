"""What is read off a lesson's Markdown: tasks, their hints with the code in them, and where the idea stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradus.curriculum import Exercise, read_curriculum
from gradus.lessons import LessonError, parse_lesson, read_lesson
from tests.loop.clone import LESSON, Clone

ROOT = Path(__file__).resolve().parents[2]

TRAPS = """\
<details><summary>Hint 1</summary>

Under no task.

</details>

### Task 1: Traps

````markdown
### Task 2: In a block of code
```
<details><summary>Hint 1</summary>
```
````

<details><summary>Hint 1</summary>

~~~
</details>
## The idea
~~~

after

</details>

Between hints.

<details>
<summary>Hint 2</summary>
Without blank lines.
</details>

#### A part of the task

<details><summary>Hint 3</summary>

Third.

</details>

## Another part of the lesson

<details><summary>Hint 4</summary>

Beside the task.

</details>

### Task 3: Without hints
"""


def test_hints_by_task_with_their_code() -> None:
    hints = parse_lesson(LESSON).hints
    assert hints.keys() == {1, 2}
    assert hints[2] == ("One message.", "Take the first choice.")
    assert hints[1][0] == "Which comes first?"
    assert hints[1][1].startswith("Use `round(number, 1)`:\n\n```python\n# This comment")
    assert hints[1][1].endswith("celsius = 0.0\n```\n\n- then return it")


def test_the_line_of_the_idea() -> None:
    assert parse_lesson(LESSON).idea == 3
    assert parse_lesson("# Nothing\n").idea == 0


def test_what_stands_in_code_is_code_and_what_stands_beside_a_task_is_not_its() -> None:
    lesson = parse_lesson(TRAPS)
    assert lesson.hints == {
        1: ("~~~\n</details>\n## The idea\n~~~\n\nafter", "Without blank lines.", "Third."),
        3: (),
    }
    assert lesson.idea == 0


def test_a_lesson_that_cannot_be_read(clone: Clone) -> None:
    clone.first.lesson.write_bytes(b"\xff")
    with pytest.raises(LessonError, match=r"e00_first_flight\.md is not UTF-8"):
        read_lesson(clone.first)
    clone.first.lesson.unlink()
    with pytest.raises(LessonError, match=r"e00_first_flight\.md cannot be read: No such file"):
        read_lesson(clone.first)


@pytest.mark.parametrize("exercise", read_curriculum(ROOT).exercises, ids=lambda exercise: exercise.stem)
def test_every_lesson_there_is(exercise: Exercise) -> None:
    lesson = read_lesson(exercise)
    assert lesson.hints.keys() == {task.number for task in exercise.tasks}
    assert all(len(hints) >= 2 and all(hints) for hints in lesson.hints.values())
    assert not any("<summary>" in hint or "</details>" in hint for hints in lesson.hints.values() for hint in hints)
    assert exercise.lesson.read_text("utf-8").splitlines()[lesson.idea - 1] == "## The idea"
