"""What is asked of a model to see whether it has learnt: made from a divided dataset, without any model."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from qagen.errors import RunFolderError, SettingsError
from qagen.evaluation import Probe, ProbeKind
from qagen.evaluation.probes.facts import (
    QUESTIONS,
    Fact,
    Told,
    digest,
    is_held_out,
    language_of_pair,
    new_probe,
    probe_id,
    read_facts,
)
from qagen.evaluation.probes.formats import Formats
from qagen.evaluation.probes.twins import Twins
from qagen.evaluation.scoring import answer_kind_of
from qagen.files import RecordError, write_lines
from qagen.pairs import LEDGER, QADataset, find_leaks
from qagen.pairs.wordings import similarity
from qagen.records import Form, Leak, QAPair
from qagen.text import fold, language_of
from qagen.tuning.local import general_items

_OF_A_PAIR = frozenset({"question", "answer", "passage", "prompt", "model"})  # fields of a QAPair


def make_probes(
    dataset: Iterable[QAPair] | QADataset,
    *,
    aliases: Mapping[str, Sequence[str]] = {},
    general: bool = True,
    seed: int = 0,
    most: int | None = None,
) -> list[Probe]:
    """What to ask of a model that was trained on a divided dataset.

    Of each trained fact: its canonical question (``V``), its held-out wordings (``P``), other formats
    (``F``: yes, no, cloze, choice), its reversed questions (``R``), questions in other languages (``X``: held
    out ones, else one that was trained) and an unanswerable twin (``U``); of each withheld fact its canonical
    question and held-out wordings (``C``). What would be wrong or could not be understood alone is left out.
    So is a withheld fact that trained pairs of other facts tell by the way (see :func:`find_probe_leaks`):
    none of its questions is asked, and it counts nowhere as withheld. Nor are the reversed, cloze or
    translated pairs of withheld facts asked: ``C`` is compared with ``V`` and ``P``, which ask the question.

    Reversed wordings that qagen makes are trained, so ``R`` says ``seen``: it shows whether what was trained
    backwards is known. To measure the reversal curse, hold reversed pairs out (``part="probe"``), or ask own
    probes; the same holds for ``X`` where no wording in the other language was held out.

    Wordings of the validation file decide when training stops, and are not asked. Then the general questions
    (``G``) in the languages of the pairs, see :func:`general_probes`. The same dataset and seed give the same
    probes; another fact changes those of no other, but for what is taken from other facts (wrong options,
    twins).

    Args:
        dataset: Divided pairs (see :func:`qagen.divide_pairs`). Of a dataset with its documents at hand,
            those are searched too before a twin counts as unanswerable.
        aliases: Further right answers, by fact id or canonical question.
        general: Add the general questions.
        seed: Another number gives another order of options, other twins, and another sample.
        most: Ask about at most so many trained facts, and as many withheld ones: a sample by a hash of each.

    Raises:
        SettingsError: ``aliases`` speaks of a fact that is not there, or ``most`` is below 1.
    """
    if most is not None and most < 1:
        raise SettingsError(f"most is a number of facts, 1 or more, not {most}")
    facts = read_facts(dataset, aliases)
    trained = _fact_sample([fact for fact in facts if fact.trained and not fact.withheld], most, seed)
    told = Told(pair for fact in facts for pair in fact.trained)
    unknown = [fact for fact in facts if fact.withheld and not _is_fact_told(fact, told)]
    withheld = _fact_sample(unknown, most, seed)
    formats = Formats(facts, seed=seed)
    twins = Twins(facts, texts=_document_texts(dataset), seed=seed)
    probes = chain(
        chain.from_iterable(_trained_probes(fact, formats, twins) for fact in trained),
        chain.from_iterable(_withheld_probes(fact) for fact in withheld),
        general_probes(_told_languages(facts)) if general else (),
    )
    return _each_probe_once(probes)


def _told_languages(facts: Iterable[Fact]) -> set[str]:
    """Those of the documents, as their facts are told, and those that wordings are in."""
    told = {language_of_pair(pair) for fact in facts for pair in (fact.head, *fact.pairs)}
    return {language for language in told if language is not None}


def _document_texts(dataset: Iterable[QAPair]) -> Iterable[str]:
    """The documents, as far as they are at hand."""
    if not isinstance(dataset, QADataset) or (dataset.run and not (dataset.run / LEDGER).exists()):
        return ()
    return dataset.texts().values()


def _fact_sample(facts: list[Fact], most: int | None, seed: int) -> list[Fact]:
    """At most so many, by a hash of each, in the order given."""
    if most is None or len(facts) <= most:
        return facts
    drawn = sorted(facts, key=lambda fact: digest(seed, "sample", fact.head.question))[:most]
    chosen = {fact.id for fact in drawn}
    return [fact for fact in facts if fact.id in chosen]


def _trained_probes(fact: Fact, formats: Formats, twins: Twins) -> Iterator[Probe]:
    verbatim = [_probe_of_pair("V", fact, fact.head, seen=True)] if fact.head.part == "train" else []
    unseen = [
        _probe_of_pair("P", fact, pair)
        for pair in fact.pairs
        if pair.part == "probe" and pair.form in QUESTIONS and fact.speaks(pair)
    ]
    yield from verbatim
    yield from unseen
    yield from formats.probes(fact)
    yield from _reversed_probes(fact)
    yield from _foreign_probes(fact)
    twin = twins.twin(fact, (*unseen, *verbatim))
    if twin:
        yield twin


def _is_fact_told(fact: Fact, told: Told) -> bool:
    """Whether a trained pair of another fact gives the answer to one of its questions."""
    return any(told.telling(probe.question, probe.answers) for probe in _withheld_probes(fact))


def _withheld_probes(fact: Fact) -> Iterator[Probe]:
    for pair in fact.pairs:
        if (pair is fact.head or is_held_out(pair)) and pair.form in QUESTIONS and fact.speaks(pair):
            yield _probe_of_pair("C", fact, pair)


def _reversed_probes(fact: Fact) -> Iterator[Probe]:
    """Reversed questions; they are answered by what the canonical one names, and by nothing else."""
    for pair in fact.pairs:
        if pair.form == "reversed" and pair.part in {"train", "probe"} and fact.speaks(pair):
            yield _probe_of_pair("R", fact, pair, answers=fact.own_answers(pair), seen=pair.part == "train")


def _foreign_probes(fact: Fact) -> Iterator[Probe]:
    """For each other language its held-out wordings, or where there are none the first trained one."""
    foreign: dict[str | None, list[QAPair]] = {}
    for pair in fact.pairs:
        if pair.form in QUESTIONS and pair.part in {"train", "probe"} and not fact.speaks(pair):
            foreign.setdefault(language_of_pair(pair), []).append(pair)
    for language, pairs in foreign.items():
        unseen = [pair for pair in pairs if pair.part == "probe"]
        for pair in unseen or pairs[:1]:
            yield _probe_of_pair("X", fact, pair, seen=pair.part == "train", language=language)


def _probe_of_pair(kind: ProbeKind, fact: Fact, pair: QAPair, **more: Any) -> Probe:
    """A probe with the question of a pair."""
    return new_probe(
        kind, pair.question, fact, **{"answers": fact.answers_of(pair), "form": pair.form, **more}
    )


def _each_probe_once(probes: Iterable[Probe]) -> list[Probe]:
    """Probes without those that ask in the same words what an earlier one of their kind asks."""
    found: dict[tuple[str, str, str], Probe] = {}
    for probe in probes:
        found.setdefault((probe.kind, probe.form, fold(probe.question)), probe)
    return list(found.values())


def general_probes(languages: Collection[str] | None = None) -> list[Probe]:
    """General questions with short answers, in English and Japanese: they show what a model forgets.

    None of them is among those that training replays.

    Args:
        languages: Codes of those to ask in; ``None`` for all. Where the package has no question in any of
            them, the English ones.
    """
    text = files("qagen.evaluation").joinpath("data/general.jsonl").read_text(encoding="utf-8")
    every = [_completed_probe(Probe(kind="G", **json.loads(line))) for line in text.splitlines()]
    if languages is None:
        return every
    wanted = {one.language for one in every} & set(languages) or {"en"}
    return [one for one in every if one.language in wanted]


def write_probes(probes: Iterable[Probe], path: str | Path) -> Path:
    """Write one probe a line, the file whole or not at all; returns its path.

    Raises:
        RunFolderError: The file cannot be written; what stood there is unchanged.
    """
    return write_lines(Path(path), probes)


def read_probes(path: str | Path) -> list[Probe]:
    """The probes of a JSON Lines file: that of a run folder, or one of your own.

    Of your own only ``question`` and ``answers`` are needed (a text or a list of texts: the answer, then what
    else is right); ``kind`` is then ``own``, and the id is made. Any other field of
    :class:`~qagen.evaluation.records.Probe` may be given. A line that was there before is read once.

    Raises:
        RunFolderError: The file cannot be read.
        RecordError: A line is no probe; the message names file and line.
    """
    file = Path(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise RunFolderError(f"{file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise RecordError(f"{file} is not UTF-8 text ({error}). Save it as UTF-8.") from error
    found: dict[str, tuple[int, Probe]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        probe = _probe_of_line(line, f"{file}, line {number}")
        before = found.setdefault(probe.id, (number, probe))
        if before[1] != probe:
            raise RecordError(
                f"{file}, line {number}: it has the id of line {before[0]} or asks the same, and is another "
                "probe. Keep one of the two, or put all right answers into one."
            )
    return [probe for _, probe in found.values()]


def _probe_of_line(line: str, place: str) -> Probe:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{place}: not JSON ({error}). Correct or remove that line.") from error
    if not isinstance(row, dict):
        raise RecordError(f'{place}: not an object such as {{"question": "...", "answers": ["..."]}}.')
    if row.keys() >= _OF_A_PAIR:
        raise RecordError(
            f"{place}: this is a question-answer pair, as an earlier version wrote into probes.jsonl. Run "
            "`qagen generate` again with the same folder: it makes the probes anew, and asks no model for it."
        )
    if isinstance(row.get("answers"), str):
        row["answers"] = [row["answers"]]
    return _valid_probe(row, place)


def _valid_probe(row: Mapping[str, Any], place: str) -> Probe:
    try:
        probe = Probe.model_validate_json(json.dumps(row))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "the line"
        raise RecordError(
            f"{place}: not a Probe ({field}: {first['msg']}). Correct or remove that line."
        ) from error
    if not probe.question.strip():
        raise RecordError(f"{place}: the question is empty. Correct or remove that line.")
    answers = tuple(text for text in map(str.strip, probe.answers) if text)
    if not answers and probe.kind != "U":
        raise RecordError(f'{place}: "answers" is missing or empty: give the right answer, such as ["1923"].')
    return _completed_probe(probe.model_copy(update={"answers": answers}))


def _completed_probe(probe: Probe) -> Probe:
    """With what was not given: an id, a language, a kind of answer. Those of a run are as they are."""
    if probe.id and probe.kind != "own":
        return probe
    made: dict[str, Any] = {}
    if not probe.id:
        made["id"] = probe_id(probe.kind, probe.question, probe.form)
    if probe.language is None:
        made["language"] = language_of(probe.question)
    if probe.answer_kind == "other" and probe.answers:
        made["answer_kind"] = answer_kind_of(probe.answers[0])
    return probe.model_copy(update=made)


def find_probe_leaks(probes: Sequence[Probe], trained: Iterable[QAPair]) -> list[Leak]:
    """Probes that should be unseen though their question is trained, exactly or in nearly the same words.

    Those are ``P``, ``C``, ``F``, ``U``, ``own``, and ``R`` and ``X`` unless they say ``seen``. ``exact`` and
    ``near`` are those of :func:`qagen.pairs.dividing.find_leaks`; for ``U`` and ``own`` a question counts
    whatever its answer. A ``C`` probe also leaks, as ``near``, when a trained pair tells it by the way: its
    question, or its answer where that is more than the expected one, holds the expected answer, and both
    together hold all names and numbers of the probe's question.
    ``F`` puts the trained question into another format, so it is compared with trained pairs of
    its own format; ``G`` only exactly, and also with the general items that training can replay.

    Args:
        probes: All of them; those that may be seen are passed over.
        trained: The pairs; of a dataset those with the part ``train``.

    Returns:
        One leak for each such probe, in their order; ``asked`` is the probe's id, ``trained`` the pair's.
    """
    pairs = [pair for pair in trained if pair.part == "train"]
    unseen = [probe for probe in probes if probe.kind != "V" and not probe.seen]
    found = {leak.asked: leak for leak in _near_leaks(unseen, pairs)}
    found.update({leak.asked: leak for leak in _exact_leaks(unseen, pairs)})
    for leak in _leaks_by_the_way([probe for probe in unseen if probe.kind == "C"], pairs):
        found.setdefault(leak.asked, leak)
    return [found[probe.id] for probe in unseen if probe.id in found]


def _exact_leaks(probes: Sequence[Probe], trained: Sequence[QAPair]) -> Iterator[Leak]:
    known = {fold(pair.question): pair.id for pair in reversed(trained)}
    replayed = {fold(item.question): f"replay: {item.question}" for item in general_items("replay")}
    for probe in probes:
        question = fold(probe.question)
        same = known.get(question) or (replayed.get(question) if probe.kind == "G" else None)
        if same:
            yield Leak(trained=same, asked=probe.id, kind="exact", similarity=1.0)


def _leaks_by_the_way(probes: Sequence[Probe], trained: Sequence[QAPair]) -> Iterator[Leak]:
    told = Told(trained if probes else ())
    for probe in probes:
        if pair := told.telling(probe.question, probe.answers):
            alike = round(similarity(pair.question, probe.question), 4)
            yield Leak(trained=pair.id, asked=probe.id, kind="near", similarity=alike)


def _near_leaks(probes: Sequence[Probe], trained: Sequence[QAPair]) -> Iterator[Leak]:
    by_words = [_pair_of_probe(probe) for probe in probes if probe.kind in {"P", "C", "R", "X", "own"}]
    yield from find_leaks([*trained, *by_words])
    for form in ("yes_no", "cloze"):
        alike = [_pair_of_probe(probe) for probe in probes if probe.kind == "F"]
        yield from find_leaks(pair for pair in (*trained, *alike) if pair.form == form)
    blind = [_unanswered_pair(_pair_of_probe(probe)) for probe in probes if probe.kind in {"U", "own"}]
    if blind:
        yield from find_leaks([*map(_unanswered_pair, trained), *blind])


def _pair_of_probe(probe: Probe) -> QAPair:
    forms: dict[str, Form] = {"yes": "yes_no", "no": "yes_no", "cloze": "cloze", "canonical": "canonical"}
    return QAPair(
        id=probe.id,
        question=probe.question,
        answer=probe.answers[0] if probe.answers else "",
        source=probe.source,
        start=probe.start,
        end=probe.end,
        passage=probe.passage,
        language=probe.language,
        fact=probe.fact or probe.id,
        form=forms.get(probe.form, "rephrased"),
        part="control" if probe.kind == "C" else "probe",
        prompt="",
        model="",
    )


def _unanswered_pair(pair: QAPair) -> QAPair:
    """A pair as one of which only the question is known."""
    return pair.model_copy(
        update={"answer": "", "fact": pair.id, "quote": "", "start": None, "end": None, "extra": {}}
    )
