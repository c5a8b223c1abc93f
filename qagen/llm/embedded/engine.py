"""llama.cpp's server, running beside the program in a process of its own.

xllamacpp can also run it inside the program. But then a crash or lack of memory takes the program with it;
the end of a server that was never asked anything can wait for ever while holding the interpreter's lock (seen
on a busy machine with version 2026.10); and OpenMP must be told how to wait before anything else has loaded
it. A process of its own can be ended whatever it is doing, and gives all memory back.

It ends when its standard input ends: on :meth:`Engine.close`, and also when the program is killed.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401 - registers what waits for executors' threads
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import threading
import weakref
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NoReturn

from qagen.errors import AdapterError, LocalModelError, MissingExtraError

_START_SECONDS = 600  # a large file on a slow disk
_GGUF = b"GGUF"
_ERRORS_ONLY = 1
_ABOUT_LORA = re.compile("lora|adapter", re.IGNORECASE)
_STAMP = re.compile(r"^[\d.]+ E +")
# Both sides must find the same packages, also where sys.path was changed by hand, as notebooks do.
_CHILD = (
    "import json, sys; order = json.loads(sys.stdin.readline()); sys.path[:] = order['path'];"
    "from qagen.llm.embedded.engine import serve; serve(order)"
)


@dataclass(frozen=True)
class Settings:
    """What an engine is started with.

    ``n_ctx`` tokens a call, ``threads=None`` as many as suit the place; ``lora`` is a GGUF adapter that is
    put on top of the model.
    """

    file: Path
    n_ctx: int = 4096
    n_parallel: int = 1
    threads: int | None = None
    lora: Path | None = None


class Engine:
    """One model in one process, started when needed and again when it has crashed.

    After a fork the child process starts an engine of its own on first use.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.key = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._processes: list[_Process] = []
        self.closed = False
        _engines.add(self)
        weakref.finalize(self, _end_all, self._processes)

    @property
    def pid(self) -> int | None:
        """The process id, if it is running."""
        return next((process.pid for process in self._processes if process.runs()), None)

    def ready(self) -> int:
        """The port on 127.0.0.1 at which the engine answers; starts it if it does not run.

        Raises:
            LocalModelError: It cannot be started, or was stopped.
            AdapterError: The adapter is damaged, or for another model.
            MissingExtraError: xllamacpp is not installed.
        """
        with self._lock:
            process = next(iter(self._processes), None)
            if process is None or not process.runs():
                self._refuse_if_stopped()
                _end_all(self._processes)
                process = _Process(self.settings, self.key)
                self._processes.append(process)
            self._refuse_if_stopped()  # close() may have come while it was starting
            return process.port

    def _refuse_if_stopped(self) -> None:
        if self.closed:
            _end_all(self._processes)
            raise LocalModelError(
                f"The local model {self.settings.file.name} was stopped.",
                hint="Make another one with local_model().",
            )

    def close(self) -> None:
        """End the process, also in the middle of a reply; its memory and port are free afterwards."""
        self.closed = True
        _end_all(self._processes)

    def forget(self) -> None:
        """After a fork: the process is the parent's."""
        for process in self._processes:
            process.leave_to_parent()
        self._processes.clear()
        self._lock = threading.Lock()


_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def stop_engines() -> None:
    """End every engine of this program."""
    for engine in list(_engines):
        engine.close()


def _forget_all() -> None:
    for engine in list(_engines):
        engine.forget()


# At its end a program first waits for the threads of executors, which wait for replies, and only then calls
# what is registered with atexit: minutes too late. This comes before both, being registered after executors.
getattr(threading, "_register_atexit", atexit.register)(stop_engines)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _end_all(processes: list[_Process]) -> None:
    while processes:
        processes.pop().end()


class _Process:
    """The child process, from start to end."""

    def __init__(self, settings: Settings, key: str) -> None:
        _refuse_bad_file(settings.file)
        if settings.lora:
            _refuse_bad_file(settings.lora)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        try:
            self._child = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-c", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                # Ctrl-C is for the program, which then decides: the child is not in the terminal's group.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            self._log.close()
            raise LocalModelError(f"The engine's process cannot be started: {error}") from error
        self.pid = self._child.pid
        with ExitStack() as on_failure:
            on_failure.callback(self.end)
            self.port = self._wait_for_port(settings, key)
            on_failure.pop_all()

    def _wait_for_port(self, settings: Settings, key: str) -> int:
        lora = str(settings.lora) if settings.lora else None
        order = {**asdict(settings), "file": str(settings.file), "lora": lora, "key": key, "path": sys.path}
        too_late = threading.Timer(_START_SECONDS, self._child.kill)
        too_late.start()
        try:
            with suppress(BrokenPipeError):
                _pipe(self._child.stdin).write(json.dumps(order).encode() + b"\n")
                _pipe(self._child.stdin).flush()
            line = _pipe(self._child.stdout).readline()
        finally:
            too_late.cancel()
        if not line:
            code, told = self._child.wait(), self._complaint()
            killed = f"it ended by signal {-code}, for lack of memory perhaps"
            ended = killed if code < 0 else f"it ended with {code}"
            reason = f"{told} ({ended})" if told and code < 0 else told or ended
            # Under load the engine may end before it has written why; an adapter is then mostly the reason.
            if settings.lora and (_ABOUT_LORA.search(told) or (code > 0 and not told)):
                raise AdapterError(
                    f"The engine could not put {settings.lora} on {settings.file.name}: {reason}. It is "
                    "damaged or made for another base: train again, or give the model it was trained on."
                )
            raise LocalModelError(f"The engine could not load {settings.file}: {reason}")
        return int(line)

    def _complaint(self) -> str:
        """What the engine said when it ended; empty when it said nothing."""
        self._log.seek(0)
        lines = self._log.read().decode("utf-8", "replace").strip().splitlines()
        if not lines:
            return ""
        # The engine's first complaint is the cause, the others follow from it; a traceback ends with its own.
        return _STAMP.sub("", lines[-1 if lines[0].startswith("Traceback") else 0])

    def runs(self) -> bool:
        return self._child.poll() is None

    def end(self) -> None:
        """End it now. It has nothing to save."""
        self._child.kill()
        self._child.wait()
        self._close_files()

    def leave_to_parent(self) -> None:
        """After a fork: it is the parent's, and must end with the parent, so hold on to none of its pipes."""
        self._child.returncode = 0  # so that nothing here waits for it or kills it
        self._close_files()

    def _close_files(self) -> None:
        for file in (self._child.stdin, self._child.stdout, self._log):
            if file is not None:
                with suppress(OSError):
                    file.close()


def _pipe(file: IO[bytes] | None) -> IO[bytes]:
    if file is None:
        raise LocalModelError("The engine was started without pipes.")
    return file


def _refuse_bad_file(file: Path) -> None:
    try:
        size = file.stat().st_size
        with file.open("rb") as data:
            magic = data.read(len(_GGUF))
    except OSError as error:
        raise LocalModelError(f"{file} cannot be read: {error}") from error
    if magic != _GGUF:
        raise LocalModelError(f"{file} is not a model file: a GGUF file begins with the letters GGUF.")
    available = available_memory()
    if available is not None and available < size:
        raise LocalModelError(
            f"{file.name} has {size / 1e6:,.0f} MB, and {available / 1e6:,.0f} MB of memory are free.",
            hint="Close other programs, or take a smaller model (qagen models lists them).",
        )


def require_engine() -> None:
    """Raise :class:`MissingExtraError` where xllamacpp is not installed."""
    if find_spec("xllamacpp") is None:
        raise MissingExtraError("local", "The embedded model")


def available_memory() -> int | None:
    """Bytes that can still be used, where the system tells (Linux)."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def usable_threads() -> int:
    """All cores this process may use, up to eight: more do not make a small model faster."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # the share of a container; "max" is no number
        quota, period = map(int, Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split())
        usable = min(usable, quota // period)
    return max(1, min(usable, 8))


# --- the other side: what runs in the child


def serve(order: dict[str, Any]) -> NoReturn:
    """Load the model, tell the port, and answer until the standard input ends."""
    tell = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the engine prints belongs into the log
    # Threads that wait in a loop for each other make everything twenty times slower when a core is busy.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")  # a crash would start a debugger
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = order["file"], {Path(order["file"]).stem}
    params.n_ctx = order["n_ctx"] * order["n_parallel"]  # it is shared out among the calls
    params.n_parallel = order["n_parallel"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"] or usable_threads()
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [order["key"]]
    if order["lora"]:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(order["lora"], 1.0)]
    params.cache_ram_mib = 0  # up to 8 GB otherwise; the last prompt's beginning is reused without it
    params.ui, params.offline, params.verbosity = False, True, _ERRORS_ONLY
    try:
        server = xllamacpp.Server(params)
    except RuntimeError:  # the log has the reason
        os._exit(1)
    tell.write(server.listening_address.rpartition(":")[2] + "\n")
    tell.flush()
    sys.stdin.read()
    os._exit(0)
