"""Make a sub-command from a function of groups of options."""

import inspect
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

import typer
from typer.core import TyperCommand

from ._messages import complain, printable

HYPHEN = "\N{NON-BREAKING HYPHEN}"


class SubCommand(TyperCommand):
    """A sub-command whose help lists the options under the headings of their groups."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line; errors quote it with control characters escaped."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:  # Typer has no public name for those of a command line
            if hasattr(error, "message"):
                error.message = printable(error.message)
            raise

    def get_help(self, ctx: Any) -> str:
        """Return the help, in which lines do not end within a word with a hyphen."""
        return super().get_help(ctx).replace(HYPHEN, "-")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options into the help."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if (record := parameter.get_help_record(ctx)) is not None:
                is_argument = parameter.param_type_name == "argument"
                heading = "Arguments" if is_argument else "Options"
                heading = getattr(parameter, "rich_help_panel", None) or heading
                name, text = record
                if is_argument and parameter.metavar:  # Typer adds the type, as <list[Path]>
                    name = parameter.metavar
                groups.setdefault(heading, []).append((name, text.replace("-", HYPHEN)))
        for heading, records in groups.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def sub_command(function: Callable[..., None]) -> Callable[..., None]:
    """Make a sub-command of a function of groups of options.

    Its parameters are the options of all groups, and its errors are one line each.
    """
    groups = {name: kind for name, kind in get_type_hints(function).items() if name != "return"}

    def command(**given: Any) -> None:
        filled = {
            name: group(**{field.name: given[field.name] for field in fields(group)})
            for name, group in groups.items()
        }
        try:
            function(**filled)
            sys.stdout.flush()
        except KeyboardInterrupt as interrupt:
            complain(f"interrupted: {interrupt}." if interrupt.args else "interrupted.")
            raise typer.Exit(130) from None
        except BrokenPipeError:
            raise  # the reader of a pipe has seen enough; Typer ends the command quietly
        except MemoryError:
            complain(
                "there is not enough memory: raise the limit, if there is one, or read a part of "
                "the labels."
            )
            raise typer.Exit(2) from None
        except OSError as error:
            complain(explain(error))
            raise typer.Exit(2) from None
        except (ImportError, ValueError) as error:
            complain(str(error))
            raise typer.Exit(2) from None

    command.__name__, command.__doc__ = function.__name__, function.__doc__
    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default if field.default is not MISSING else inspect.Parameter.empty,
            annotation=field.type,
        )
        for group in groups.values()
        for field in fields(group)
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def explain(error: OSError) -> str:
    """Describe an error of the operating system without its number."""
    if error.strerror is None:
        return str(error)
    if error.filename is None and isinstance(error, FileNotFoundError):
        return "The current folder was removed: change to another one."
    return f"{error.filename or 'stdout'}: {error.strerror}."
