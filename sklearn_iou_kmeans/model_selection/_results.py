"""The results of a sweep: collected task by task, returned as a table."""

from typing import Any

import numpy as np
from scipy.stats import rankdata

from ._tasks import Fit


class Results:
    """The scores and times of all tasks in arrays of (part, row, restart), and the best fits.

    The best fit of a part and row is the one with the highest score on its training boxes; ties go
    to the first restart, regardless of the order in which the tasks end.
    """

    def __init__(self, n_parts: int, n_rows: int, n_restarts: int) -> None:
        self.train, self.test, self.seconds = np.zeros((3, n_parts, n_rows, n_restarts))
        self._best: dict[int, tuple[int, Any]] = {}

    def include(self, place: tuple[int, int, int], fit: Fit) -> None:
        """Add the result of a task."""
        self.train[place], self.test[place], self.seconds[place] = fit[1:]
        part, row, restart = place
        if part > 0:
            return
        rival, _ = self._best.get(row, (restart, None))
        if (fit.train_score, -restart) >= (self.train[0, row, rival], -rival):
            self._best[row] = restart, fit.estimator

    def estimators(self) -> list[Any]:
        """Return the best estimator of each row, fitted to all boxes."""
        return [self._best[row][1] for row in sorted(self._best)]

    def table(self, n_clusters: list[int]) -> dict[str, Any]:
        """Return the results as `cv_results_`, with one row for each number of clusters."""
        table: dict[str, Any] = {
            "param_n_clusters": np.ma.masked_array(n_clusters, mask=False),
            "params": [{"n_clusters": number} for number in n_clusters],
            "train_score": self.train[0].max(axis=1),
            "mean_fit_time": self.seconds.mean(axis=(0, 2)),
            "std_fit_time": self.seconds.std(axis=(0, 2)),
            "total_time": self.seconds.sum(axis=(0, 2)),
        }
        if self.train.shape[2] > 1:
            table |= {f"restart{i}_score": scores for i, scores in enumerate(self.train[0].T)}
            table["mean_restart_score"] = self.train[0].mean(axis=1)
            table["std_restart_score"] = self.train[0].std(axis=1)
        if len(self.train) > 1:
            best = self.train[1:].argmax(axis=2)[:, :, None]
            held_out = np.take_along_axis(self.test[1:], best, axis=2)[:, :, 0]
            table |= {f"split{i}_test_score": scores for i, scores in enumerate(held_out)}
            table["mean_test_score"] = held_out.mean(axis=0)
            table["std_test_score"] = held_out.std(axis=0)
            ranks = rankdata(-held_out.mean(axis=0), method="min")
            table["rank_test_score"] = ranks.astype(np.int32)
        return table
