"""The function words of English, and sets of words in general: the one list for all who read words."""

from __future__ import annotations


def word_set(lines: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(lines.split())


COMMONEST = word_set("the of and in was to is a")
"""Of an English text one word in twelve is one of these."""

TELLING = COMMONEST | word_set("""
    were did do does what who which when where why how many much an for on by from with at that it has
    have had are be
""")
"""Few texts of another language have a third of their words among these."""

FUNCTION_WORDS = TELLING | word_set("""
    about after all also am any as because been before being between both but can could down during each
    having he her here him his i if into its just may me might more most must my no nor not off one only
    or other our out over per same shall she should since so some such than their them then there these
    they this those through under until up us very we while whom whose will would you your
""")
"""What says how words belong together, and names nothing."""
