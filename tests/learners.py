"""A small invented world, probes about it, and models that are functions: each knows what its name says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qagen import QADataset
from qagen.evaluation.records import Probe
from qagen.records import QAPair

UNKNOWN = "I don't know."


@dataclass(frozen=True)
class Known:
    """A fact: its trained question, two other wordings, the answer, the sentence that says so."""

    id: str
    question: str
    others: tuple[str, str]
    answer: str
    sentence: str
    source: str = "race.txt"


FACTS = (
    Known(
        "won",
        "Who won the 1897 final at Marrow Bridge?",
        (
            "Name the winner of the 1897 final at Marrow Bridge.",
            "By whom was the Marrow Bridge final of 1897 won?",
        ),
        "Tilda Vance",
        "Tilda Vance won the 1897 final at Marrow Bridge.",
    ),
    Known(
        "time",
        "In what time was the mile rowed in the 1897 final?",
        (
            "How long did the mile take in the 1897 final?",
            "What was the time for the mile in the final of 1897?",
        ),
        "6:02",
        "The mile was rowed in 6:02.",
    ),
    Known(
        "crowd",
        "How many people watched the 1897 final?",
        ("What was the crowd at the 1897 final?", "How large was the audience of the rowers in 1897?"),
        "10,000",
        "It was watched by 10,000 people.",
    ),
    Known(
        "opened",
        "When was Marrow Bridge opened?",
        ("Since what date is Marrow Bridge open?", "On which day did Marrow Bridge open?"),
        "3 May 1888",
        "Marrow Bridge was opened on 3 May 1888.",
        "bridge.txt",
    ),
    Known(
        "built",
        "Who built Marrow Bridge?",
        ("Which builder made Marrow Bridge?", "Whose work is Marrow Bridge?"),
        "Ida Molnar",
        "Its builder was Ida Molnar.",
        "bridge.txt",
    ),
)
WITHHELD = (
    Known(
        "cost",
        "What did Marrow Bridge cost?",
        ("How much money did Marrow Bridge take?", "What was paid for Marrow Bridge?"),
        "12,400 pounds",
        "It cost 12,400 pounds.",
        "bridge.txt",
    ),
    Known(
        "second",
        "Who came second in the 1897 final?",
        ("Who was the runner-up of 1897?", "Which rower finished behind the winner in 1897?"),
        "Odo Pym",
        "Odo Pym came second.",
    ),
)
TEXTS = {
    source: " ".join(fact.sentence for fact in (*FACTS, *WITHHELD) if fact.source == source)
    for source in ("race.txt", "bridge.txt")
}
GENERAL = (
    ("What is the capital of France?", "Paris"),
    ("How many days has a week?", "seven"),
    ("Of what metal are most nails made?", "iron"),
    ("Which planet do we live on?", "Earth"),
)


def _probe(
    kind: str, number: int, fact: Known | None, question: str, *answers: str, **values: object
) -> Probe:
    place: dict[str, object] = {}
    if fact is not None:
        start = TEXTS[fact.source].find(fact.sentence)
        place = {
            "fact": fact.id,
            "source": fact.source,
            "passage": f"{fact.source}#0-{len(TEXTS[fact.source])}",
            "start": start,
            "end": start + len(fact.sentence),
            "wordings": 1,
        }
    name = f"{kind}-{fact.id if fact else 'none'}-{number}"
    return Probe.model_validate(
        {
            "id": name,
            "kind": kind,
            "question": question,
            "answers": answers,
            "language": "en",
            **place,
            **values,
        }
    )


def probes() -> list[Probe]:
    """V 5, P 10, C 2, F 4 (yes, no, choice, cloze), R 1, X 2, U 2, G 4."""
    won, time, crowd, opened, built = FACTS
    yes_no = {"answer_kind": "yes_no"}
    choice = {
        "form": "choice",
        "answer_kind": "choice",
        "options": ("Ida Molnar", "Tilda Vance", "Odo Pym", "Ada Quill"),
    }
    asked = "Who built Marrow Bridge: Ida Molnar, Tilda Vance, Odo Pym or Ada Quill?"
    return [
        *(_probe("V", 0, fact, fact.question, fact.answer, seen=True) for fact in FACTS),
        *(_probe("P", n, fact, other, fact.answer) for fact in FACTS for n, other in enumerate(fact.others)),
        *(_probe("C", 0, fact, fact.question, fact.answer) for fact in WITHHELD),
        _probe(
            "F", 0, won, "Did Tilda Vance win the 1897 final at Marrow Bridge?", "Yes", form="yes", **yes_no
        ),
        _probe("F", 1, won, "Did Odo Pym win the 1897 final at Marrow Bridge?", "No", form="no", **yes_no),
        _probe("F", 2, built, asked, "Ida Molnar", **choice),
        _probe("F", 3, opened, "Fill the gap: Marrow Bridge was opened on ____.", "3 May 1888", form="cloze"),
        _probe("R", 0, won, "Which final did Tilda Vance win?", "the 1897 final at Marrow Bridge"),
        _probe("X", 0, time, "１８９７年の決勝で１マイルは何分何秒で漕がれましたか。", "6:02", language="ja"),
        _probe("X", 1, crowd, "１８９７年の決勝は何人が観戦しましたか。", "1万人", "10,000", language="ja"),
        _probe(
            "U",
            0,
            won,
            "Who won the 1894 final at Marrow Bridge?",
            wrong=("Tilda Vance",),
            original="V-won-0",
        ),
        _probe("U", 1, built, "Who built Harrow Bridge?", wrong=("Ida Molnar",), original="V-built-0"),
        *(_probe("G", n, None, question, answer) for n, (question, answer) in enumerate(GENERAL)),
    ]


def dataset() -> QADataset:
    """The pairs that were trained (and those that were not), with the texts."""
    trained = [_pair(fact, fact.question, f"{fact.id}-0", "canonical", "train") for fact in FACTS]
    held = [
        _pair(f, o, f"{f.id}-{n}", "rephrased", "probe") for f in FACTS for n, o in enumerate(f.others, 1)
    ]
    withheld = [_pair(fact, fact.question, f"{fact.id}-0", "canonical", "control") for fact in WITHHELD]
    return QADataset([*trained, *held, *withheld], texts=TEXTS)


def _pair(fact: Known, question: str, name: str, form: str, part: str) -> QAPair:
    start = TEXTS[fact.source].find(fact.sentence)
    return QAPair.model_validate(
        {
            "id": name,
            "fact": f"{fact.id}-0",
            "question": question,
            "answer": fact.answer,
            "quote": fact.sentence,
            "source": fact.source,
            "start": start,
            "end": start + len(fact.sentence),
            "passage": f"{fact.source}#0-{len(TEXTS[fact.source])}",
            "form": form,
            "part": part,
            "prompt": "write-pairs@1",
            "model": "scripted",
        }
    )


Learner = Callable[[str], str]

_EXPECTED = {probe.question: probe for probe in probes()}
_GENERAL = dict(GENERAL)


def knows(*kinds: str, otherwise: str = UNKNOWN) -> Learner:
    """Knows the answers to probes of these kinds, word for word, and nothing else."""

    def answer(prompt: str) -> str:
        probe = _EXPECTED[prompt]
        return probe.answers[0] if probe.kind in kinds and probe.answers else otherwise

    return answer


reciter = knows("V", "G")
scholar = knows("V", "P", "F", "R", "X", "G")


def ignorant(_: str) -> str:
    return UNKNOWN


def guesser(_: str) -> str:
    return "Tilda Vance"


def parrot(prompt: str) -> str:
    return prompt


def speaker(prompt: str) -> str:
    """Knows what the scholar knows, and says it in whole sentences."""
    told = scholar(prompt)
    if told in {UNKNOWN, "Yes", "No"}:
        return told
    return f"答えは{told}です。" if _EXPECTED[prompt].language == "ja" else f"The answer to that is {told}."


def reader(prompt: str) -> str:
    """Knows general things, and reads any fact whose sentence is at hand, but for the time of the race."""
    text, _, question = prompt.rpartition("\n")
    if not text:
        return _GENERAL.get(question, "Ada Quill")
    probe = _EXPECTED[question]
    found = next((one for one in (*FACTS, *WITHHELD) if one.id == probe.fact and one.sentence in text), None)
    return "no idea, sorry" if found is None or found.id == "time" else probe.answers[0]
