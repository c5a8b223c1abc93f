"""Processes that start in milliseconds: forked from one that has imported what they need.

`python -m qagen` spends seconds of a core on imports, and the tests start it over a hundred times. Here a
server imports once and forks. What is forked is a process of its own, with its own standard streams,
environment and exit code, and can be killed. Where a system cannot fork, it is an ordinary process.

As a program this file is that server.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")
# huggingface_hub reads its settings when it is imported, so it is not imported before they are known.
OF_THE_COMMAND = (
    "qagen.cli",
    "qagen.flow.run",
    "qagen.flow.estimate",
    "qagen.report.page",
    "qagen.report.evaluation",
    "qagen.evaluation.evaluating",
    "qagen.tuning.file.checking",
    "qagen.tuning.hosted.starting.start",
    "qagen.tuning.hosted.watching",
    "langchain_openai",
    "langchain.chat_models",
    "rich.table",
    "tqdm.auto",
)
OF_TRAINING = (
    *OF_THE_COMMAND,
    "qagen.tuning.local.training.loop",
    "qagen.tuning.local.training.trainer",
    "peft",
    "datasets",
)


class Process:
    """A process as `subprocess.Popen` has it, as far as the tests need that."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        modules: tuple[str, ...],
        env: Mapping[str, str] | None = None,
        stdin: int | None = None,
    ) -> None:
        self.args = list(arguments)
        ends, theirs = [], [os.open(os.devnull, os.O_RDONLY) if stdin is None else os.dup(stdin)]
        for _ in ("stdout", "stderr", "news"):
            reading, writing = os.pipe()
            ends.append(reading)
            theirs.append(writing)
        order = {"arguments": self.args, "env": dict(env or os.environ), "cwd": str(Path.cwd())}
        _server(modules).order(order, theirs)
        for end in theirs:
            os.close(end)
        self.stdout: IO[str] = os.fdopen(ends[0], encoding="utf-8", errors="replace")
        self.stderr: IO[str] = os.fdopen(ends[1], encoding="utf-8", errors="replace")
        self._news: IO[str] = os.fdopen(ends[2], encoding="utf-8")
        self.pid = int(self._news.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or `None` while it runs."""
        if self.returncode is None and select.select([self._news], [], [], 0)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._news.readline()))
        return self.returncode

    def wait(self, timeout: float = 120) -> int:
        """The exit code, waited for."""
        ends = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > ends:
                raise subprocess.TimeoutExpired(self.args, timeout)
            time.sleep(0.005)
        return code

    def communicate(self, timeout: float = 120) -> tuple[str, str]:
        """All that it writes, once it has ended."""
        with ThreadPoolExecutor(2) as pool:
            texts = [pool.submit(stream.read) for stream in (self.stdout, self.stderr)]
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            told = (texts[0].result(), texts[1].result())
        for stream in (self.stdout, self.stderr, self._news):
            stream.close()
        return told

    def send_signal(self, number: int) -> None:
        """Send a signal to it, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.send_signal(signal.SIGKILL)


def start(
    *arguments: str,
    modules: tuple[str, ...] = OF_THE_COMMAND,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> Process | subprocess.Popen[str]:
    """Start `python ARGUMENTS`: either `-m qagen ...` or `-c CODE ...`. Its output goes into pipes."""
    if CAN_FORK:
        return Process(arguments, modules=modules, env=env, **options)
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, *arguments], text=True, encoding="utf-8", env=env, **pipes, **options
    )


def run(*arguments: str, timeout: float = 120, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` to its end."""
    process = start(*arguments, **options)
    stdout, stderr = process.communicate(timeout=timeout)
    assert process.returncode is not None
    return subprocess.CompletedProcess(list(arguments), process.returncode, stdout, stderr)


def run_command(*arguments: object, env: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Run the command `qagen` with these arguments; ``env`` comes on top of this process's environment."""
    return run("-m", "qagen", *map(str, arguments), env={**os.environ, **(env or {})}, **options)


class Server:
    """The process that has imported everything, seen from here."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._socket, theirs = socket.socketpair()
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(theirs.fileno()), *modules],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        theirs.close()

    def order(self, order: Mapping[str, Any], streams: Sequence[int]) -> None:
        """Have a process forked with these streams: stdin, stdout, stderr, and where its news are written."""
        written = json.dumps(order).encode()
        socket.send_fds(self._socket, [len(written).to_bytes(4, "big")], streams)
        self._socket.sendall(written)


@cache
def _server(modules: tuple[str, ...]) -> Server:
    return Server(modules)


# ------------------------------------------------------------------------------------------------- the server


def serve(number: int, modules: Sequence[str]) -> dict[str, Any]:
    """Fork for each order; returns only in what was forked, with the order."""
    gc.set_threshold(20_000, 20, 20)
    for module in modules:
        import_module(module)
    from qagen.llm.tokens import count_tokens

    count_tokens("Reads the vocabulary, which takes half a second.")
    gc.freeze()  # or the first collection in each fork would copy everything
    inbox = socket.socket(fileno=number)
    while True:
        head, streams, _, _ = socket.recv_fds(inbox, 4, 4)
        if not head:
            os._exit(0)  # whoever gave the orders has ended
        written = b""
        while len(written) < int.from_bytes(head, "big"):
            written += inbox.recv(1 << 16)
        if os.fork() == 0:
            inbox.close()
            return supervised(json.loads(written), streams)
        for stream in streams:
            os.close(stream)
        reap()


def reap() -> None:
    """Take note of the supervisors that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def supervised(order: dict[str, Any], streams: Sequence[int]) -> dict[str, Any]:
    """Returns in a further fork, whose number and end this process tells."""
    news = streams[3]
    child = os.fork()
    if child:
        for stream in streams[:3]:
            os.close(stream)
        os.write(news, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(news, f"{status}\n".encode())
        os._exit(0)
    os.close(news)
    for target, stream in enumerate(streams[:3]):
        os.dup2(stream, target)
        os.close(stream)
    return order


def carry_out(order: dict[str, Any]) -> None:
    """Be the process that was ordered: what `python ARGUMENTS` would do."""
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kind, what, *rest = order["arguments"]
    if kind == "-m":
        from qagen.cli import main

        assert what == "qagen", what
        sys.argv = ["qagen", *rest]
        main()
    else:
        sys.argv = ["-c", *rest]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - a test's own code


def end(error: BaseException | None) -> None:
    """End as Python does, but for taking every module apart, which costs a forked process seconds."""
    code = 0
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        if code and not isinstance(error.code, int):
            sys.stderr.write(f"{error.code}\n")
    elif error is not None:
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(error, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def main() -> None:
    """Serve, and in what is forked carry out the order."""
    sys.path[:] = [place for place in sys.path if Path(place) != Path(__file__).parent]
    order = serve(int(sys.argv[1]), sys.argv[2:])
    raised: BaseException | None = None
    try:
        carry_out(order)
    except BaseException as error:  # noqa: BLE001 - this is the outermost frame of a process
        raised = error
    end(raised)


if __name__ == "__main__":
    main()
