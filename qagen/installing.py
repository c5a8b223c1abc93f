"""How this copy of qagen was installed, and the line that installs more of it in the same way.

pip and uv write beside a package where it came from when that was no index: ``direct_url.json``, `PEP 610
<https://peps.python.org/pep-0610/>`_. A line for another way would fail, or put another version in
the place of this one.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

DISTRIBUTION = "qagen-finetune"


def install_line(extra: str) -> str:
    """The command that adds an extra to this installation, to be pasted into a terminal.

    A checkout is installed as one again, a wheel or folder from its file, a clone from its repository, and
    what came from an index from there. When the file is gone, the extra's own packages are named instead. The
    installer is this interpreter's pip, or uv where there is none.
    """
    found = _distribution()
    words = [*_installer(), *_wanted(extra, found)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _distribution() -> Distribution | None:
    """What is known of the installation; ``None`` for a folder on the path that nobody installed."""
    try:
        return Distribution.from_name(DISTRIBUTION)
    except PackageNotFoundError:
        return None


def _installer() -> list[str]:
    interpreter = _from_here(Path(sys.executable))
    if find_spec("pip"):
        return [interpreter, "-m", "pip", "install"]
    return ["uv", "pip", "install", "--python", interpreter]


def _from_here(path: Path) -> str:
    """The path as it is shortest to type: ``.venv/bin/python`` inside the folder that one stands in."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _wanted(extra: str, found: Distribution | None) -> list[str]:
    origin = json.loads((found and found.read_text("direct_url.json")) or "{}")
    if not origin:
        return [f"{DISTRIBUTION}[{extra}]"]
    folder = _path(origin["url"])
    if folder and not folder.exists():
        return [*_packages(extra, found)] or [f"{DISTRIBUTION}[{extra}]"]
    if folder and origin.get("dir_info", {}).get("editable"):
        return ["-e", f"{folder}[{extra}]"]
    return [f"{DISTRIBUTION}[{extra}] @ {_address(origin)}"]


def _path(url: str) -> Path | None:
    """The file or folder of a ``file:`` address."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _address(origin: Mapping[str, Any]) -> str:
    clone = origin.get("vcs_info")
    return f"{clone['vcs']}+{origin['url']}@{clone['commit_id']}" if clone else str(origin["url"])


def _packages(extra: str, found: Distribution | None) -> Iterator[str]:
    """What an extra asks for, as the metadata say it: ``scipy>=1.15; extra == 'evaluate'``."""
    for requirement in (found and found.requires) or ():
        package, _, marker = requirement.partition(";")
        if f"extra == '{extra}'" in marker.replace('"', "'"):
            yield package.strip()
