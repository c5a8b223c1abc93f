"""The command `qagen inspect`: documents as a model will see them, before any call is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qagen.cli.documents import path_or_url
from qagen.cli.status import notice_lines, print_failures
from qagen.cli.terminal import (
    EXIT_INCOMPLETE,
    AsJson,
    Debug,
    add_row,
    answering,
    new_table,
    pasteable,
    screen,
)

if TYPE_CHECKING:
    from langchain_core.documents import Document

    from qagen.records import Failure, Notice, Passage


@dataclass(frozen=True, slots=True)
class Inspected:
    """A document that was read: what is known of it, and the passages that a run would ask about."""

    document: Document
    notices: tuple[Notice, ...]
    passages: tuple[Passage, ...]

    def value(self) -> dict[str, Any]:
        """What ``--json`` prints of it."""
        told = self.document.metadata
        return {
            "source": told["source"],
            "theme": told["theme"],
            "metadata": {name: str(value) for name, value in told.items() if name not in _TOLD},
            "characters": len(self.document.page_content),
            "warnings": [one.model_dump(exclude={"source"}) for one in self.notices],
            "passages": [one.model_dump(exclude={"source", "theme"}) for one in self.passages],
        }

    def lines(self, most: int) -> Iterator[str]:
        """Its passages, each under a line that says where it stands."""
        for number, passage in enumerate(self.passages[:most], 1):
            place = [f"passage {number} of {len(self.passages)}", f"{passage.tokens:,} tokens"]
            if passage.section:
                place.append(" > ".join(passage.section))
            yield pasteable(f"--- {', '.join(place)}")
            yield passage.text.rstrip()
            yield ""
        if len(self.passages) > most:
            yield f"... and {len(self.passages) - most:,} passages more: --limit shows more of them"


_TOLD = frozenset({"source", "theme", "warnings"})


def inspect(
    source: Annotated[list[str], typer.Argument(metavar="SOURCE", help="Files, folders or URLs.")],
    llm: Annotated[
        str, typer.Option(help="The model that would be asked: a local one gets shorter passages.")
    ] = "local",
    glob: Annotated[str | None, typer.Option(help="Which files of a folder; all if not given.")] = None,
    chunk_size: Annotated[int | None, typer.Option(help="Tokens of a passage, at most.")] = None,
    chunk_overlap: Annotated[int, typer.Option(help="Tokens that passages overlap.")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="Show so many passages of a document.")] = 20,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show documents as a model will see them: their text in passages, and what could not be kept.

    Nothing is asked, and nothing is written.
    """
    with answering(as_json) as answer:
        failures: list[Failure] = []
        found = []
        sizes: dict[str, Any] = {"chunk_size": chunk_size or _chunk_size(llm), "chunk_overlap": chunk_overlap}
        for one in _inspected([path_or_url(one) for one in source], glob or "**/*", failures, sizes):
            found.append(one.value() if as_json else len(one.passages))
            _show(one, limit)
        if not found:
            from qagen.documents import nothing_read

            raise nothing_read(failures)
        answer({"documents": found, "failures": [one.model_dump() for one in failures]})
        print_failures(failures, len(failures))
        if failures:
            raise typer.Exit(EXIT_INCOMPLETE)


def _inspected(
    sources: list[str | Path], glob: str, failures: list[Failure], sizes: dict[str, Any]
) -> Iterator[Inspected]:
    from qagen.documents import notices_of, split_documents, stream_documents

    for document in stream_documents(sources, glob=glob, failures=failures):
        yield Inspected(document, notices_of(document), tuple(split_documents([document], **sizes)))


def _chunk_size(llm: str) -> int:
    from qagen.pairs.writing import CHUNK_TOKENS, LARGE_CHUNK_TOKENS

    return CHUNK_TOKENS if llm.split(":", maxsplit=1)[0] == "local" else LARGE_CHUNK_TOKENS


def _show(one: Inspected, limit: int) -> None:
    table = new_table(pasteable(one.document.metadata["source"]))
    add_row(table, "theme", pasteable(one.document.metadata["theme"]))
    add_row(table, "characters", f"{len(one.document.page_content):,}")
    add_row(table, "passages", f"{len(one.passages):,}")
    screen().print(table)
    for line in notice_lines(one.notices):
        print(pasteable(f"! {line}"))
    for line in one.lines(limit):
        print(line)
