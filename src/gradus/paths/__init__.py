"""The path finder: which of three roles somebody is after, and in which order the exercises serve that person."""

from gradus.paths.bank import Bank, Question, Role, read_bank
from gradus.paths.dialogue import Quit, converse
from gradus.paths.filled import AnswersError, read_answers, write_template
from gradus.paths.finding import Plan, asked, find
from gradus.paths.telling import tell
from gradus.paths.writing import write_plan

__all__ = [
    "AnswersError",
    "Bank",
    "Plan",
    "Question",
    "Quit",
    "Role",
    "asked",
    "converse",
    "find",
    "read_answers",
    "read_bank",
    "tell",
    "write_plan",
    "write_template",
]
