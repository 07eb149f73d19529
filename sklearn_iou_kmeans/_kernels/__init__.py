"""Loops over shapes: functions of arrays that do not validate their input and have no state.

Each kernel exists in Cython and in NumPy, and both return the same bits. The Cython version is
compiled at installation if there is a compiler, once for all processors and once for those with
AVX2. The docstrings are in `_numpy`. The environment variable `SKLEARN_IOU_KMEANS_KERNELS` chooses
"compiled" or "numpy"; by default the compiled kernels are used where there are any.
"""

import os
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from . import _numpy
from ._numpy import FloatArray, IntArray

__all__ = [
    "FloatArray",
    "IntArray",
    "ascent_step",
    "count_cells",
    "gradient_weights",
    "kernels_in_use",
    "median_step",
    "nearest",
    "pairwise",
    "proximal_multipliers",
    "rho_terms",
    "swap_gains",
    "two_nearest",
    "weighted_medians",
]

VARIABLE = "SKLEARN_IOU_KMEANS_KERNELS"


def choose_kernels(wanted: str | None) -> tuple[str, ModuleType]:
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
    for name in ("_compiled_avx2", "_compiled") if has_avx2() else ("_compiled",):
        try:
            compiled = import_module(f".{name}", __name__)
            break
        except ModuleNotFoundError:
            continue
    else:
        if wanted is None:
            return "numpy", _numpy
        raise ImportError(
            f"{VARIABLE}='compiled', and sklearn-iou-kmeans was installed without compiled "
            "kernels: install a C compiler and reinstall the package, or unset the variable."
        )
    if getattr(compiled, "CONTRACT", None) != _numpy.CONTRACT:
        raise ImportError(
            f"The compiled kernels {compiled.__file__} belong to another version of "
            f"sklearn-iou-kmeans: reinstall the package, or set {VARIABLE}=numpy."
        )
    return "compiled", compiled


def has_avx2() -> bool:
    """Whether NumPy finds that the processor can work on 256 bits at once."""
    extensions = np.show_config(mode="dicts").get("SIMD Extensions", {})
    known = extensions.get("baseline", []) + extensions.get("found", [])
    return "AVX2" in known or "X86_V3" in known


kernels_in_use, _kernels = choose_kernels(os.environ.get(VARIABLE))

if TYPE_CHECKING:
    from ._numpy import (
        ascent_step,
        count_cells,
        gradient_weights,
        median_step,
        nearest,
        pairwise,
        proximal_multipliers,
        rho_terms,
        swap_gains,
        two_nearest,
        weighted_medians,
    )
else:
    globals().update((name, getattr(_kernels, name)) for name in __all__ if hasattr(_kernels, name))
