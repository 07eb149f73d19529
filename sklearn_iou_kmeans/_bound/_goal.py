"""When to stop: once a bound is low enough, or when there are no steps or no time left."""

import math
import time
from collections.abc import Iterator
from itertools import islice, repeat
from typing import NamedTuple


class Goal(NamedTuple):
    """When a bound is low enough, and when to stop before it is.

    Attributes
    ----------
    score : float
        An average IoU that some centers reach.
    tol : float
        How much larger than the score a bound may be.
    branches : bool
        Whether to stop as soon as it is known that the regions have to be divided.
    end : float, default=inf
        When to stop, on the monotonic clock.
    steps : iterator of bool, default=repeat(True)
        True for each step that is left, without end by default. The steps of a part of the
        computation count for the whole, too.
    """

    score: float
    tol: float
    branches: bool
    end: float = math.inf
    steps: Iterator[bool] = repeat(True)

    def goes_on(self) -> bool:
        """Count a step, and tell whether there are steps and time left."""
        return next(self.steps, False) and self.has_time()

    def has_time(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.end

    def with_share_of_time(self, share: float) -> "Goal":
        """Stop after a share of the time that is left."""
        now = time.monotonic()
        return self._replace(end=now + share * (self.end - now))

    def with_steps(self, n_steps: int) -> "Goal":
        """Stop after a number of steps."""
        return self._replace(steps=islice(self.steps, n_steps))
