"""Text and tables for terminals of any width."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from ._messages import complain, printable
from ._outputs import STDOUT

Cell = str | Sequence[str]
"""A line of text, or several."""

MAX_NAME = 36  # characters of a name that a table keeps on one line
MAX_WIDTH = 1000  # of a table


def make_console(outputs: Mapping[str, str | None], messages: Sequence[str]) -> Console:
    """Make the console for the text, after printing the warnings.

    If an output for a program goes to stdout, the text goes to stderr.
    """
    for message in messages:
        complain(f"warning: {message}")
    # Markup and emoji codes in names are not interpreted.
    return Console(stderr=STDOUT in outputs.values(), highlight=False, markup=False, emoji=False)


def make_table(headings: Sequence[str], rows: Sequence[Sequence[str]], n_text: int = 0) -> Table:
    """Make a table of numbers, with columns of text on its left."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, collapse_padding=True, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(
            heading,
            justify="left" if i < n_text else "right",
            max_width=MAX_NAME,
            overflow="fold",
            vertical="bottom",
        )
    for row in rows:
        table.add_row(*map(printable, row))
    return table


def grid(*rows: Sequence[Cell]) -> Table:
    """Align rows of text; the last column is wrapped between words."""
    table = Table.grid(padding=(0, 2))
    n_columns = max(map(len, rows))
    for i in range(n_columns):
        table.add_column(overflow="fold", no_wrap=i < n_columns - 1)
    for row in rows:
        table.add_row(*map(lines, row))
    return table


def lines(cell: Cell) -> str:
    """Join the lines of a cell, with control characters escaped."""
    return "\n".join(map(printable, [cell] if isinstance(cell, str) else cell))


def show(table: Table, console: Console) -> None:
    """Print a table without trailing blanks and without empty lines around it.

    A table of numbers is not cut if it is wider than the terminal.
    """
    width = console.width
    if table.box is not None:
        wide = console.options.update(width=MAX_WIDTH)
        console.width = max(width, console.measure(table, options=wide).maximum)
    with console.capture() as capture:
        console.print(table)
    console.width = width
    text = [line.rstrip() for line in capture.get().splitlines()]
    console.file.write("\n".join(text).strip("\n") + "\n")


def say(sentence: str, console: Console) -> None:
    """Print a sentence, wrapped to the width of the terminal."""
    show(grid((sentence,)), console)
