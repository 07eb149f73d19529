"""Export anchors as text for the configuration of a framework."""

from . import _formats
from ._formats import *  # noqa: F403
from ._json import LAYOUT_VERSION
from ._load_json import load_json

__all__ = [
    "LAYOUT_VERSION",
    "load_json",
]
__all__ += _formats.__all__
