"""Links to the documentation of the estimators."""

SITE = "https://sklearn-iou-kmeans.readthedocs.io/en/latest/"


class DocumentationLink:
    """Mixin that links the "?" in the HTML representation of an estimator to its page."""

    _doc_link_module = "sklearn_iou_kmeans"
    _doc_link_template = SITE + "api/sklearn_iou_kmeans.{estimator_name}.html"
