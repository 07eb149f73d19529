"""Readers of annotation files, a small data set, a generator of boxes and published anchors.

scikit-learn is imported when boxes are read, so that listing the formats is quick.
"""

from . import _readers
from ._annotations import load_annotations, recognise_format
from ._bccd import load_bccd
from ._errors import AnnotationError
from ._published_anchors import load_published_anchors
from ._reader import Reader
from ._readers import *  # noqa: F403
from ._samples_generator import make_boxes

__all__ = [
    "AnnotationError",
    "Reader",
    "load_annotations",
    "load_bccd",
    "load_published_anchors",
    "make_boxes",
    "recognise_format",
]
__all__ += _readers.__all__
