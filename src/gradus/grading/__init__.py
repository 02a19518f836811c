"""Grading: what graders import, and `pool.grade` which runs them.

A grader is plain pytest over `submission`. See CONTRIBUTING.md for how to write one.
"""

from gradus.grading.capabilities import asynchronous, later
from gradus.grading.checks import CheckFailed, raises
from gradus.grading.outcomes import RaisedError
from gradus.grading.remote import Member, Record, Remote, Submission, fields_of, type_name, value_of

__all__ = [
    "CheckFailed",
    "Member",
    "RaisedError",
    "Record",
    "Remote",
    "Submission",
    "asynchronous",
    "fields_of",
    "later",
    "raises",
    "type_name",
    "value_of",
]
