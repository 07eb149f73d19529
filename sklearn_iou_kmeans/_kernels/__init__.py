"""Loops over shapes: arrays in, arrays out, nothing checked and nothing kept.

The kernels are compiled at installation where there is a compiler. Their twins in NumPy, whose
docstrings are the contract of both, return the same bits. The environment variable
`SKLEARN_IOU_KMEANS_KERNELS` asks for "compiled" or "numpy"; without it the compiled kernels are
used where there are any.
"""

import os
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from . import _numpy
from ._numpy import FloatArray, IntArray

__all__ = [
    "FloatArray",
    "IntArray",
    "count_cells",
    "gradient_weights",
    "kernels_in_use",
    "nearest",
    "pairwise",
    "proximal_multipliers",
    "rho_terms",
    "swap_gains",
    "two_nearest",
    "weighted_medians",
]

VARIABLE = "SKLEARN_IOU_KMEANS_KERNELS"


def choose(wanted: str | None) -> tuple[str, ModuleType]:
    """Return the kernels that are wanted, and their name.

    Parameters
    ----------
    wanted : {"compiled", "numpy"} or None
        None takes the compiled kernels where there are any.

    Returns
    -------
    name : {"compiled", "numpy"}
    kernels : module

    Raises
    ------
    ValueError
        If `wanted` is something else.
    ImportError
        If the compiled kernels are wanted and there are none, or if those that are there belong
        to another version of the package.
    """
    if wanted not in (None, "compiled", "numpy"):
        raise ValueError(f"{VARIABLE}={wanted!r}: set it to 'compiled' or 'numpy', or unset it.")
    if wanted == "numpy":
        return "numpy", _numpy
    try:
        compiled = import_module("._compiled", __name__)
    except ModuleNotFoundError as error:
        if wanted is None:
            return "numpy", _numpy
        raise ImportError(
            f"{VARIABLE}='compiled', and sklearn-iou-kmeans was installed without compiled "
            "kernels: install a C compiler and reinstall the package, or unset the variable."
        ) from error
    if getattr(compiled, "CONTRACT", None) != _numpy.CONTRACT:
        raise ImportError(
            f"The compiled kernels {compiled.__file__} belong to another version of "
            f"sklearn-iou-kmeans: reinstall the package, or set {VARIABLE}=numpy."
        )
    return "compiled", compiled


kernels_in_use, _kernels = choose(os.environ.get(VARIABLE))

if TYPE_CHECKING:
    from ._numpy import (
        count_cells,
        gradient_weights,
        nearest,
        pairwise,
        proximal_multipliers,
        rho_terms,
        swap_gains,
        two_nearest,
        weighted_medians,
    )
else:
    count_cells = _kernels.count_cells
    gradient_weights = _kernels.gradient_weights
    nearest = _kernels.nearest
    pairwise = _kernels.pairwise
    proximal_multipliers = _kernels.proximal_multipliers
    rho_terms = _kernels.rho_terms
    swap_gains = _kernels.swap_gains
    two_nearest = _kernels.two_nearest
    weighted_medians = _kernels.weighted_medians
