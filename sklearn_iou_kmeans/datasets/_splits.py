"""The splits of a data set, in folders called train, valid and test."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ._errors import AnnotationError
from ._files import PathLike, files_under, quoted, without_gz
from ._labels import Labels

SPLITS = re.compile(
    r"(train|val|test|training|valid|validation|testing|trainval)[0-9]*", re.IGNORECASE
)
"""Names of splits, such as train or train2017; the beginning says which one of three it is."""

Split = str | Iterable[str] | None


class Files(NamedTuple):
    """The files to read, each with a name that is unique in the folder."""

    files: list[tuple[Path, str]]
    splits: list[str]
    """The splits that exist; empty if there is only one."""
    splits_read: list[str]
    not_followed: list[Path]

    def prefix(self, name: str) -> str:
        """Return the prefix for the names of images in one of several files."""
        return f"{name}/" if len(self.files) > 1 else ""


def named_under(
    path: PathLike,
    suffix: str,
    split: Split = None,
    *,
    but: str | None = None,
    by_name: bool = False,
) -> Files:
    """List the files of a folder, or the one file, each with a name that is unique in the folder.

    A name is the path relative to the folder, without the suffix. If all files are in folders
    called train, valid and the like, only those of the wanted parts are listed, by default train.
    With `by_name` the names of the files can say so too. Files called `but` are left out.
    """
    wanted = wanted_splits(split)
    if not os.path.isdir(path):
        choose_splits(path, wanted, [])
        return Files([(Path(path), without_gz(Path(path)).stem)], [], [], [])
    found = files_under(path, [suffix])
    files = [file for file in found.files if file.name != but]
    if not found.files:
        links = f" {found.not_followed[0]} leads out of it." if found.not_followed else ""
        raise AnnotationError(f"{path} has no {suffix} file: name the folder of the labels.{links}")
    by_split: dict[str, list[Path]] = {}
    for file in files:
        by_split.setdefault(_split_of(file.relative_to(path), by_name), []).append(file)
    splits = [name for name in sorted(by_split) if name]
    if "" in by_split or (len(splits) < 2 and not wanted):
        read = choose_splits(path, wanted, [])
        chosen, splits = files, []
    else:
        has_train = any(_is_same("train", name) for name in splits)
        read = choose_splits(path, wanted or (["train"] if has_train else splits), splits)
        chosen = [file for name in read for file in by_split[name]]
    named: dict[str, Path] = {}
    for file in chosen:
        name = without_gz(file.relative_to(path)).with_suffix("").as_posix()
        if named.setdefault(name, file) != file:
            raise AnnotationError(
                f"{named[name]} and {file} have the same name, so their boxes may count twice: "
                "remove or rename one."
            )
    return Files([(file, name) for name, file in named.items()], splits, read, found.not_followed)


def single_file(
    path: PathLike, suffix: str, split: Split = None, *, but: str | None = None
) -> Files:
    """List the only file of a folder, or of each wanted split in it; or the file itself."""
    files = named_under(path, suffix, split, but=but, by_name=True)
    if len(files.files) > max(1, len(files.splits_read)):
        names = ", ".join(str(file) for file, _ in files.files[:5])
        raise AnnotationError(
            f"{path} has {len(files.files)} {suffix} files, {names}: name the one to read, or "
            "several."
        )
    return files


def wanted_splits(split: Split) -> list[str]:
    """Return the splits that the user passes, as one name or several."""
    return [split] if isinstance(split, str) else list(split or ())


def choose_splits(path: PathLike, wanted: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the splits that are wanted, by the names that they have in the data set.

    A split can be called by another usual name: "val" also chooses "valid" or "val2017".
    """
    chosen: dict[str, None] = {}
    for name in wanted:
        found = [name] if name in there else [other for other in there if _is_same(name, other)]
        if not found:
            has = f"only {', '.join(map(quoted, there))}" if there else "because it has no splits"
            advice = "Choose with {split}." if there else "Leave {split} out."
            raise AnnotationError(f"{path} has no split {quoted(name)}, {has}.", advice)
        chosen.update(dict.fromkeys(found))
    return list(chosen)


def _is_same(name: str, other: str) -> bool:
    """Whether a name without a number stands for a split that has another name."""
    is_usual = name.isalpha() and SPLITS.fullmatch(name) and SPLITS.fullmatch(other)
    return bool(is_usual) and name[:3].lower() == other[:3].lower()


def _split_of(file: Path, by_name: bool) -> str:
    """Return the split of a file, by its folder or by its name, as in instances_train2017.json."""
    parts = [*file.parts[:-1], *(re.split(r"[-_.]", file.stem) if by_name else [])]
    return next(filter(SPLITS.fullmatch, parts), "")


def labels_of(found: Files) -> Labels:
    """Start the labels of the files found."""
    labels = Labels()
    labels.splits, labels.splits_read = found.splits, found.splits_read
    labels.not_followed = found.not_followed
    labels.files = [file for file, _ in found.files]
    return labels
