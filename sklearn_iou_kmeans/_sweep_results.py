"""What a sweep finds, collected task by task and laid out as a table."""

from typing import Any

import numpy as np
from scipy.stats import rankdata

from ._sweep_tasks import Finish, Restart

# A part of the boxes, the first being all of them, and a row of the table.
Place = tuple[int, int]


class Restarts:
    """Scores and times of all restarts, in arrays of (part, row, restart), and the best finds.

    Only the best so far of each place is kept, whatever the order in which restarts end; of
    equally good ones it is the first.
    """

    def __init__(self, n_parts: int, n_rows: int, n_restarts: int) -> None:
        self.scores, self.seconds = np.zeros((2, n_parts, n_rows, n_restarts))
        self.best: dict[Place, tuple[int, Restart]] = {}

    def include(self, key: tuple[int, int, int], restart: Restart) -> None:
        """Take in what a restart found."""
        self.scores[key], self.seconds[key] = restart.score, restart.seconds
        part, row, i = key
        rival, best = self.best.setdefault((part, row), (i, restart))
        if (restart.score, -i) > (best.score, -rival):
            self.best[part, row] = i, restart


def table_of(
    n_clusters: list[int], restarts: Restarts, finished: dict[Place, Finish]
) -> dict[str, Any]:
    """The results as `cv_results_` has them: a row for each number of clusters."""
    n_parts, n_rows, _ = restarts.scores.shape
    test_scores, train_scores, seconds = np.empty((3, n_parts, n_rows))
    for place, finish in finished.items():
        train_scores[place], test_scores[place] = finish.train_score, finish.test_score
        seconds[place] = finish.seconds
    on_all = restarts.scores[0]
    table: dict[str, Any] = {
        "param_n_clusters": np.ma.masked_array(n_clusters, mask=False),
        "params": [{"n_clusters": number} for number in n_clusters],
        "train_score": train_scores[0],
        **{f"restart{i}_score": scores for i, scores in enumerate(on_all.T)},
        "mean_restart_score": on_all.mean(axis=1),
        "std_restart_score": on_all.std(axis=1),
        "mean_fit_time": restarts.seconds.mean(axis=(0, 2)),
        "std_fit_time": restarts.seconds.std(axis=(0, 2)),
        "total_time": restarts.seconds.sum(axis=(0, 2)) + seconds.sum(axis=0),
    }
    if n_parts > 1:
        mean = test_scores[1:].mean(axis=0)
        table |= {f"split{i}_test_score": scores for i, scores in enumerate(test_scores[1:])}
        table["mean_test_score"] = mean
        table["std_test_score"] = test_scores[1:].std(axis=0)
        table["rank_test_score"] = rankdata(-mean, method="min").astype(np.int32)
    return table
