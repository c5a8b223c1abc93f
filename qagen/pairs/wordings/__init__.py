"""Further wordings of a fact: by a model and by templates, checked and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.pairs.wordings.forms import KINDS as KINDS
    from qagen.pairs.wordings.forms import LANGUAGES as LANGUAGES
    from qagen.pairs.wordings.forms import AnswerStyle as AnswerStyle
    from qagen.pairs.wordings.forms import Kind as Kind
    from qagen.pairs.wordings.forms import OtherAnswers as OtherAnswers
    from qagen.pairs.wordings.forms import Said as Said
    from qagen.pairs.wordings.forms import cloze as cloze
    from qagen.pairs.wordings.forms import is_correct as is_correct
    from qagen.pairs.wordings.forms import replace_answer as replace_answer
    from qagen.pairs.wordings.forms import tell_about as tell_about
    from qagen.pairs.wordings.forms import yes_or_no as yes_or_no
    from qagen.pairs.wordings.gates import check_gives_nothing_away as check_gives_nothing_away
    from qagen.pairs.wordings.gates import check_statement as check_statement
    from qagen.pairs.wordings.gates import is_close as is_close
    from qagen.pairs.wordings.gates import similarity as similarity
    from qagen.pairs.wordings.judging import JUDGE_WORDINGS_PROMPT as JUDGE_WORDINGS_PROMPT
    from qagen.pairs.wordings.judging import WordingVerdicts as WordingVerdicts
    from qagen.pairs.wordings.rephrase_prompt import REPHRASE_PROMPT as REPHRASE_PROMPT
    from qagen.pairs.wordings.rephrase_prompt import WordedFacts as WordedFacts
    from qagen.pairs.wordings.rephrase_prompt import task_variables as task_variables
    from qagen.pairs.wordings.rephrasing import rephrase_pairs as rephrase_pairs
    from qagen.pairs.wordings.rephrasing import word_pairs as word_pairs
    from qagen.pairs.wordings.saying import HELD_OUT as HELD_OUT
    from qagen.pairs.wordings.saying import short_answer as short_answer
    from qagen.pairs.wordings.small import SMALL_REPHRASE_PROMPT as SMALL_REPHRASE_PROMPT
    from qagen.pairs.wordings.small import SmallWordings as SmallWordings
    from qagen.pairs.wordings.wish import Wish as Wish
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "forms": (
                "AnswerStyle KINDS Kind LANGUAGES OtherAnswers Said cloze is_correct replace_answer "
                "tell_about yes_or_no"
            ),
            "gates": "check_gives_nothing_away check_statement is_close similarity",
            "judging": "JUDGE_WORDINGS_PROMPT WordingVerdicts",
            "rephrase_prompt": "REPHRASE_PROMPT WordedFacts task_variables",
            "rephrasing": "rephrase_pairs word_pairs",
            "saying": "HELD_OUT short_answer",
            "small": "SMALL_REPHRASE_PROMPT SmallWordings",
            "wish": "Wish",
        },
    )
