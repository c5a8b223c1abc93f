"""The files of a run folder that are made from the finished dataset: for trainers, and for people."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from qagen.errors import QAGenError, SettingsError
from qagen.evaluation.probes import make_probes, write_probes
from qagen.files import JsonLines
from qagen.llm import Ledger
from qagen.pairs import LEDGER, PAIRS, PROBES, QADataset
from qagen.records import QAPair
from qagen.report import write_report
from qagen.tuning.file import Format, write_training_file

TRAIN = "train.jsonl"
VALIDATION = "validation.jsonl"
REPORT = "report.html"


def check_folder(folder: Path | None) -> None:
    """Refuse a folder whose files are not of a run, and would be written over.

    Raises:
        SettingsError: It holds pairs or a training file, and neither a ledger nor pairs of qagen.
    """
    if folder is None or (folder / LEDGER).exists() or _are_ours(folder / PAIRS):
        return
    found = [name for name in (PAIRS, TRAIN, PROBES) if (folder / name).exists()]
    if found:
        raise SettingsError(
            f"{folder} holds {found[0]}, which a run writes over, and is no run folder: it has no {LEDGER}.",
            hint="Name another folder, or move that file away.",
        )


def _are_ours(pairs: Path) -> bool:
    """Whether a file holds pairs of qagen: a run whose ledger somebody took away, to ask anew."""
    try:
        return all(True for _ in islice(JsonLines(pairs, QAPair), 1))
    except (OSError, QAGenError):
        return False


def keep_dataset(dataset: QADataset, folder: Path, ledger: Ledger) -> bool:
    """Keep what a run has made; if it failed and gave no pair, its failures, and the pairs of an earlier one.

    Returns:
        Whether the dataset is what the folder now holds.
    """
    earlier = folder / PAIRS
    if dataset.failures and not len(dataset) and earlier.exists() and earlier.stat().st_size:
        ledger.keep_failures(dataset.failures)
        return False
    dataset.keep(folder, ledger)
    return True


def write_files(
    dataset: QADataset,
    folder: Path,
    *,
    format: Format,  # noqa: A002 - the name it has everywhere
    system_prompt: str | None,
    divided: bool,
) -> None:
    """Write ``train.jsonl``, ``validation.jsonl``, ``probes.jsonl`` and ``report.html``.

    A file that would be empty is not written, and one that an earlier run wrote is removed. A validation
    file that somebody else put there is left alone when the run did not divide.

    Raises:
        TrainingFileError: A pair cannot be written, or the file cannot.
        RunFolderError: The probes or the report cannot be written.
    """
    with Ledger(folder / LEDGER) as ledger:
        ours = ledger.settings().get("validation_written", False)
        validation = [pair for pair in dataset if pair.part == "validation"]
        ledger.keep_settings(validation_written=bool(validation))
    trained = any(pair.part == "train" for pair in dataset)
    kept = bool(validation) or not (divided or ours)
    for name, wanted in ((TRAIN, trained), (VALIDATION, kept), (PROBES, trained)):
        if not wanted:
            (folder / name).unlink(missing_ok=True)
    if trained:
        write_training_file(dataset, folder / TRAIN, format=format, system_prompt=system_prompt)
        write_probes(make_probes(dataset), folder / PROBES)
    if validation:
        write_training_file(
            dataset, folder / VALIDATION, format=format, system_prompt=system_prompt, part="validation"
        )
    write_report(dataset, folder / REPORT)
