"""Sphinx's settings for the site; ``site/build.py`` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SITE = Path(__file__).parent
sys.path.insert(0, str(SITE))

from lossary import __version__ as release  # noqa: E402, F401  Sphinx reads it

project = "Lossary"
author = "the Lossary authors"
copyright = author
language = "en"
html_title = "Lossary"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_design",
    "lossary_site.mathml",
]
source_suffix = {".md": "myst-nb"}
root_doc = "index"
myst_enable_extensions = ["colon_fence", "attrs_inline", "attrs_block", "deflist"]
myst_heading_anchors = 4
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
autosummary_generate = False
# Pages of benchmarks begin their tables two levels down; doors without pages yet are no fault.
suppress_warnings = ["myst.header", "toc.empty_glob"]
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = True
nitpick_ignore_regex = [("py:class", ".*"), ("py:obj", ".*")]

# Stories run while the site is built, each in a process of its own that finds our packages and computes in one thread.
# How it is started stands in jupyter/kernels: a process on this machine need not warn that it is not encrypted.
nb_execution_mode = "inline"
# A cell that fails is a warning, which stops the build, with the cell and what it raised; an error would not show them.
nb_execution_show_tb = True
nb_execution_timeout = 300
nb_eval_name_regex = r"^.+$"
nb_merge_streams = True
os.environ["PYTHONPATH"] = os.pathsep.join([str(SITE), str(SITE.parent / "src"), os.environ.get("PYTHONPATH", "")])
os.environ["JUPYTER_PATH"] = os.pathsep.join([str(SITE / "jupyter"), os.environ.get("JUPYTER_PATH", "")])
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

html_theme = "pydata_sphinx_theme"
html_math_renderer = "mathml"
templates_path = ["templates"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_last_updated_fmt = None
html_theme_options = {
    "logo": {"text": "Lossary"},
    "navbar_align": "left",
    "navbar_end": ["explorer-link", "theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 8,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "use_edit_page_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "gallery": [], "dictionary": [], "chooser": []}
