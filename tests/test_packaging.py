"""The wheel and the source distribution are built, installed in an environment of their own, and used there.

Nothing is fetched: the build backend runs as it is installed here, and the environment takes the other
packages from this one. What is installed is qagen alone, in each of the ways that people install it.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = "qagen_finetune"
TESTS = ROOT / "tests"
ELSEWHERE = [
    path
    for path in sys.path
    if Path(path).is_dir() and Path(path) != ROOT and not Path(path).is_relative_to(TESTS)
]
LINE = "from qagen.errors import MissingExtraError; print(MissingExtraError('local', 'It'))"


def called(*words: str | Path, folder: Path) -> str:
    """What a command prints."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def built(kind: str, source: Path, target: Path) -> Path:
    """Call the build backend as pip does (PEP 517), and return what it made."""
    target.mkdir(exist_ok=True)
    code = f"import sys; from hatchling.build import build_{kind} as build; print(build(sys.argv[1]))"
    return target / called(sys.executable, "-c", code, target, folder=source).split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    packed = built("sdist", ROOT, folder)
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / packed.name.removesuffix(".tar.gz")


@dataclass(frozen=True)
class Environment:
    """A virtual environment without qagen, which sees the packages that qagen needs."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def install(self, *what: str | Path) -> None:
        """With the pip that is here, from files alone."""
        options = ("--no-deps", "--no-index", "--no-build-isolation", "--no-compile", "--quiet")
        pip = (sys.executable, "-m", "pip", "--python", self.python)
        called(*pip, "install", *options, *what, folder=self.folder)

    def run(self, code: str) -> list[str]:
        """The words that a piece of Python prints here."""
        return called(self.python, "-c", code, folder=self.folder).split()

    def record(self, name: str, content: object) -> None:
        """Write a file beside the package's metadata, as the installer does."""
        [metadata] = self.folder.rglob(f"{NAMED}-*.dist-info")
        metadata.joinpath(name).write_text(content if isinstance(content, str) else json.dumps(content))

    def advised(self, before: str = "") -> list[str]:
        """The words of the line that a missing extra names, after this piece of Python."""
        told = called(self.python, "-c", before + LINE, folder=self.folder)
        return shlex.split(told.partition("Install them with: ")[2])


def environment(folder: Path) -> Environment:
    venv.create(folder, with_pip=False)
    made = Environment(folder)
    [site] = folder.rglob("site-packages")
    site.joinpath("shared.pth").write_text("\n".join(ELSEWHERE), "utf-8")
    return made


@pytest.fixture(scope="module")
def installed(tmp_path_factory, wheel) -> Environment:
    made = environment(tmp_path_factory.mktemp("environment") / "venv")
    made.install(wheel)
    return made


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    files = [file.relative_to(ROOT) for file in (ROOT / "qagen").rglob("*") if file.is_file()]
    expected = {file.as_posix() for file in files if "__pycache__" not in file.parts}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    assert {Path(name).suffix for name in names} == {".py", ".typed", ".html", ".css", ".js", ".jsonl"}


def test_the_source_distribution_builds_the_same_wheel(sources, wheel, tmp_path):
    again = built("wheel", sources, tmp_path)
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert one.namelist() == other.namelist()
        assert [one.read(name) for name in one.namelist()] == [other.read(name) for name in other.namelist()]


def test_what_is_installed_from_the_wheel_is_imported_and_runs(installed):
    file, version = installed.run("import qagen; print(qagen.__file__, qagen.__version__)")
    assert Path(file).is_relative_to(installed.folder.resolve())
    command = installed.python.with_name("qagen")
    assert "generate" in called(command, "--help", folder=installed.folder)
    assert version in called(command, "--version", folder=installed.folder)


def test_the_page_and_the_general_questions_come_from_the_installed_files(installed):
    number, page = installed.run(
        "from qagen import QADataset; from qagen.report.page import write_report;"
        "from qagen.tuning.local.examples import general_items;"
        "print(len(general_items('replay')), write_report(QADataset([]), 'report.html'))"
    )
    assert int(number) > 500
    assert "<script" in (installed.folder / page).read_text("utf-8")


def test_the_line_for_a_missing_extra_fits_a_wheel(installed, wheel):
    named = f"qagen-finetune[local] @ {wheel.as_uri()}"
    assert installed.advised() == ["bin/python", "-m", "pip", "install", named]


def test_the_line_for_a_missing_extra_fits_a_checkout(sources, tmp_path):
    editable = environment(tmp_path / "venv")
    editable.install("-e", sources)
    assert editable.advised() == ["bin/python", "-m", "pip", "install", "-e", f"{sources}[local]"]


COMMIT = "9f2c1d0a5b6e7f8091a2b3c4d5e6f708192a3b4c"
CLONE = {"vcs": "git", "commit_id": COMMIT}


@pytest.mark.parametrize(
    ("origin", "advised"),
    [
        (None, ["bin/python", "-m", "pip", "install", "qagen-finetune[local]"]),
        (
            {"url": "https://example.org/qagen.git", "vcs_info": CLONE},
            [
                "bin/python",
                "-m",
                "pip",
                "install",
                f"qagen-finetune[local] @ git+https://example.org/qagen.git@{COMMIT}",
            ],
        ),
        (
            {"url": "file:///nowhere/qagen.whl", "archive_info": {}},
            ["bin/python", "-m", "pip", "install", "huggingface-hub>=2.4", "xllamacpp>=2026.10"],
        ),
    ],
    ids=["from an index", "from a repository", "from a file that is gone"],
)
def test_the_line_for_a_missing_extra_fits_how_it_was_installed(wheel, tmp_path, origin, advised):
    made = environment(tmp_path / "venv")
    with zipfile.ZipFile(wheel) as archive:
        [site] = made.folder.rglob("site-packages")
        archive.extractall(site)  # noqa: S202 - made above
    if origin:
        made.record("direct_url.json", origin)
    assert made.advised() == advised


def test_the_line_is_one_for_uv_where_there_is_no_pip(installed, wheel):
    named = f"qagen-finetune[local] @ {wheel.as_uri()}"
    advised = installed.advised("import sys; sys.modules['pip'] = None;")
    assert advised == ["uv", "pip", "install", "--python", "bin/python", named]
