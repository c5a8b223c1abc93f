"""Question-answer pairs from passages: prompts, schemas, the writer, and what became of each passage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.pairs.writing.generation import LARGE_CHUNK_TOKENS as LARGE_CHUNK_TOKENS
    from qagen.pairs.writing.generation import NOT_ASKED as NOT_ASKED
    from qagen.pairs.writing.generation import QAGenerator as QAGenerator
    from qagen.pairs.writing.making import make_pair as make_pair
    from qagen.pairs.writing.outcomes import curated as curated
    from qagen.pairs.writing.parts import part_of as part_of
    from qagen.pairs.writing.prompts import BAD_EXAMPLES as BAD_EXAMPLES
    from qagen.pairs.writing.prompts import GOOD_EXAMPLES as GOOD_EXAMPLES
    from qagen.pairs.writing.prompts import QA_PROMPT as QA_PROMPT
    from qagen.pairs.writing.prompts import passage_variables as passage_variables
    from qagen.pairs.writing.schemas import Item as Item
    from qagen.pairs.writing.schemas import ReplySchema as ReplySchema
    from qagen.pairs.writing.small_filters import judged as judged
    from qagen.pairs.writing.small_prompt import CHUNK_TOKENS as CHUNK_TOKENS
    from qagen.pairs.writing.small_prompt import SMALL_QA_PROMPT as SMALL_QA_PROMPT
    from qagen.pairs.writing.small_prompt import prompt_variables as prompt_variables
    from qagen.pairs.writing.small_schema import answers_found as answers_found
    from qagen.pairs.writing.small_schema import reply_schema as reply_schema
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "generation": "LARGE_CHUNK_TOKENS NOT_ASKED QAGenerator",
            "making": "make_pair",
            "outcomes": "curated",
            "parts": "part_of",
            "prompts": "BAD_EXAMPLES GOOD_EXAMPLES QA_PROMPT passage_variables",
            "schemas": "Item ReplySchema",
            "small_filters": "judged",
            "small_prompt": "CHUNK_TOKENS SMALL_QA_PROMPT prompt_variables",
            "small_schema": "answers_found reply_schema",
        },
    )
