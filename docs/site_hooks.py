"""Used by mkdocs.yml: docstrings name things as ``:class:`X```, which the site shows as plain code."""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r":(?:attr|class|data|exc|func|meth|mod):(<code[^>]*>)~?")


def on_page_content(html: str, **_: Any) -> str:
    """Called by MkDocs with the HTML of each page."""
    return _ROLE.sub(r"\1", html)
