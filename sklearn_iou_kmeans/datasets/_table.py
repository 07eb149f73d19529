"""Tables of comma-separated values with named columns."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain

from ._errors import AnnotationError
from ._files import PathLike, quoted, read_lines

DELIMITERS = ",;\t|"


def read_table(
    path: PathLike, layout: str, delimiter: str | None = ","
) -> tuple[list[str], Iterator[tuple[str, list[str]]]]:
    """Return the first row, and an iterator over the place and the cells of each other row.

    Raises
    ------
    ValueError
        If a row has other columns than the first, or quotes do not match.
    """
    lines = read_lines(path)
    if delimiter is None:
        first_lines = _up_to_the_first(lines)
        delimiter = likely_delimiter(first_lines[-1])
        lines = chain(first_lines, lines)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise AnnotationError(
            f"{quoted(delimiter)} cannot separate columns: it must be one character.",
            "Write for example {delimiter}';'.",
        )
    rows = rows_of(lines, path, layout, delimiter)
    first = next(rows, None)
    if first is None:
        raise AnnotationError(f"{path} has only empty cells. {layout}")
    return first[1], rows


def _up_to_the_first(lines: Iterator[str]) -> list[str]:
    """Take lines up to the first that is not blank; a file without one raises in `read_lines`."""
    taken = [""]
    while not taken[-1].strip():
        taken.append(next(lines))
    return taken[1:]


def likely_delimiter(line: str) -> str:
    """Tell what separates the cells of a table by its first line: what separates the most."""
    return max(DELIMITERS, key=lambda delimiter: len(cells_of(line, delimiter)))


def cells_of(line: str, delimiter: str) -> list[str]:
    """Take a line apart into cells; none if its quotes do not match."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def rows_of(
    lines: Iterable[str], path: PathLike, layout: str, delimiter: str
) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the cells of each row that has any."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    n_columns = 0
    try:
        for row in reader:
            if not row or not any(row):
                continue
            where = f"{path}, line {reader.line_num}"
            n_columns = n_columns or len(row)
            if len(row) != n_columns:
                raise AnnotationError(
                    f"{where}: {len(row)} cells, {quoted(row)}, where the first row has "
                    f"{n_columns}. Are there decimal commas, or was the file cut short? Write "
                    f"decimal points, and quote a cell that has a comma. {layout}"
                )
            yield where, [cell.strip() for cell in row]
    except csv.Error as error:
        if "field limit" in str(error):
            raise AnnotationError(
                f"{path}, line {reader.line_num}: a cell has more than {csv.field_size_limit()} "
                "characters. If a quote before it is not closed, close it; if that column holds "
                "masks or pictures, remove the column."
            ) from None
        raise AnnotationError(
            f"{path}, line {reader.line_num}: {error}. Correct the quotes there, or copy the file "
            "again."
        ) from None
