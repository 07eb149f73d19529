"""The kernels that are there: those in NumPy, and the compiled ones that this processor can run."""

from contextlib import suppress
from importlib import import_module

from sklearn_iou_kmeans import _kernels
from sklearn_iou_kmeans._kernels import _numpy

KERNELS = {"numpy": _numpy}
for name in ("_compiled", "_compiled_avx2"):
    if name == "_compiled" or _kernels.has_avx2():
        with suppress(ImportError):
            KERNELS[name] = import_module(f"sklearn_iou_kmeans._kernels.{name}")
COMPILED = [name for name in KERNELS if name != "numpy"]
