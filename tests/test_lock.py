"""What runs here is what the lock says, so that `make test` gives the same next month."""

from __future__ import annotations

import os
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCK = Path(__file__).parent.parent / "requirements.lock"
NOT_LOCKED = {"pip", "qagen-finetune"}  # what an environment begins with, and this project itself


def locked() -> dict[str, str]:
    """The version of each package, for the Python and platform that this runs on."""
    lines = [
        line for line in LOCK.read_text("utf-8").splitlines() if line and not line.lstrip().startswith("#")
    ]
    rows = [Requirement(line) for line in lines]
    return {
        canonicalize_name(row.name): next(iter(row.specifier)).version
        for row in rows
        if row.marker is None or row.marker.evaluate()
    }


@pytest.mark.skipif("QAGEN_VERSIONS" in os.environ, reason="make test-newest and test-oldest leave the lock")
def test_whatever_is_installed_is_in_the_lock_with_this_version():
    versions = locked()
    # A build of PyTorch has the version of its kind behind a plus, which is not the lock's affair.
    installed = {
        canonicalize_name(one.metadata["Name"]): Version(one.version).public for one in distributions()
    }
    others = {
        name: (version, versions.get(name)) for name, version in installed.items() if name not in NOT_LOCKED
    }
    wrong = {name: pair for name, pair in others.items() if pair[0] != pair[1]}
    assert not wrong, f"installed and locked differ: {wrong}. After a change of pyproject.toml: make lock"


def test_the_lock_has_every_platform_and_exact_versions_only():
    lines = [
        line for line in LOCK.read_text("utf-8").splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert [line for line in lines if "==" not in line.partition(";")[0]] == []
    assert any("win32" in line for line in lines)
