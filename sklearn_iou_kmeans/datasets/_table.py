"""Tables of named columns, as comma-separated values."""

import csv
from collections.abc import Iterator

from ._files import PathLike, quoted, read_lines


def read_table(
    path: PathLike, layout: str, delimiter: str = ","
) -> tuple[list[str], Iterator[tuple[str, list[str]]]]:
    """Return the names of the columns, and an iterator over the place and the cells of each row.

    Raises
    ------
    ValueError
        If a row has other columns than the header, or quotes do not match.
    """
    rows = _rows(path, layout, delimiter)
    _, header = next(rows)
    return header, rows


def _rows(path: PathLike, layout: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    reader = csv.reader(read_lines(path), delimiter=delimiter, strict=True)
    n_columns = 0
    try:
        for row in reader:
            if not row or not any(row):
                continue
            where = f"{path}, line {reader.line_num}"
            n_columns = n_columns or len(row)
            if len(row) != n_columns:
                raise ValueError(
                    f"{where}: {len(row)} cells, {quoted(row)}, where the header has {n_columns}. "
                    "Are there decimal commas, or was the file cut short? Write decimal points, "
                    f"and quote a cell that has a comma. {layout}"
                )
            yield where, [cell.strip() for cell in row]
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {reader.line_num}: {error}. Correct the quotes there, or copy the file "
            "again."
        ) from None
