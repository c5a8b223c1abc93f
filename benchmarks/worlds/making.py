"""Making a world: who and what there is in it, and which facts are trained and which withheld."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from random import Random

from qagen.errors import SettingsError
from worlds import answers
from worlds.names import NameMaker
from worlds.values import RELATIONS, Fact, Language, Relation, Term
from worlds.world import World, wordings_of

CONTROL_SHARE = 0.25
"""Withheld facts, as a share of the trained ones."""
_FACTS_OF_A_BLOCK = 2 * len(RELATIONS)
_RELATION = {one.name: one for one in RELATIONS}


@dataclass(frozen=True, slots=True)
class _Entity:
    """A subject with what is true of it."""

    subject: Term
    year: Term | None
    group: Term
    says: dict[str, Term]


def make_world(
    seed: int, *, facts: int = 60, language: Language = "en", control: float = CONTROL_SHARE
) -> World:
    """An invented world: the same for the same arguments, on every machine.

    Args:
        seed: Another number gives another world.
        facts: How many facts are trained.
        language: ``"en"`` or ``"ja"``.
        control: How many more are withheld, as a share of ``facts``.

    Raises:
        SettingsError: There are no facts, or more than there are names for, or a language without wordings.
    """
    if facts < 1 or control < 0 or language not in {"en", "ja"}:
        raise SettingsError(
            f"a world needs a fact at least, a control share of 0 or more and the language en or ja, "
            f"not facts={facts}, control={control}, language={language!r}"
        )
    random = Random(f"{seed}/{language}")  # noqa: S311 - a world, no secret
    withheld = round(facts * control)
    blocks = -(-(facts + withheld) // _FACTS_OF_A_BLOCK)
    maker = _Maker(random, language)
    everything = [fact for _ in range(blocks) for fact in maker.block(seed)]
    return World(seed=seed, language=language, facts=_chosen(everything, facts, withheld, random))


class _Maker:
    """Makes blocks of two persons, two companies and two editions of a tournament: near to each other."""

    def __init__(self, random: Random, language: Language) -> None:
        self._random, self._language = random, language
        self._names = NameMaker(random, language)
        self._towns = [self._names.town() for _ in range(4)]
        self._professions = [*answers.PROFESSIONS]
        random.shuffle(self._professions)

    def block(self, seed: int) -> list[Fact]:
        """The facts of a block."""
        companies = self._companies()
        entities = [*self._family([one.subject for one in companies]), *companies, *self._editions()]
        return [fact for one in entities for fact in _facts(one, self._language, seed)]

    def _town(self) -> Term:
        """A new town, or now and then one that is known: answers are shared by a few facts."""
        if self._random.random() < 0.2:
            return self._random.choice(self._towns)
        self._towns.append(self._names.town())
        return self._towns[-1]

    def _family(self, companies: Sequence[Term]) -> list[_Entity]:
        """A parent and a child: one surname, and now and then one profession."""
        surname = self._names.stem()
        parent = self._random.randint(1921, 1965)
        born = (parent, parent + self._random.randint(23, 34))
        trade = self._professions.pop() if self._professions else self._random.choice(answers.PROFESSIONS)
        follows = self._random.random() < 0.3
        employers = self._random.sample(companies, 2)
        return [
            _Entity(
                self._names.person(surname),
                None,
                surname,
                {
                    "birth_year": answers.year(year),
                    "birthplace": self._town(),
                    "profession": trade if one == 0 or follows else self._random.choice(answers.PROFESSIONS),
                    "employer": employer,
                },
            )
            for one, (year, employer) in enumerate(zip(born, employers, strict=True))
        ]

    def _companies(self) -> list[_Entity]:
        """Two companies that share the first word of their names, and founders of one surname."""
        stem, surname = self._names.stem(), self._names.stem()
        products = self._random.sample(answers.PRODUCTS, 2)
        return [
            _Entity(
                self._names.called("company", stem),
                None,
                stem,
                {
                    "founder": self._names.person(surname),
                    "founding_year": answers.year(self._random.randint(1871, 2004)),
                    "seat": self._town(),
                    "product": product,
                    "employees": answers.count(self._random.randint(41, 4980)),
                },
            )
            for product in products
        ]

    def _editions(self) -> list[_Entity]:
        """A tournament in two years."""
        name = self._names.called("tournament")
        years = self._random.sample(range(1978, 2021), 2)
        clubs = [self._names.called("club") for _ in range(2)]
        return [
            _Entity(
                name,
                answers.year(year),
                name,
                {
                    "winner": club,
                    "score": self._score(),
                    "venue": self._names.called("ground"),
                    "date": answers.day(self._random.randint(4, 10), self._random.randint(1, 30)),
                    "attendance": answers.count(self._random.randint(3_100, 61_000)),
                    "top_scorer": self._names.person(),
                },
            )
            for year, club in zip(sorted(years), clubs, strict=True)
        ]

    def _score(self) -> Term:
        more = self._random.randint(1, 7)
        return answers.score(more, self._random.randint(0, more - 1))


def _facts(entity: _Entity, language: Language, seed: int) -> Iterator[Fact]:
    for name, answer in entity.says.items():
        fact = Fact(
            id="",
            relation=_RELATION[name],
            subject=entity.subject,
            answer=answer,
            year=entity.year,
            group=entity.group,
            trained=True,
        )
        question = wordings_of(fact.relation, language).canonical.format(**fact.slots(language))
        identity = json.dumps([language, seed, name, question])
        yield replace(fact, id=hashlib.sha256(identity.encode()).hexdigest()[:16])


def _chosen(everything: Iterable[Fact], facts: int, withheld: int, random: Random) -> tuple[Fact, ...]:
    """As many facts as are wanted, of all relations alike; the order of the documents is kept."""
    by_relation: dict[Relation, list[Fact]] = defaultdict(list)
    for fact in everything:
        by_relation[fact.relation].append(fact)
    for same in by_relation.values():
        random.shuffle(same)
    relations = [*by_relation.values()]
    random.shuffle(relations)
    turns = [fact for turn in zip_longest(*relations) for fact in turn if fact is not None]
    control = {fact.id for fact in turns[:withheld]}
    wanted = {fact.id for fact in turns[: facts + withheld]}
    every = [fact for same in by_relation.values() for fact in same if fact.id in wanted]
    return tuple(
        replace(fact, trained=fact.id not in control)
        for fact in sorted(every, key=lambda fact: (fact.source, fact.entity, RELATIONS.index(fact.relation)))
    )
