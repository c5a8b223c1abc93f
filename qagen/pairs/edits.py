"""A person's corrections, which win over what any model wrote or judged.

They stand in ``edits.jsonl`` of the run folder, one :class:`qagen.records.Edit` a line, written by hand, from
a notebook (:meth:`qagen.QADataset.edit`) or by a page. The last line about a pair counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qagen.errors import SettingsError
from qagen.files import JsonLines, write_lines
from qagen.records import Dropped, Edit, QAPair

EDITS = "edits.jsonl"
REJECTED = "rejected_by_a_person"
OF_AN_EDITED_FACT = "of_an_edited_fact"


@dataclass(frozen=True, slots=True)
class Edited:
    """Pairs after a person's edits. ``locked``: ids that no gate, reviewer or model may change any more."""

    pairs: tuple[QAPair, ...]
    dropped: tuple[Dropped, ...]
    locked: frozenset[str]


def read_edits(run: Path | None) -> Mapping[str, Edit]:
    """The edits of a run folder by pair id; empty when there are none.

    Raises:
        RecordError: A line is not an edit; the message names file and line.
    """
    file = run / EDITS if run else None
    if file is None or not file.exists():
        return {}
    return {edit.id: edit for edit in JsonLines(file, Edit)}


def keep_edit(run: Path, edit: Edit) -> None:
    """Add an edit to those of a run folder; the file is written whole or not at all.

    Raises:
        RunFolderError: It cannot be written.
        RecordError: A line that stands there is not an edit.
    """
    file = run / EDITS
    known = [*JsonLines(file, Edit)] if file.exists() else []
    write_lines(file, [*known, edit])


def new_edit(
    pair: QAPair, earlier: Edit | None, *, question: str | None, answer: str | None, reject: bool, note: str
) -> Edit:
    """An edit from its parts: a new question or answer is a change, nothing at all is an acceptance.

    It holds question and answer as the person saw them, or as an earlier edit has them: a later run writes
    the pair as the model first had it, before any review.

    Raises:
        SettingsError: It rejects and changes at once, or changes to nothing.
    """
    changes = question is not None or answer is not None
    if reject and changes:
        raise SettingsError(f"pair {pair.id}: an edit either rejects a pair or changes it, not both")
    if any(text is not None and not text.strip() for text in (question, answer)):
        raise SettingsError(
            f"pair {pair.id}: the new question or answer is empty; use reject=True to drop it"
        )
    if reject:
        return Edit(id=pair.id, action="reject", note=note)
    known = earlier if earlier is not None and earlier.action == "change" else None
    return Edit(
        id=pair.id,
        action="change" if changes or known else "accept",
        question=question or (known and known.question) or pair.question,
        answer=answer or (known and known.answer) or pair.answer,
        note=note,
    )


def apply_edits(pairs: Iterable[QAPair], dropped: Sequence[Dropped], edits: Mapping[str, Edit]) -> Edited:
    """The pairs as a person wants them: changed, rejected, or taken back from the dropped ones.

    A pair that comes back stands behind the others.
    """
    kept: list[QAPair] = []
    lost: list[Dropped] = []
    locked: set[str] = set()
    back = [one.pair for one in dropped if one.pair.id in edits and edits[one.pair.id].action != "reject"]
    there = set()
    for pair in [*pairs, *back]:
        edit = edits.get(pair.id)
        if edit is None:
            kept.append(pair)
        elif edit.action == "reject":
            lost.append(Dropped(pair=pair, reason=REJECTED, detail=edit.note))
        elif pair.id not in there:
            there.add(pair.id)
            locked.add(pair.id)
            kept.append(_changed(pair, edit))
    stay = tuple(one for one in dropped if one.pair.id not in there)
    return Edited(tuple(kept), (*stay, *lost), frozenset(locked))


def _changed(pair: QAPair, edit: Edit) -> QAPair:
    return pair.model_copy(
        update={
            "question": edit.question if edit.question is not None else pair.question,
            "answer": edit.answer if edit.answer is not None else pair.answer,
        }
    )
