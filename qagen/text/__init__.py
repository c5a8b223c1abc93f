"""Reading text without a model: spellings, scripts, places, sentences, numbers, names, languages.

``Reading`` is one frozen value with what is known of one text, read once; ``PassageReading`` adds what a
passage's title and headings say. The rooms in it read numbers, proper names, questions and answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.text.calendar import MONTH as MONTH
    from qagen.text.calendar import MONTH_NUMBERS as MONTH_NUMBERS
    from qagen.text.calendar import MONTHS as MONTHS
    from qagen.text.calendar import SHORT_MONTHS as SHORT_MONTHS
    from qagen.text.calendar import WEEKDAYS as WEEKDAYS
    from qagen.text.calendar import any_of as any_of
    from qagen.text.folding import fold as fold
    from qagen.text.languages import CHINESE as CHINESE
    from qagen.text.languages import LANGUAGES as LANGUAGES
    from qagen.text.languages import LONGEST_NAME as LONGEST_NAME
    from qagen.text.languages import SURE as SURE
    from qagen.text.languages import WRITTEN_IN as WRITTEN_IN
    from qagen.text.languages import han_language as han_language
    from qagen.text.languages import language_code as language_code
    from qagen.text.languages import language_of as language_of
    from qagen.text.languages import ranked as ranked
    from qagen.text.lexicon import CHANGES as CHANGES
    from qagen.text.lexicon import COUNTER as COUNTER
    from qagen.text.lexicon import EVENT_MONTHS as EVENT_MONTHS
    from qagen.text.lexicon import EVENTS_EN as EVENTS_EN
    from qagen.text.lexicon import GROUPS_JA as GROUPS_JA
    from qagen.text.lexicon import KINDS_EN as KINDS_EN
    from qagen.text.lexicon import KINDS_JA as KINDS_JA
    from qagen.text.lexicon import LIGHT as LIGHT
    from qagen.text.lexicon import LIGHT_JA as LIGHT_JA
    from qagen.text.lexicon import NO_NAMES as NO_NAMES
    from qagen.text.lexicon import OPPOSITES as OPPOSITES
    from qagen.text.lexicon import ORDINALS as ORDINALS
    from qagen.text.lexicon import PHRASES as PHRASES
    from qagen.text.lexicon import POLITE as POLITE
    from qagen.text.lexicon import SAME_COUNTER as SAME_COUNTER
    from qagen.text.lexicon import SPLIT_JA as SPLIT_JA
    from qagen.text.lexicon import STEM as STEM
    from qagen.text.lexicon import SYNONYMS as SYNONYMS
    from qagen.text.lexicon import THINGS as THINGS
    from qagen.text.lexicon import TURNS as TURNS
    from qagen.text.measures import Measure as Measure
    from qagen.text.measures import is_clock_of as is_clock_of
    from qagen.text.measures import read_measure as read_measure
    from qagen.text.measures import same_measure as same_measure
    from qagen.text.places import ENDS as ENDS
    from qagen.text.places import find_answer as find_answer
    from qagen.text.places import find_quote as find_quote
    from qagen.text.places import locate as locate
    from qagen.text.reading import Reading as Reading
    from qagen.text.scripts import CJK as CJK
    from qagen.text.scripts import DENSE as DENSE
    from qagen.text.scripts import EAST as EAST
    from qagen.text.scripts import HAN as HAN
    from qagen.text.scripts import HAN_COMPATIBLE as HAN_COMPATIBLE
    from qagen.text.scripts import HANGUL as HANGUL
    from qagen.text.scripts import HIRAGANA as HIRAGANA
    from qagen.text.scripts import KANA as KANA
    from qagen.text.scripts import KANJI as KANJI
    from qagen.text.scripts import KATAKANA as KATAKANA
    from qagen.text.scripts import SCRIPTS as SCRIPTS
    from qagen.text.scripts import SIGNS as SIGNS
    from qagen.text.scripts import is_han as is_han
    from qagen.text.scripts import main_script as main_script
    from qagen.text.small_words import COMMONEST as COMMONEST
    from qagen.text.small_words import FUNCTION_WORDS as FUNCTION_WORDS
    from qagen.text.small_words import word_set as word_set
    from qagen.text.terms import MARKUP as MARKUP
    from qagen.text.terms import WORD as WORD
    from qagen.text.terms import digits_in as digits_in
    from qagen.text.terms import share_of as share_of
    from qagen.text.terms import without_markup as without_markup
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "calendar": "MONTH MONTHS MONTH_NUMBERS SHORT_MONTHS WEEKDAYS any_of",
            "folding": "fold",
            "languages": (
                "CHINESE LANGUAGES LONGEST_NAME SURE WRITTEN_IN han_language language_code language_of ranked"
            ),
            "lexicon": (
                "CHANGES COUNTER EVENTS_EN EVENT_MONTHS GROUPS_JA KINDS_EN KINDS_JA LIGHT LIGHT_JA "
                "NO_NAMES OPPOSITES ORDINALS PHRASES POLITE SAME_COUNTER SPLIT_JA STEM SYNONYMS THINGS "
                "TURNS"
            ),
            "measures": "Measure is_clock_of read_measure same_measure",
            "places": "ENDS find_answer find_quote locate",
            "reading": "Reading",
            "scripts": (
                "CJK DENSE EAST HAN HANGUL HAN_COMPATIBLE HIRAGANA KANA KANJI KATAKANA SCRIPTS SIGNS "
                "is_han main_script"
            ),
            "small_words": "COMMONEST FUNCTION_WORDS word_set",
            "terms": "MARKUP WORD digits_in share_of without_markup",
        },
    )
