"""qagen: from documents to a dataset a chat model can be fine-tuned on.

The names below are the public ones. Each is loaded when it is first used (PEP 562), so that
``import qagen`` stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qagen.documents.loading import load_documents as load_documents
    from qagen.documents.splitting import split_documents as split_documents
    from qagen.documents.splitting import token_splitter as token_splitter
    from qagen.errors import QAGenError as QAGenError
    from qagen.evaluation.evaluating import evaluate as evaluate
    from qagen.evaluation.report_card import ReportCard as ReportCard
    from qagen.flow.run import generate_pairs as generate_pairs
    from qagen.llm.models import chat_model as chat_model
    from qagen.llm.replies.parsing import OutputFixingParser as OutputFixingParser
    from qagen.llm.tokens import count_tokens as count_tokens
    from qagen.pairs.dataset import QADataset as QADataset
    from qagen.pairs.dataset import read_pairs as read_pairs
    from qagen.pairs.dataset import write_pairs as write_pairs
    from qagen.pairs.dividing import divide_pairs as divide_pairs
    from qagen.pairs.gates.curation import curate_pairs as curate_pairs
    from qagen.pairs.wordings.rephrasing import rephrase_pairs as rephrase_pairs
    from qagen.pairs.writing.generation import QAGenerator as QAGenerator
    from qagen.pairs.writing.prompts import QA_PROMPT as QA_PROMPT
    from qagen.records import QA as QA
    from qagen.records import QACollection as QACollection
    from qagen.records import QAPair as QAPair
    from qagen.tuning.file.checking import check_training_file as check_training_file
    from qagen.tuning.file.writing import write_training_file as write_training_file
    from qagen.tuning.hosted.jobs import cancel_fine_tuning as cancel_fine_tuning
    from qagen.tuning.hosted.jobs import delete_tuned_model as delete_tuned_model
    from qagen.tuning.hosted.jobs import list_checkpoints as list_checkpoints
    from qagen.tuning.hosted.jobs import list_fine_tuning as list_fine_tuning
    from qagen.tuning.hosted.jobs import pause_fine_tuning as pause_fine_tuning
    from qagen.tuning.hosted.jobs import resume_fine_tuning as resume_fine_tuning
    from qagen.tuning.hosted.metrics import fine_tuning_metrics as fine_tuning_metrics
    from qagen.tuning.hosted.metrics import plot_metrics as plot_metrics
    from qagen.tuning.hosted.starting.start import start_fine_tuning as start_fine_tuning
    from qagen.tuning.hosted.uploading import delete_file as delete_file
    from qagen.tuning.hosted.uploading import upload_training_file as upload_training_file
    from qagen.tuning.hosted.watching import wait_for_fine_tuning as wait_for_fine_tuning
    from qagen.tuning.local.training.starting import train_locally as train_locally
    from qagen.tuning.tuned.asking import tuned_model as tuned_model

__version__ = "0.1.0"

_HOME = {
    "OutputFixingParser": "qagen.llm.replies.parsing",
    "QA": "qagen.records",
    "QACollection": "qagen.records",
    "QADataset": "qagen.pairs.dataset",
    "QAGenError": "qagen.errors",
    "QAGenerator": "qagen.pairs.writing.generation",
    "QAPair": "qagen.records",
    "QA_PROMPT": "qagen.pairs.writing.prompts",
    "ReportCard": "qagen.evaluation.report_card",
    "cancel_fine_tuning": "qagen.tuning.hosted.jobs",
    "chat_model": "qagen.llm.models",
    "check_training_file": "qagen.tuning.file.checking",
    "count_tokens": "qagen.llm.tokens",
    "curate_pairs": "qagen.pairs.gates.curation",
    "delete_tuned_model": "qagen.tuning.hosted.jobs",
    "divide_pairs": "qagen.pairs.dividing",
    "evaluate": "qagen.evaluation.evaluating",
    "fine_tuning_metrics": "qagen.tuning.hosted.metrics",
    "delete_file": "qagen.tuning.hosted.uploading",
    "generate_pairs": "qagen.flow.run",
    "list_checkpoints": "qagen.tuning.hosted.jobs",
    "list_fine_tuning": "qagen.tuning.hosted.jobs",
    "load_documents": "qagen.documents.loading",
    "pause_fine_tuning": "qagen.tuning.hosted.jobs",
    "plot_metrics": "qagen.tuning.hosted.metrics",
    "read_pairs": "qagen.pairs.dataset",
    "rephrase_pairs": "qagen.pairs.wordings.rephrasing",
    "resume_fine_tuning": "qagen.tuning.hosted.jobs",
    "split_documents": "qagen.documents.splitting",
    "start_fine_tuning": "qagen.tuning.hosted.starting.start",
    "token_splitter": "qagen.documents.splitting",
    "tuned_model": "qagen.tuning.tuned.asking",
    "upload_training_file": "qagen.tuning.hosted.uploading",
    "wait_for_fine_tuning": "qagen.tuning.hosted.watching",
    "train_locally": "qagen.tuning.local.training.starting",
    "write_pairs": "qagen.pairs.dataset",
    "write_training_file": "qagen.tuning.file.writing",
}

__all__ = [*_HOME, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'qagen' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
