"""The dataset: the kept pairs, what was dropped and why, and its files."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, overload

from qagen.errors import MissingExtraError, RunFolderError
from qagen.files import JsonLines, write_lines
from qagen.llm.ledger import Ledger
from qagen.records import Dropped, Failure, QAPair, Usage

if TYPE_CHECKING:
    import datasets
    import pandas as pd

PAIRS = "pairs.jsonl"
DROPPED = "dropped.jsonl"
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


class QADataset(Sequence[QAPair]):
    """The kept pairs as a sequence, with what was dropped, what failed, and what it cost.

    Attributes:
        dropped: Each pair that was not kept, with its reason.
        failures: Each source or passage that gave nothing, with its state and a sentence why.
        usage: Calls, tokens and cost.
        passages: How many passages were asked about.
        run: The run folder, when there is one. Pairs are then read from it as they are asked for.
    """

    def __init__(
        self,
        pairs: Sequence[QAPair],
        *,
        dropped: Sequence[Dropped] = (),
        failures: Sequence[Failure] = (),
        usage: Usage | None = None,
        passages: int = 0,
        run: Path | None = None,
    ) -> None:
        self._pairs = pairs
        self.dropped = dropped
        self.failures = tuple(failures)
        self.usage = usage or Usage()
        self.passages = passages
        self.run = run

    @classmethod
    def load(cls, run: str | Path) -> QADataset:
        """The dataset of a run folder.

        Raises:
            RunFolderError: The folder has no ``pairs.jsonl``, or its ledger cannot be read.
        """
        folder = Path(run)
        pairs = read_pairs(folder / PAIRS)
        dropped = JsonLines(folder / DROPPED, Dropped) if (folder / DROPPED).exists() else ()
        if not (folder / LEDGER).exists():
            return cls(pairs, dropped=dropped, run=folder)
        with Ledger(folder / LEDGER) as ledger:
            return cls(
                pairs,
                dropped=dropped,
                failures=ledger.failures(),
                usage=ledger.usage(),
                passages=ledger.settings().get("passages", 0),
                run=folder,
            )

    def save(self, run: str | Path) -> Path:
        """Write ``pairs.jsonl``, ``dropped.jsonl`` and the failures into a run folder; returns the folder.

        Raises:
            RunFolderError: The folder cannot be written.
        """
        folder = Path(run)
        with Ledger(folder / LEDGER) as ledger:
            ledger.keep_failures(self.failures)
            ledger.keep_settings(passages=self.passages)
        write_pairs(self, folder / PAIRS)
        write_lines(folder / DROPPED, self.dropped)
        return folder

    def document(self, source: str) -> str:
        """The normalised text of a source, which ``start`` and ``end`` of a pair count in.

        Raises:
            RunFolderError: The dataset has no run folder, or the source is not in it.
        """
        if self.run is None:
            raise RunFolderError(
                "only a dataset with a run folder keeps its documents: give out= when generating"
            )
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
