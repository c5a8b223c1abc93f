"""A package index and a hub on loopback whose answers go wrong as a network's do, by a plan."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from qagen.llm.embedded.table import Weights

COMMIT = "c" * 40
PATIENT = 120
"""Seconds that an answer waits which does not come."""
# What may befall an answer. "moved" is a page that names an address where nothing is any more.
FAULTS = (
    "stall",
    "silence",
    "reset",
    "short",
    "short, length unknown",
    "hang up",
    "other bytes",
    "redirect",
    "renamed",
    "moved",
    "500",
    "503",
    "429",
)


def make_wheel(folder, part, content, *, project="tiny-part{}", version="1.0", stored=False):
    """A wheel that carries ``content`` and must never be imported or installed."""
    name = project.format(part).replace("-", "_")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{name}/__init__.py", "raise SystemExit('this wheel was imported')\n")
        wheel.writestr(f"{name}/data/part.bin", content)
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {project.format(part)}\nVersion: {version}\n"
            "Requires-Dist: no-such-thing\n",
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def tiny_weights(content: bytes, *parts: int, hub: bool = False) -> Weights:
    """What the table says of a tiny model: its bytes are in wheels of these parts, and on the hub or not."""
    return Weights(
        name="tiny",
        file="tiny.gguf",
        size=len(content),
        licence="MIT",
        sha256=hashlib.sha256(content).hexdigest(),
        note="For tests.",
        hub=("owner/tiny-gguf", COMMIT, "tiny.gguf") if hub else None,
        wheels=tuple(f"tiny-part{part}==1.0" for part in parts),
    )


@cache
def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class PackageIndex(ThreadingHTTPServer):
    """Gives the wheels of a folder, and as a hub ``files`` by path.

    ``plan`` is what befalls the next requests for a wheel or file, one entry each, "" for nothing;
    ``page_plan`` the same for the index's pages. When a plan is used up all goes well. ``asked`` are the
    requests, ``hanging`` is set when an answer waits, and ``outwaited`` when nobody gave up before it did.
    """

    daemon_threads = True

    def __init__(self, wheels: Path | None = None, files: dict[str, bytes] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.wheels, self.files = wheels, files or {}
        self.plan: list[str] = []
        self.page_plan: list[str] = []
        self.asked: list[str] = []
        self.paths_now = "files"
        self.outwaited = False
        self.hanging, self.go_on = threading.Event(), threading.Event()
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.pip_options = ("--isolated", "--index-url", f"{self.address}/simple")

    def gets(self, part: str) -> list[str]:
        return [line for line in self.asked if line.startswith("GET") and part in line]

    def handle_error(self, *args) -> None:
        """A client that went away is what is tried here."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PackageIndex

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        index = self.server
        reach = self.headers.get("Range", "")
        index.asked.append(f"{self.command} {self.path} {reach}".strip())
        if self.path.startswith("/simple/"):
            self.send_page(index.page_plan.pop(0) if index.page_plan else "")
            return
        moved = not self.path.startswith((f"/{index.paths_now}/", "/store/")) and self.path not in index.files
        content = None if moved else self.content()
        if content is None:
            self.send_error(404)
        else:
            self.send_file(content, index.plan.pop(0) if index.plan and body else "", reach, body=body)

    def content(self):
        index = self.server
        for path, content in index.files.items():
            if self.path in {path, f"/store/{Path(path).name}", f"/store/{Path(path).name}.bin"}:
                return content
        if index.wheels is None:
            return None
        path = index.wheels / Path(self.path).name.removesuffix(".bin")
        return path.read_bytes() if path.is_file() else None

    def send_page(self, fault):
        index = self.server
        if fault and self.goes_wrong(fault):
            return
        project = re.fullmatch(r"/simple/([a-z0-9-]+)/", self.path)
        name = project[1].replace("-", "_") if project else "?"
        found = sorted(index.wheels.glob(f"{name}-*.whl")) if index.wheels else []
        if not found:
            self.send_error(404)
            return
        folder = "gone" if fault == "moved" else index.paths_now
        links = [f'<a href="/{folder}/{one.name}#sha256={sha256(one)}">{one.name}</a>' for one in found]
        self.send_body("\n".join(links).encode(), {"Content-Type": "text/html"})

    def send_file(self, content, fault, reach, *, body):
        if fault and self.goes_wrong(fault):
            return
        if fault in {"redirect", "renamed"}:
            self.send_response(302)
            more = ".bin" if fault == "renamed" else ""
            self.send_header("Location", f"/store/{Path(self.path).name}{more}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(re.match(r"bytes=(\d+)-", reach)[1]) if reach else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        if fault == "other bytes":
            content = content[:-1] + bytes([content[-1] ^ 1])
        headers = {
            "X-Repo-Commit": COMMIT,
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "Accept-Ranges": "bytes",
        }
        if reach:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.send_body(content[start:], headers, fault, code=206 if reach else 200, body=body)

    def goes_wrong(self, fault):
        """Answers that have no body of ours; tells whether this was one."""
        if fault.isdigit():
            self.send_error(int(fault))
        elif fault == "silence":
            self.wait()
        elif fault == "hang up":
            self.reset()
        return fault.isdigit() or fault in {"silence", "hang up"}

    def send_body(self, content, headers, fault="", *, code=200, body=True):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        if fault == "short, length unknown":
            self.send_header("Connection", "close")
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if not body:
            return
        broken = fault in {"stall", "reset", "short", "short, length unknown"}
        with suppress(OSError):
            self.wfile.write(content[: len(content) // 2] if broken else content)
            self.wfile.flush()
        if fault == "stall":
            self.wait()
        elif fault == "reset":
            self.reset()
        elif broken:
            self.close_connection = True

    def wait(self):
        self.server.hanging.set()
        self.server.outwaited |= not self.server.go_on.wait(PATIENT)
        self.close_connection = True

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


@contextmanager
def serving(index: PackageIndex) -> Iterator[PackageIndex]:
    """The index, answering until the block ends."""
    thread = threading.Thread(target=index.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield index
    finally:
        index.go_on.set()
        index.shutdown()
        thread.join()
        index.server_close()
