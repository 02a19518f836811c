"""Everything that is measured: `make bench`. Each figure stands beside a baseline of the same run."""

from __future__ import annotations

from benchmarks import corpus, grading, loop, simulator, start_up

if __name__ == "__main__":
    grading.main()
    loop.main()
    start_up.main()
    simulator.main()
    corpus.main()
