"""Whether a wording still asks for the fact: gates that need no model.

Each returns the problem, or ``None``. A wording in another language than the fact's own is held to its
numbers, and to its names if it has the same script; for the rest a model judges it
(:mod:`qagen.pairs.wordings.judging`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from qagen.pairs.gates.glued_words import glued_word
from qagen.pairs.gates.problems import Problem
from qagen.text.folding import fold
from qagen.text.languages import language_of
from qagen.text.lexicon import CHANGES, LIGHT, OPPOSITES, POLITE, THINGS, TURNS, word_set
from qagen.text.names import has_name, names
from qagen.text.numbers import numbers
from qagen.text.places import find_answer
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
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_TIMES_LONGER = 4  # than the question: a wording this long tells a story
_LONGER = 160  # characters that a wording may have in any case
_NAME_WORD = re.compile(r"[A-ZÀ-ÖØ-Þ][^\W\d_]{2,}|[ァ-ヶー]{3,}")  # what of a name gives it away
_SPACED = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "pl", "ru", "ar", "he"})


def similarity(one: str, other: str) -> float:
    """How alike two questions are as texts, from 0 to 1, whatever the order of their words.

    Words are compared in sorted order (``rapidfuzz.fuzz.token_sort_ratio``); scripts without spaces by the
    pairs of characters they share (Dice).
    """
    from rapidfuzz import fuzz

    left, right = fold(one), fold(other)
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
        or (_missing(_added_names(text, question), "name_added") if own else None)
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
    vital = _measured(question)
    free = _nouns(_WHICH, question) if told.kind in {"who", "when", "where"} else frozenset()
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
    asked = _turning(question)
    told = _turning(_about(text, question))
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


def _turning(text: str) -> str:
    """A text in small letters, without what is said to the reader."""
    return POLITE.sub(" ", unicodedata.normalize("NFKC", text).lower())


def _about(text: str, question: str) -> str:
    """The sentences of a wording that are about what the question asks."""
    asked = read_question(question).words
    pieces = [piece for piece in _SENTENCE_END.split(text) if piece.strip()]
    return " ".join(piece for piece in pieces if read_question(piece).words & asked) or text


def _measured(question: str) -> frozenset[str]:
    """The noun a question asks for and the unit it counts by, as :func:`read_question` gives them."""
    return _nouns(_HEAD, question) | _nouns(_WHICH, question) | _nouns(_RATE, question)


def _nouns(pattern: re.Pattern[str], question: str) -> frozenset[str]:
    found = pattern.search(question)
    return read_question(found[1]).words if found else frozenset()


def check_answer(answer: str, *, canonical: str, language: str | None, own: bool) -> Problem | None:
    """Whether the answer is the same, or the same in other words around it; in another language its numbers.

    In its own language the canonical answer is what is kept: a changed one shows that another fact was meant.
    """
    if own:
        near = find_answer(answer, canonical) or find_answer(canonical, answer)
        if fold(answer) == fold(canonical) or (near and numbers(answer) == numbers(canonical)):
            return None
        return Problem("answer_changed", f"the answer is {canonical!r}, the model wrote {answer!r}")
    if numbers(answer) != numbers(canonical):
        return Problem("answer_changed", f"the numbers of {answer!r} are not those of {canonical!r}")
    lost = _lost_names(answer, canonical)
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
    if fold(statement) == fold(answer):
        return Problem("no_statement", "the sentence is the answer alone")
    if statement.rstrip()[-1:] in "?？":
        return Problem("no_statement", "the sentence is a question")
    return (
        check_language_of(statement, language, known=said if own else "")
        or _check_spaces(statement, f"{question}\n{answer}\n{quote}")
        or _missing(numbers(question) - numbers(statement), "number_lost")
        or _missing(numbers(statement) - numbers(said), "number_added")
        or _check_names(statement, question, own=own)
        or (_missing(_added_names(statement, said), "name_added") if own else None)
    )


def check_topic(topic: str, *, question: str, answer: str, language: str | None, own: bool) -> Problem | None:
    """Whether a topic names what the question is about, and does not give the answer away."""
    if topic.rstrip()[-1:] in "?？":
        return Problem("no_topic", "the topic is a question")
    repeated = [name for name in names(topic) if fold(topic).count(name) > 1]
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
        or _missing(numbers(question) - numbers(both), "number_lost")
        or _missing(numbers(both) - numbers(said), "number_added")
        or _check_names(both, question, own=own)
        or (_missing(_added_names(both, said), "name_added") if own else None)
    )


def check_unlike(text: str, others: Sequence[str]) -> Problem | None:
    """Whether a wording is none of those there are, after folding."""
    folded = fold(text)
    if any(fold(other) == folded for other in others):
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
    found = language_of(text)
    if found is not None and found != language:
        return Problem("wrong_language", f"it is in {found!r}, not in {language!r}")
    return None


def _check_form(text: str, question: str) -> Problem | None:
    if not fold(text):
        return Problem("empty", "the wording is empty")
    if len(text) > max(_LONGER, _TIMES_LONGER * len(question)):
        return Problem("too_long", f"{len(text)} characters for a question of {len(question)}")
    return None


def _check_numbers(text: str, question: str) -> Problem | None:
    had, has = numbers(question), numbers(text)
    return _missing(had - has, "number_lost") or _missing(has - had, "number_added")


def _check_names(text: str, question: str, *, own: bool) -> Problem | None:
    if not own:
        return _missing(_lost_names(text, question) or frozenset(), "name_lost")
    return _missing({name for name in names(question) if not _names(text, name)}, "name_lost")


def _lost_names(text: str, original: str) -> frozenset[str] | None:
    """The names that a translation into the same script lost; ``None`` if it is in another script.

    Names are written alike in it, but for words that say what they name: *Marrow Bridge*, *Marrow-Brücke*.
    """
    if _script(text) != _script(original) or not _LATIN.search(text):
        return None
    own = ((name, [word for word in name.split() if word not in THINGS | LIGHT]) for name in names(original))
    return frozenset(
        name for name, words in own if not all(_is_in(text, word) for word in words if len(word) > 1)
    )


def _is_in(text: str, word: str) -> bool:
    """Whether a text has a word of a name, be it inside another: *Marrowbrücke*, *Norlands*."""
    return has_name(text, word) or fold(word) in fold(text)


def _script(text: str) -> str:
    if not re.search(r"[^\W\d_]", text):
        return ""
    return max(_SCRIPTS, key=lambda name: len(_SCRIPTS[name].findall(text)))


_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_SCRIPTS = {
    "latin": _LATIN,
    "east": _CJK,
    "cyrillic": re.compile("[\u0400-\u052f]"),
    "greek": re.compile("[\u0370-\u03ff]"),
    "hebrew": re.compile("[\u0590-\u05ff]"),
    "arabic": re.compile("[\u0600-\u06ff]"),
    "indic": re.compile("[\u0900-\u0dff]"),
    "thai": re.compile("[\u0e00-\u0e7f]"),
    "hangul": re.compile("[\uac00-\ud7af]"),
}


def _added_names(text: str, known: str) -> frozenset[str]:
    """The names of a wording that are not known, in no part.

    Of katakana only those with a point in them (ティルダ・ヴァンス) or a kind after them (パリ市) count;
    others are common words as often. The nouns of German are written like names.
    """
    if language_of(text) == "de":
        return frozenset()
    found = (name for name in names(text) if not (_is_plain_katakana(name) or name[0] == "何"))
    return frozenset(name for name in found if not (_names(known, name) or _has_all(known, name)))


def _is_plain_katakana(name: str) -> bool:
    return re.fullmatch(r"[\u30a1-\u30faー]+", name) is not None


_CALLS = word_set("ok okay fyi btw dear quiz trivia time question hello hi hey help please thanks sir madam")


def _has_all(text: str, name: str) -> bool:
    """Whether a text has all the words of a name but for the kind of thing it is: *River Tarn*, *Tarn*."""
    words = set(name.split()) - _CALLS
    telling = words - THINGS or words
    return all(_is_in(text, word) for word in telling)


def _names(text: str, name: str) -> bool:
    """Whether a text has a name, be it in its parts: *the CEO of Acme* in *who runs Acme as its CEO*."""
    return has_name(text, name) or all(has_name(text, part) for part in name.split(" of "))


def _missing(what: frozenset[str] | set[str], reason: str) -> Problem | None:
    return Problem(reason, ", ".join(sorted(what))) if what else None


def check_gives_nothing_away(text: str, *, question: str, answer: str) -> Problem | None:
    """Whether a wording holds the answer, or a word of a name in it, that the question did not hold."""
    if find_answer(answer, text) and not find_answer(answer, question):
        return Problem("answers_question", f"it contains the answer {answer!r}")
    given = [
        word for word in _NAME_WORD.findall(answer) if _has(text, word) and not find_answer(word, question)
    ]
    return Problem("answers_question", f"it contains {', '.join(given)} of the answer") if given else None


def _has(text: str, word: str) -> bool:
    place = find_answer(word, text)
    return place is not None and text[place[0] : place[1]] == word  # "club" is no part of "Rowing Club"
