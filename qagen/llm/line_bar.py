"""A bar of tqdm that is told in lines: for files, pipes and CI, where nothing can be drawn over."""

from __future__ import annotations

import time
from typing import Any

from tqdm.std import tqdm

EVERY = 60.0
"""Seconds between two lines of one bar."""


class LineBar(tqdm):  # type: ignore[type-arg] # it is generic in its stubs alone
    """One line when it begins, at most one a minute, and one when it ends; never a carriage return."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._said = self._named = ""
        self._next = 0.0
        self._made = False
        super().__init__(*args, **options)
        self._made = True

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Say where it stands, unless that was said within a minute, or has not changed."""
        del msg, pos
        now = time.monotonic()
        is_new = self.desc != self._named  # a stage of a job
        # With a total of 0 it is not known yet what there is to do; without one its name is given later.
        begun = self.n or self.total or (self.total is None and self._made)
        ended = self.total and self.n >= self.total  # that is said when it is closed
        if begun and (is_new or (now >= self._next and not ended)):
            self._next, self._named = now + EVERY, self.desc
            self._say()

    def clear(self, nolock: bool = False) -> None:  # noqa: FBT001, FBT002 - tqdm's own
        """Lines stay where they are."""

    def close(self) -> None:
        """Say how far it came."""
        if self.disable:
            return
        if self._said or self.total == 0:
            self._say()
        self.disable = True

    def _say(self) -> None:
        line = self._line()
        if line == self._said:
            return
        self._said = line
        try:
            self.fp.write(f"{line}\n")
            self.fp.flush()
        except ValueError:  # whoever closed the file reads no more of it
            self.disable = True

    def _line(self) -> str:
        facts = self.format_dict
        unit = str(facts["unit"]).strip()
        done, total = (
            tqdm.format_sizeof(number, "B") if facts["unit_scale"] else f"{number:,}"
            for number in (self.n, self.total or 0)
        )
        name = str(facts["prefix"] or "").removesuffix(": ")
        parts = [f"{done} of {total}" if self.total else done if self.n else ""]
        if parts[0] and unit not in {"it", "B", ""}:
            parts[0] += f" {unit}"
        parts.append(str(facts["postfix"] or ""))
        told = ", ".join(part for part in parts if part)
        return f"{name}: {told}" if name and told else name or told
