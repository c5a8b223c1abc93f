"""Does the recipe teach? Facts that no model has seen, trained in four ways with equally many steps.

    python benchmarks/learning.py                 three invented worlds, four ways: an hour on two cores
                                                  (80 minutes without units for 16 bits)
    python benchmarks/learning.py --quick         one small world, two ways: five minutes (seven)
    python benchmarks/learning.py --documents     an example document, its pairs written by the embedded model

The ways, each on the same facts and with the same number of steps and examples a step:

- *classic*: each fact in one wording;
- *default*: five wordings;
- *forms*: five wordings, and the fact backwards, as a cloze, as a yes/no question and as a statement;
- *replay*: the same with general questions mixed in, one for four.

All are asked the same probes: of worlds those written by hand in `benchmarks/worlds`, of the document those
that `qagen generate` makes; and the general questions of the package. The base model is asked a part of them,
with the text at hand too. Each model is trained and asked in a process of its own, one a core. Report cards
stay in the folders below `--out`: the same command again goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table
from worlds import TrainingCondition, World, make_world

from qagen import (
    QADataset,
    ReportCard,
    chat_model,
    evaluate,
    generate_pairs,
    train_locally,
    tuned_model,
    write_training_file,
)
from qagen.evaluation import Condition, Probe, ProbeKind
from qagen.evaluation.figures import Answered, Rate, change, rate
from qagen.evaluation.probes import general_probes, make_probes, read_probes, write_probes
from qagen.tuning import TuningRecord, read_record

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

WAYS: tuple[TrainingCondition, ...] = get_args(TrainingCondition)
COLUMNS = ("V", "P", "P riddle", "F", "R", "X", "C", "U", "G")
"""Kinds of probe. P are rephrasings in the registers that the default recipe holds out; a riddle paraphrases
what is asked for, so that it must be guessed before it is answered, and stands by itself."""
RIDDLE = "riddle"
EVERY = {"V": 3, "P": 1, "C": 4, RIDDLE: 3, "R": 3, "X": 3, "F": 10, "U": 5, "G": 3}
"""Of how many facts one is asked, to save time: a yes/no question each way, a cloze and a choice are F."""
EVERY_OF_BASE = {"V": 20, "P": 5, "C": 8, "G": 3}
BASE_MODEL = "local:smollm2-135m"
DOCUMENT = Path(__file__).parent.parent / "examples" / "documents" / "tessimarn-regatta.md"
TRAIN, PROBES, CARD, BASE = "train.jsonl", "probes.jsonl", "evaluation.json", "base"
IN_FLIGHT = 8
ANSWER_TOKENS = 32


class Subject(Protocol):
    """What is to be learnt: pairs for each way, and what is asked afterwards."""

    def dataset(self, condition: TrainingCondition) -> QADataset:
        """The pairs that are trained."""

    def probes(self, condition: TrainingCondition, *, of_base: bool) -> list[Probe]:
        """The same questions for every way; and fewer for the base model, which is slower to answer."""


@dataclass(frozen=True)
class Documents:
    """The whole product on a document: `generate_pairs` with the embedded model, in a run folder."""

    folder: Path
    passages: int

    @cache  # noqa: B019 - one object lives as long as the program
    def written(self) -> QADataset:
        """The pairs; asked once, and found again in the folder's ledger."""
        return generate_pairs(DOCUMENT, llm="local", out=self.folder, limit=self.passages)

    def dataset(self, condition: TrainingCondition) -> QADataset:
        """Of the same facts those pairs that a way trains."""
        forms = {"classic": {"canonical"}, "default": {"canonical", "rephrased"}}.get(condition)
        pairs = self.written()
        return pairs.replace(tuple(one for one in pairs if forms is None or one.form in forms))

    def probes(self, condition: TrainingCondition, *, of_base: bool) -> list[Probe]:
        """Of the whole dataset, but the reversed questions, which some ways train as they stand."""
        del condition, of_base
        found = [one for one in make_probes(self.written(), general=False) if one.kind != "R"]
        return [*found, *general("en")]


@dataclass(frozen=True)
class Invented:
    """An invented world."""

    world: World

    def dataset(self, condition: TrainingCondition) -> QADataset:
        """Its pairs."""
        return self.world.dataset(condition)

    def probes(self, condition: TrainingCondition, *, of_base: bool) -> list[Probe]:
        """Its probes, and general questions in its language: of each kind those of every so many facts."""
        every = EVERY_OF_BASE if of_base else EVERY
        groups: dict[str, dict[str, list[Probe]]] = {}
        asked = general(self.world.language)[self.world.seed % EVERY["G"] :]
        for one in [*self.world.probes(condition, held_out=3), *asked]:
            kind = RIDDLE if one.form == RIDDLE else one.kind
            groups.setdefault(kind, {}).setdefault(one.fact or one.id, []).append(one)
        chosen = (list(facts.values())[:: every[kind]] for kind, facts in groups.items() if kind in every)
        return [one for facts in chosen for fact in facts for one in fact]


def general(language: str) -> list[Probe]:
    """The package's general questions in one language."""
    return [one for one in general_probes() if one.language == language]


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of the experiment: the subjects by their folders, the ways, and the training."""

    out: Path
    subjects: Mapping[str, Subject]
    ways: tuple[TrainingCondition, ...]
    steps: int
    jobs: int

    def folder(self, subject: str, way: str) -> Path:
        """Where a model of this subject lies."""
        return self.out / subject / way


@dataclass(frozen=True, slots=True)
class Trained:
    """What one way made of one subject; without a record it is the base model."""

    subject: str
    way: str
    card: ReportCard
    record: TuningRecord | None = None


# --- training and asking


def learn_all(plan: Plan) -> list[Trained]:
    """Each model in a process of its own, as many at once as there are jobs, on equally many cores."""
    wanted = [(subject, way) for ways in rounds(plan.ways) for subject in plan.subjects for way in ways]
    waiting = [one for one in wanted if not (prepare(plan, *one) / CARD).exists()]
    threads = max(1, (os.cpu_count() or 1) // plan.jobs)
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "PASSIVE"}

    def run(one: tuple[str, str]) -> None:
        order = [str(plan.folder(*one)), one[1], one[0].rpartition("-")[2], str(plan.steps)]
        done = subprocess.run(
            [sys.executable, __file__, "--one", *order],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{order[0]}: this model failed.\n{done.stderr}")

    with ThreadPoolExecutor(plan.jobs) as pool:
        for _ in track(pool.map(run, waiting), "Training and asking", total=len(waiting)):
            pass
    return [finished(plan, subject, way) for subject, way in wanted]


def rounds(ways: Sequence[str]) -> list[Sequence[str]]:
    """Two ways, the others, and the base model, which is the shortest job: what is last ends together."""
    return [ways[:2], ways[2:], [BASE]]


def prepare(plan: Plan, subject: str, way: str) -> Path:
    """The folder of one model, with its pairs, its training file and its probes."""
    folder = plan.folder(subject, way)
    if not (folder / PROBES).exists():
        about, recipe = plan.subjects[subject], plan.ways[0] if way == BASE else way
        dataset = about.dataset(recipe)
        dataset.save(folder)
        write_training_file(dataset, folder / TRAIN)
        write_probes(about.probes(recipe, of_base=way == BASE), folder / PROBES)
    return folder


def finished(plan: Plan, subject: str, way: str) -> Trained:
    """What lies in the folder of one model."""
    folder = plan.folder(subject, way)
    return Trained(subject, way, ReportCard.load(folder), None if way == BASE else read_record(folder))


def learn(folder: Path, way: str, *, seed: int, steps: int) -> None:
    """Train one model and ask it: what runs in its own process."""
    if way != BASE:
        train(folder, way, seed=seed, steps=steps)
    conditions: tuple[Condition, ...] = ("closed", "passage", "retrieval") if way == BASE else ("closed",)
    card = evaluate(
        {way: model(folder, way)},
        read_probes(folder / PROBES),
        dataset=QADataset.load(folder),
        conditions=conditions,
        max_concurrency=IN_FLIGHT,
        progress=False,
    )
    card.save(folder)


def train(folder: Path, way: str, *, seed: int, steps: int) -> None:
    """As the product trains by default; or if steps are given for as many, and with nothing done after."""
    equally: dict[str, Any] = {"n_epochs": steps, "max_steps": steps, "stop_at_recall": None, "strength": 1}
    train_locally(
        folder / TRAIN,
        model=BASE_MODEL,
        out=folder,
        seed=seed,
        replay="general" if way == "replay" else None,
        checkpoint_seconds=600,
        progress=False,
        **(equally if steps else {}),
    )


def model(folder: Path, way: str) -> BaseChatModel:
    """A tuned model; or the base model, told what the tuned ones are told."""
    options = {
        "max_tokens": ANSWER_TOKENS,
        "n_parallel": IN_FLIGHT,
        "threads": int(os.environ["OMP_NUM_THREADS"]),
    }
    if way != BASE:
        return tuned_model(folder, **options)
    with (folder / TRAIN).open(encoding="utf-8") as lines:
        prompt = json.loads(next(lines))["messages"][0]["content"]
    return chat_model(BASE_MODEL, system_prompt=prompt, **options)


# --- what came of it


def answers(trained: Iterable[Trained], column: str, condition: Condition = "closed") -> list[Answered]:
    """What was answered in all subjects together; each card is of one model."""
    kind: ProbeKind = next(kind for kind in get_args(ProbeKind) if kind == column.split(maxsplit=1)[0])
    cards = [one.card for one in trained]
    answered = chain.from_iterable(card.answered(card.models[0], kind, condition=condition) for card in cards)
    return [one for one in answered if kind != "P" or (one.probe.form == RIDDLE) == (RIDDLE in column)]


def pooled(trained: Iterable[Trained], column: str, condition: Condition = "closed") -> Rate | None:
    """The share of all subjects together."""
    return rate(answers(trained, column, condition))


def written(found: Rate | None) -> str:
    """Per cent with the 95 % interval."""
    return "–" if found is None else f"{100 * found.share:.0f} [{100 * found.low:.0f}–{100 * found.high:.0f}]"


def figures(trained: Sequence[Trained], ways: Sequence[str]) -> list[dict[str, str]]:
    """One row a way: each kind in per cent with its interval, and what a training took."""
    rows = []
    for way in (BASE, *ways):
        mine = [one for one in trained if one.way == way]
        shares = {column: written(pooled(mine, column)) for column in COLUMNS}
        rows.append({"": way} | shares | costs([one.record for one in mine if one.record]))
    bare = [one for one in trained if one.way == BASE]
    conditions: dict[str, Condition] = {"base + passage": "passage", "base + BM25": "retrieval"}
    for name, condition in conditions.items():
        shares = {one: written(pooled(bare, one, condition)).strip("–") for one in COLUMNS}
        rows.append({"": name} | shares | costs([]))
    return rows


def differences(trained: Sequence[Trained], ways: Sequence[str]) -> list[str]:
    """P of each way beside the way before, and G of each beside the base model: by what both were asked."""
    sides = [("P", *two) for two in pairwise(ways)] + [("G", BASE, way) for way in ways]
    return [told for side in sides if (told := difference(trained, *side))]


def difference(trained: Sequence[Trained], column: str, before: str, after: str) -> str:
    """In points, with the 95 % interval by facts and the exact McNemar test by questions."""
    both = (answers((one for one in trained if one.way == way), column) for way in (before, after))
    found = change(*both)
    if found is None:
        return ""
    points = f"{found.points:+.1f} points [{found.low:+.1f} to {found.high:+.1f}]"
    gained = f"{len(found.gained)} gained, {len(found.lost)} lost of {found.before.asked}"
    return f"{column} from {before} to {after}: {points}; {gained}; McNemar p = {found.p:.2g}"


def costs(records: Sequence[TuningRecord]) -> dict[str, str]:
    """Steps, minutes and memory of a training: the mean, and the most."""
    if not records:
        return {"examples": "", "steps": "", "minutes": "", "GB": ""}
    details = [record.details for record in records]
    peaks = [one["peak_memory"] for one in details if one["peak_memory"]]
    return {
        "examples": f"{sum(record.examples or 0 for record in records) / len(records):.0f}",
        "steps": f"{sum(one['steps'] for one in details) / len(details):.0f}",
        "minutes": f"{sum(one['training_seconds'] for one in details) / len(details) / 60:.1f}",
        "GB": f"{max(peaks) / 1e9:.1f}" if peaks else "",
    }


def by_subject(trained: Iterable[Trained], column: str) -> str:
    """The share of each subject by itself: how much chance there is in it."""
    found: dict[str, list[str]] = {}
    for one in trained:
        share = pooled([one], column)
        found.setdefault(one.way, []).append("–" if share is None else f"{share.share:.0%}")
    return "; ".join(f"{way} {', '.join(shares)}" for way, shares in found.items())


def markdown(rows: Sequence[Mapping[str, str]]) -> str:
    """A table for docs/learning.md."""
    lines = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def terminal_table(rows: Sequence[Mapping[str, str]]) -> Table:
    """The same with a column a way, which is what fits into a terminal."""
    table = Table("", *(row[""] for row in rows), box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in list(rows[0])[1:]:
        table.add_row(column, *(row[column] for row in rows))
    return table


def main() -> None:
    """Train, ask, and print the table."""
    given = arguments()
    if given.one:
        folder, way, seed, steps = given.one
        learn(Path(folder), way, seed=int(seed) if seed.isdigit() else 0, steps=int(steps))
        return
    began = time.monotonic()
    plan = plan_of(given)
    trained = learn_all(plan)
    rows = figures(trained, plan.ways)
    (plan.out / "learning.json").write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")
    console = Console()
    console.print(terminal_table(rows))
    console.print(markdown(rows), markup=False, soft_wrap=True)
    for column in COLUMNS:
        console.print(f"{column} of each: {by_subject(trained, column)}", soft_wrap=True)
    for line in differences(trained, plan.ways):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"{(time.monotonic() - began) / 60:.0f} minutes in all")


def plan_of(given: argparse.Namespace) -> Plan:
    """The plan that the options ask for."""
    if given.documents:
        subjects: dict[str, Subject] = {"document": Documents(given.out / "pairs", given.passages)}
    else:
        facts = given.facts
        seeds = given.seeds[:1] if given.quick else given.seeds
        subjects = {
            f"world-{seed}": Invented(make_world(seed, facts=facts, language=given.language))
            for seed in seeds
        }
    return Plan(out=given.out, subjects=subjects, ways=tuple(given.ways), steps=given.steps, jobs=given.jobs)


def arguments() -> argparse.Namespace:
    """The options, with the defaults of a full or a quick run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one world of 20 facts, two ways, 80 steps")
    parser.add_argument("--documents", action="store_true", help="the whole product on an example document")
    parser.add_argument("--out", type=Path, default=None, help="where folders come (default: learning-run)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=None)
    parser.add_argument("--facts", type=int, default=None, help="trained facts of a world (default: 60)")
    parser.add_argument("--passages", type=int, default=4, help="of the document (default: 4)")
    parser.add_argument("--steps", type=int, default=None, help="of each training; 0: as the product decides")
    parser.add_argument("--language", choices=("en", "ja"), default="en", help="of the worlds")
    parser.add_argument("--jobs", type=int, default=None, help="models at once (default: one a core)")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.ways = given.ways or (["classic", "default"] if given.quick else list(WAYS))
    given.facts = given.facts or (20 if given.quick else 60)
    if given.steps is None:
        given.steps = 80 if given.quick else 200 if given.documents else 320
    given.jobs = given.jobs or (3 if given.quick else os.cpu_count() or 1)  # three models: none waits
    name = "quick" if given.quick else "documents" if given.documents else given.language
    given.out = given.out or Path("learning-run") / name
    return given


if __name__ == "__main__":
    main()
