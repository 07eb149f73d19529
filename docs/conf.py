"""Configuration of Sphinx."""

import os
import re
import sys
from pathlib import Path

import sklearn_iou_kmeans

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "sklearn-iou-kmeans"
author = "The sklearn-iou-kmeans developers"
copyright = author
version = release = sklearn_iou_kmeans.__version__

extensions = [
    "command_reference",
    "console",
    "mathml",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
if os.environ.get("INTERSPHINX"):  # downloads the inventories of these sites
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3/", None),
        "numpy": ("https://numpy.org/doc/stable/", None),
        "scipy": ("https://docs.scipy.org/doc/scipy/", None),
        "sklearn": ("https://scikit-learn.org/stable/", None),
        "matplotlib": ("https://matplotlib.org/stable/", None),
        "joblib": ("https://joblib.readthedocs.io/en/stable/", None),
    }

templates_path = ["_templates"]
exclude_patterns = ["_build", "benchmarks_table.md"]
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
pygments_style = "a11y-high-contrast-light"
smartquotes = False  # values such as "k-means++" and options such as --unit can be copied

autosummary_generate = True
autodoc_typehints = "none"  # the docstrings describe the types
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/(plot|keep|parquet)_",
    "ignore_pattern": "draw_annotations",
    "abort_on_example_error": True,
    "capture_repr": (),
    "default_thumb_file": str(Path(__file__).parent / "anchors.png"),
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "within_subsection_order": "gallery_order.position",
}

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_domain_indices = False
html_copy_source = False
html_context = {"default_mode": "auto"}  # light or dark, as in the settings of the system
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {page: [] for page in ("index", "start", "command", "benchmarks", "contributing")}


def skip_foreign(app, what, name, obj, skip, options):  # numpydoc-ignore
    """Omit methods that the estimators inherit from scikit-learn."""
    module = getattr(obj, "__module__", None)
    return skip or (what == "class" and not str(module).startswith("sklearn_iou_kmeans"))


def escape_shapes(app, what, name, obj, options, lines):  # numpydoc-ignore
    """Escape a fitted attribute in a shape, as in (n_features_in_,), which looks like a link."""
    for row, line in enumerate(lines):
        if " of shape (" in line:
            lines[row] = re.sub(r"(\w)_(?=[,)])", r"\1\\_", line)


def setup(app):
    """Connect to the events of autodoc."""
    app.connect("autodoc-skip-member", skip_foreign)
    app.connect("autodoc-process-docstring", escape_shapes, priority=1)
