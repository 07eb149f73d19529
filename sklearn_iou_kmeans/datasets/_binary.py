"""Identify binary files that are not supported, and advise what to do."""

import codecs

MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet table",
    b"\x89HDF": "an HDF5 file",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x93NUMPY": "a NumPy array",
    b"%PDF": "a PDF document",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"SQLite format 3": "an SQLite database",
    b"MATLAB 5.0": "a MATLAB file",
    b"\x80\x04": "a Python pickle",
    b"ARROW1": "an Arrow file",
}


TO_WHAT = (
    "to COCO JSON, Pascal VOC XML or YOLO, with the labelling tool or with Datumaro, FiftyOne or "
    "labelformat."
)
CONVERT = f"Convert it {TO_WHAT}"


def binary_kind(start: bytes) -> str:
    """Return the kind of a binary file by its first bytes, or "" if they look like text."""
    for magic, kind in MAGIC.items():
        if start.startswith(magic):
            return kind
    if start[257:262] == b"ustar":
        return "a tar archive"
    # A TFRecord begins with the length of its first record, a checksum and a message of Protobuf.
    if len(start) > 16 and start[3:8] == bytes(5) and start[12:13] == b"\n":
        return "a TFRecord"
    is_utf_16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "a binary file" if b"\0" in start and not is_utf_16 else ""


def advice_on(kind: str) -> str:
    """Return advice for a file of an unsupported kind."""
    if kind.endswith("archive"):
        return "Unpack it, and name the file or folder in it."
    return CONVERT
