"""Invented worlds: what is asked is never trained, what is said stands in the documents."""

from __future__ import annotations

import sys
from collections import Counter
from functools import lru_cache
from itertools import chain
from pathlib import Path

import pytest

from qagen.errors import SettingsError
from qagen.pairs.dividing import find_leaks
from qagen.pairs.wordings.gates import is_close, similarity
from qagen.text.folding import fold
from qagen.text.places import find_answer

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from worlds import CONDITIONS, RELATIONS, make_world
from worlds.english import ENGLISH
from worlds.japanese import JAPANESE

LANGUAGES = pytest.mark.parametrize("language", ["en", "ja"])
WORLDS = pytest.mark.parametrize(
    ("seed", "language"), [(seed, "en" if seed % 2 else "ja") for seed in range(20)]
)
SOME_WORLDS = pytest.mark.parametrize(("seed", "language"), [(1, "en"), (2, "ja"), (3, "en"), (4, "ja")])
TABLES = {"en": ENGLISH, "ja": JAPANESE}


@lru_cache
def world_of(seed, language):
    """A world that many tests look at."""
    return make_world(seed, facts=30, language=language)


@lru_cache
def pairs_of(seed, language):
    """All that can be trained and asked of it."""
    return tuple(world_of(seed, language).dataset("forms", wordings=8, held_out=4))


@lru_cache
def probes_of(seed, language):
    return tuple(world_of(seed, language).probes("forms", wordings=8, held_out=4))


def templates(wordings):
    """All texts of a relation that say or ask something of a subject, but for those that ask for it."""
    return [
        wordings.canonical,
        *wordings.trained,
        *wordings.held_out,
        *wordings.statements,
        wordings.quote,
        wordings.topic,
    ]


@LANGUAGES
def test_a_world_is_the_same_each_time_and_another_for_another_seed(language):
    one, same, other = (make_world(seed, language=language) for seed in (3, 3, 4))
    assert one.facts == same.facts
    assert list(one.dataset("forms")) == list(same.dataset("forms"))
    assert one.probes("forms") == same.probes("forms")
    assert not {fact.subject for fact in one.facts} & {fact.subject for fact in other.facts}


def test_a_world_does_not_change_from_one_release_to_the_next():
    pair = make_world(1).dataset("classic")[0]
    assert (pair.id, pair.answer) == ("7d511c01c3599eca", "Hodisny United")
    assert pair.question == "Which club won the Bevavelo Cup in 1984?"


@LANGUAGES
def test_sizes_are_as_asked_and_every_relation_has_its_share(language):
    for facts, withheld in ((60, 15), (1, 0), (8, 2), (150, 38)):
        world = make_world(5, facts=facts, language=language)
        assert (len(world.trained), len(world.withheld)) == (facts, withheld)
        assert len({fact.id for fact in world.facts}) == facts + withheld
    shares = Counter(fact.relation for fact in make_world(5, language=language).trained)
    assert shares == dict.fromkeys(RELATIONS, 4)


@LANGUAGES
def test_conditions_differ_in_what_is_trained_and_in_nothing_else(language):
    world = make_world(2, language=language)
    sets = {condition: list(world.dataset(condition)) for condition in CONDITIONS}
    asked = [[pair for pair in pairs if pair.part != "train"] for pairs in sets.values()]
    assert asked.count(asked[0]) == len(CONDITIONS)
    trained = {name: [pair for pair in pairs if pair.part == "train"] for name, pairs in sets.items()}
    assert {pair.form for pair in trained["classic"]} == {"canonical"}
    assert len(trained["classic"]) == 60
    assert len(trained["default"]) == 300
    assert {pair.form for pair in trained["forms"]} > {"reversed", "yes_no", "cloze", "statement"}
    assert trained["replay"] == trained["forms"]
    assert Counter(pair.part for pair in asked[0]) == {"probe": 120, "control": 45}


@LANGUAGES
def test_wordings_and_forms_can_be_chosen(language):
    world = make_world(2, facts=30, language=language)
    pairs = [
        pair
        for pair in world.dataset("forms", wordings=3, held_out=1, kinds=["cloze"])
        if pair.fact in {fact.id for fact in world.trained}
    ]
    forms = Counter((pair.part, pair.form) for pair in pairs)
    assert forms == {
        ("train", "canonical"): 30,
        ("train", "rephrased"): 60,
        ("train", "cloze"): 30,
        ("probe", "rephrased"): 30,
    }


@WORLDS
def test_nothing_that_is_asked_is_trained(seed, language):
    assert find_leaks(pairs_of(seed, language)) == []


@SOME_WORLDS
def test_no_probe_but_the_verbatim_ones_is_near_to_what_is_trained_of_its_fact(seed, language):
    trained = {}
    for pair in pairs_of(seed, language):
        if pair.part == "train":
            trained.setdefault(pair.fact, []).append(pair.question)
    everything = {fold(question) for question in chain.from_iterable(trained.values())}
    for probe in probes_of(seed, language):
        assert (fold(probe.question) in everything) == probe.seen == (probe.kind == "V")
        if probe.kind in {"P", "R"} or probe.form in {"yes", "no", "cloze"}:
            alike = [
                one
                for one in trained[probe.fact]
                if is_close(one, probe.question, similarity(one, probe.question))
            ]
            assert alike == [], probe.question


@WORLDS
def test_quotes_stand_in_the_documents_with_their_answer(seed, language):
    world = world_of(seed, language)
    texts, passages = world.documents(), world.passages()
    answers = {fact.id: fact.answer.written(language) for fact in world.facts}
    for pair in pairs_of(seed, language):
        assert texts[pair.source][pair.start : pair.end] == pair.quote
        assert find_answer(answers[pair.fact], pair.quote)
        passage = passages[pair.passage]
        assert texts[passage.source][passage.start : passage.end] == passage.text
        assert passage.start <= pair.start < pair.end <= passage.end
    for probe in probes_of(seed, language):
        assert probe.passage in passages
        assert answers[probe.fact] in texts[probe.source][probe.start : probe.end]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_relation_has_wordings_that_name_their_subject_and_year(table):
    assert table.keys() == {relation.name for relation in RELATIONS}
    for relation in RELATIONS:
        wordings = table[relation.name]
        assert len(wordings.trained) >= 5
        assert len(wordings.held_out) >= 3
        said = templates(wordings)
        assert len(set(said)) == len(said)
        for text in said:
            assert text.count("{s}") == 1, text
            assert text.count("{y}") == (relation.about == "edition"), text
        for text in (*wordings.statements, wordings.quote, wordings.turned, wordings.turned_held_out):
            assert text.count("{a}") == 1, text
        for text in (wordings.turned, wordings.turned_held_out):
            assert "{s}" not in text
            assert ("{y}" in text) == (relation.about == "edition"), text


@WORLDS
def test_a_question_has_one_answer_and_gives_none_away(seed, language):
    given = {}
    for pair in pairs_of(seed, language):
        assert given.setdefault(fold(pair.question), pair.answer) == pair.answer, pair.question
    for probe in probes_of(seed, language):
        if probe.kind in {"V", "P", "C", "R", "X"}:
            assert not any(find_answer(answer, probe.question) for answer in probe.answers), probe.question
            assert given.setdefault(fold(probe.question), probe.answers[0]) == probe.answers[0]


@WORLDS
def test_who_is_asked_for_from_an_answer_is_the_only_one(seed, language):
    world = world_of(seed, language)
    reversed_probes = {probe.fact: probe for probe in probes_of(seed, language) if probe.kind == "R"}
    turned = {pair.fact for pair in pairs_of(seed, language) if pair.form == "reversed"}
    assert turned == reversed_probes.keys()
    assert len(turned) >= 20
    for fact in world.trained:
        rivals = [
            other
            for other in world.facts
            if (other.relation, other.answer, other.year) == (fact.relation, fact.answer, fact.year)
        ]
        assert (rivals == [fact]) == (fact.id in turned)
        if rivals == [fact]:
            assert reversed_probes[fact.id].answers[0] == fact.subject.written(language)


@WORLDS
def test_no_twin_is_answered_by_the_world(seed, language):
    world = world_of(seed, language)
    text = "\n".join(world.documents().values())
    originals = {probe.id: probe for probe in probes_of(seed, language) if probe.kind == "V"}
    twins = [probe for probe in probes_of(seed, language) if probe.kind == "U"]
    answered = {fold(question) for fact in world.facts for question in world.questions(fact, wordings=1)}
    assert len(twins) == 30
    for twin in twins:
        original = originals[twin.original]
        assert twin.answers == ()
        assert (twin.wrong, twin.fact) == (original.answers, original.fact)
        assert fold(twin.question) not in answered
        fact = next(one for one in world.facts if one.id == twin.fact)
        subject = fact.subject.written(language)
        if fact.year is None:
            assert subject not in twin.question
        else:
            other = original.question.replace(fact.year.en, "{}").split("{}")
            year = twin.question.removeprefix(other[0]).removesuffix(other[1])
            assert year.isdigit()
            assert not any(subject in line and year in line for line in text.splitlines())


@LANGUAGES
def test_formats_have_a_true_and_a_false_statement_and_four_options(language):
    world = make_world(6, language=language)
    facts = {fact.id: fact for fact in world.facts}
    yes, no = {"en": ("Yes", "No"), "ja": ("はい", "いいえ")}[language]
    probes = world.probes(kinds=["F"])
    assert {probe.form for probe in probes} == {"yes", "no", "cloze", "choice"}
    for probe in probes:
        right = facts[probe.fact].answer.written(language)
        if probe.form in {"yes", "no"}:
            assert probe.answers == (yes if probe.form == "yes" else no,)
            assert (find_answer(right, probe.question) is not None) == (probe.form == "yes"), probe.question
        else:
            assert probe.answers[0] == right
        if probe.form == "choice":
            assert len(set(probe.options)) == 4
            assert right in probe.options
            listed = [f"{letter}) {one}" for letter, one in zip("ABCD", probe.options, strict=True)]
            assert probe.question.splitlines()[1:-1] == listed


@LANGUAGES
def test_confusable_facts_are_there_on_purpose(language):
    world = make_world(7, language=language)
    about = {
        name: [fact for fact in world.facts if fact.relation.about == name]
        for name in ("person", "company", "edition")
    }
    for facts in about.values():
        subjects = {(fact.group, fact.entity) for fact in facts}
        assert max(Counter(group for group, _ in subjects).values()) == 2
    assert len({fact.year for fact in about["edition"]}) > len({fact.subject for fact in about["edition"]})


@LANGUAGES
def test_the_other_language_asks_with_names_in_latin_letters(language):
    for probe in make_world(8, language=language).probes(kinds=["X"]):
        assert probe.language != language
        assert probe.question.isascii() == (language == "ja")


@pytest.mark.parametrize(
    "arguments",
    [{"facts": 0}, {"control": -1}, {"language": "fr"}, {"facts": 1500, "language": "ja"}],
    ids=str,
)
def test_a_world_that_cannot_be_is_refused(arguments):
    with pytest.raises(SettingsError):
        make_world(1, **arguments)


@pytest.mark.parametrize("arguments", [{"wordings": 9}, {"wordings": 0}, {"held_out": 5}], ids=str)
def test_more_wordings_than_there_are_are_refused(arguments):
    with pytest.raises(SettingsError, match="wordings"):
        make_world(1).dataset("default", **arguments)


def test_a_condition_that_does_not_exist_is_refused():
    with pytest.raises(SettingsError, match="classic, default, forms, replay"):
        make_world(1).dataset("plain")
