"""The dataset: the kept pairs, what was dropped and why, and its files."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, overload

from pydantic import BaseModel, ValidationError

from qagen.errors import MissingExtraError, RunFolderError, SettingsError
from qagen.files import JsonLines, RecordError, json_line, whole_file, write_lines
from qagen.llm import Ledger
from qagen.pairs.edits import OF_AN_EDITED_FACT, apply_edits, keep_edit, new_edit, read_edits
from qagen.pairs.gates import curate_pairs
from qagen.records import Conflict, Coverage, Dropped, Edit, Failure, Leak, Notice, QAPair, Step, Usage

if TYPE_CHECKING:
    import datasets
    import pandas as pd

PAIRS = "pairs.jsonl"
DROPPED = "dropped.jsonl"
CONFLICTS = "conflicts.jsonl"
COVERAGE = "coverage.json"
PROBES = "probes.jsonl"
LEDGER = "ledger.sqlite"

_SHOWN = 20  # rows of the table in a notebook


def read_pairs(path: str | Path) -> Sequence[QAPair]:
    """The pairs of a JSON Lines file, read one at a time as they are asked for.

    Raises:
        RunFolderError: The file cannot be read.
        RecordError: On access to a line that is not a pair; the message names file and line.
    """
    try:
        return JsonLines(Path(path), QAPair)
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {error}. It is made by `qagen generate -o`.") from error


def write_pairs(pairs: Iterable[QAPair], path: str | Path) -> Path:
    """Write one pair a line, the file whole or not at all; returns its path.

    Raises:
        RunFolderError: The file cannot be written; what stood there is unchanged.
    """
    return write_lines(Path(path), pairs)


class Parts(TypedDict, total=False):
    """What a dataset is made of; see :class:`QADataset`."""

    dropped: Sequence[Dropped]
    conflicts: Sequence[Conflict]
    failures: Sequence[Failure]
    warnings: Sequence[Notice]
    usage: Usage
    passages: int
    coverage: Coverage | None
    leaks: Sequence[Leak] | None
    steps: Sequence[Step]
    texts: Mapping[str, str]
    run: Path | None


class QADataset(Sequence[QAPair]):
    """The kept pairs as a sequence, with what was dropped, what failed, and what it cost.

    Attributes:
        dropped: Each pair that was not kept, with its reason.
        conflicts: Pairs that contradict each other or cannot be told apart: neither kept nor dropped until
            someone decides (see :meth:`edit`).
        failures: Each source or passage that gave nothing, with its state and a sentence why.
        warnings: What of the documents was left out, changed or guessed when they were read.
        usage: Calls, tokens and cost.
        passages: How many passages were asked about.
        coverage: What the kept pairs cover of the documents; ``None`` when it was not measured.
        leaks: What the check between trained and asked pairs found, ``()`` being nothing; ``None`` before
            :func:`qagen.divide_pairs`.
        steps: What each step of the run did and cost.
        run: The run folder, when there is one. Pairs are then read from it as they are asked for.
    """

    def __init__(self, pairs: Sequence[QAPair], **parts: Unpack[Parts]) -> None:
        self._pairs = pairs
        self.dropped = parts.get("dropped", ())
        self.conflicts = parts.get("conflicts", ())
        self.failures = tuple(parts.get("failures", ()))
        self.warnings = tuple(parts.get("warnings", ()))
        self.usage = parts.get("usage", Usage())
        self.passages = parts.get("passages", 0)
        self.coverage = parts.get("coverage")
        leaks = parts.get("leaks")
        self.leaks = None if leaks is None else tuple(leaks)
        self.steps = tuple(parts.get("steps", ()))
        self.run = parts.get("run")
        self._texts = parts.get("texts", {})

    @classmethod
    def load(cls, run: str | Path) -> QADataset:
        """The dataset of a run folder.

        Raises:
            RunFolderError: The folder has no ``pairs.jsonl``, or its ledger cannot be read.
            RecordError: One of its files is not what it should be; the message names it.
        """
        folder = Path(run)
        pairs = read_pairs(folder / PAIRS)
        parts: Parts = {
            "dropped": JsonLines(folder / DROPPED, Dropped) if (folder / DROPPED).exists() else (),
            "conflicts": JsonLines(folder / CONFLICTS, Conflict) if (folder / CONFLICTS).exists() else (),
            "coverage": _read_coverage(folder / COVERAGE),
            "run": folder,
        }
        if (folder / LEDGER).exists():
            with Ledger(folder / LEDGER) as ledger:
                parts.update(_kept_parts(ledger))
        return cls(pairs, **parts)

    def save(self, run: str | Path) -> Path:
        """Write the files of a run folder that hold the dataset; returns the folder.

        ``pairs.jsonl``, ``dropped.jsonl``, and when there are any ``conflicts.jsonl`` and ``coverage.json``;
        failures, warnings, steps and texts go into the ledger.

        Raises:
            RunFolderError: The folder cannot be written.
        """
        folder = Path(run)
        with Ledger(folder / LEDGER) as ledger:
            self.keep(folder, ledger)
        return folder

    def keep(self, folder: Path, ledger: Ledger) -> None:
        """Write the files into a folder whose ledger is open; see :meth:`save`."""
        ledger.keep_failures(self.failures)
        ledger.keep_settings(
            passages=self.passages,
            warnings=[one.model_dump(mode="json") for one in self.warnings],
            steps=[step.model_dump(mode="json") for step in self.steps],
            leaks=None if self.leaks is None else [leak.model_dump(mode="json") for leak in self.leaks],
        )
        for source, text in self.texts().items() if folder != self.run else ():
            ledger.keep_document(source, theme=source, text=text)
        _write_records(folder / PAIRS, self, ledger)
        _write_records(folder / DROPPED, self.dropped, ledger)
        _write_records(folder / CONFLICTS, self.conflicts, ledger, always=False)
        _write_records(
            folder / COVERAGE, [] if self.coverage is None else [self.coverage], ledger, always=False
        )

    def replace(self, pairs: Sequence[QAPair] | None = None, **parts: Unpack[Parts]) -> QADataset:
        """A new dataset with other pairs or parts, everything else as it is here."""
        mine: Parts = {
            "dropped": self.dropped,
            "conflicts": self.conflicts,
            "failures": self.failures,
            "warnings": self.warnings,
            "usage": self.usage,
            "passages": self.passages,
            "coverage": self.coverage,
            "leaks": self.leaks,
            "steps": self.steps,
            "texts": self._texts,
            "run": self.run,
        }
        mine.update(parts)
        return QADataset(self._pairs if pairs is None else pairs, **mine)

    def edit(
        self,
        pair_id: str,
        *,
        question: str | None = None,
        answer: str | None = None,
        reject: bool = False,
        note: str = "",
    ) -> QADataset:
        """A person's word on a pair, kept, dropped or in conflict: it wins over every model's.

        With ``question`` or ``answer`` the pair gets these, with ``reject`` it is dropped, with neither it
        is accepted as it is. In a run folder the edit is kept in ``edits.jsonl`` and applied again by every
        following run, which also writes new wordings; ``pairs.jsonl`` changes with that run.

        Returns:
            The dataset with this edit applied.

        Raises:
            SettingsError: There is no such pair, or the edit contradicts itself.
            RunFolderError: It cannot be written.
        """
        contested = [pair for conflict in self.conflicts for pair in conflict.pairs]
        known = {pair.id: pair for pair in (*(one.pair for one in self.dropped), *contested, *self)}
        if pair_id not in known:
            raise SettingsError(f"there is no pair {pair_id!r} in this dataset: ids stand in pairs.jsonl")
        earlier = read_edits(self.run).get(pair_id)
        edit = new_edit(known[pair_id], earlier, question=question, answer=answer, reject=reject, note=note)
        if self.run is not None:
            keep_edit(self.run, edit)
        return self._edited(edit, known[pair_id])

    def _edited(self, edit: Edit, pair: QAPair) -> QADataset:
        """The dataset after an edit: what was in conflict with the pair is decided anew."""
        disputes = [one for one in self.conflicts if any(other.id == pair.id for other in one.pairs)]
        rivals = [other for one in disputes for other in one.pairs]
        edited = apply_edits([*self, *rivals], self.dropped, {edit.id: edit})
        disputed = {other.id for other in rivals}
        again = curate_pairs([one for one in edited.pairs if one.id in disputed], locked=edited.locked)
        stay = {one.id for one in again.kept}
        pairs = [one for one in edited.pairs if one.id not in disputed or one.id in stay]
        dropped = [*edited.dropped, *again.dropped]
        if pair.id == pair.fact and edit.action != "accept":  # its wordings say what it said before
            detail = "its fact was edited; the next run words it anew"
            old = [one for one in pairs if one.fact == pair.fact and one.id != pair.id]
            dropped += [Dropped(pair=one, reason=OF_AN_EDITED_FACT, detail=detail) for one in old]
            pairs = [one for one in pairs if one not in old]
        conflicts = [*(one for one in self.conflicts if one not in disputes), *again.conflicts]
        return self.replace(tuple(pairs), dropped=tuple(dropped), conflicts=tuple(conflicts))

    def texts(self) -> Mapping[str, str]:
        """The normalised text of each source that has a pair, or a coverage, as far as it is kept."""
        named = {pair.source for pair in self}
        if self.coverage is not None:
            named |= {document.source for document in self.coverage.documents}
        if self.run is None:
            return {source: self._texts[source] for source in sorted(named & set(self._texts))}
        with Ledger(self.run / LEDGER) as ledger:
            found = {source: ledger.document(source) for source in sorted(named)}
        return {source: text for source, text in found.items() if text is not None}

    def document(self, source: str) -> str:
        """The normalised text of a source, which ``start`` and ``end`` of a pair count in.

        Raises:
            RunFolderError: The source is not among its documents, or their texts were not kept.
        """
        if source in self._texts:
            return self._texts[source]
        if self.run is None:
            raise RunFolderError(f"this dataset keeps no text of {source!r}: give out= when generating")
        with Ledger(self.run / LEDGER) as ledger:
            text = ledger.document(source)
        if text is None:
            raise RunFolderError(
                f"{self.run} has no document {source!r}: sources are named as pairs name them"
            )
        return text

    def to_pandas(self) -> pd.DataFrame:
        """A ``DataFrame`` with a row for each pair and a column for each field of :class:`QAPair`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingExtraError("hf", "to_pandas()") from error
        table: pd.DataFrame = pd.DataFrame([p.model_dump() for p in self], columns=list(QAPair.model_fields))
        return table

    def to_hf(self) -> datasets.Dataset:
        """A Hugging Face ``Dataset`` with the columns of :meth:`to_pandas`; ``extra`` is JSON text there.

        Raises:
            MissingExtraError: datasets is not installed.
        """
        try:
            import datasets
        except ImportError as error:
            raise MissingExtraError("hf", "to_hf()") from error
        # One column has one type: a user's extra fields may differ from pair to pair, so they travel as text.
        rows = [{**p.model_dump(), "extra": json.dumps(p.extra, ensure_ascii=False)} for p in self]
        text, number = datasets.Value("string"), datasets.Value("int64")
        kinds = {name: number if name in {"start", "end"} else text for name in QAPair.model_fields}
        columns = {name: [row[name] for row in rows] for name in kinds}
        return datasets.Dataset.from_dict(columns, features=datasets.Features(kinds))

    def __len__(self) -> int:
        return len(self._pairs)

    @overload
    def __getitem__(self, index: int) -> QAPair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[QAPair]: ...
    def __getitem__(self, index: int | slice) -> QAPair | Sequence[QAPair]:
        return self._pairs[index]

    def __iter__(self) -> Iterator[QAPair]:
        return iter(self._pairs)

    def __repr__(self) -> str:
        return f"QADataset({len(self)} pairs, {len(self.dropped)} dropped, {len(self.failures)} failures)"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(p.question)}</td><td>{html.escape(p.answer)}</td>"
            f"<td>{html.escape(p.quote)}</td><td>{html.escape(p.source)}</td></tr>"
            for p in islice(self, _SHOWN)
        )
        head = "<tr><th>question</th><th>answer</th><th>quote</th><th>source</th></tr>"
        more = f"<p>… and {len(self) - _SHOWN} more</p>" if len(self) > _SHOWN else ""
        return f"<p>{html.escape(repr(self))}</p><table>{head}{rows}</table>{more}"


def _read_coverage(path: Path) -> Coverage | None:
    if not path.exists():
        return None
    try:
        return Coverage.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        raise RecordError(
            f"{path} is not a coverage of qagen: {error}. The next run writes it anew."
        ) from error


def _kept_parts(ledger: Ledger) -> Parts:
    settings: dict[str, Any] = ledger.settings()
    leaks = settings.get("leaks")
    return {
        "failures": ledger.failures(),
        "warnings": [Notice.model_validate(one) for one in settings.get("warnings", ())],
        "usage": ledger.usage(),
        "passages": settings.get("passages", 0),
        "steps": [Step.model_validate(step) for step in settings.get("steps", ())],
        "leaks": None if leaks is None else [Leak.model_validate(leak) for leak in leaks],
    }


def _write_records(path: Path, records: Iterable[BaseModel], ledger: Ledger, *, always: bool = True) -> None:
    """Write one record a line; a file that is not for always is removed when there is nothing to say."""
    with whole_file(path, tag=ledger.owner) as file:
        for record in records:
            file.write(json_line(record.model_dump(mode="json")))
    if not always and not file.lines:
        path.unlink()
