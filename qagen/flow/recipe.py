"""What a run does after the first pass of writing, step by step; and the presets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from qagen.errors import SettingsError
from qagen.pairs import check_shares
from qagen.pairs.wordings import KINDS, AnswerStyle, Kind, Wish
from qagen.pairs.writing import QAGenerator

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel

Preset = Literal["default", "classic", "thorough"]

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "classic": {
        "chunk_size": 2000,
        "chunk_overlap": 500,
        "fill_rounds": 0,
        "gates": False,
        "review": False,
        "forms": 1,
        "held_out": 0,
        "kinds": (),
        "divide": False,
    },
    "thorough": {"forms": 10, "held_out": 3},
}
"""Options by name of a preset; what the caller gives comes before them.

``classic`` is the recipe that most tutorials show: overlapping passages of 2000 tokens, one call each, one
wording a fact, nothing checked but exact repeats.
"""


@dataclass(frozen=True, slots=True)
class Recipe:
    """The steps of a run, each with its options; a step that is switched off asks nothing.

    Attributes:
        fill_rounds: At most so many rounds of asking again about uncovered sentences; 0: none.
        pairs_per_passage: At most so many canonical pairs of a passage are kept.
        gates: Check evidence, numbers, names and language, near-duplicates and conflicts by code.
        review: ``True``: a model looks at every pair; ``"suspect"``: at those that code has a doubt about;
            ``False``: at none.
        forms: Training wordings of a fact in all, the canonical one included; 1: no others.
        held_out: Wordings of a fact that are never trained.
        kinds: Further forms of a fact: ``reversed``, ``yes_no``, ``cloze``, ``statement``.
        languages: Languages to write wordings in; ``None``: the pair's own.
        answer_style: ``"short"``, or ``"sentence"``: the short answer, then a sentence that says it.
        divide: Divide the facts into trained ones and withheld ones.
        validation: Share of the trained facts of which a held-out wording goes into the validation file.
        control: Share of the facts that is withheld entirely.
        seed: Another division.
        filler: The model that fills gaps; ``None``: the writing one.
        reviewer: The model that reviews; ``None``: the writing one.
        rephraser: The model that writes wordings; ``None``: the writing one.
        embeddings: Finds candidates for near-duplicates; ``None``: shared character sequences do.
        max_cost: US dollars that the calls of the run folder may cost together.
        max_tokens: Tokens, in and out, that they may use together.
    """

    fill_rounds: int = 2
    pairs_per_passage: int | None = None
    gates: bool = True
    review: bool | Literal["suspect"] = True
    forms: int = 5
    held_out: int = 2
    kinds: Sequence[Kind] = KINDS
    languages: Sequence[str] | None = None
    answer_style: AnswerStyle = "short"
    divide: bool = True
    validation: float = 0.1
    control: float = 0.1
    seed: int = 0
    filler: str | BaseChatModel | None = None
    reviewer: str | BaseChatModel | None = None
    rephraser: str | BaseChatModel | None = None
    embeddings: Embeddings | None = None
    max_cost: float | None = None
    max_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.fill_rounds < 0:
            raise SettingsError(f"fill_rounds must be at least 0, not {self.fill_rounds}")
        if self.pairs_per_passage is not None and self.pairs_per_passage < 1:
            raise SettingsError(f"pairs_per_passage must be at least 1, not {self.pairs_per_passage}")
        if self.review not in (True, False, "suspect"):
            raise SettingsError(f"review is True, False or 'suspect', not {self.review!r}")
        check_shares(self.validation, self.control)
        _ = self.wish

    @property
    def wish(self) -> Wish:
        """What is wanted of each fact.

        Raises:
            SettingsError: An option of the wordings cannot be used.
        """
        return Wish.of(
            forms=self.forms,
            held_out=self.held_out,
            kinds=self.kinds,
            languages=self.languages,
            answer_style=self.answer_style,
        )

    @property
    def rephrases(self) -> bool:
        """Whether any wording is asked for."""
        return self.forms > 1 or self.held_out > 0 or bool(self.kinds) or self.languages is not None

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps that are not switched off, in their order."""
        wanted = {
            "write": True,
            "fill gaps": self.fill_rounds > 0,
            "gates": self.gates,
            "review": self.gates or bool(self.review),
            "wordings": self.rephrases,
            "divide": self.divide,
        }
        return tuple(name for name, is_on in wanted.items() if is_on)


def make_generator(llm: str | BaseChatModel, recipe: Recipe, options: Mapping[str, Any]) -> QAGenerator:
    """The generator that writes the first pairs of a run."""
    generator = QAGenerator(llm, **options)
    return generator.at_most(recipe.pairs_per_passage) if recipe.pairs_per_passage else generator


def divided(preset: str, options: Mapping[str, Any]) -> tuple[Recipe, dict[str, Any]]:
    """The recipe of a preset with the caller's options, and the options that are the generator's.

    Raises:
        SettingsError: There is no such preset, or an option cannot be used.
    """
    if preset not in PRESETS:
        raise SettingsError(f"there is no preset {preset!r}: it is one of {', '.join(PRESETS)}")
    given = {name: value for name, value in options.items() if value is not None}
    merged = {**PRESETS[preset], **given}
    if "chunk_size" in given and "chunk_overlap" not in given and merged.get("chunk_overlap"):
        merged["chunk_overlap"] = min(merged["chunk_overlap"], given["chunk_size"] // 4)  # as 500 of 2000
    own = {field.name for field in fields(Recipe)}
    recipe = Recipe(**{name: value for name, value in merged.items() if name in own})
    return recipe, {name: value for name, value in merged.items() if name not in own}
