"""What is wrong with this machine, and the command that mends it.

Needs nothing but the standard library, and parses under Python 3.6: it has to speak when .venv is broken, or not there.
"""

from gradus.doctor.examination import examine

__all__ = ["examine"]
