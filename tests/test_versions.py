"""What is at work."""

import numpy as np
import sklearn

from sklearn_iou_kmeans import __version__, show_versions
from sklearn_iou_kmeans._kernels import kernels_in_use


def test_show_versions_says_which_kernels_are_in_use(capsys):
    show_versions()
    printed = capsys.readouterr().out
    assert f"sklearn-iou-kmeans: {__version__}\n" in printed
    assert f"kernels: {kernels_in_use} " in printed
    assert f"numpy: {np.__version__}\n" in printed
    assert f"sklearn: {sklearn.__version__}\n" in printed
