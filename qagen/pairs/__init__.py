"""From passages to a dataset of question-answer pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.pairs.caution import caution_of as caution_of
    from qagen.pairs.caution import embedded_of as embedded_of
    from qagen.pairs.caution import find_caution as find_caution
    from qagen.pairs.caution import wrong_share as wrong_share
    from qagen.pairs.dataset import CONFLICTS as CONFLICTS
    from qagen.pairs.dataset import COVERAGE as COVERAGE
    from qagen.pairs.dataset import DROPPED as DROPPED
    from qagen.pairs.dataset import LEDGER as LEDGER
    from qagen.pairs.dataset import PAIRS as PAIRS
    from qagen.pairs.dataset import PROBES as PROBES
    from qagen.pairs.dataset import QADataset as QADataset
    from qagen.pairs.dataset import read_pairs as read_pairs
    from qagen.pairs.dataset import write_pairs as write_pairs
    from qagen.pairs.dividing import check_shares as check_shares
    from qagen.pairs.dividing import divide_pairs as divide_pairs
    from qagen.pairs.dividing import find_leaks as find_leaks
    from qagen.pairs.edits import EDITS as EDITS
    from qagen.pairs.edits import apply_edits as apply_edits
    from qagen.pairs.edits import read_edits as read_edits
    from qagen.pairs.finding import PassageIndex as PassageIndex
    from qagen.pairs.finding import passage_about as passage_about
    from qagen.pairs.outcome import Outcome as Outcome
    from qagen.pairs.provenance import Provenance as Provenance
    from qagen.pairs.provenance import call_text as call_text
    from qagen.pairs.provenance import keep_provenance as keep_provenance
    from qagen.pairs.provenance import read_provenance as read_provenance
    from qagen.pairs.provenance import without_secrets as without_secrets
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "caution": "caution_of embedded_of find_caution wrong_share",
            "dataset": "CONFLICTS COVERAGE DROPPED LEDGER PAIRS PROBES QADataset read_pairs write_pairs",
            "dividing": "check_shares divide_pairs find_leaks",
            "edits": "EDITS apply_edits read_edits",
            "finding": "PassageIndex passage_about",
            "outcome": "Outcome",
            "provenance": "Provenance call_text keep_provenance read_provenance without_secrets",
        },
    )
