"""qagen: from documents to a dataset a chat model can be fine-tuned on.

The names below are the public ones. Each is loaded when it is first used (PEP 562), so that
``import qagen`` stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.documents import load_documents as load_documents
    from qagen.documents import split_documents as split_documents
    from qagen.documents import token_splitter as token_splitter
    from qagen.errors import QAGenError as QAGenError
    from qagen.evaluation import ReportCard as ReportCard
    from qagen.evaluation import evaluate as evaluate
    from qagen.flow import generate_pairs as generate_pairs
    from qagen.llm import chat_model as chat_model
    from qagen.llm import count_tokens as count_tokens
    from qagen.llm.replies import OutputFixingParser as OutputFixingParser
    from qagen.pairs import QADataset as QADataset
    from qagen.pairs import divide_pairs as divide_pairs
    from qagen.pairs import read_pairs as read_pairs
    from qagen.pairs import write_pairs as write_pairs
    from qagen.pairs.gates import curate_pairs as curate_pairs
    from qagen.pairs.wordings import rephrase_pairs as rephrase_pairs
    from qagen.pairs.writing import QA_PROMPT as QA_PROMPT
    from qagen.pairs.writing import QAGenerator as QAGenerator
    from qagen.records import QA as QA
    from qagen.records import QACollection as QACollection
    from qagen.records import QAPair as QAPair
    from qagen.tuning.file import check_training_file as check_training_file
    from qagen.tuning.file import write_training_file as write_training_file
    from qagen.tuning.hosted import cancel_fine_tuning as cancel_fine_tuning
    from qagen.tuning.hosted import delete_file as delete_file
    from qagen.tuning.hosted import delete_tuned_model as delete_tuned_model
    from qagen.tuning.hosted import fine_tuning_metrics as fine_tuning_metrics
    from qagen.tuning.hosted import list_checkpoints as list_checkpoints
    from qagen.tuning.hosted import list_fine_tuning as list_fine_tuning
    from qagen.tuning.hosted import pause_fine_tuning as pause_fine_tuning
    from qagen.tuning.hosted import plot_metrics as plot_metrics
    from qagen.tuning.hosted import resume_fine_tuning as resume_fine_tuning
    from qagen.tuning.hosted import upload_training_file as upload_training_file
    from qagen.tuning.hosted import wait_for_fine_tuning as wait_for_fine_tuning
    from qagen.tuning.hosted.starting import start_fine_tuning as start_fine_tuning
    from qagen.tuning.local.training import train_locally as train_locally
    from qagen.tuning.tuned import tuned_model as tuned_model
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "documents": "load_documents split_documents token_splitter",
            "errors": "QAGenError",
            "evaluation": "ReportCard evaluate",
            "flow": "generate_pairs",
            "llm": "chat_model count_tokens",
            "llm.replies": "OutputFixingParser",
            "pairs": "QADataset divide_pairs read_pairs write_pairs",
            "pairs.gates": "curate_pairs",
            "pairs.wordings": "rephrase_pairs",
            "pairs.writing": "QAGenerator QA_PROMPT",
            "records": "QA QACollection QAPair",
            "tuning.file": "check_training_file write_training_file",
            "tuning.hosted": (
                "cancel_fine_tuning delete_file delete_tuned_model fine_tuning_metrics list_checkpoints "
                "list_fine_tuning pause_fine_tuning plot_metrics resume_fine_tuning upload_training_file "
                "wait_for_fine_tuning"
            ),
            "tuning.hosted.starting": "start_fine_tuning",
            "tuning.local.training": "train_locally",
            "tuning.tuned": "tuned_model",
        },
        "__version__",
    )

__version__ = "0.1.0"
