"""Judging answers: what is put before the judge, how good it is, and how the verdict is written."""
