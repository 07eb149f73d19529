import re

import pytest
from sklearn.utils import estimator_html_repr

from sklearn_iou_kmeans import IoUKMeans, MostFrequentShapes, NClustersSweep

SITE = "https://sklearn-iou-kmeans.readthedocs.io/en/latest/"


@pytest.mark.parametrize(
    "estimator", [IoUKMeans(), MostFrequentShapes(), NClustersSweep(IoUKMeans())]
)
def test_the_question_mark_of_an_estimator_leads_to_its_page(estimator):
    name = type(estimator).__name__
    links = re.findall(r'href="([^"#]+)', estimator_html_repr(estimator))
    assert f"{SITE}api/sklearn_iou_kmeans.{name}.html" in links
