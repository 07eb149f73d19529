"""When to stop: once a bound is low enough, or when there are no steps or no time left."""

import math
import time
from typing import NamedTuple


class Steps:
    """A number of steps; those of a part of a computation count for the whole, too."""

    def __init__(self, n_steps: int, whole: "Steps | None" = None) -> None:
        self._left = n_steps
        self._whole = whole

    def take(self) -> bool:
        """Take a step if there is one left, and return whether there was."""
        if self._left == 0 or (self._whole is not None and not self._whole.take()):
            return False
        self._left -= 1
        return True


class Goal(NamedTuple):
    """When a bound is low enough, and when to stop before it is.

    Attributes
    ----------
    score : float
        An average IoU that some centers reach.
    tol : float
        How much larger than the score a bound may be.
    stop_to_branch : bool
        Whether to stop as soon as it is known that the regions have to be divided.
    end : float, default=inf
        When to stop, on the monotonic clock.
    steps : Steps, default=None
        Those that may be taken; any number by default.
    """

    score: float
    tol: float
    stop_to_branch: bool
    end: float = math.inf
    steps: Steps | None = None

    def take_step(self) -> bool:
        """Take a step, and return whether there was one left, and time."""
        return (self.steps is None or self.steps.take()) and self.has_time()

    def has_time(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self.end

    def with_share_of_time(self, share: float) -> "Goal":
        """Stop after a share of the time that is left."""
        now = time.monotonic()
        return self._replace(end=now + share * (self.end - now))

    def with_steps(self, n_steps: int) -> "Goal":
        """Stop after a number of steps."""
        return self._replace(steps=Steps(n_steps, self.steps))
