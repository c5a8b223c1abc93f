"""Wordings of each fact: some to train, some that are held out, and the fact asked in other forms.

One wording is memorised, not learnt: a model that is trained on one question answers a rephrasing of it two
times in three wrongly (FineTuneBench, arXiv 2411.05059). The step has these stages, each of which takes what
the one before returned: :mod:`qagen.pairs.wordings.wish` says what is wanted of each fact,
:mod:`qagen.pairs.wordings.entries` has a model write it, :mod:`qagen.pairs.wordings.making` makes pairs of
that, of which :mod:`qagen.pairs.wordings.gates` stops what does not ask for the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig

from qagen.llm import Asker, Ledger, prompt_id
from qagen.pairs import LEDGER, QADataset
from qagen.pairs.wordings.entries import write_entries
from qagen.pairs.wordings.forms import KINDS, AnswerStyle, Kind
from qagen.pairs.wordings.making import Worded, across_facts, other_answers, word_fact
from qagen.pairs.wordings.rephrase_prompt import REPHRASE_PROMPT
from qagen.pairs.wordings.saying import Recipe
from qagen.pairs.wordings.small import SMALL_REPHRASE_PROMPT
from qagen.pairs.wordings.wish import Wish
from qagen.records import QAPair

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel


def rephrase_pairs(
    dataset: QADataset | Iterable[QAPair],
    llm: str | BaseChatModel = "local",
    *,
    forms: int = 5,
    held_out: int = 2,
    kinds: Iterable[Kind] = KINDS,
    languages: Iterable[str] | None = None,
    answer_style: AnswerStyle = "short",
    ledger: Ledger | None = None,
    config: RunnableConfig | None = None,
    base_url: str | None = None,
    max_concurrency: int | None = None,
) -> QADataset:
    """Give each fact of a dataset further wordings: some to be trained, some held out to measure with.

    Facts that have wordings already are left as they are, so a second call asks nothing.

    Args:
        dataset: A dataset, or canonical pairs. The calls of one with a run folder are kept in its ledger.
        llm: A model's name or any LangChain chat model. A small one (``"local"``) writes no other language.
        forms: Training wordings of a question, the canonical one included; one more where the answer has
            numbers. 1: the canonical one alone, and no ``kinds``.
        held_out: Wordings that are never trained: ``part="probe"``, in registers that no trained one has.
        kinds: What else is made of a fact and trained: ``reversed`` (asked from the answer), ``yes_no`` (a
            true and a false statement), ``cloze``, ``statement`` ("Tell me about ...").
        languages: Codes or names of the languages to write wordings in; ``None``: that of each pair. Those in
            another than the pair's own are judged by the same model in further calls, and kept only if they
            were found to mean the same.
        answer_style: ``"short"``: the answer as it is; ``"sentence"``: the answer, then a sentence that
            states the fact (``"Tilda Vance. Tilda Vance won ..."``), in the canonical pair too; the short
            answer stays in ``extra["short_answer"]``.
        ledger: Where calls are kept and found again; by default that of the dataset's run folder.
        config: LangChain's configuration.
        base_url: Of a server that speaks the OpenAI wire, when ``llm`` is a name.
        max_concurrency: Calls in flight at once. By default 16; two for the embedded model.

    Returns:
        A new dataset: with the wordings, with what the gates dropped, and with the facts that failed.

    Raises:
        SettingsError: A number, a kind, a language or the model's name cannot be used.
        ModelError: The model cannot be used; what was finished is in the ledger.
    """
    whole = dataset if isinstance(dataset, QADataset) else QADataset(tuple(dataset))
    options: dict[str, Any] = {
        "forms": forms,
        "held_out": held_out,
        "kinds": kinds,
        "languages": languages,
        "answer_style": answer_style,
    }
    Wish.of(**options)
    with ExitStack() as opened:
        if ledger is None and whole.run is not None:
            ledger = opened.enter_context(Ledger(whole.run / LEDGER))
        asker = Asker.of(
            llm, ledger=ledger, config=config, base_url=base_url, max_concurrency=max_concurrency
        )
        worded = word_pairs(whole, asker, **options)
    return whole.replace(
        pairs=worded.pairs,
        dropped=(*whole.dropped, *worded.dropped),
        failures=(*whole.failures, *worded.failures),
        usage=whole.usage + worded.usage,
    )


def word_pairs(
    pairs: Sequence[QAPair],
    asker: Asker,
    *,
    forms: int = 5,
    held_out: int = 2,
    kinds: Iterable[Kind] = KINDS,
    languages: Iterable[str] | None = None,
    answer_style: AnswerStyle = "short",
) -> Worded:
    """The wordings of canonical pairs. Pairs of facts that have wordings already pass through.

    The result is in the order of the input and does not depend on threads. A used-up budget ends the asking
    and keeps everything: ``Worded.stopped``.

    Raises:
        SettingsError: An option cannot be used.
        ModelError: The model cannot be used.
    """
    wish = Wish.of(
        forms=forms, held_out=held_out, kinds=kinds, languages=languages, answer_style=answer_style
    )
    facts = wish.facts(pairs)
    written = write_entries(facts.values(), asker, wish)
    recipe = Recipe(
        kinds=wish.kinds,
        style=wish.style,
        prompt=prompt_id(SMALL_REPHRASE_PROMPT if asker.small else REPHRASE_PROMPT),
        model=asker.asked.name,
        others=other_answers(facts.values(), written),
        keeps_words=asker.small,
        tells_language=wish.languages is not None,
    )
    made = [
        word_fact(facts[pair.id], written, recipe) if pair.id in facts else Worded(pairs=(pair,))
        for pair in pairs
    ]
    return across_facts(Worded.joined([written, *made]))
