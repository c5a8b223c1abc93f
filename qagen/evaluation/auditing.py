"""A sample of answers for a person to label, and how far words and judge agree with that person."""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import zip_longest
from pathlib import Path

from qagen.errors import RunFolderError, SettingsError
from qagen.evaluation.figures import Agreement, kappa
from qagen.evaluation.records import Probe, Result
from qagen.evaluation.report_card import ReportCard
from qagen.files import RecordError, whole_file

AUDIT = "audit.csv"
"""The name of the table in a run folder."""

COLUMNS = ("id", "question", "expected", "answered", "right")
"""Of the table; ``right`` is for the person, ``yes`` or ``no``."""

_NO_ANSWER_EXISTS = "(the documents do not say: to decline is right)"
_YES = frozenset(
    {"yes", "y", "true", "1", "right", "correct", "はい", "正", "正解", "正しい", "○", "〇", "◯"}
)
_NO = frozenset({"no", "n", "false", "0", "wrong", "incorrect", "いいえ", "誤", "誤り", "不正解", "×", "✗"})
# A spreadsheet computes a cell that begins with one of these (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Audit:
    """What a person's labels say of the machine's verdicts.

    Attributes:
        words: The verdicts of the words alone against the person's.
        judge: The judge's, where it judged; ``None`` when it judged none of the labelled answers.
        counted: What counts in the card, words or judge, against the person's.
        labelled: Rows with a label.
        rows: Rows of the file.
    """

    words: Agreement
    judge: Agreement | None
    counted: Agreement
    labelled: int
    rows: int


def write_audit(card: ReportCard, path: str | Path, n: int = 100, *, seed: int = 0) -> Path:
    """Write a sample of answers as a CSV table for a person to label; returns the file.

    As many of each model, condition, kind of probe and verdict as there are, in turn, so that rare ones are
    among them. Neither the model nor the machine's verdict is shown, and the order gives nothing away. Any
    spreadsheet reads the file; what it would take for a formula begins with an apostrophe.

    Args:
        card: The report card.
        path: The file to write.
        n: Rows, fewer when there are fewer answers. Empty replies and failed calls are left out.
        seed: Of the sample.

    Raises:
        SettingsError: ``n`` is below 1, or the card has no answer to label.
        RunFolderError: The file cannot be written, or holds labels already.
    """
    if n < 1:
        raise SettingsError(f"an audit of {n} answers is none: give at least 1")
    file = Path(path)
    _refuse_labelled(file)
    probes = {probe.id: probe for probe in card.probes}
    drawn = _answer_sample(card.results, probes, n, seed)
    if not drawn:
        raise SettingsError("the card has no answer that a person could label")
    text = StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for one in drawn:
        table.writerow([_safe_cell(cell) for cell in _table_row(one, probes[one.probe])])
    with whole_file(file) as writer:
        writer.write("\ufeff" + text.getvalue())  # by the mark a spreadsheet knows that it is UTF-8
    return file


def read_audit(path: str | Path, card: ReportCard) -> Audit:
    """How far words and judge agree with the labels of a person, with kappa and its interval.

    A label is of the very answer that was shown: those of an earlier training, whose model answered
    otherwise, are refused.

    Args:
        path: A table written by :func:`write_audit`; rows without a label are left out.
        card: The card it was written of, or another one that holds these answers.

    Raises:
        RunFolderError: The file cannot be read.
        RecordError: A line is not as it should be, or of an answer that is not in the card; the message names
            file and line.
        SettingsError: Nothing is labelled.
    """
    file = Path(path)
    known = {_answer_id(result): result for result in card.results}
    labels: dict[str, bool] = {}
    rows = 0
    for line, row in _table_rows(file):
        rows += 1
        key, label = row["id"].strip(), _cell_label(row["right"], f"{file}, line {line}")
        if key not in known:
            raise RecordError(f"{file}, line {line}: the card has no answer {key!r}. Remove that line.")
        if label is not None and labels.setdefault(key, label) != label:
            raise RecordError(f"{file}, line {line}: {key} has another label above. Keep one of the two.")
    if not labels:
        raise SettingsError(f"{file} has no label yet: write yes or no into the column 'right'")
    return _audit_of([(known[key], label) for key, label in labels.items()], rows)


def _audit_of(labelled: Sequence[tuple[Result, bool]], rows: int) -> Audit:
    person = [label for _, label in labelled]
    judged = [(one.judged, label) for one, label in labelled if one.judged is not None]
    return Audit(
        words=kappa([one.score.verdict == "right" for one, _ in labelled], person),
        judge=kappa([one for one, _ in judged], [label for _, label in judged]) if judged else None,
        counted=kappa([one.right for one, _ in labelled], person),
        labelled=len(labelled),
        rows=rows,
    )


def _answer_sample(results: Iterable[Result], probes: dict[str, Probe], n: int, seed: int) -> list[Result]:
    """One of each stratum in turn, by a hash; what is drawn, in an order that has nothing to do with it."""
    strata: dict[tuple[str, ...], list[Result]] = {}
    for one in sorted(results, key=lambda one: _answer_draw(seed, one)):
        if one.probe in probes and not one.failure and one.reply.strip():
            stratum = (one.model, one.condition, probes[one.probe].kind, one.score.verdict, str(one.right))
            strata.setdefault(stratum, []).append(one)
    columns = [strata[stratum] for stratum in sorted(strata, key=lambda one: _text_hash(f"{seed} {one}"))]
    in_turn = [one for turn in zip_longest(*columns) for one in turn if one is not None]
    return sorted(in_turn[:n], key=lambda one: _answer_draw(seed + 1, one))


def _table_row(result: Result, probe: Probe) -> tuple[str, ...]:
    expected = " / ".join(probe.answers) or _NO_ANSWER_EXISTS
    return (_answer_id(result), probe.question, expected, result.reply, "")


def _answer_id(result: Result) -> str:
    # With the reply, since a label is of it. A letter first: a spreadsheet takes 12e45678 for a number.
    return "a" + _text_hash(f"{result.model}\n{result.condition}\n{result.probe}\n{result.reply}")[:15]


def _answer_draw(seed: int, result: Result) -> str:
    return _text_hash(f"{seed} {_answer_id(result)}")


def _text_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _safe_cell(cell: str) -> str:
    plain = cell.replace("\0", "").encode("utf-8", "replace").decode()
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _refuse_labelled(file: Path) -> None:
    """A person's work is not written over."""
    if not file.is_file():
        return
    try:
        labelled = any(row["right"].strip() for _, row in _table_rows(file))
    except RecordError:
        labelled = True
    if labelled:
        raise RunFolderError(f"{file} is there already and is not an empty sample: give another name.")


def _table_rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table with the lines they end at, as spreadsheets write them: with , ; or tabs."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordError(f"{file} is not UTF-8: save it as CSV UTF-8. ({error})") from error
    except OSError as error:
        raise RunFolderError(f"{file} cannot be read: {error.strerror or error}") from error
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter)
    missing = {"id", "right"} - set(_table_columns(rows, file))
    if missing:
        raise RecordError(f"{file}, line 1: the column {' and '.join(sorted(missing))} is missing.")
    try:
        for row in rows:
            yield rows.line_num, {name: row.get(name) or "" for name in ("id", "right")}
    except csv.Error as error:
        raise RecordError(f"{file}, line {rows.line_num}: not a row of a CSV table ({error}).") from error


def _table_columns(rows: csv.DictReader[str], file: Path) -> Sequence[str]:
    try:
        return rows.fieldnames or ()
    except csv.Error as error:
        raise RecordError(f"{file}, line 1: not a row of a CSV table ({error}).") from error


def _cell_label(cell: str, place: str) -> bool | None:
    plain = unicodedata.normalize("NFKC", cell).strip().casefold()
    if not plain:
        return None
    if plain in _YES or plain in _NO:
        return plain in _YES
    raise RecordError(f"{place}: {cell.strip()!r} is no label. Write yes or no into the column 'right'.")
