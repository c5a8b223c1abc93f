"""What a pair must pass to stay: evidence, language, whole words, one fact, and nothing said twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.pairs.gates.curation import DUPLICATE as DUPLICATE
    from qagen.pairs.gates.curation import Repeats as Repeats
    from qagen.pairs.gates.curation import curate_pairs as curate_pairs
    from qagen.pairs.gates.duplicates import find_twins as find_twins
    from qagen.pairs.gates.evidence import check_evidence as check_evidence
    from qagen.pairs.gates.glued_words import glued_word as glued_word
    from qagen.pairs.gates.language import check_language as check_language
    from qagen.pairs.gates.merged_facts import merged_clauses as merged_clauses
    from qagen.pairs.gates.merged_facts import merged_sentences as merged_sentences
    from qagen.pairs.gates.problems import Problem as Problem
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "curation": "DUPLICATE Repeats curate_pairs",
            "duplicates": "find_twins",
            "evidence": "check_evidence",
            "glued_words": "glued_word",
            "language": "check_language",
            "merged_facts": "merged_clauses merged_sentences",
            "problems": "Problem",
        },
    )
