"""Read anchors from the JSON that `export_json` and the command write."""

import json
import math
import os
from typing import TYPE_CHECKING, Any

from ._json import LAYOUT_VERSION

if TYPE_CHECKING:
    from sklearn.utils import Bunch

UNITS = ("pixel", "relative", "grid")

# Bytes of a file of anchors: room for a sweep up to a thousand anchors, and an end for a device.
LARGEST_FILE = 64_000_000


def load_json(path: str | os.PathLike[str]) -> "Bunch":
    """Read anchors from the JSON of `export_json`, `iou-kmeans fit --json` or `sweep --json`.

    The file is validated completely: nothing is guessed or repaired.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    anchors : :class:`~sklearn.utils.Bunch`
        With the fields:

        anchors : ndarray of shape (n_anchors, 2)
            (width, height) in `unit`, in the order of the file.
        unit : {"pixel", "relative", "grid"}
            Pixels or fractions of the network input, or cells of its grid; without an `input_size`,
            pixels or fractions of the original images.
        input_size : (width, height) or None
            Size of the network input in pixels.
        stride : float or None
            Size of a grid cell in pixels, if that is the unit.
        provenance : dict
            The origin of the anchors, if the file records it: the inputs with their SHA-256, the
            categories, counts and options, the seed, the version and the kernels.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not such JSON, if a newer version of the package wrote it, or if it is larger
        than 64 MB. The message names the invalid entry.

    See Also
    --------
    export_json : Write anchors as JSON.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from sklearn_iou_kmeans.export import export_json, load_json
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "anchors.json")
    ...     _ = file.write_text(export_json([[10.5, 14], [81, 82]], input_size=416))
    ...     loaded = load_json(file)
    >>> loaded.anchors, loaded.unit, loaded.input_size
    (array([[10.5, 14. ],
           [81. , 82. ]]), 'pixel', (416.0, 416.0))
    """
    import numpy as np
    from sklearn.utils import Bunch

    content = content_of(path)
    try:
        document = _parsed(content)
        _check_layout(document)
        scale = document.get("scale", document)
        if not isinstance(scale, dict):
            raise ValueError(f"scale is {_quoted(scale)}, not an object.")
        unit, input_size, stride = _scale(scale)
        anchors = _anchors(document)
        provenance = _provenance(document)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None
    return Bunch(
        anchors=np.array(anchors, dtype=np.float64),
        unit=unit,
        input_size=input_size,
        stride=stride,
        provenance=provenance,
    )


def content_of(path: str | os.PathLike[str]) -> bytes:
    """Read a file of anchors, as far as one can be long."""
    with open(path, "rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise ValueError(
            f"{os.fspath(path)}: this has more than {LARGEST_FILE // 10**6} MB, and no anchors do: "
            "name a file of anchors."
        )
    return content


def _parsed(content: bytes) -> dict[str, Any]:
    """Parse JSON of an object, without repeated keys, NaN and infinities."""
    try:
        document = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"this is not valid JSON ({error}): copy the file again.") from None
    if not isinstance(document, dict) or "anchors" not in document:
        raise ValueError(
            "this is not the JSON of `iou-kmeans fit --json` or of the export json: there are no "
            "anchors in it."
        )
    return document


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key stands twice in one object, so it is unclear which value counts.")
    return document


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number that JSON allows.")


def _check_layout(document: dict[str, Any]) -> None:
    """Raise unless this version of the package knows the layout."""
    layout = document.get("layout")
    if type(layout) is not int or layout < 1:
        raise ValueError(
            f"layout is {_quoted(layout)}, not the number of a layout: this is not the JSON of "
            "`iou-kmeans fit --json` or of the export json."
        )
    if layout > LAYOUT_VERSION:
        raise ValueError(
            f"it was written by a newer version of sklearn-iou-kmeans, with layout {layout}, and "
            f"this version reads layouts up to {LAYOUT_VERSION}: upgrade the package."
        )


def _scale(scale: dict[str, Any]) -> tuple[str, tuple[float, float] | None, float | None]:
    """Read the unit, the size of the network input and the stride, which belong together."""
    unit, size, stride = scale.get("unit"), scale.get("input_size"), scale.get("stride")
    if unit not in UNITS:
        raise ValueError(f"unit is {_quoted(unit)}, not one of {', '.join(UNITS)}.")
    if "input_size" not in scale:
        raise ValueError("input_size is missing: write [width, height] in pixels, or null.")
    if size is not None and not (isinstance(size, list) and len(size) == 2):
        raise ValueError(f"input_size is {_quoted(size)}, not [width, height].")
    sides = [_side(side, f"input_size[{index}]") for index, side in enumerate(size or [])]
    input_size = (sides[0], sides[1]) if sides else None
    if unit == "grid" and (stride is None or input_size is None):
        raise ValueError("anchors in grid cells need stride and input_size, in pixels.")
    return unit, input_size, None if stride is None else _side(stride, "stride")


def _anchors(document: dict[str, Any]) -> list[list[float]]:
    anchors = document["anchors"]
    if not isinstance(anchors, list) or not anchors:
        raise ValueError(f"anchors is {_quoted(anchors)}, not a list of anchors.")
    sides = []
    for index, anchor in enumerate(anchors):
        if not isinstance(anchor, dict):
            raise ValueError(f"anchors[{index}] is {_quoted(anchor)}, without width and height.")
        names = ("width", "height")
        sides.append([_side(anchor.get(name), f"anchors[{index}].{name}") for name in names])
    return sides


def _side(value: Any, place: str) -> float:
    """Return a length as a float; JSON allows integers that are too large for one."""
    try:
        if type(value) in (int, float) and 0 < float(value) < math.inf:
            return float(value)
    except OverflowError:
        pass
    raise ValueError(f"{place} is {_quoted(value)}, not a finite number > 0.")


def _provenance(document: dict[str, Any]) -> dict[str, Any]:
    """Return the origin of the anchors; in records of the command its fields are at top level."""
    if "provenance" in document:
        provenance = document["provenance"]
        if not isinstance(provenance, dict):
            raise ValueError(f"provenance is {_quoted(provenance)}, not an object.")
        return provenance
    results = {"layout", "unit", "scale", "input_size", "anchors", "average_iou"}
    return {name: value for name, value in document.items() if name not in results}


def _quoted(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
