"""Anchors with a guarantee: branch and bound, from those that a search has found."""

from sklearn.exceptions import ConvergenceWarning

from .._bound import MAX_EXACT_SHAPES, Problem, Proof, close_gap
from .._kernels import FloatArray
from .._warnings import warn
from ._lloyd import lloyd

# Rounding leaves no closer proof.
CLOSEST = 1e-9


def check_provable(problem: Problem, tol: float) -> None:
    """Raise if there are too many distinct shapes for a proof, or if `tol` is too small for one."""
    n_distinct = len(problem.sample_weight)
    if n_distinct > MAX_EXACT_SHAPES:
        raise ValueError(
            f"X has {n_distinct} distinct shapes, and algorithm='exact' is for at most "
            f"{MAX_EXACT_SHAPES}: use algorithm='auto'; metrics.average_iou_upper_bound says how "
            "far its anchors are from the best possible."
        )
    if tol < CLOSEST:
        raise ValueError(
            f"tol={tol!r} with algorithm='exact': because of rounding no proof is closer than "
            f"{CLOSEST:g}. Give at least that; 1e-4 takes the least time."
        )


def find_best(problem: Problem, centers: FloatArray, *, max_iter: int, tol: float) -> Proof:
    """Find centers that none exceed by more than `tol` in average IoU.

    Parameters
    ----------
    problem : Problem
        More shapes than there are centers.
    centers : ndarray of shape (n_clusters, n_dims)
        Good ones to begin with.
    max_iter : int
        Nodes of the search tree, at the most, and iterations of each run.
    tol : float

    Returns
    -------
    proof : Proof

    Warns
    -----
    ConvergenceWarning
        If there may be better ones.
    """
    shapes = problem.unscaled(problem.sides.T)

    def polish(centers: FloatArray) -> FloatArray:
        solution, _ = lloyd(
            shapes, problem.sample_weight, centers, update="iou", max_iter=max_iter, tol=0.0
        )
        return solution.centers

    proof = close_gap(problem, centers, tol, max_iter, polish)
    gap = proof.bound - proof.score
    if gap > tol and problem.is_too_wide():
        warn(
            "The sides of X are too far apart for a proof: some are more than 2**1000 times as "
            "long as others. These anchors are the best that were found; leave out the extreme "
            "boxes to learn how good they are.",
            ConvergenceWarning,
        )
    elif gap > tol:
        warn(
            f"max_iter={max_iter} is not enough to prove these anchors the best to within "
            f"tol={tol:g}: others might have an average IoU that is higher by up to {gap:.1e}. "
            "Raise max_iter or tol.",
            ConvergenceWarning,
        )
    return proof
