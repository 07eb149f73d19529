"""Read JSON as typed records."""

import codecs
import json
import re
from functools import partial
from typing import Any

from .._text import shortened
from ._binary import TO_WHAT
from ._errors import AnnotationError
from ._files import PathLike, quoted, read_bytes

# For a place in the file, or what is wrong there, because a key may have any length.
_short = partial(shortened, longest=200)


def read_json(path: PathLike, record: Any, layout: str) -> Any:
    """Read a JSON file into typed records.

    Parameters
    ----------
    path : path-like
        The file; it may be gzip.
    record : type
        What msgspec shall make of it.
    layout : str
        A sentence that says what such a file looks like, for errors.

    Returns
    -------
    document : instance of `record`
        The records.

    Raises
    ------
    ValueError
        With the path; for JSON of another shape also the place inside and what was found there.
    """
    return decode_json(read_bytes(path), path, record, layout)


def decode_json(content: bytes, path: PathLike, record: Any, layout: str) -> Any:
    """Decode the content of a JSON file, as `read_json` does."""
    import msgspec

    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise AnnotationError(f"{path} is text in UTF-16: save it as UTF-8.")
    try:
        return msgspec.json.decode(content, type=record)
    except msgspec.ValidationError as error:
        what, _, place = str(error).replace("`", "").partition(" - at ")
        place = place or "$"
        raise AnnotationError(
            f"{path}, at {_short(place)}: {_short(what)}{_found(content, place)}. {layout} Correct "
            "that entry or, if the file has another format, name that one."
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        near = _nearby(content, str(error))
        if "trailing characters" in str(error):
            raise AnnotationError(
                f"{path} has more text after the first JSON value{near}. JSON Lines, with one "
                f"object per line, is not read: convert it {TO_WHAT}"
            ) from None
        raise AnnotationError(
            f"{path} is not valid JSON: {_short(str(error))}{near}. If it was cut short or "
            "damaged, copy it again; if it has another format, name that one."
        ) from None


def _found(content: bytes, place: str) -> str:
    """Quote the value at `place`, as in ``$.frames[3].labels[0]``; return "" if that fails."""
    import msgspec

    try:
        value = msgspec.json.decode(content)
        for key, index in re.findall(r"\.([^.\[]+)|\[(\d+)\]", place):
            value = value[key] if key else value[int(index)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return ""
    if isinstance(value, dict):
        return f"; found an object with the keys {', '.join(map(quoted, list(value)[:6]))}"
    if isinstance(value, list):
        return f"; found a list of {len(value)}"
    text = json.dumps(value, ensure_ascii=False)
    return f"; found {text if len(text) <= 40 else text[:40] + '...'}"


def _nearby(content: bytes, error: str) -> str:
    """Quote the text around the byte that an error of msgspec names."""
    byte = re.search(r"\(byte (\d+)\)", error)
    if not byte:
        return ""
    start = max(0, int(byte[1]) - 20)
    return f", near {content[start : start + 40].decode(errors='replace')!r}"
