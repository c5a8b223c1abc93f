"""Whether a wording still asks for the fact: gates that need no model.

Each returns the problem, or ``None``. A wording in another language than the fact's own is held to its
numbers, and to its names if it has the same script; for the rest a model judges it
(:mod:`qagen.pairs.wordings.judging`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from qagen.pairs.gates import Problem, glued_word
from qagen.pairs.wordings.named_text import NamedText
from qagen.text import (
    CHANGES,
    HAN,
    HAN_COMPATIBLE,
    KANA,
    KATAKANA,
    OPPOSITES,
    POLITE,
    TURNS,
    Reading,
    find_answer,
)
from qagen.text.questions import lost_words, read_question

CLOSE_WORDS = 0.9
CLOSE_PAIRS = 0.8
"""From where on two wordings are close: by sorted words; in Japanese and Chinese by pairs of characters.

Set on the labelled wordings of ``test_rephrasing.py``: trivial changes (a small word more, another
tense, the words in another order) are close, other ways to ask are not.
"""

LEAST_WORDS = 0.6
"""The share of a question's words that a small model's wording must have."""

# "What is the maximum *power* of", "how many *carts*", "which *town* ..."
_HEAD = re.compile(
    r"\b(?:how many|what (?:is|was|are|were) the)(?: [a-z-]+)??(?: [a-z-]+)?? ([a-z-]+)"
    r"(?= (?:of|in|at|on|for|from|to|by|with|that|who|did|do|does|was|were|is|are|has|have|had|can|may|must|"
    r"will)\b)",
    re.IGNORECASE,
)
# A noun that "who", "when" or "where" can stand for: "in which *town*".
_WHICH = re.compile(
    r"\b(?:what|which) (?!(?:is|was|are|were|did|do|does|has|have|had|can|may|must|will)\b)([a-z-]+)",
    re.IGNORECASE,
)
_INHABITED = re.compile("population|inhabit|resident|liv(?:e|es|ed|ing)\\b", re.IGNORECASE)
_RATE = re.compile(r"\b(?:a|an|per|each|every) (second|minute|hour|day|night|week|month|season)\b")
_CJK = re.compile(f"[{KANA}{HAN}{HAN_COMPATIBLE}]")
_TIMES_LONGER = 4  # than the question: a wording this long tells a story
_LONGER = 160  # characters that a wording may have in any case
_NAME_WORD = re.compile(rf"[A-ZÀ-ÖØ-Þ][^\W\d_]{{2,}}|[{KATAKANA}]{{3,}}")  # what of a name gives it away
_SPACED = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "pl", "ru", "ar", "he"})


def similarity(one: str, other: str) -> float:
    """How alike two questions are as texts, from 0 to 1, whatever the order of their words.

    Words are compared in sorted order (``rapidfuzz.fuzz.token_sort_ratio``); scripts without spaces by the
    pairs of characters they share (Dice).
    """
    from rapidfuzz import fuzz

    left, right = Reading.of(one).folded, Reading.of(other).folded
    if _CJK.search(left) and _CJK.search(right):
        return _shared_pairs(left.replace(" ", ""), right.replace(" ", ""))
    return float(fuzz.token_sort_ratio(left, right)) / 100


def is_close(one: str, other: str, alike: float) -> bool:
    """Whether a similarity makes two texts close to each other, by their scripts."""
    return alike >= (CLOSE_PAIRS if _CJK.search(one) and _CJK.search(other) else CLOSE_WORDS)


def _shared_pairs(left: str, right: str) -> float:
    mine = {left[place : place + 2] for place in range(max(1, len(left) - 1))}
    other = {right[place : place + 2] for place in range(max(1, len(right) - 1))}
    return 2 * len(mine & other) / (len(mine) + len(other))


def check_wording(
    text: str, *, question: str, answer: str, language: str | None, own: bool
) -> Problem | None:
    """Whether a wording asks the same as the question, in the right language, and gives nothing away.

    Args:
        text: The wording.
        question: The canonical question.
        answer: The answer, in the wording's language.
        language: The code of the language it is to be in; ``None`` when that is not known.
        own: It is the language of the question.
    """
    return (
        _check_form(text, question)
        or check_language_of(text, language, known=question if own else "")
        or _check_spaces(text, f"{question}\n{answer}")
        or _check_numbers(text, question)
        or _check_names(text, question, own=own)
        or check_gives_nothing_away(text, question=question if own else "", answer=answer)
        or (_missing_words(NamedText(text).added(question), "name_added") if own else None)
    )


def _check_spaces(text: str, source: str) -> Problem | None:
    """Whether words of the fact keep the spaces between them, which a small model sometimes leaves out."""
    glued = glued_word(text, source)
    return Problem("glued_words", f"{glued!r} is several words without spaces") if glued else None


def check_words(text: str, *, question: str, least: float = LEAST_WORDS) -> Problem | None:
    """Whether a wording by a small model has the words of the question: English and Japanese.

    Names and words without a meaning do not count, and a word for the same is the same. At least the share
    ``least`` must be there, and of these all: what is measured (the *power* of the lid, how many *carts*), by
    what (*a day*), and words that change what is asked (*lowest*, *after*, *more*).
    """
    asked, told = read_question(question), read_question(text)
    vital = _measured_nouns(question)
    free = _asked_nouns(_WHICH, question) if told.kind in {"who", "when", "where"} else frozenset()
    free |= frozenset() if _INHABITED.search(question) else {"population"}  # "how many people" of any kind
    content = asked.words - asked.named - free
    lost = lost_words(asked, told) - free
    if lost & (vital | CHANGES) or len(content) - len(lost) < least * len(content):
        return Problem("words_lost", ", ".join(sorted(word.lstrip("=#") for word in lost)))
    return None


def check_meaning(text: str, *, question: str) -> Problem | None:
    """Whether a wording is as the question as to negation, order and extremes: English and Japanese.

    *Not*, *highest*, *lowest*, *last*, *before*, *after*, *more than* and *less than*, or words for them,
    stand in both or in neither; and no word has become its opposite (:data:`~qagen.text.lexicon.TURNS`,
    ``OPPOSITES``). What is said to the reader (*I do not know who* ...) does not count, nor do sentences that
    share no word with the question.
    """
    asked = _without_politeness(question)
    told = _without_politeness(_sentences_about(text, question))
    if asked in told:
        return None
    for meaning, strong, weak in TURNS:
        if strong.search(asked) and not weak.search(told):
            return Problem("meaning_changed", f"the question says {meaning!r}, the wording does not")
        if strong.search(told) and not weak.search(asked):
            return Problem("meaning_changed", f"the wording says {meaning!r}, the question does not")
    for one, other in OPPOSITES:
        for had, has in ((one, other), (other, one)):
            came = has.search(told)
            if came and had.search(asked) and not (has.search(asked) or had.search(told)):
                return Problem("meaning_changed", f"the wording says {came[0]!r}, the question the opposite")
    return None


_SENTENCE_END = re.compile(r"(?<=[.!?。！？:：])\s*(?!\d)")


def _without_politeness(text: str) -> str:
    """A text in small letters, without what is said to the reader."""
    return POLITE.sub(" ", unicodedata.normalize("NFKC", text).lower())


def _sentences_about(text: str, question: str) -> str:
    """The sentences of a wording that are about what the question asks."""
    asked = read_question(question).words
    pieces = [piece for piece in _SENTENCE_END.split(text) if piece.strip()]
    return " ".join(piece for piece in pieces if read_question(piece).words & asked) or text


def _measured_nouns(question: str) -> frozenset[str]:
    """The noun a question asks for and the unit it counts by, as :func:`read_question` gives them."""
    return _asked_nouns(_HEAD, question) | _asked_nouns(_WHICH, question) | _asked_nouns(_RATE, question)


def _asked_nouns(pattern: re.Pattern[str], question: str) -> frozenset[str]:
    found = pattern.search(question)
    return read_question(found[1]).words if found else frozenset()


def check_answer(answer: str, *, canonical: str, language: str | None, own: bool) -> Problem | None:
    """Whether the answer is the same, or the same in other words around it; in another language its numbers.

    In its own language the canonical answer is what is kept: a changed one shows that another fact was meant.
    """
    if own:
        near = find_answer(answer, canonical) or find_answer(canonical, answer)
        if Reading.of(answer).folded == Reading.of(canonical).folded or (
            near and Reading.of(answer).numbers == Reading.of(canonical).numbers
        ):
            return None
        return Problem("answer_changed", f"the answer is {canonical!r}, the model wrote {answer!r}")
    if Reading.of(answer).numbers != Reading.of(canonical).numbers:
        return Problem("answer_changed", f"the numbers of {answer!r} are not those of {canonical!r}")
    lost = NamedText(answer).lost_in_translation(canonical)
    if lost:
        return Problem("answer_changed", f"{answer!r} does not name {', '.join(sorted(lost))}")
    return check_language_of(answer, language, known=canonical if lost is not None else "")


def check_statement(
    statement: str, *, question: str, answer: str, quote: str, language: str | None, own: bool
) -> Problem | None:
    """Whether a sentence states the fact on its own: with the answer, the question's numbers and names."""
    said = f"{question} {answer} {quote}"
    if not statement.strip() or len(statement) > _LONGER + _TIMES_LONGER * len(said):
        return Problem("no_statement", "the sentence is empty or far too long")
    place = find_answer(answer, statement)
    if not place:
        return Problem("answer_not_in_statement", f"the sentence does not have the answer {answer!r}")
    if find_answer(answer, statement[place[1] :]):
        return Problem("no_statement", f"the sentence has the answer {answer!r} twice")
    if Reading.of(statement).folded == Reading.of(answer).folded:
        return Problem("no_statement", "the sentence is the answer alone")
    if statement.rstrip()[-1:] in "?？":
        return Problem("no_statement", "the sentence is a question")
    return (
        check_language_of(statement, language, known=said if own else "")
        or _check_spaces(statement, f"{question}\n{answer}\n{quote}")
        or _missing_words(Reading.of(question).numbers - Reading.of(statement).numbers, "number_lost")
        or _missing_words(Reading.of(statement).numbers - Reading.of(said).numbers, "number_added")
        or _check_names(statement, question, own=own)
        or (_missing_words(NamedText(statement).added(said), "name_added") if own else None)
    )


def check_topic(topic: str, *, question: str, answer: str, language: str | None, own: bool) -> Problem | None:
    """Whether a topic names what the question is about, and does not give the answer away."""
    if topic.rstrip()[-1:] in "?？":
        return Problem("no_topic", "the topic is a question")
    repeated = [name for name in Reading.of(topic).names if Reading.of(topic).folded.count(name) > 1]
    if repeated:
        return Problem("no_topic", f"the topic has {', '.join(sorted(repeated))} twice")
    return check_wording(topic, question=question, answer=answer, language=language, own=own)


def check_reversed(
    asked: str, answer: str, *, question: str, original: str, quote: str, language: str | None, own: bool
) -> Problem | None:
    """Whether a question asked from the answer is one: it has the answer, and asks for what was named."""
    if not asked.strip() or not answer.strip():
        return Problem("empty", "there is no question or no answer")
    if not find_answer(original, asked):
        return Problem("not_reversed", f"the question does not contain the answer {original!r}")
    if find_answer(answer, asked):
        return Problem("answers_question", f"the question contains its answer {answer!r}")
    if own and not find_answer(answer, question):
        return Problem("not_reversed", f"the answer {answer!r} is not named in the question it comes from")
    both, said = f"{asked} {answer}", f"{question} {original} {quote}"
    return (
        check_language_of(asked, language, known=f"{question} {original}" if own else "")
        or _missing_words(Reading.of(question).numbers - Reading.of(both).numbers, "number_lost")
        or _missing_words(Reading.of(both).numbers - Reading.of(said).numbers, "number_added")
        or _check_names(both, question, own=own)
        or (_missing_words(NamedText(both).added(said), "name_added") if own else None)
    )


def check_unlike(text: str, others: Sequence[str]) -> Problem | None:
    """Whether a wording is none of those there are, after folding."""
    folded = Reading.of(text).folded
    if any(Reading.of(other).folded == folded for other in others):
        return Problem("equal_wording", "the fact has this wording already")
    return None


def check_held_out(text: str, trained: Sequence[str]) -> Problem | None:
    """Whether a held-out wording is far enough from every trained one of its fact."""
    alike, nearest = max(((similarity(text, other), other) for other in trained), default=(0.0, ""))
    if is_close(text, nearest, alike):
        return Problem("too_close", f"{alike:.2f} like the trained {nearest!r}")
    return None


def check_language_of(text: str, language: str | None, *, known: str = "") -> Problem | None:
    """Whether a text is in a language, as far as that can be told; ``known`` is text that it may quote."""
    if language is None:
        return None
    if language in _SPACED and _CJK.search(text) and not _CJK.search(known):
        return Problem("wrong_language", f"it has characters that {language!r} is not written in")
    found = Reading.of(text).language
    if found is not None and found != language:
        return Problem("wrong_language", f"it is in {found!r}, not in {language!r}")
    return None


def _check_form(text: str, question: str) -> Problem | None:
    if not Reading.of(text).folded:
        return Problem("empty", "the wording is empty")
    if len(text) > max(_LONGER, _TIMES_LONGER * len(question)):
        return Problem("too_long", f"{len(text)} characters for a question of {len(question)}")
    return None


def _check_numbers(text: str, question: str) -> Problem | None:
    had, has = Reading.of(question).numbers, Reading.of(text).numbers
    return _missing_words(had - has, "number_lost") or _missing_words(has - had, "number_added")


def _check_names(text: str, question: str, *, own: bool) -> Problem | None:
    named = NamedText(text)
    lost = named.lost(question) if own else named.lost_in_translation(question)
    return _missing_words(lost or frozenset(), "name_lost")


def _missing_words(what: frozenset[str] | set[str], reason: str) -> Problem | None:
    return Problem(reason, ", ".join(sorted(what))) if what else None


def check_gives_nothing_away(text: str, *, question: str, answer: str) -> Problem | None:
    """Whether a wording holds the answer, or a word of a name in it, that the question did not hold."""
    if find_answer(answer, text) and not find_answer(answer, question):
        return Problem("answers_question", f"it contains the answer {answer!r}")
    telling = [word for word in _NAME_WORD.findall(answer) if not find_answer(word, question)]
    given = [word for word in telling if _has_as_written(text, word)]
    return Problem("answers_question", f"it contains {', '.join(given)} of the answer") if given else None


def _has_as_written(text: str, word: str) -> bool:
    place = find_answer(word, text)
    return place is not None and text[place[0] : place[1]] == word  # "club" is no part of "Rowing Club"
