"""Computing with sample weights of any magnitude, without overflow."""

import numpy as np
from numpy.typing import NDArray

from ._kernels import FloatArray


def rescaled(sample_weight: FloatArray) -> FloatArray:
    """Scale weights by a power of two, so that the largest is in [0.5, 1)."""
    return rescaled_and_exponent(sample_weight)[0]


def rescaled_and_exponent(sample_weight: FloatArray) -> tuple[FloatArray, int]:
    """Rescale weights, and return also the exponent of the power of two they were divided by."""
    exponent = int(np.frexp(sample_weight.max(initial=0.0))[1])
    return np.asarray(np.ldexp(sample_weight, -exponent)), exponent


def is_moderate(sample_weight: FloatArray) -> bool:
    """Whether weights are positive and neither too small nor too large for exact sums."""
    return bool(sample_weight.min() > 1e-100 and sample_weight.max() < 1e100)


def weighted_mean(
    values: NDArray[np.floating] | NDArray[np.bool_], sample_weight: FloatArray
) -> float:
    """Average values with weights of any magnitude."""
    return float(np.average(np.asarray(values, dtype=np.float64), weights=rescaled(sample_weight)))
