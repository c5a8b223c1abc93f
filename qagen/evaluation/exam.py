"""Who is asked what: the models of an evaluation, made when their turn comes, and its probes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from qagen.errors import RunFolderError, SettingsError
from qagen.evaluation.probes import make_probes, read_probes, write_probes
from qagen.evaluation.records import AT_HAND, Condition, Probe, ProbeKind
from qagen.llm import greedy_model, greedy_params
from qagen.pairs import PAIRS, PROBES, QADataset
from qagen.tuning import TuningRecord, read_record

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from qagen.tuning.hosted import Client

_TRAINING = (
    "epochs",
    "n_epochs",
    "steps",
    "rank",
    "learning_rate",
    "strength",
    "seconds",
    "device",
    "replayed",
    "stopped_early",
    "training_sha256",
    "job",
)

Probes = Probe | str | Path
"""A probe, or a file of them."""


@dataclass(frozen=True, slots=True)
class Options:
    """How models are made and asked."""

    answer_tokens: int
    base_url: str | None
    home: Path | None
    client: Client | None
    deployment: str | None
    system_prompt: str | None
    max_concurrency: int | None
    max_cost: float | None
    progress: bool
    announce: Callable[[str], None]
    config: RunnableConfig | None


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model that is asked, made only when its turn comes.

    ``known`` is what else tells it from others; ``is_heavy``: its weights may lie in this process;
    ``system_prompt`` precedes its questions, where the model does not bring it.
    """

    name: str
    make: Callable[[], BaseChatModel]
    known: Mapping[str, Any] = field(default_factory=dict)
    is_heavy: bool = False
    system_prompt: str | None = None

    def title(self, condition: Condition) -> str:
        """Its name, and what it has at hand."""
        return self.name + AT_HAND[condition]


@dataclass(frozen=True, slots=True)
class Exam:
    """Who is asked what."""

    contestants: tuple[Contestant, ...]
    options: Options
    dataset: QADataset | None
    run: Path | None = None
    training: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[Probe, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the models, in the order in which they are asked."""
        return tuple(one.name for one in self.contestants)

    @property
    def base(self) -> str | None:
        """The first model; of one alone nobody knows what it is."""
        return self.names[0] if len(self.names) > 1 else None

    @property
    def writers(self) -> tuple[str, ...]:
        """The models that wrote the trained facts, as the pairs say, or without them the probes."""
        if self.dataset is None:
            names = {probe.writer for probe in self.probes}
        else:
            taught = [pair for pair in self.dataset if pair.part != "control"]
            names = {pair.model for pair in taught if pair.form == "canonical"}
        return tuple(sorted(names - {""}))

    @property
    def withheld(self) -> int | None:
        """How many facts were withheld from training; ``None`` without the pairs."""
        if self.dataset is None:
            return None
        return len({pair.fact for pair in self.dataset if pair.part == "control"})

    @property
    def tuned(self) -> str | None:
        """The last model; with only one, there is none to compare with."""
        return self.names[-1] if len(self.names) > 1 else None


def exam_of_models(
    models: Mapping[str, str | BaseChatModel],
    baseline: str | BaseChatModel | None,
    dataset: QADataset | None,
    options: Options,
) -> Exam:
    """Models by their names, the base model first.

    Raises:
        SettingsError: There is none, or another one is named as the baseline is.
    """
    chosen = dict(models)
    if baseline is not None:
        name = baseline if isinstance(baseline, str) else "baseline"
        if not isinstance(baseline, str) and chosen.get(name, baseline) is not baseline:
            raise SettingsError(
                'models has another model named "baseline" already: give that one another name, or put the '
                "base model first in models and leave out baseline"
            )
        chosen = {name: chosen.get(name, baseline), **chosen}  # the first one stays first
    if not chosen:
        raise SettingsError("there is no model to evaluate: give a mapping of names to chat models")
    contestants = tuple(
        Contestant(name, _model_maker(model, options), system_prompt=options.system_prompt)
        for name, model in chosen.items()
    )
    return Exam(contestants, options, dataset, run=None)


def _model_maker(model: str | BaseChatModel, options: Options) -> Callable[[], BaseChatModel]:
    from langchain_core.language_models import BaseChatModel

    if isinstance(model, BaseChatModel):
        return lambda: model
    if not isinstance(model, str):
        raise SettingsError(
            f"a {type(model).__name__} is no model to ask: give a LangChain chat model or a name"
        )
    more: dict[str, Any] = {"base_url": options.base_url, "home": options.home, "announce": options.announce}
    return lambda: greedy_model(model, max_tokens=options.answer_tokens, **more)


def exam_of_run(
    run: Path, baseline: str | BaseChatModel | None, dataset: QADataset | None, options: Options
) -> Exam:
    """The base model and the tuned one of a run folder.

    Raises:
        RunFolderError: There is no such folder, or its ``tuning.json`` is missing or damaged.
        SettingsError: A system prompt is given, though the folder has one.
    """
    if not run.is_dir():
        raise RunFolderError(f"There is no run folder {run}. `qagen tune` makes one.")
    if options.system_prompt is not None:
        raise SettingsError(
            "the models of a run folder bring their own system prompt: leave out system_prompt"
        )
    record = read_record(run)
    if dataset is None and (run / PAIRS).exists():
        dataset = QADataset.load(run)
    models = _RunModels(run, record, options)
    return Exam((models.base(baseline), models.tuned()), options, dataset, run, models.training())


@dataclass(frozen=True, slots=True)
class _RunModels:
    """The models of a run folder, by its record."""

    run: Path
    record: TuningRecord
    options: Options

    @property
    def is_local(self) -> bool:
        """Whether they were tuned on this machine, and so lie in its memory when they are asked."""
        return self.record.provider == "local"

    def base(self, baseline: str | BaseChatModel | None) -> Contestant:
        """The model that was tuned, or the one that is to stand in its place."""
        record, name = self.record, "base"
        if isinstance(baseline, str) and baseline != "tuned":
            name = baseline
        hosted = isinstance(baseline, str) and ":" in baseline and not baseline.startswith("local:")
        if baseline is not None and (not isinstance(baseline, str) or (self.is_local and hosted)):
            make = _model_maker(baseline, replace(self.options, base_url=None))  # the address is the judge's
            return Contestant(name, make, is_heavy=self.is_local, system_prompt=record.system_prompt)
        return Contestant(name, self.base_maker(baseline), is_heavy=self.is_local)

    def base_maker(self, baseline: str | None) -> Callable[[], BaseChatModel]:
        """Makes the base model where the tuned one was made."""
        from qagen.tuning.tuned import base_chat_model

        record, options = self.record, self.options
        params = self.params(baseline or record.base_model)
        return lambda: base_chat_model(
            record, baseline, client=options.client, home=options.home, announce=options.announce, **params
        )

    def tuned(self) -> Contestant:
        """The tuned model."""
        from qagen.tuning.tuned import tuned_model

        run, record, options = self.run, self.record, self.options
        # A deployment may be given to another model under the same name: its job tells them apart.
        made_by = {key: value for key in ("job", "model") if (value := getattr(record, key)) is not None}
        params = self.params(record.model or record.base_model)

        def make() -> BaseChatModel:
            return tuned_model(
                run,
                client=options.client,
                deployment=options.deployment,
                home=options.home,
                announce=options.announce,
                **params,
            )

        return Contestant("tuned", make, made_by, is_heavy=self.is_local)

    def params(self, name: str) -> dict[str, Any]:
        """What makes answers short and the likeliest ones; models on this machine give these anyway."""
        if self.is_local:
            return {"max_tokens": self.options.answer_tokens}
        return greedy_params(name, max_tokens=self.options.answer_tokens)

    def training(self) -> dict[str, Any]:
        """What a card keeps of the training."""
        record = self.record
        told = {**record.model_dump(mode="json"), **record.hyperparameters, **record.details}
        known = {name: told[name] for name in _TRAINING if told.get(name) is not None}
        planned = record.details.get("plan", {}).get("strength")
        if planned is not None and planned != known.get("strength"):
            known["planned_strength"] = planned  # it would have lost trained answers: the adapter is whole
        return {
            "base_model": record.base_model,
            "provider": record.provider,
            **({} if record.examples is None else {"examples": record.examples}),
            **known,
        }


def all_probes(exam: Exam, given: Probes | Iterable[Probes] | None) -> tuple[Probe, ...]:
    """All probes, each with an id of its own.

    Raises:
        SettingsError: There is none.
    """
    own = [] if given is None else [*_read_given(given)]
    if exam.run is not None:
        own = [*_probes_of_run(exam.run, exam.dataset, needed=not own), *own]
    elif given is None and exam.dataset is not None:
        own = make_probes(exam.dataset)
    if not own:
        raise SettingsError("there is nothing to ask: give probes=, or dataset= to make them of")
    return tuple(_each_named_probe(own))


def _read_given(given: Probes | Iterable[Probes]) -> Iterator[Probe]:
    if isinstance(given, Probe):
        yield given
    elif isinstance(given, (str, Path)):
        yield from read_probes(given)
    else:
        for one in given:
            yield from _read_given(one)


def _probes_of_run(run: Path, dataset: QADataset | None, *, needed: bool) -> list[Probe]:
    file = run / PROBES
    if file.exists():
        return read_probes(file)
    if dataset is None and not needed:
        return []
    if dataset is None:
        raise RunFolderError(
            f"{run} has neither {PROBES} nor {PAIRS}, so there is nothing to ask. Make pairs with "
            "`qagen generate`, or give a file of probes."
        )
    probes = make_probes(dataset)
    write_probes(probes, file)
    return probes


def chosen_probes(
    probes: Sequence[Probe], kinds: Iterable[ProbeKind] | None, limit: int | None
) -> tuple[Probe, ...]:
    """The probes of some kinds, and of so many facts.

    Raises:
        SettingsError: There is no such kind, or no probe of one.
    """
    wanted = set(get_args(ProbeKind) if kinds is None else kinds)
    unknown = sorted(wanted - {*get_args(ProbeKind)})
    if unknown or not wanted:
        raise SettingsError(f"kinds is {unknown or kinds!r}: give some of {', '.join(get_args(ProbeKind))}")
    if limit is not None and limit < 1:
        raise SettingsError(f"limit is {limit}: it must be above 0")
    found = [probe for probe in probes if probe.kind in wanted]
    if not found:
        there = ", ".join(dict.fromkeys(probe.kind for probe in probes))
        raise SettingsError(f"there is no probe of kind {', '.join(sorted(wanted))}, only of {there}")
    drawn = None if limit is None else _drawn_facts(probes, limit)
    return tuple(one for one in found if drawn is None or not one.fact or one.fact in drawn)


def _drawn_facts(probes: Iterable[Probe], limit: int) -> set[str]:
    """So many of the trained facts and of the withheld ones, the same ones every time."""
    withheld = {probe.fact for probe in probes if probe.kind == "C"}
    trained = {probe.fact for probe in probes if probe.kind not in {"C", "G"}} - withheld

    def drawn(facts: set[str]) -> list[str]:
        return sorted(facts - {""}, key=lambda fact: hashlib.sha256(fact.encode()).hexdigest())[:limit]

    return {*drawn(trained), *drawn(withheld), *(probe.fact for probe in probes if probe.kind == "G")}


def _each_named_probe(probes: Iterable[Probe]) -> Iterator[Probe]:
    """The probes without those that stand there twice; of others with the same id, or none, it is made."""
    seen: dict[str, Probe] = {}
    for probe in probes:
        one = probe
        if not probe.id or seen.get(probe.id, probe) != probe:
            text = probe.model_dump_json(exclude={"id"})
            one = probe.model_copy(update={"id": hashlib.sha256(text.encode()).hexdigest()[:16]})
        if one.id not in seen:
            seen[one.id] = one
            yield one
