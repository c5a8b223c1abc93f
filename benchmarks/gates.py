"""How often the deterministic gates are right: precision and recall on labelled cases.

Run: python benchmarks/gates.py [--gate numbers] [--wrong] [--held]
The cases are in benchmarks/gates/, one JSON object a line, with labels that no gate had a part in: written by
hand, or (the quotes) made from hand-written texts by changes of known effect. A case that is labelled
``"bad": true`` has to be stopped: precision is the share of the stopped cases that are bad, recall the share
of the bad ones that are stopped. About a third is marked ``"held": true``; the gates were tuned on the
others. Nothing is fetched. Prints a Markdown table; --wrong lists the cases the gates get wrong (of the
held ones only with --held).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qagen.pairs.gates import check_evidence, check_language, find_twins
from qagen.pairs.review import suspicion
from qagen.pairs.writing import make_pair
from qagen.records import Passage, QAPair

FOLDER = Path(__file__).parent / "gates"
Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over the cases of a gate in one language: stopped rightly, wrongly, and bad ones let through."""

    cases: int
    right: int
    wrong: int
    missed: int

    def row(self) -> str:
        """The columns of the table, without the gate."""
        stopped, bad = self.right + self.wrong, self.right + self.missed
        precision = f"{self.right / stopped:.3f}" if stopped else "-"
        recall = f"{self.right / bad:.3f}" if bad else "-"
        return f"{self.cases} | {bad} | {precision} | {recall}"


def passage_of(case: Case) -> Passage:
    text = case["text"]
    return Passage(
        id="case#0",
        source="case",
        theme=case.get("theme", ""),
        text=text,
        start=0,
        end=len(text),
        tokens=0,
        context=case.get("context", ""),
        section=tuple(case.get("section", ())),
    )


def pair_of(case: Case) -> QAPair:
    return make_pair(
        passage_of(case),
        question=case.get("question", "?"),
        answer=case.get("answer", "?"),
        quote=case.get("quote", case["text"]),
        prompt="cases@1",
        model="cases",
    )


def evidence(*reasons: str) -> Callable[[Case], bool]:
    def stops(case: Case) -> bool:
        _, problem = check_evidence(pair_of(case), passage_of(case))
        return problem is not None and problem.reason in reasons

    return stops


def wrong_language(case: Case) -> bool:
    return check_language(pair_of(case), passage_of(case), case.get("expected")) is not None


def suspected(case: Case) -> bool:
    return suspicion(pair_of(case), passage_of(case)) is not None


def twins(case: Case) -> list[str]:
    """The kinds of the twins that the two pairs of a case are, each from a document of its own."""
    pairs = [
        QAPair(
            id=str(number),
            question=question,
            answer=answer,
            source=str(number),
            passage=str(number),
            fact=str(number),
            prompt="cases@1",
            model="cases",
        )
        for number, (question, answer) in enumerate((case["first"], case["second"]))
    ]
    return [twin.kind for twin in find_twins(pairs)]


def is_duplicate(case: Case) -> bool:
    return "duplicate" in twins(case)


def is_conflict(case: Case) -> bool:
    """Whether the pairs are in conflict, and of the kind the case names if it names one."""
    found = [kind for kind in twins(case) if kind != "duplicate"]
    return case["kind"] in found if case["kind"] else bool(found)


# A gate: its files (with "*" for the language), and whether it stops a case.
GATES: dict[str, tuple[str, Callable[[Case], bool]]] = {
    "quotes": ("quotes-*.jsonl", evidence("quote_not_found", "quote_from_context", "no_quote")),
    "numbers": ("numbers-*.jsonl", evidence("number_not_in_source")),
    "names": ("names-*.jsonl", evidence("name_not_in_source")),
    "language": ("language-*.jsonl", wrong_language),
    "duplicates": ("duplicates_*.jsonl", is_duplicate),
    "conflicts": ("conflicts_*.jsonl", is_conflict),
    "self-contained": ("self_contained_*.jsonl", suspected),
}


def cases(pattern: str) -> Iterator[tuple[str, list[Case]]]:
    """The language and the cases of each file of a gate."""
    for path in sorted(FOLDER.glob(pattern)):
        language = path.stem[-2:]
        yield language, [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def score(stops: Callable[[Case], bool], labelled: list[Case]) -> Score:
    told = [(stops(case), bool(case["bad"])) for case in labelled]
    return Score(
        len(told),
        sum(stopped and bad for stopped, bad in told),
        sum(stopped and not bad for stopped, bad in told),
        sum(bad and not stopped for stopped, bad in told),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gate", choices=sorted(GATES), help="only this one")
    parser.add_argument("--wrong", action="store_true", help="list the cases that are judged wrongly")
    parser.add_argument("--held", action="store_true", help="with --wrong: those held back too")
    options = parser.parse_args()
    print("| gate | language | part | cases | bad | precision | recall |\n|---|---|---|---|---|---|---|")
    wrong: list[str] = []
    for gate, (pattern, stops) in GATES.items():
        if options.gate not in {None, gate}:
            continue
        for language, labelled in cases(pattern):
            for part, held in (("tuned on", False), ("held back", True)):
                chosen = [case for case in labelled if bool(case.get("held")) is held]
                print(f"| {gate} | {language} | {part} | {score(stops, chosen).row()} |")
                if not held or options.held:
                    wrong += [f"{gate} {case}" for case in chosen if stops(case) != bool(case["bad"])]
    if options.wrong:
        print("\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
