"""Everything that is timed: `make bench`. Each figure stands beside a baseline that ran in the same minute."""

from __future__ import annotations

from benchmarks import grading, start_up

if __name__ == "__main__":
    grading.main()
    start_up.main()
