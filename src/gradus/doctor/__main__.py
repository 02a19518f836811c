"""`python -m gradus.doctor` in the project's folder: what `make doctor` runs, with whatever Python there is."""

import sys
from pathlib import Path

from gradus.doctor.examination import examine

sys.exit(examine(Path.cwd()))
