"""Sphinx, with Furo and MyST: `sphinx-build -W -n docs DIR`."""

from importlib import metadata

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

project = "Hiss"
copyright = "the authors of Hiss"  # noqa: A001 - Sphinx's name
version = release = metadata.version("hiss")

extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

# Messages name anchors of checks.md and verify.md, which are those that GitHub gives headings.
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"Hiss {version}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_copy_source = False
html_show_sphinx = False

# `--apply` is two hyphens.
smartquotes = False

highlight_language = "text"
# Pygments has no lexer for Caddy's configuration.
lexers["caddyfile"] = TextLexer()

copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_exclude = ".linenos, .gp, .go"
