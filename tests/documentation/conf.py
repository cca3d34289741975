# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's configuration of the documentation's web site. It asks no other web site: the few places in Ansible's documentation that the
pages refer to are listed here."""

from __future__ import annotations

import re
import tempfile
import zlib
from pathlib import Path
from typing import Any

ANSIBLE = "https://docs.ansible.com/projects/ansible/devel/"
PLACES = {
    "action_plugins": ("plugins/action.html#action-plugins", "Action plugins"),
    "common_return_values": ("reference_appendices/common_return_values.html#common-return-values", "Return Values"),
}
"""Label → address below ANSIBLE, title."""


def inventory() -> str:
    """The path of a file that tells Sphinx of PLACES, in its format for the inventory of another site."""
    lines = [f"{label} std:label -1 {address} {title}" for label, (address, title) in PLACES.items()]
    head = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The remainder of this file is compressed using zlib.\n"
    file = Path(tempfile.mkdtemp(prefix="photoyard-immich-docs-")) / "objects.inv"
    file.write_bytes(head.encode() + zlib.compress("\n".join([*lines, ""]).encode()))
    return str(file)


project = "photoyard.immich"
copyright = "photoyard.immich contributors"
html_title = "photoyard.immich"
html_short_title = "photoyard.immich: Immich with Ansible"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext", "sphinx_copybutton"]
intersphinx_mapping = {"ansible": (ANSIBLE, inventory())}
nitpicky = True
default_role = "any"
pygments_style = "ansible"
highlight_language = "yaml+jinja"

# Of what a terminal shows, the button copies the commands alone.
copybutton_prompt_text = "$ "
copybutton_line_continuation_character = "\\"

html_theme = "sphinx_ansible_theme"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["colours.css", "site.css"]
html_show_sphinx = False
html_copy_source = False
html_use_index = False
html_theme_options: dict[str, Any] = {
    "display_version": False,
    "navigation_depth": 2,
    "titles_only": True,
    "show_extranav": False,
    "show_rtd_ethical_ads": False,
    "topbar_links": {
        "Source code": "https://github.com/photoyard/immich",
        "Issues": "https://github.com/photoyard/immich/issues",
        "Immich": "https://immich.app",
    },
}


SOURCE = "https://github.com/photoyard/immich/edit/main/docs/docsite"


def link_source(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Gives guides and the first page the link "Edit on GitHub", as antsibull-docs gives it to the pages of the reference."""
    if pagename == "index" or pagename.startswith("docsite/"):
        path = "start.rst" if pagename == "index" else pagename.replace("docsite/", "rst/", 1) + ".rst"
        context["meta"] = {**(context.get("meta") or {}), "github_url": f"{SOURCE}/{path}"}


def break_long_names(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Lets a line of a page's title, or of a name within the text, end after a dot, an underscore or a slash, so that names such as
    ``photoyard.immich.immich_upload`` fit on a telephone without being broken inside a word."""
    context["body"] = re.sub(
        r'(?s)<h1>.*?</h1>|<span class="pre">[^<]*</span>',
        lambda found: re.sub(r"(?<=\w)([._/])(?=\w)(?![^<]*>)", r"\1<wbr>", found[0]),
        context.get("body", ""),
    )


def setup(app: Any) -> None:
    """Sphinx calls this."""
    app.connect("html-page-context", link_source)
    app.connect("html-page-context", break_long_names)
