"""How the time that something takes grows with its size: two sizes in one run, on whatever machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

TIMES = 8
"""How much larger the larger size is."""
PROPORTION = 3
"""Below this time grows with the size, and not with its square (for which it would be ``TIMES``)."""


def growth(work: Callable[[Any], object], size: int, make: Callable[[int], Any] = lambda size: size) -> float:
    """How much more time a unit of ``TIMES`` the size takes: 1 where time is in proportion, 8 for a square.

    What ``make`` makes of a size is given to ``work``, and its making is not measured. Each try is a little
    larger than the one before, so that nothing is known from it. The processor's time is taken, and the least
    of three tries, for what else the machine does can only make a try longer.
    """
    small = min(_seconds(work, make(size + more)) for more in range(3))
    least = float("inf")
    for more in range(3):
        least = min(least, _seconds(work, make(TIMES * size + more)) / small / TIMES)
        if least < PROPORTION:
            break
    return least


def _seconds(work: Callable[[Any], object], made: Any) -> float:
    began = time.process_time()
    work(made)
    return time.process_time() - began
