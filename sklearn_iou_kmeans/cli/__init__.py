"""The command `iou-kmeans`.

Each sub-command is a function of groups of options (`_options`) in its own file. It validates the
options, reads the labels (`_labels`), converts the sizes to a unit and a network input (`_scale`),
computes a plain record, and prints it as text (`_printing`) or writes it as JSON.

Slow imports are inside the functions that need them, and happen after the options were validated,
so that help, versions and errors in options appear at once.
"""

import io
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from ._interrupt import ends_at_ctrl_c

if TYPE_CHECKING:
    import typer

__all__ = ["build_app", "main"]


def main() -> None:
    """Run the command."""
    with ends_at_ctrl_c():
        for package in ("typer", "rich"):
            if find_spec(package) is None:
                sys.exit(f'iou-kmeans requires {package}: pip install "sklearn-iou-kmeans[cli]"')
        app = build_app()
    from ._sub_command import explain

    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by the caller
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may not fit its encoding
    try:
        app()
    except OSError as error:  # while Typer printed the help or the versions
        sys.exit(f"iou-kmeans: {explain(error)}")


def build_app() -> "typer.Typer":
    """Build the command with its sub-commands."""
    import typer

    from ._compare import compare
    from ._fit import fit
    from ._formats import formats
    from ._sub_command import SubCommand, sub_command
    from ._sweep import sweep
    from ._version import print_versions

    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # panels of rich cut words on narrow terminals
        epilog="Anchors with a higher average IoU make the task of the detector easier, but do "
        "not guarantee a higher mAP.",
    )

    @app.callback()
    def iou_kmeans(
        version: Annotated[
            bool,
            typer.Option(
                "--version",
                is_eager=True,
                callback=print_versions,
                help="Show versions and installed extras, and exit.",
            ),
        ] = False,
    ) -> None:
        """Find anchor boxes for object detectors."""

    for function in (fit, sweep, compare, formats):
        app.command(cls=SubCommand)(sub_command(function))
    return app
