"""The command `iou-kmeans`.

A sub-command is a module with one function of groups of options (`_options`). It has the labels
read (`_labels`) and their sizes brought to a unit and a network's input (`_scale`), computes a
plain record, and prints it for people (`_printing`) or writes it as JSON for programs. Typer and
Rich are needed only when the command runs, so nothing imports this package's modules before.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

__all__ = ["build_app", "main"]


def main() -> None:
    """Run the command."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError as error:
        sys.exit(f'iou-kmeans needs {error.name}: pip install "sklearn-iou-kmeans[cli]"')
    build_app()()


def build_app() -> "typer.Typer":
    """Lay out the sub-commands."""
    import typer

    from ._compare import compare
    from ._fit import fit
    from ._formats import formats
    from ._options import sub_command
    from ._sweep import sweep

    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="Find anchor boxes for object detectors.",
    )
    for function in (fit, sweep, compare, formats):
        app.command()(sub_command(function))
    return app
