"""The defaults that docstrings name are those of the signatures."""

import ast
import inspect
import re

import pytest

import sklearn_iou_kmeans
from sklearn_iou_kmeans import datasets, export, metrics, preprocessing

MODULES = (sklearn_iou_kmeans, datasets, export, metrics, preprocessing)
PUBLIC = {name: getattr(module, name) for module in MODULES for name in module.__all__}
CALLS = {name: call for name, call in PUBLIC.items() if callable(call)}


@pytest.mark.parametrize("call", list(CALLS.values()), ids=CALLS)
def test_a_default_is_the_documented_one(call):
    parameters = inspect.signature(call).parameters
    text = inspect.cleandoc(call.__doc__ or "")
    for name, written in re.findall(r"^(\w+) : .*?\bdefault=(.+)$", text, re.MULTILINE):
        try:
            value = ast.literal_eval(written)
        except (ValueError, SyntaxError):
            continue  # said in words
        assert parameters[name].default == value
