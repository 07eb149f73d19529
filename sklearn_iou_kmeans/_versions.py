"""Print versions, for bug reports."""

import platform
from importlib.metadata import PackageNotFoundError, version

from sklearn import show_versions as show_versions_of_sklearn

from ._kernels import kernels_in_use

EXTRAS = (
    *("msgspec", "defusedxml", "imagesize", "PyYAML", "pyarrow"),
    *("typer", "rich", "matplotlib", "dask"),
)


def show_versions() -> None:
    """Print the versions of the package and its dependencies, and the kernels in use.

    The kernels are "compiled", or "numpy" where the package was installed without a C compiler.
    The environment variable ``SKLEARN_IOU_KMEANS_KERNELS`` chooses between them.

    Examples
    --------
    >>> from sklearn_iou_kmeans import show_versions
    >>> show_versions()  # doctest: +SKIP
    sklearn-iou-kmeans: 0.1.0
    kernels: compiled
    ...
    """
    print(f"sklearn-iou-kmeans: {version('sklearn-iou-kmeans')}")
    print(f"kernels: {kernels_in_use} ({platform.machine()})")
    for name in EXTRAS:
        print(f"{name}: {installed_version(name)}")
    show_versions_of_sklearn()


def installed_version(name: str) -> str | None:
    """Return the version of a distribution, or None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
