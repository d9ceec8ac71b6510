"""Settings of the documentation site; `make docs` builds it without the network."""

import sys
from pathlib import Path

import zmq
from jupyter_client.manager import KernelManager

import yrdecon

if zmq.has("curve"):
    # kernels are spoken to in cipher, and have nothing to warn of
    KernelManager.transport_encryption.default_value = "auto"
sys.path.insert(0, str(Path(__file__).parent / "extensions"))

for stub in (Path(__file__).parent / "generated").glob("yrdecon.*.rst"):
    if stub.suffixes[0][1:] not in yrdecon.__all__:
        stub.unlink()

project = "yrdecon"
author = "The yrdecon authors"
copyright = "the yrdecon authors"  # noqa: A001
version = release = yrdecon.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "mathml",
    "docstrings",
    "certificate",
    "few_periods",
    "golden",
    "alternative_text",
    "offline",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates", "extensions"]
default_role = "py:obj"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 120
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_execution_in_temp = True

autosummary_generate = True
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "yrdecon"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_sidebars = {"start": [], "glossary": [], "comparison": [], "certificate": []}
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "header_links_before_dropdown": 7,
    "navbar_persistent": ["search-button"],
    "navbar_end": ["theme-switcher"],
    "pygments_light_style": "default",
}
