"""A model file from a repository on the Hugging Face hub.

Its address, session and offline switch are the hub's own client's. Its download is not used: it asks a
content server that never answers six times, for a minute and more, while another source may have the same
bytes.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from qagen.installing import install_line
from qagen.llm.embedded.fetch_job import (
    DownloadBar,
    FetchJob,
    NetworkError,
    SourceError,
    about_storage,
    one_line,
)

if TYPE_CHECKING:
    from httpx2 import Response

_CONNECT_SECONDS = 5.0
_PARTIAL, _NOT_SATISFIABLE = 206, 416
_MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})
_GAIN = 1 << 20  # so many bytes more are progress; a server that gives a byte at a time is not


def from_hub(job: FetchJob) -> Path:
    """The file as the hub gives it, unchecked; what an earlier call had of it is not asked for again."""
    if job.weights.hub is None:
        raise SourceError("no repository has this file")
    try:
        import huggingface_hub as hub
    except ImportError as error:
        raise SourceError(f"it needs more packages: {install_line('local')}") from error
    repository, revision, file = job.weights.hub
    whole = job.whole("hub")
    whole.parent.mkdir(parents=True, exist_ok=True)
    whole.touch()
    if job.kept("hub") > job.weights.size:
        whole.write_bytes(b"")
    with job.bar(job.kept("hub")) as bar:
        try:
            url = hub.hf_hub_url(repository, file, revision=revision, endpoint=job.endpoint)
            job.patience.until_done(partial(_fetch_rest, url, job, bar), bar.say)
        except SourceError:
            raise
        # What is no hub (the page of a guest network, say) can meet the client in ways nobody thought of.
        except (OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError) as error:
            if isinstance(error, OSError) and about_storage(error):
                raise
            raise SourceError(one_line(error)) from error
    return whole


def _fetch_rest(url: str, job: FetchJob, bar: DownloadBar) -> None:
    """Ask for what is missing of the file."""
    import httpx2

    had = job.kept("hub")
    try:
        _receive_rest(url, job, bar)
    except httpx2.InvalidURL as error:
        raise SourceError(one_line(error)) from error
    except httpx2.HTTPError as error:
        gained = job.kept("hub") - had
        lost = isinstance(error, (httpx2.ConnectError, httpx2.ProxyError, httpx2.TimeoutException))
        host = urlsplit(url).hostname
        what = f"{host} broke off" if gained > 0 else f"{host} could not be reached"
        # Nothing at all came: the next source is asked rather than this one again.
        raise NetworkError(
            f"{what} ({one_line(error)})", again=gained > 0 or not lost, advanced=gained >= _GAIN
        ) from error
    if job.kept("hub") < job.weights.size:
        raise NetworkError(
            f"{urlsplit(url).hostname} broke off after {job.kept('hub'):,} of {job.weights.size:,} bytes",
            advanced=job.kept("hub") - had >= _GAIN,
        )


def _receive_rest(url: str, job: FetchJob, bar: DownloadBar) -> None:
    import httpx2
    import huggingface_hub as hub

    had = job.kept("hub")
    if had == job.weights.size:
        return
    seconds = httpx2.Timeout(job.patience.hub_silence, connect=_CONNECT_SECONDS)
    headers = {"Accept-Encoding": "identity"}  # and nobody's token: the file is public
    if had:
        headers["Range"] = f"bytes={had}-"
    session = hub.get_session()
    with (
        session.stream("GET", url, headers=headers, timeout=seconds, follow_redirects=True) as response,
        job.whole("hub").open("r+b") as file,
    ):
        start = _start_byte(response, had, job)
        file.seek(start)
        file.truncate()
        _write_blocks(response, file, bar)


def _start_byte(response: Response, had: int, job: FetchJob) -> int:
    """At which byte of the file the answer begins; refuses what is not the file."""
    code, host = response.status_code, response.url.host
    if code == _NOT_SATISFIABLE:
        job.whole("hub").write_bytes(b"")
    if code in _MAY_PASS or code == _NOT_SATISFIABLE:
        raise NetworkError(f"{host} answered {code} {response.reason_phrase}")
    if not response.is_success:
        raise SourceError(f"{host} answered {code} {response.reason_phrase}")
    start = had if code == _PARTIAL else 0
    rest = response.headers.get("Content-Length", "")
    if rest.isdigit() and start + int(rest) != job.weights.size:
        raise SourceError(f"its file has {start + int(rest):,} bytes, not {job.weights.size:,}")
    return start


def _write_blocks(response: Response, file: BinaryIO, bar: DownloadBar) -> None:
    for block in response.iter_raw():
        file.write(block)
        bar.at(file.tell())
