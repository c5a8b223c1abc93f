"""English number words that follow each other, read as a person hears them."""

from __future__ import annotations

from dataclasses import dataclass, field

UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ORDINALS = [
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth",
]  # fmt: skip
VALUES = {
    **{word: value for value, word in enumerate(UNITS)},
    **{word: value for value, word in enumerate(ORDINALS)},
    **{word: 10 * value for value, word in enumerate(TENS, 2)},
    **{f"{word[:-1]}ieth": 10 * value for value, word in enumerate(TENS, 2)},
    "oh": 0,
}
_LAST = {*ORDINALS, *(f"{word[:-1]}ieth" for word in TENS)}
MULTIPLES = {**_SCALES, **{f"{word}th": value for word, value in _SCALES.items()}, "dozen": 12}
_THOUSAND = 1000


def spoken_in_digits(words: list[str]) -> str:
    """The numbers that words say: *nineteen ninety-nine* is one, *two three* are two."""
    speech = _Speech()
    for word in words:
        speech.hear(word)
    speech.end()
    return " ".join(map(str, speech.found))


@dataclass(slots=True)
class _Speech:
    """Reads number words one by one: *nineteen ninety-nine* is one number, *two three* are two."""

    found: list[int] = field(default_factory=list)
    total: int = 0
    current: int = 0
    last: str = ""  # the kind of the word before: "", "unit", "teen", "tens", "oh", "scale", "end"

    def end(self) -> None:
        if self.last:
            self.found.append(self.total + self.current)
        self.total = self.current = 0

    def hear(self, word: str) -> None:
        if word == "and":
            self.last = self.last if self.last in {"", "scale"} else "end"
        elif word in {"a", "an"}:
            self.current, self.last = 1, "unit"
        elif word in MULTIPLES:
            self.multiply(MULTIPLES[word])
        else:
            self.add(word)

    def multiply(self, scale: int) -> None:
        if not self.last:
            return  # "several hundred" says no number
        if self.last == "end":
            self.end()
        if scale < _THOUSAND:
            self.current = (self.current or 1) * scale
        else:
            self.total, self.current = self.total + (self.current or 1) * scale, 0
        self.last = "scale"

    def add(self, word: str) -> None:
        value = VALUES[word]
        joined = self.joined_with(word, value)
        if joined is None:
            self.end()
        self.current = value if joined is None else joined
        self.last = self.kind_of(word, value)

    def joined_with(self, word: str, value: int) -> int | None:
        """The number that goes on with another word; ``None`` if that begins a new one."""
        last, current = self.last, self.current
        if last in {"scale", "oh"}:
            return current + value
        if last == "tens" and current % 10 == 0 and 0 < value < 10 and word != "oh":  # noqa: PLR2004 - as English counts
            return current + value
        is_century = last in {"teen", "tens", "unit"} and 10 <= current <= 99  # noqa: PLR2004 - as English counts
        if is_century and value >= 10:  # noqa: PLR2004 - as English counts
            return current * 100 + value
        return current * 100 if is_century and word == "oh" else None

    @staticmethod
    def kind_of(word: str, value: int) -> str:
        if word in _LAST or word == "oh":
            return "oh" if word == "oh" else "end"
        return "tens" if value >= 20 else "teen" if value > 9 else "unit"  # noqa: PLR2004 - as English counts
