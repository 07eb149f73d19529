"""Where the pages of the estimators are."""

SITE = "https://sklearn-iou-kmeans.readthedocs.io/en/latest/"


class DocumentationLink:
    """Lead from the "?" of an estimator's HTML representation to its page."""

    _doc_link_module = "sklearn_iou_kmeans"
    _doc_link_template = SITE + "api/sklearn_iou_kmeans.{estimator_name}.html"
