"""Ask again about what no pair asks for: more pairs, or a reason why there is nothing to ask.

That is the sentences that no pair covers, and those of which no pair has a number or a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel

from qagen.errors import SettingsError
from qagen.pairs import Outcome
from qagen.pairs.gaps.fill_prompt import fill_prompt_of
from qagen.pairs.gaps.gap_calls import GapWriter
from qagen.pairs.gaps.known import Known, by_id
from qagen.pairs.writing import QA_PROMPT
from qagen.records import Declared, Passage, QACollection, QAPair

if TYPE_CHECKING:
    from qagen.llm import Asker

OWN_PROMPT = "nothing is filled: that would ask for more than the prompt of your own"
"""Why filling was left out: a prompt of the user's own says itself what is asked for."""


@dataclass(frozen=True, slots=True)
class Filled(Outcome):
    """What filling the gaps gave. ``pairs`` are only the new ones.

    ``declared`` are the sentences that hold no fact by the model's word, with its reasons; ``rounds`` the
    number of rounds begun. ``stopped`` says why it ended early: the budget was used up. What had been made by
    then is all here. ``skipped`` says why nothing was asked at all: the user's prompt cannot be filled.
    """

    declared: tuple[Declared, ...] = ()
    rounds: int = 0
    skipped: str = ""


def fill_gaps(
    passages: Sequence[Passage],
    pairs: Sequence[QAPair],
    asker: Asker,
    *,
    rounds: int = 2,
    most: int | None = None,
    declared: Sequence[Declared] = (),
    schema: type[BaseModel] = QACollection,
    prompt: ChatPromptTemplate = QA_PROMPT,
) -> Filled:
    """Ask about the sentences that no pair covers or only in part, one call for each passage that has any.

    A sentence is covered in part when it has a number or a name that no pair about it has in its question
    or answer, as :func:`qagen.pairs.gaps.coverage.measure_coverage` counts them. The number of a list item
    or article and names in the title or section do not matter, nor do names when pairs are in another
    language. Of such a sentence the model may say that there is nothing left to ask: it is covered all the
    same, and not asked about again. Under a bound, these sentences come only after those that no pair
    covers.

    A passage is asked again in the next round when the last one brought a pair about one of its sentences or
    declared one; after a round that brought nothing new for any of them, it ends. A small model
    (``asker.small``) is asked once, and only about uncovered sentences in which code finds answers; it
    declares nothing.

    Args:
        passages: Those the pairs were written about.
        pairs: The pairs there are. A sentence is covered when a quote overlaps it by a letter or digit. One
            whose quote was not found covers nothing, and its question may be asked anew.
        asker: The model, and how it is asked.
        rounds: At most so many.
        most: Of a passage at most so many pairs are kept, those of ``pairs`` included; one that has so many
            is not asked about. ``None``: no bound.
        declared: Sentences that are known to hold no fact: they are not asked about.
        schema: As in :class:`qagen.QAGenerator`. The further fields of its items travel in ``QAPair.extra``;
            further fields beside its list are not asked for.
        prompt: What ``pairs`` were written with. Its instructions and examples go for the new pairs as well,
            see :func:`fill_prompt_of`; after one of the user's own nothing is asked.

    Returns:
        The new pairs in the order of the passages, and what was dropped: ``duplicate`` for a question that
        a pair of the passage asks already, ``over_the_bound``, and a small model's for the reasons of
        :func:`qagen.pairs.writing.small_filters.filter_pairs`. A pair whose quote was not found is among the
        pairs and covers nothing. A sentence that was declared and asked about too is not declared. What was
        said of a sentence that is not in the list is a failure with the state ``unknown_sentence``.

    Raises:
        SettingsError: ``rounds`` is negative or ``most`` under 1.
        SchemaError: The schema cannot be used.
        ModelError: The model cannot be used at all. What was asked before is in the ledger.
    """
    if rounds < 0 or (most is not None and most < 1):
        raise SettingsError(f"rounds is at least 0 and most at least 1, not {rounds} and {most}")
    filling = fill_prompt_of(prompt, small=asker.small)
    if filling is None:
        return Filled(skipped=OWN_PROMPT)
    writer = GapWriter(asker, schema, filling)
    known = Known(passages, pairs, declared, most, in_part=not asker.small, language=asker.language)
    filled = Filled()
    for number in range(1, min(rounds, 1) + 1 if asker.small else rounds + 1):
        gaps = known.gaps()
        if not gaps:
            break
        with closing(asker.each(writer.about, gaps)) as results:
            found = [*results]
        known.add(gaps, found)
        filled = replace(Filled.joined([filled, *found]), rounds=number, stopped=writer.stopped)
        if writer.stopped:
            break
    return replace(filled, pairs=tuple(by_id(filled.pairs)))
