"""`iou-kmeans --version`: list the installed versions and extras."""

import platform
import re

import typer

from ._messages import complain

PACKAGE = "sklearn-iou-kmeans"


def print_versions(wanted: bool) -> None:
    """Print the versions and extras, and exit, if the option is given."""
    if not wanted:
        return
    from importlib.metadata import version

    try:
        from .._kernels import kernels_in_use
    except (ImportError, ValueError) as error:  # kernels that cannot be used
        complain(str(error))
        raise typer.Exit(2) from None

    rows = [(PACKAGE, version(PACKAGE)), ("Python", platform.python_version())]
    rows += [(name, version(name)) for name in ("numpy", "scipy", "scikit-learn", "joblib")]
    rows.append(("kernels", kernels_in_use))
    extras = extras_of(PACKAGE)
    installed = [extra for extra in extras if is_installed(extras[extra])]
    rows.append(("extras", ", ".join(installed) or "none"))
    missing = [extra for extra in extras if extra not in installed]
    if missing:
        rows.append(("not installed", f'{", ".join(missing)}: pip install "{PACKAGE}[all]"'))
    for name, value in rows:
        typer.echo(f"{name:<20}{value}")
    raise typer.Exit


def extras_of(package: str) -> dict[str, list[str]]:
    """Return the packages that each extra of a package requires."""
    from importlib.metadata import requires

    extras: dict[str, list[str]] = {}
    for requirement in requires(package) or []:
        name = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"""extra == ["']([\w.-]+)["']""", requirement)
        if name and extra and name[0] != package:
            extras.setdefault(extra[1], []).append(name[0])
    return extras


def is_installed(packages: list[str]) -> bool:
    """Whether all of these packages are installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return all(map(version, packages))
    except PackageNotFoundError:
        return False
