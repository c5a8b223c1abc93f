"""The ledger: what was asked of a model, how it ended, and what it cost.

One SQLite file. Each call is one row under a key that is the hash of everything that decides the answer, so
a second run with the same inputs finds every answer here and asks nothing. A reply is one short transaction:
a killed process loses the calls that were in flight and nothing else. Threads and processes may share the
file; a call that another living worker has claimed is waited for, not made twice.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self
from uuid import uuid4

from filelock import FileLock, Timeout

from qagen.errors import RunFolderError
from qagen.llm.budget import Budget
from qagen.records import Failure, Usage

CallState = Literal["asking", "done", "cut_off", "refused", "empty", "no_pairs", "invalid", "failed"]
FINISHED = ("done", "cut_off")
"""The states whose reply is used again; every other state is tried again on the next run."""

VERSION = 1
_TABLES = """
CREATE TABLE calls (
    key TEXT PRIMARY KEY, stage TEXT NOT NULL, source TEXT NOT NULL, passage TEXT NOT NULL,
    prompt TEXT NOT NULL, model TEXT NOT NULL, state TEXT NOT NULL, owner TEXT,
    reply TEXT, value TEXT, error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0, cached_tokens INTEGER NOT NULL DEFAULT 0,
    cost REAL DEFAULT 0, updated TEXT NOT NULL
);
CREATE TABLE documents (source TEXT PRIMARY KEY, theme TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE failures (source TEXT NOT NULL, passage TEXT, state TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_COUNTED = "CREATE TEMP TABLE counted (key TEXT PRIMARY KEY) WITHOUT ROWID"  # of this run; not in the file
_POLL = 0.1  # seconds between two looks at a call that another worker has claimed


@dataclass(frozen=True, slots=True)
class Call:
    """What identifies a call and says where it belongs."""

    key: str
    stage: str
    source: str
    passage: str
    prompt: str
    model: str


@dataclass(frozen=True, slots=True)
class Entry:
    """How a call ended. ``value`` is the validated reply as JSON, ``reply`` what the model said last."""

    state: CallState
    reply: str = ""
    value: str | None = None
    error: str = ""
    usage: Usage = Usage()
    attempts: int = 1


class Ledger:
    """The calls of one run folder, or of this process only when ``path`` is ``None``.

    Args:
        path: The SQLite file; it is made when it is not there.

    Attributes:
        budget: What the calls may use together; ``None`` for no cap.

    Raises:
        RunFolderError: Not a ledger, made by another version, not writable, or the disk is full. Raised by
            every method; the message says what to do.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.budget: Budget | None = None
        self.owner = uuid4().hex
        self._mutex = threading.RLock()
        self._mine: dict[str, bool] = {}  # the calls this process is making now; True: for the first time
        self._lock = self._announce() if path else None
        self._db = self._open()

    def claim(self, call: Call) -> Entry | None:
        """The finished entry of a call, or ``None``: the caller now has to make the call and finish it.

        What the call used is told once: an entry that this ledger object has told before, or has made
        itself, comes without usage. So the sum over a run is what the table holds.
        """
        while True:
            row = self._one("SELECT state, owner FROM calls WHERE key = ?", call.key)
            if row and row[0] in FINISHED:
                known = self.entry(call.key)
                return known if known is None or self._is_new(call.key) else replace(known, usage=Usage())
            if self._taken(row) and not self._take_over(call, row):
                time.sleep(_POLL)
            elif self._claimed(call, row):
                return None

    def entry(self, key: str) -> Entry | None:
        """How a call ended, or ``None`` when it was never made."""
        row = self._one(
            "SELECT state, reply, value, error, attempts, input_tokens, output_tokens, cached_tokens, cost "
            "FROM calls WHERE key = ?",
            key,
        )
        if row is None:
            return None
        usage = Usage(calls=1, input_tokens=row[5], output_tokens=row[6], cached_tokens=row[7], cost=row[8])
        return Entry(
            state=row[0], reply=row[1] or "", value=row[2], error=row[3] or "", attempts=row[4], usage=usage
        )

    def finish(self, key: str, entry: Entry) -> Entry:
        """Write down how a claimed call ended. Tokens and cost add to those of earlier tries.

        Returns:
            The entry with what it adds to the usage of this run: with the tries of earlier runs, and no
            further call if an earlier try was of this run.
        """
        use = entry.usage
        with self._mutex:  # between the two another thread would take it for abandoned
            first = self._mine.pop(key, True)  # whether or not it can be written: nobody shall wait for it
            self._write(
                "UPDATE calls SET state = ?, owner = NULL, reply = ?, value = ?, error = ?, "
                "attempts = attempts + ?, input_tokens = input_tokens + ?, "
                "output_tokens = output_tokens + ?, cached_tokens = cached_tokens + ?, cost = cost + ?, "
                "updated = datetime('now') WHERE key = ?",
                (
                    *(entry.state, entry.reply, entry.value, entry.error, entry.attempts),
                    *(use.input_tokens, use.output_tokens, use.cached_tokens, use.cost, key),
                ),
            )
        whole = self.entry(key) if first else None
        added = use.model_copy(update={"calls": 0}) if whole is None else whole.usage
        return replace(entry, usage=added.model_copy(update={"asked": use.asked}))

    def release(self, key: str) -> None:
        """Give a claim back without an answer: the call was interrupted."""
        if self._mine.pop(key, False):
            self._write("DELETE FROM counted WHERE key = ?", (key,))
        self._write("DELETE FROM calls WHERE key = ? AND state = 'asking' AND attempts = 0", (key,))
        self._write(
            "UPDATE calls SET state = 'failed', owner = NULL WHERE key = ? AND owner = ?", (key, self.owner)
        )

    def usage(self) -> Usage:
        """What all the calls of this ledger have used, failed and earlier ones included."""
        row = self._one(
            "SELECT count(*), sum(input_tokens), sum(output_tokens), sum(cached_tokens), "
            "CASE WHEN count(cost) = count(*) THEN sum(cost) END FROM calls WHERE state != 'asking'"
        )
        calls, read, written, cached, cost = row or (0, 0, 0, 0, 0.0)
        cost = 0.0 if not calls else cost
        return Usage(
            calls=calls,
            input_tokens=read or 0,
            output_tokens=written or 0,
            cached_tokens=cached or 0,
            cost=cost,
        )

    def states(self) -> dict[str, int]:
        """How many calls are in each state. ``interrupted``: claimed by a process that is gone."""
        counts: dict[str, int] = {}
        rows = self._all("SELECT state, owner, count(*) FROM calls GROUP BY state, owner ORDER BY state")
        for state, owner, number in rows:
            name = "interrupted" if state == "asking" and not self._alive(owner) else state
            counts[name] = counts.get(name, 0) + number
        return counts

    def keep_document(self, source: str, *, theme: str, text: str) -> None:
        """Keep the normalised text that offsets refer to."""
        if self._one("SELECT 1 FROM documents WHERE source = ? AND text = ?", source, text) is None:
            self._write("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", (source, theme, text))

    def document(self, source: str) -> str | None:
        """The normalised text of a source, or ``None`` when it was never read."""
        row = self._one("SELECT text FROM documents WHERE source = ?", source)
        return None if row is None else str(row[0])

    def keep_failures(self, failures: Iterable[Failure]) -> None:
        """Replace the failures of the run before by those of this run."""
        rows = [(f.source, f.passage, f.state, f.detail) for f in failures]
        with self._transaction() as db:
            db.execute("DELETE FROM failures")
            db.executemany("INSERT INTO failures VALUES (?, ?, ?, ?)", rows)

    def failures(self) -> list[Failure]:
        """What gave nothing in the last run, and why."""
        rows = self._all("SELECT source, passage, state, detail FROM failures")
        return [Failure(source=s, passage=p, state=state, detail=detail) for s, p, state, detail in rows]

    def keep_settings(self, **settings: Any) -> None:
        """Keep values of this run by name (anything JSON can hold)."""
        with self._transaction() as db:
            for name, value in settings.items():
                db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))

    def settings(self) -> dict[str, Any]:
        """The values kept by :meth:`keep_settings`."""
        return {name: json.loads(value) for name, value in self._all("SELECT name, value FROM settings")}

    def close(self) -> None:
        """Close the file. The ledger cannot be used afterwards."""
        with self._mutex:
            self._db.close()
        if self._lock:
            self._lock.release()
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_new(self, key: str) -> bool:
        """Whether this ledger object has told of no such call before."""
        return self._write("INSERT OR IGNORE INTO counted VALUES (?)", (key,)) == 1

    # Claims: who is asking, and is it still alive?

    def _announce(self) -> FileLock:
        """Hold a lock as long as this process lives, and clear away what dead ones left behind."""
        assert self.path  # noqa: S101 - only called with a path
        if self.path.parent.is_file():
            raise RunFolderError(
                f"{self.path.parent} is a file.", hint="Name a folder for the run; it may be a new one."
            )
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self._lock_of(self.owner)
            lock.acquire()
            while not Path(lock.lock_file).exists():  # another process took it for a leftover
                lock.release()
                lock.acquire()
        for file in self.path.parent.glob(f"{self.path.name}-*.lock"):
            self._clear(file, file.stem.removeprefix(f"{self.path.name}-"))
        return lock

    def _clear(self, file: Path, owner: str) -> None:
        """Remove what a dead owner left, its lock last and while holding it."""
        if owner == self.owner:
            return
        with contextlib.suppress(Timeout, OSError), self._lock_of(owner).acquire(blocking=False):
            for leftover in (*file.parent.glob(f"*.{owner}.tmp"), file):
                leftover.unlink(missing_ok=True)

    def _lock_of(self, owner: str) -> FileLock:
        assert self.path  # noqa: S101 - only called with a path
        # Not thread-local: the thread that closes a ledger need not be the one that opened it.
        return FileLock(self.path.with_name(f"{self.path.name}-{owner}.lock"), thread_local=False)

    def _alive(self, owner: str | None) -> bool:
        if owner == self.owner:
            return True
        if owner is None or self.path is None or not Path(self._lock_of(owner).lock_file).exists():
            return False
        try:
            with self._lock_of(owner).acquire(blocking=False):
                return False
        except Timeout:
            return True

    def _taken(self, row: tuple[Any, ...] | None) -> bool:
        return row is not None and row[0] == "asking"

    def _take_over(self, call: Call, row: tuple[Any, ...] | None) -> bool:
        """Free the claim of a process that is gone."""
        if row is None or (call.key in self._mine if row[1] == self.owner else self._alive(row[1])):
            return False
        sql = (
            "UPDATE calls SET state = 'failed', owner = NULL WHERE key = ? AND state = 'asking' AND owner = ?"
        )
        self._write(sql, (call.key, row[1]))
        return True

    def _claimed(self, call: Call, row: tuple[Any, ...] | None) -> bool:
        with self._mutex:  # another thread that sees the claim must see whose it is, or it takes it over
            claimed = self._insert_claim(call, row)
            if claimed:
                self._mine[call.key] = self._is_new(call.key)
            return claimed

    def _insert_claim(self, call: Call, row: tuple[Any, ...] | None) -> bool:
        if row is None:
            sql = (
                "INSERT OR IGNORE INTO calls "
                "(key, stage, source, passage, prompt, model, state, owner, updated) "
                "VALUES (?, ?, ?, ?, ?, ?, 'asking', ?, datetime('now'))"
            )
            values: tuple[Any, ...] = (
                call.key,
                call.stage,
                call.source,
                call.passage,
                call.prompt,
                call.model,
            )
            return self._write(sql, (*values, self.owner)) == 1
        sql = (
            "UPDATE calls SET state = 'asking', owner = ? "
            "WHERE key = ? AND state NOT IN ('asking', 'done', 'cut_off')"
        )
        return self._write(sql, (self.owner, call.key)) == 1

    # SQLite

    def _open(self) -> sqlite3.Connection:
        with self._explained():
            db = sqlite3.connect(
                self.path or ":memory:", timeout=60, isolation_level=None, check_same_thread=False
            )
            # NORMAL survives a killed process, not a power cut: the last seconds may be asked again then.
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute(_COUNTED)
            db.execute("BEGIN IMMEDIATE")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _TABLES.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
            db.execute("COMMIT")
        if version not in (0, VERSION):
            db.close()
            raise RunFolderError(
                f"{self.path} was made by another version of qagen (ledger version {version}, this one reads "
                f"{VERSION}).",
                hint="Give a new run folder with -o, or install the version that made it.",
            )
        return db

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        with self._explained(), self._mutex:
            row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
            return row

    def _all(self, sql: str) -> list[tuple[Any, ...]]:
        with self._explained(), self._mutex:
            return self._db.execute(sql).fetchall()

    def _write(self, sql: str, values: tuple[Any, ...]) -> int:
        with self._explained(), self._mutex:
            return self._db.execute(sql, values).rowcount

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._explained(), self._mutex:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise RunFolderError(
                f"The ledger {self.path or '(in memory)'} cannot be used: {error}.",
                hint="Check that the folder can be written to, that the disk has room and that the file is a "
                "qagen ledger; then run the "
                "same command again: what is stored is kept.",
            ) from error
