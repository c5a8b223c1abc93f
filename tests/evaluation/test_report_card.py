"""The report card: every figure against what it is by hand, the sentence in every situation, what is seen."""

import json
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser

import pytest
from conftest import ROOT
from rich.cells import cell_len
from rich.console import Console

from qagen.errors import RunFolderError, SettingsError
from qagen.evaluation.comparing import compare
from qagen.evaluation.figures.findings import GLOSSARY
from qagen.evaluation.figures.statistics import kappa, wilson
from qagen.evaluation.records import Probe, Result, Score
from qagen.evaluation.report_card import ReportCard
from qagen.evaluation.showing.display import as_text
from qagen.evaluation.showing.layout import card_sheet, numbers
from qagen.records import Leak, Usage

WHO = ("base", "tuned", "other", "passage", "retrieval")


def ask(kind, fact, **options):
    """A question and who answers it right; ``passage`` and ``retrieval`` are the base model with these."""
    who = {
        name: options.pop(name)
        for name in ("base", "tuned", "other", "passage", "retrieval")
        if name in options
    }
    return kind, fact, who, options


def score(right):
    return Score(exact=right, contained=right, f1=float(right), verdict="right" if right else "wrong")


def made(*asked, base="base", tuned="tuned", **parts):
    """A card of these questions; models are those that were asked."""
    probes, results = [], []
    for number, (kind, fact, who, options) in enumerate(asked):
        fields = {"question": f"Question {number}?", "answers": ("the answer",), **options}
        probe = Probe(**{"id": f"{kind}{number}", "kind": kind, "fact": fact, **fields})
        probes.append(probe)
        for name, right in who.items():
            model, condition = (name, "closed") if name in {"base", "tuned", "other"} else ("base", name)
            reply = "the answer" if right else "something else"
            results.append(
                Result(
                    model=model,
                    condition=condition,
                    probe=probe.id,
                    reply=reply,
                    score=score(right),
                    right=right,
                )
            )
    models = tuple(dict.fromkeys(one.model for one in results))
    roles = {"base": base if base in models else None, "tuned": tuned if tuned in models else None}
    return ReportCard(**{"probes": probes, "results": results, "models": models, **roles, **parts})


def many(number, kind, start=0, **who):
    """Questions about as many facts; a model gets the first of them right, as many as it is given."""
    return [
        ask(kind, f"{kind}-fact {at + start}", **{name: at < right for name, right in who.items()})
        for at in range(number)
    ]


def small():
    """Ten facts, two P wordings each: base 2 of 20, tuned 16 of 20, with the passage 18 of 20."""
    asked = []
    for at in range(10):
        asked.append(
            ask("P", f"f{at}", base=at == 0, tuned=at < 8, passage=at < 9, wordings=5, source=f"{at % 2}.txt")
        )
        asked.append(
            ask("P", f"f{at}", base=at == 0, tuned=at < 8, passage=at < 9, wordings=2, source=f"{at % 2}.txt")
        )
    return [*asked, *many(10, "C", base=1, tuned=2), *many(20, "G", base=18, tuned=16)]


# --- figures by hand


def test_a_rate_counts_questions_and_its_interval_facts():
    rate = made(*small()).rate("tuned", "P")
    assert (rate.right, rate.asked, rate.facts, rate.share) == (16, 20, 10, 0.8)
    assert (rate.exact, rate.contained, rate.f1, rate.failed) == (0.8, 0.8, pytest.approx(0.8), 0)
    assert rate.effective == pytest.approx(10, rel=0.15)
    assert rate.half_width > wilson(16, 20).half_width
    assert rate.half_width == pytest.approx(wilson(8, 10).half_width, rel=0.1)


def test_a_rate_of_nothing_is_none():
    card = made(*small())
    assert card.rate("tuned", "V") is None
    assert card.rate("tuned", "P", condition="retrieval") is None
    assert card.rate("tuned", "P", where=lambda probe: not probe) is None


def test_a_rate_can_be_of_some_questions_and_by_the_words_alone():
    card = made(*small())
    assert card.rate("tuned", "P", where=lambda probe: probe.source == "0.txt").asked == 10
    words = Score(exact=False, contained=True, f1=0.5, verdict="wrong")
    judged = [one.model_copy(update={"score": words, "judged": one.right}) for one in card.results]
    card = card.model_copy(update={"results": tuple(judged)})
    assert card.rate("tuned", "P").share == 0.8
    assert card.rate("tuned", "P", measure="exact").share == 0
    assert card.rate("tuned", "P", measure="contained").share == 1


def test_a_failed_call_is_asked_and_not_right():
    card = made(ask("P", "f", tuned=True), ask("P", "g", tuned=True))
    failed = card.results[1].model_copy(update={"failure": "refused: 429"})
    card = card.model_copy(update={"results": (card.results[0], failed)})
    rate = card.rate("tuned", "P")
    assert (rate.right, rate.asked, rate.failed) == (1, 2, 1)
    assert "1 call to the tuned model failed" in str(card.warnings[0])


def test_an_unknown_model_is_an_error_that_names_the_known_ones():
    with pytest.raises(SettingsError, match="base, tuned"):
        made(*small()).rate("gpt", "P")


def test_a_card_needs_its_base_and_tuned_model_among_its_models():
    with pytest.raises(ValueError, match="none of the models"):
        ReportCard(probes=(), results=(), models=("a",), base="b")


def test_a_change_by_hand():
    """Of six questions one is lost and three are gained: 2 of 6 to 4 of 6, p = 2 (1 + 4) / 16."""
    was = [True, True, False, False, False, False]
    now = [True, False, True, True, True, False]
    card = made(*(ask("P", f"f{at}", base=was[at], tuned=now[at]) for at in range(6)))
    change = card.change("P")
    assert [probe.id for probe in change.lost] == ["P1"]
    assert [probe.id for probe in change.gained] == ["P2", "P3", "P4"]
    assert change.points == pytest.approx(100 / 3)
    assert change.p == pytest.approx(0.625)
    assert change.low < 0 < change.high
    assert not change.is_clear


def test_a_change_is_over_what_both_were_asked():
    card = made(ask("P", "a", base=True, tuned=True), ask("P", "b", tuned=False), ask("P", "c", base=True))
    change = card.change("P")
    assert (change.before.asked, change.after.asked, change.points) == (1, 1, 0)
    assert card.change("G") is None
    assert any(one.code == "unequal" for one in card.warnings)


def test_recovery_by_hand():
    """(16 - 2) / (18 - 2) = 87.5 %; with the drift of C, (14/20 - 1/10) / (16/20) = 75 %."""
    card = made(*small())
    assert card.recovery.value == pytest.approx(0.875)
    assert card.controlled_recovery.value == pytest.approx(0.75)
    assert card.recovery.low < card.recovery.value <= card.recovery.high


def test_a_recovery_is_shown_as_all_at_most_and_kept_as_computed():
    card = made(*many(100, "P", base=0, tuned=90, passage=63))
    assert card.recovery.value == pytest.approx(90 / 63)
    shown = " ".join(str(card).split())
    assert "143" not in shown
    assert "Recovery 100 % or more of what the passage at hand gives the base model, the tuned" in shown
    assert "model has without it; reading it, the base model answers less" in shown
    swapped = [ask("P", f"f{at}", base=False, tuned=at < 62, passage=at >= 37) for at in range(100)]
    some = dict(numbers(made(*swapped)))["Recovery"]
    assert re.match(r"98 % \[\d\d to 100 or more\] of what the passage", some)


def test_beyond_drift_has_an_interval_from_twenty_withheld_facts_on():
    """With fewer, a bootstrap by fact holds the truth far less often than it says."""
    asked = many(40, "P", base=4, tuned=30, passage=36)
    few = made(*asked, *many(19, "C", base=1, tuned=4))
    assert few.controlled_recovery.value is not None
    assert (few.controlled_recovery.low, few.controlled_recovery.high) == (None, None)
    assert "19 withheld facts only: an interval takes 20" in " ".join(str(few).split())
    enough = made(*asked, *many(20, "C", base=1, tuned=4))
    found = enough.controlled_recovery
    assert found.low < found.value <= found.high
    assert found.low < enough.recovery.low


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (many(9, "P", base=1, tuned=8), "no probe was asked"),
        (many(9, "P", base=5, tuned=8, passage=5), "hardly more"),
        (many(9, "P", base=5, tuned=8, passage=2), "hardly more"),
        (many(9, "G", base=5, tuned=8), "no probe was asked"),
    ],
)
def test_a_recovery_that_is_none_says_why(asked, reason):
    for found in (made(*asked).recovery, made(*asked, *many(3, "C", base=0, tuned=0)).recovery):
        assert found.value is None
        assert found.low is None
        assert reason in found.reason
        assert not found


@pytest.mark.parametrize("facts", [1, 8])
def test_a_recovery_of_facts_that_are_all_alike_has_no_interval_and_says_so(facts):
    found = made(*many(facts, "P", base=0, tuned=facts, passage=facts)).recovery
    assert (found.value, found.low, found.high) == (1.0, None, None)
    assert "too few or too alike" in found.reason


def test_a_recovery_takes_a_base_model():
    assert "base and a tuned" in made(*many(9, "P", tuned=8)).recovery.reason


def test_beyond_drift_takes_withheld_facts():
    found = made(*many(9, "P", base=1, tuned=8, passage=9)).controlled_recovery
    assert found.value is None
    assert "withheld" in found.reason


def test_what_is_known_above_withheld_facts_by_hand():
    found = made(*small()).above_control
    assert found.value == pytest.approx(80 - 20)
    assert found.low < 60 < found.high
    assert made(*many(3, "P", tuned=2)).above_control.value is None


def test_forgetting_by_hand():
    card = made(*small())
    assert card.forgetting.points == pytest.approx(-10)
    assert len(card.forgetting.lost) == 2
    assert (card.still_known.right, card.still_known.asked) == (16, 18)


def test_twins_are_told_apart_when_the_original_is_answered_and_the_twin_declined():
    originals = [ask("V", f"f{at}", id=f"o{at}", tuned=at < 3) for at in range(4)]
    declined = [True, False, True, True]
    twins = [
        ask("U", f"f{at}", original=f"o{at}", answers=(), wrong=("the answer",), tuned=declined[at])
        for at in range(4)
    ]
    card = made(*originals, *twins, ask("U", "x", original="not asked", answers=(), tuned=True))
    told = card.told_apart()
    assert (told.right, told.asked) == (2, 4)
    assert card.rate("tuned", "U").right == 4
    assert made(*small()).told_apart() is None


def judged_by(card, *verdicts):
    """The card with these verdicts of words, of a judge, and what counts, for its answers in turn."""
    results = [
        one.model_copy(
            update={"score": one.score.model_copy(update={"verdict": words}), "judged": judge, "right": right}
        )
        for one, (words, judge, right) in zip(card.results, verdicts, strict=True)
    ]
    return card.model_copy(update={"results": tuple(results), "judge": "gpt"})


def test_agreement_with_the_judge_is_over_what_words_decide():
    decided = [("right", True)] * 20 + [("right", False)] * 5 + [("abstained", False)] * 10
    decided += [("hedged", True)] * 3 + [("several", False)] * 2
    opened = [("wrong", True)] * 7 + [("wrong", False)] * 4 + [("wrong", None)] * 2
    verdicts = [(words, judge, words == "right") for words, judge in decided]
    verdicts += [(words, judge, bool(judge)) for words, judge in opened]
    asked = [ask("P", f"f{at}", tuned=True) for at in range(len(verdicts))]
    card = judged_by(made(*asked), *verdicts)
    words = [one == "right" for one, _ in decided]
    assert card.judge_agreement == kappa(words, [judge for _, judge in decided])
    assert (card.judge_agreement.asked, card.judge_agreement.same) == (40, 32)
    assert (card.judge_decided.right, card.judge_decided.asked) == (7, 11)
    assert card.unjudged == 2


def test_a_judge_that_saw_open_answers_only_has_no_agreement_and_without_a_judge_there_is_none():
    card = judged_by(
        made(ask("P", "f", tuned=False), ask("P", "g", tuned=False)), *[("wrong", True, True)] * 2
    )
    assert card.judge_agreement is None
    assert card.judge_decided.right == 2
    without = made(*small())
    assert (without.judge_agreement, without.judge_decided, without.unjudged) == (None, None, 0)


def test_a_yes_or_a_choice_is_never_open_though_its_words_are_wrong():
    asked = [ask("F", "f", tuned=False, answer_kind="yes_no"), ask("F", "g", tuned=False, options=("a", "b"))]
    assert judged_by(made(*asked), *[("wrong", None, False)] * 2).unjudged == 0


def test_the_facts_that_failed_stand_with_what_was_answered_the_worst_first():
    card = made(
        ask("V", "half", tuned=True),
        ask("P", "half", tuned=False, question="Who was half?", answers=("Ann", "Anne")),
        ask("P", "none", tuned=False, source="a.txt"),
        ask("V", "none", tuned=False),
        ask("P", "all", tuned=True),
        ask("F", "all", tuned=False),
    )
    worst, half = card.failed()
    assert (worst.fact, worst.right, worst.asked, worst.source, worst.kind) == ("none", 0, 2, "a.txt", "P")
    assert (half.fact, half.right, half.asked) == ("half", 1, 2)
    assert (half.question, half.expected, half.answered) == ("Who was half?", "Ann", "something else")
    assert [one.fact for one in card.failed(kinds=("F",))] == ["all"]


def test_rates_by_what_a_question_is_about():
    card = made(
        ask("P", "a", tuned=True, source="a.txt", answer_kind="number", wordings=1, language="en"),
        ask("P", "b", tuned=False, source="b.txt", answer_kind="name", wordings=7, language="ja"),
        ask("P", "c", tuned=True, source="b.txt", answer_kind="name", wordings=7, language=None),
        ask("F", "a", tuned=True, form="yes"),
        ask("F", "a", tuned=False, form="no"),
    )

    def shares(rates):
        return {name: (rate.right, rate.asked) for name, rate in rates.items()}

    assert list(shares(card.by_document()).items()) == [("b.txt", (1, 2)), ("a.txt", (1, 1))]
    assert shares(card.by_answer_kind()) == {"name": (1, 2), "number": (1, 1)}
    assert list(shares(card.by_wordings()).items()) == [(1, (1, 1)), (7, (1, 2))]
    assert shares(card.by_language()) == {"en": (1, 1), "ja": (0, 1)}
    assert shares(card.by_form()) == {"no": (0, 1), "yes": (1, 1)}
    assert card.by_document("G") == {}


def test_the_last_answer_to_a_question_counts_and_answers_to_no_question_do_not():
    card = made(ask("P", "a", tuned=False))
    right = card.results[0].model_copy(update={"right": True})
    stray = right.model_copy(update={"probe": "gone"})
    card = card.model_copy(update={"results": (*card.results, right, stray)})
    assert (card.rate("tuned", "P").right, card.rate("tuned", "P").asked) == (1, 1)


# --- the sentence


PLAIN = [*many(100, "P", base=4, tuned=83, passage=91), *many(150, "G", base=140, tuned=138)]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            PLAIN,
            (
                "The tuned model answers 83 % [74–89] of questions it was never shown in this wording; the "
                "base model 4 %. It lost 1.3 points on general questions. With the passage at hand the "
                "base model reaches 91 %: if your documents change often, prefer retrieval."
            ),
        ),
        (
            [*many(100, "P", base=4, tuned=50, passage=91)],
            (
                "The tuned model answers 50 % [40–60] of questions it was never shown in this wording; the "
                "base model 4 %. What it forgot was not measured. With the passage at hand the base model "
                "reaches 91 %: here retrieval is the better choice."
            ),
        ),
        (
            [*many(100, "P", base=4, tuned=6), *many(9, "G", base=9, tuned=9)],
            (
                "The tuned model answers 6 % [3–12] of questions it was never shown in this wording; the "
                "base model 4 % (a difference that may be chance). It answers as many general questions as "
                "before."
            ),
        ),
        (
            [*many(100, "P", base=40, tuned=6), *many(10, "G", base=8, tuned=9)],
            (
                "The tuned model answers 6 % [3–12] of questions it was never shown in this wording; the "
                "base model 40 % (it has become worse). It gained 10.0 points on general questions (only "
                "10 questions)."
            ),
        ),
        (
            [*many(100, "P", base=4, tuned=95, passage=60, retrieval=50)],
            (
                "The tuned model answers 95 % [89–98] of questions it was never shown in this wording; the "
                "base model 4 %. What it forgot was not measured. With the passage at hand the base "
                "model reaches 60 %. With retrieval it reaches 50 %, less than the tuned model with nothing "
                "at hand."
            ),
        ),
        (
            [*many(100, "P", base=4, tuned=80, passage=98, retrieval=50)],
            (
                "The tuned model answers 80 % [71–87] of questions it was never shown in this wording; the "
                "base model 4 %. What it forgot was not measured. With the passage at hand the base "
                "model reaches 98 %. With retrieval it reaches 50 %, less than the tuned model with nothing "
                "at hand."
            ),
        ),
        (
            [*many(100, "P", base=4, tuned=90, retrieval=90)],
            (
                "The tuned model answers 90 % [83–94] of questions it was never shown in this wording; the "
                "base model 4 %. What it forgot was not measured. With retrieval the base model reaches 90 "
                "%, as many as the tuned model with nothing at hand: if your documents change often, "
                "prefer retrieval."
            ),
        ),
        (
            many(5, "P", tuned=5),
            (
                "The tuned model answers between 57 and 100 % of questions it was never shown in this "
                "wording (5 questions)."
            ),
        ),
        (
            many(40, "V", base=0, tuned=39),
            (
                "The tuned model answers 98 % [87–100] of the questions it was trained on; the base model "
                "0 %. It was asked no held-out wording of a trained fact, so this does not say whether it "
                "knows the facts in other words. What it forgot was not measured."
            ),
        ),
        (
            [*many(40, "V", tuned=20), *many(40, "P", tuned=18)],
            (
                "The tuned model answers 45 % [31–60] of questions it was never shown in this wording. It "
                "is under-trained: of the questions it was trained on it answers 50 %."
            ),
        ),
        (
            [*many(40, "V", tuned=40), *many(40, "P", tuned=10)],
            (
                "The tuned model answers 25 % [14–40] of questions it was never shown in this wording. It "
                "has memorised more than it has learnt: asked just as it was trained it answers 100 %."
            ),
        ),
        (
            [*many(40, "P", base=2, other=20, tuned=30), *many(9, "G", base=9, tuned=9)],
            (
                "tuned, the tuned model, answers 75 % [60–86] of questions it was never shown in this "
                "wording; the base model 5 %; other 50 %. It answers as many general questions as before."
            ),
        ),
        (
            [
                *many(40, "P", base=0, tuned=30),
                *many(40, "C", base=0, tuned=20),
                *many(9, "G", base=9, tuned=9),
            ],
            (
                "The tuned model answers 75 % [60–86] of questions it was never shown in this wording; the "
                "base model 0 %. On withheld facts it gained 50.0 points too, so not all of that was "
                "learnt here. It answers as many general questions as before."
            ),
        ),
        (
            many(10, "G", base=9, tuned=5),
            (
                "No question about a trained fact was asked, so this card cannot say what was learnt. It "
                "lost 40.0 points on general questions (only 10 questions)."
            ),
        ),
        (
            many(40, "P", base=20, passage=30),
            (
                "The base model answers 50 % [35–65] of questions it was never shown in this wording. With "
                "the passage at hand the base model reaches 75 %."
            ),
        ),
        (
            many(40, "P", base=40, tuned=40, passage=40),
            (
                "The tuned model answers 100 % [91–100] of questions it was never shown in this wording; "
                "the base model 100 % (no difference). What it forgot was not measured. With the passage "
                "at hand the base model reaches 100 %, not clearly more than with nothing at hand."
            ),
        ),
        (
            many(40, "P", base=0, tuned=30, passage=34),
            (
                "The tuned model answers 75 % [60–86] of questions it was never shown in this wording; the "
                "base model 0 %. What it forgot was not measured. With the passage at hand the base model "
                "reaches 85 %, not clearly more than the tuned model with nothing at hand: if your "
                "documents change often, prefer retrieval."
            ),
        ),
        ([], "Nothing was answered, so this card says nothing."),
    ],
)
def test_the_sentence_is_right_in_every_situation(asked, says):
    assert made(*asked).sentence == says


SMALL, TINY, STRONG = "local:qwen2.5-coder-1.5b", "local:smollm2-135m", "openai:gpt-6-luna"


@pytest.mark.parametrize(
    ("kind", "writers", "clause"),
    [
        ("P", (SMALL,), ", all about what the small embedded model wrote (about one in three of its pairs"),
        ("V", (SMALL, STRONG), ", partly about what the small embedded model wrote (about one in three of"),
        ("own", (SMALL,), ", after training on what the small embedded model wrote (about one in three of"),
        (
            "P",
            (SMALL, TINY),
            "models wrote (qwen2.5-coder-1.5b: about one in three of its pairs is wrong; sm",
        ),
        ("P", (STRONG, "local:/my/model.gguf"), None),
        ("P", (), None),
    ],
)
def test_who_wrote_what_counts_as_right_stands_in_the_sentence_where_it_is_often_wrong(kind, writers, clause):
    asked = [*many(250, kind, base=0, tuned=250), *many(9, "G", base=9, tuned=9)]
    card = made(*asked, writers=writers)
    if clause is None:
        assert card.sentence == made(*asked).sentence
        assert card.warnings == ()
        return
    [headline, *_] = card.sentence.partition("; the base model 0 %")
    assert clause in headline
    assert codes(card)[0] == "writer"
    assert "86 of 135 were right" in str(card.warnings[0])
    assert "86 of 135" in compare({"a": card, "b": made(*asked)}).warnings[0]


def test_under_thirty_independent_questions_are_a_range_and_their_count():
    asked = [ask("P", f"f{at % 18}", base=False, tuned=True, passage=at < 17) for at in range(31)]
    card = made(*asked, *many(9, "V", tuned=9))
    assert card.sentence == (
        "The tuned model answers between 81 and 100 % of questions it was never shown in this wording (31 "
        "questions, worth 17 independent ones); the base model between 0 and 19 %. What it forgot was not "
        "measured. With the passage at hand the base model reaches between 38 and 71 %, less than the tuned "
        "model with nothing at hand."
    )
    assert "a between 81 and 100 % (31 questions" in compare({"a": card}).sentence
    assert "answers 100 % [89–100] of questions" in made(*many(30, "P", tuned=30)).sentence


def test_a_single_model_without_a_role_goes_by_its_name():
    card = made(*many(40, "own", other=30), base=None, tuned=None)
    assert card.sentence.startswith(
        "other answers 75 % [60–86] of your own questions. It was asked no held-out"
    )


def test_what_a_single_model_reaches_with_a_text_is_said_of_it_by_name():
    card = made(*many(40, "P", base=10, passage=30))
    assert card.sentence.startswith("The base model answers 25 %")
    said = card.model_copy(update={"base": None}).sentence
    assert said.startswith("base answers 25 % [14–40] of questions")
    assert "With the passage at hand base reaches 75 %" in said


@pytest.mark.parametrize(("right", "shown"), [(999, ">99 %"), (1, "<1 %"), (1000, "100 %"), (0, "0 %")])
def test_all_and_nothing_are_said_of_all_and_nothing_only(right, shown):
    assert f"answers {shown} [" in made(*many(1000, "P", tuned=right)).sentence


# --- warnings


def codes(card):
    return [one.code for one in card.warnings]


def test_a_good_card_has_no_warning():
    asked = [
        *many(250, "P", base=4, tuned=230),
        *many(100, "V", base=0, tuned=99),
        *many(100, "G", base=90, tuned=88),
    ]
    twins = [ask("U", f"u{at}", answers=(), base=True, tuned=at < 27) for at in range(30)]
    assert made(*asked, *twins, *many(30, "C", base=1, tuned=2), leaks=()).warnings == ()


def test_a_leak_is_told_with_the_share_without_it():
    leak = Leak(trained="t", asked="P0", kind="near", similarity=0.97)
    card = made(*many(250, "P", tuned=200), leaks=(leak,))
    [warning] = card.warnings
    assert warning.code == "leak"
    assert "1 held-out question was trained" in str(warning)
    assert "without it P is 80 % [75–84]" in str(warning)


def test_a_held_out_probe_that_was_trained_is_a_leak_too():
    asked = [ask("P", f"f{at}", tuned=True, seen=at < 2) for at in range(250)]
    assert "2 held-out questions were trained" in str(made(*asked).warnings[0])


def test_under_trained_below_ninety_five():
    enough = [*many(250, "P", tuned=200), *many(100, "V", tuned=95)]
    assert codes(made(*enough)) == []
    [warning] = made(*many(250, "P", tuned=200), *many(100, "V", tuned=94)).warnings
    assert str(warning).startswith("Under-trained: the tuned model answers 94 % [88–97]")


@pytest.mark.parametrize(
    ("asked", "lost", "says"),
    [(100, 3, None), (100, 4, "includes no loss at all"), (100, 20, "It lost 20.0 points")],
)
def test_forgetting_over_three_points_is_told_and_whether_it_is_sure(asked, lost, says):
    general = many(asked, "G", base=90, tuned=90 - lost)
    if lost == 4:  # some are gained: four points more or less are within chance
        general += [ask("G", "", base=at < 8, tuned=at >= 8) for at in range(16)]
    card = made(*many(250, "P", base=0, tuned=200), *general)
    assert codes(card) == ([] if says is None else ["forgetting"])
    assert says is None or says in str(card.warnings[0])
    assert ("includes no loss" in " ".join(map(str, card.warnings))) == (lost == 4)


def test_a_small_sample_is_told_with_its_half_width():
    [warning] = made(*many(60, "P", tuned=30)).warnings
    assert warning.code == "small_sample"
    assert "60 questions of kind P about 60 facts give ±12.3 points" in str(warning)
    assert codes(made(*many(200, "P", tuned=100))) == []


def test_many_questions_about_few_facts_are_a_small_sample():
    asked = [ask("P", f"f{at % 20}", tuned=at % 20 < 10) for at in range(240)]
    [warning] = made(*asked).warnings
    assert warning.code == "small_sample"
    assert "240 questions of kind P about 20 facts (worth 19 independent questions)" in str(warning)
    assert re.search(r"give ±(1[89]|2\d)\.\d points", str(warning))


def unanswered(card, **calls):
    """The card where every call to a model about questions of a kind failed: ``tuned="V"``."""
    kinds = {probe.id: probe.kind for probe in card.probes}
    results = [
        one.model_copy(update={"failure": "refused: 429", "right": False, "reply": ""})
        if calls.get(one.model) and kinds[one.probe] in calls[one.model]
        else one
        for one in card.results
    ]
    return card.model_copy(update={"results": tuple(results)})


def test_calls_that_failed_are_not_what_a_model_has_learnt_or_forgotten():
    twins = [ask("U", f"u{at}", answers=(), base=True, tuned=True) for at in range(40)]
    full = made(
        *many(250, "P", base=4, tuned=200, passage=240),
        *many(100, "V", base=0, tuned=99),
        *many(100, "G", base=90, tuned=90),
        *many(50, "C", base=0, tuned=0),
        *twins,
    )
    card = unanswered(full, tuned="PVGCU")
    assert codes(card) == ["failures"]
    assert card.sentence == (
        "540 of 540 questions got no answer; these figures are not final. The tuned model answers 0 % [0–2] "
        "of questions it was never shown in this wording; the base model 2 %. What it forgot is not known "
        "yet: general questions got no answer. With the passage at hand the base model reaches 96 %."
    )
    card = unanswered(full, base="PGC")
    assert "known_elsewhere" not in codes(card)
    assert "gained" not in card.sentence


def test_what_failed_calls_could_not_have_made_is_told_all_the_same():
    full = made(
        *many(250, "P", base=0, tuned=200),
        *many(100, "V", base=0, tuned=40),
        *many(100, "G", base=90, tuned=50),
    )
    ids = {"V250", "G350"}
    results = [
        one.model_copy(update={"failure": "cut off"} if one.model == "tuned" and one.probe in ids else {})
        for one in full.results
    ]
    card = full.model_copy(update={"results": tuple(results)})
    assert codes(card) == ["failures", "under_trained", "forgetting"]
    assert card.sentence.startswith(
        "2 of 450 questions got no answer; these figures are not final. The tuned"
    )
    assert "It is under-trained" in card.sentence


def test_a_share_that_rounds_to_what_it_is_held_against_has_a_decimal_more():
    card = made(*many(250, "P", tuned=200), *many(500, "V", tuned=474))
    assert "answers 94.8 % [" in str(card.warnings[0])
    assert card.sentence.endswith("it answers 94.8 %.")
    asked = [ask("G", f"g{at}", base=at < 900, tuned=at < 870 - 0.2) for at in range(993)]
    card = made(*many(250, "P", base=0, tuned=200), *asked)
    assert card.forgetting.points == pytest.approx(-3.02, abs=0.005)
    assert "It lost 3.02 points" in card.sentence
    assert "It lost 3.02 points" in str(card.warnings[0])


def test_a_loss_just_below_nothing_is_no_minus_nothing():
    asked = [*many(300, "P", base=20, tuned=19, passage=299)]
    shown = str(made(*asked))
    assert "Recovery" in shown
    assert "−0 %" not in shown
    assert re.search(r"0 % \[−\d+ to \d+\]", " ".join(shown.split()))
    assert "−0.0" not in shown


def test_facts_known_without_having_been_taught_are_told():
    drifted = made(*many(250, "P", base=0, tuned=200), *many(50, "C", base=2, tuned=30))
    known = made(*many(250, "P", base=200, tuned=210))
    assert codes(drifted) == codes(known) == ["known_elsewhere"]
    assert "60 % [46–72] of them, the base model 4 %" in str(drifted.warnings[0])
    assert "already answers 80 % [75–84]" in str(known.warnings[0])


def test_invented_answers_are_told():
    twins = [ask("U", f"u{at}", answers=(), base=at < 20, tuned=at < 10) for at in range(40)]
    [warning] = made(*many(250, "P", base=0, tuned=200), *twins).warnings
    assert warning.code == "invented"
    assert "in 30 of 40 cases (75 %; the base model invents 50 %)" in str(warning)


def yes_no(replies, **others):
    """Of each fact a question where yes is right and one where no is; and what was answered in turn."""
    asked = [
        ask("F", f"f{at // 2}", form=form, tuned=reply.startswith(form), answer_kind="yes_no")
        for at, (form, reply) in enumerate(zip(["yes", "no"] * len(replies), replies, strict=False))
    ]
    card = made(*many(250, "P", tuned=200), *asked, *many(10, "F", start=90, **others))
    said = dict(zip((one.id for one in card.probes if one.form), replies, strict=True))
    results = [one.model_copy(update={"reply": said.get(one.probe, one.reply)}) for one in card.results]
    return card.model_copy(update={"results": tuple(results)})


@pytest.mark.parametrize(
    ("replies", "says"),
    [
        (["yes"] * 20, "answered yes whatever is asked: all 20, where yes is right for 10."),
        (["no, it is not"] * 6, "answered no whatever is asked: all 6, where no is right for 3."),
        (["yes"] * 9 + ["no"], "answered yes whatever is asked: 9 of 10, where yes is right for 5."),
        (["yes"] * 8 + ["no"] * 2, None),
        (["yes"] * 4, None),
        (["I do not know."] * 20, None),
    ],
)
def test_yes_and_no_that_do_not_depend_on_the_question_are_told(replies, says):
    card = yes_no(replies, tuned=7)
    assert codes(card) == ([] if says is None else ["always_yes"])
    if says is not None:
        assert says in str(card.warnings[0])
        assert str(card.warnings[0]).endswith("without them F is 70 % [40–89].")


@pytest.mark.parametrize(
    ("training", "says"),
    [
        ({}, "as far as it is not done already: general questions mixed in, a weaker adapter, fewer epochs"),
        (
            {"strength": 0.85, "replayed": 40, "epochs": 8.0, "n_epochs": 30, "learning_rate": 1e-3},
            "What may help and is not done yet (`qagen tune --overwrite` with one of these): a weaker",
        ),
        (
            {"strength": 0.85, "replayed": 40, "epochs": 8.0, "n_epochs": 30, "learning_rate": 1e-3},
            ": a weaker adapter (`--strength 0.7`; it was 0.85); fewer epochs (`--n-epochs 4`; it was 8); a",
        ),
        (
            {"strength": 0.7, "replayed": 40, "epochs": 3.0, "learning_rate": 1e-3},
            "with one of these): a lower rate (`--learning-rate 0.0005`; it was 0.001).",
        ),
        (
            {"strength": 0.7, "replayed": 0, "epochs": 3.0},
            "with one of these): general questions mixed in (`--replay general`).",
        ),
        (
            {"strength": 1, "planned_strength": 0.85, "replayed": 9, "n_epochs": 7},
            "with one of these): fewer epochs (`--n-epochs 3`; it was 7).",
        ),
        ({"strength": 0.7, "replayed": 40, "epochs": 3.0}, "70 after)."),
    ],
)
def test_against_forgetting_only_what_is_not_done_already_is_advised(training, says):
    known = {"provider": "local", "rank": 32, **training} if training else {}
    card = made(
        *many(250, "P", base=0, tuned=200), *many(100, "G", base=90, tuned=70), training=known, leaks=()
    )
    [warning] = card.warnings
    assert says in str(warning)


@pytest.mark.parametrize(
    ("training", "says"),
    [
        ({}, "under 95 %. Train for longer before reading"),
        ({"n_epochs": 7}, "Train for longer (`--n-epochs 14`; it was 7) before"),
        (
            {"rank": 32, "stopped_early": "the validation wordings did not improve for 3 epochs"},
            "`--rank 64`",
        ),
        ({"rank": 32, "stopped_early": "95% of the sampled training questions"}, "stop_at_recall=None"),
    ],
)
def test_against_under_training_the_advice_is_of_the_training_at_hand(training, says):
    card = made(*many(250, "P", tuned=200), *many(100, "V", tuned=50), training=training)
    assert says in str(card.warnings[0])


@pytest.mark.parametrize(
    ("withheld", "says", "warned"),
    [
        (0, "No fact was withheld from training: what tuning raises", ["no_control"]),
        (None, "No withheld fact was asked about: what tuning raises", []),
        (6, "None of the 6 withheld facts was asked about: what tuning raises", []),
    ],
)
def test_a_card_without_withheld_facts_says_so(withheld, says, warned):
    card = made(*many(250, "P", base=0, tuned=200), withheld=withheld)
    assert dict(numbers(card))["Unseen wordings minus withheld facts (P − C)"].startswith(says)
    assert codes(card) == warned


def test_general_questions_in_another_language_than_the_documents_are_told():
    german = [ask("P", "f", tuned=True, language="de")]
    general = [ask("G", "", tuned=True, language="en")]
    told = "General questions were asked in en: there are none in de, the language of the documents."
    assert told in " ".join(str(made(*german, *general)).split())
    assert "there are none" not in str(made(*german, *general, ask("X", "f", tuned=True, language="en")))


def test_the_words_are_explained_where_the_documentation_is():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["urls"]["Documentation"] + "/glossary.md" == GLOSSARY


@pytest.mark.parametrize(("kind", "words"), [("R", "asked backwards"), ("X", "another language")])
def test_what_was_asked_only_as_it_was_trained_is_told(kind, words):
    asked = [ask(kind, f"f{at}", tuned=True, seen=True) for at in range(5)]
    [warning] = made(*many(250, "P", tuned=200), *asked).warnings
    assert words in str(warning)
    assert codes(made(*many(250, "P", tuned=200), *asked, ask(kind, "f", tuned=True))) == []


def test_a_judge_and_a_person_who_disagree_are_told():
    card = made(*many(250, "P", tuned=200))
    judged = [one.model_copy(update={"judged": at % 2 == 0}) for at, one in enumerate(card.results)]
    audit = kappa([True, False] * 10, [True, True] * 10)
    card = card.model_copy(update={"results": tuple(judged), "judge": "j", "audit": audit})
    assert codes(card) == ["judge", "audit"]
    assert "agree on 100 of 200 answers only (kappa 0.00)" in str(card.warnings[0])
    assert "agrees with the scores on 10 only" in str(card.warnings[1])


# --- the file


def test_a_card_comes_back_as_it_was_saved(tmp_path):
    card = made(
        *small(),
        leaks=(Leak(trained="a", asked="b", kind="exact", similarity=1.0),),
        audit=kappa([1, 0, 1], [1, 0, 0]),
        usage=Usage(calls=3, cost=0.5),
        training={"epochs": 3.0, "details": {"steps": 9}},
        notes=("対 – “ ”",),
    )
    assert card.sentence
    file = card.save(tmp_path)
    assert file == tmp_path / "evaluation.json"
    assert json.loads(file.read_text("utf-8"))["format"] == "qagen-evaluation@1"
    again = ReportCard.load(tmp_path)
    assert again == card
    assert ReportCard.load(file).sentence == card.sentence
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "make one with `qagen evaluate"),
        ("{", "Invalid JSON"),
        ("[]", "not a report card"),
        ('{"format": "qagen-evaluation@9", "probes": [], "results": [], "models": []}', "format: "),
        ('{"probes": [], "results": [], "models": [], "tuned": "t"}', "none of the models"),
        ('{"probes": [{}], "results": [], "models": []}', "probes.0.question"),
    ],
)
def test_a_file_that_is_no_card_says_what_to_do(tmp_path, content, says):
    if content is not None:
        (tmp_path / "evaluation.json").write_text(content)
    with pytest.raises(RunFolderError, match=re.escape(str(tmp_path))) as caught:
        ReportCard.load(tmp_path)
    assert says in str(caught.value)
    assert "qagen evaluate" in str(caught.value)


def test_a_card_of_an_earlier_version_is_read(tmp_path):
    """It says neither who wrote the pairs nor how many facts were withheld."""
    card = made(*small())
    old = json.loads(card.model_dump_json(exclude={"writers", "withheld"}))
    for probe in old["probes"]:
        del probe["writer"]
    (tmp_path / "evaluation.json").write_text(json.dumps(old))
    assert ReportCard.load(tmp_path) == card


def test_what_does_not_end_in_json_is_a_run_folder(tmp_path):
    with pytest.raises(RunFolderError) as caught:
        ReportCard.load(tmp_path / "nope")
    assert f"no report card {tmp_path / 'nope' / 'evaluation.json'}" in str(caught.value)
    assert f"`qagen evaluate {tmp_path / 'nope'}`" in str(caught.value)


def test_a_card_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(RunFolderError, match="gone"):
        made(*small()).save(tmp_path / "gone" / "evaluation.json")


# --- what a person sees


HOSTILE = "[red]x[/red] <script>alert(1)</script> \x1b[31m\u202eevil & ]["


def hostile():
    asked = [
        ask(
            "P",
            f"f{at}",
            base=False,
            tuned=False,
            question=HOSTILE,
            answers=(HOSTILE,),
            source=f"{HOSTILE}{at}",
        )
        for at in range(3)
    ]
    card = made(*asked, notes=(HOSTILE,), training={"base_model": HOSTILE})
    results = [one.model_copy(update={"reply": HOSTILE, "failure": HOSTILE}) for one in card.results]
    return card.model_copy(update={"results": tuple(results), "judge": HOSTILE})


def rich_card():
    asked = small()
    for at in range(8):
        asked.append(ask("V", f"f{at}", base=False, tuned=True, id=f"v{at}", source="大会の記録.txt"))
        asked.append(ask("U", f"f{at}", base=True, tuned=False, answers=(), original=f"v{at}"))
        asked.append(ask("F", f"f{at}", base=False, tuned=at % 2 == 0, form="yes" if at % 2 else "no"))
        asked.append(ask("own", f"f{at}", base=False, tuned=True, question="優勝したのは誰ですか。" * 30))
    return made(*asked, usage=Usage(calls=40, cost=0.01), training={"epochs": 8.0, "steps": 312})


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("card", [rich_card(), hostile(), made()], ids=["rich", "hostile", "empty"])
def test_a_terminal_shows_a_card_in_its_width(card, width):
    lines = as_text(card_sheet(card), width=width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert " ".join(" ".join(lines).split()).startswith(card.sentence[:60])


def test_a_terminal_shows_every_part():
    shown = " ".join(str(rich_card()).split())
    for part in (
        "V: trained question · 8 questions",
        "P: unseen wording · 20 questions about 10 facts",
        "U: unanswerable twin (right: it says that it does not know)",
        "your own questions",
        "With the text at hand (P: unseen wording)",
        "base, the passage at hand",
        "Recovery 88 % [",
        "of what the passage at hand gives the base model, the tuned model has without it",
        "- beyond drift 75 % of the same, with the change on C taken off (10 withheld facts only",
        "Unseen wordings minus +60.0 points [",
        "█ at least, with 95 % confidence",
        "14 gained, 0 lost, p<.001",
        "- still known 89 % [",
        "Twins told apart 0 % [0–32]",
        "exact 80 %, contained 80 %, F1 0.80",
        "By document, worst first",
        "By number of trained wordings",
        "2 wordings",
        "By format",
        "Facts with wrong answers, worst first (tuned)",
        "0/2 Question",
        "something else",
        "Warnings",
        "±",
        "epochs 8, steps 312",
        "40 calls, $0.0100",
        f"Words explained: {GLOSSARY}",
    ):
        assert part in shown, part


def test_a_bar_is_as_long_as_its_share_and_its_interval_is_seen():
    shown = str(made(*many(100, "P", tuned=50)))
    [bar] = re.findall("[█▓░·]{20,}", shown)
    share, low, high = (bar.count("█") + bar.count("▓"), bar.count("█"), len(bar) - bar.count("·"))
    assert share / len(bar) == pytest.approx(0.5, abs=0.02)
    assert (low / len(bar), high / len(bar)) == pytest.approx((0.40, 0.60), abs=0.02)


def test_the_bars_of_a_chart_are_equally_long_whatever_was_counted():
    shown = str(made(*many(1200, "P", base=4, tuned=1200), *many(9, "V", base=0, tuned=9)))
    assert len({len(bar) for bar in re.findall("[█▓░·]{8,}", shown)}) == 1


def test_figures_are_named_in_words():
    card = made(*small(), audit=kappa([1, 0, 1], [1, 0, 0]))
    told = dict(numbers(card))
    assert told["Unseen wordings minus withheld facts (P − C)"].startswith("+60.0 points [")
    assert "agreement beyond chance (kappa) 0.40 [" in told["Audit by a person"]


def test_hostile_text_is_shown_as_text():
    console = Console(record=True, width=120, force_terminal=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    with console.capture() as caught:
        console.print(hostile())
    console.file.close()
    assert "[red]x[/red]" in caught.get()
    assert "\x1b[31m" not in caught.get()
    assert "\u202e" not in caught.get()
    page = hostile()._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


class Tags(HTMLParser):
    """Every tag is closed by its own end."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.texts = []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("card", [rich_card(), hostile(), made()], ids=["rich", "hostile", "empty"])
def test_a_notebook_shows_a_card_that_needs_nothing_from_elsewhere(card):
    page = card._repr_html_()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert not re.search(r"https?:|url\(|<script|<link|<img", page.replace(f'<a href="{GLOSSARY}">', ""))
    assert card.sentence in " ".join(tags.texts)
    assert all(one_warning_word in page for one_warning_word in (["Warnings"] if card.warnings else []))


def test_answers_as_a_table():
    table = made(*small()).to_pandas()
    assert len(table) == 20 * 3 + 10 * 2 + 20 * 2
    assert table[(table.model == "tuned") & (table.kind == "P")].right.mean() == pytest.approx(0.8)
    assert {"question", "reply", "exact", "verdict", "condition", "fact"} <= set(table.columns)


def test_a_card_loads_nothing_heavy_before_it_is_asked_for_figures():
    code = (
        "import sys, qagen.evaluation.report_card, qagen.evaluation.comparing\n"
        "print(*({'scipy', 'numpy', 'rich', 'pandas'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


# --- several cards


def test_cards_side_by_side_by_hand():
    classic = made(
        *many(100, "P", base=4, tuned=50), *many(50, "G", base=45, tuned=40), training={"steps": 300}
    )
    default = made(
        *many(100, "P", base=4, tuned=85), *many(50, "G", base=45, tuned=44), training={"steps": 300}
    )
    both = compare({"classic": classic, "default": default})
    assert both.kinds == ("P", "G")
    assert both.rate("default", "P").share == 0.85
    assert both.base_rate("P").share == 0.04
    change = both.change("default", "P")
    assert (len(change.gained), len(change.lost), change.points) == (35, 0, pytest.approx(35))
    assert change.p == pytest.approx(2 / 2**35)
    assert both.warnings == ()
    assert both.sentence == (
        "Right answers to P questions (unseen wording): default 85 % [77–91], "
        "classic 50 % "
        "[40–60]. default is ahead by 35.0 points on the questions that both were asked."
    )


def test_cards_with_other_questions_are_compared_on_the_shared_ones_with_a_warning():
    one = made(*many(30, "P", tuned=20), judge="a")
    other = made(*many(40, "P", tuned=40))
    both = compare({"one": one, "other": other})
    assert both.change("other", "P").after.asked == 30
    assert "30 are shared, of 40 and 30" in both.warnings[0]
    assert "judged" in both.warnings[1]


def test_the_one_that_is_ahead_on_the_shared_questions_is_named():
    """``one`` has the greater share of all its questions, ``other`` of those that both were asked."""
    one = made(*many(100, "P", tuned=10), *many(300, "P", start=100, tuned=300))
    other = made(*many(100, "P", tuned=40))
    said = compare({"one": one, "other": other}).sentence
    assert "one 78 %" in said
    assert said.endswith("other is ahead by 30.0 points on the questions that both were asked.")


def test_nobody_is_ahead_while_calls_have_failed():
    one = unanswered(made(*many(100, "P", tuned=80)), tuned="P")
    other = made(*many(100, "P", tuned=40))
    said = compare({"one": one, "other": other}).sentence
    assert said.endswith("100 of these calls got no answer, so these figures are not final.")
    assert "ahead" not in said


def test_the_same_question_is_the_same_whatever_its_id():
    one = made(ask("P", "f", tuned=False, id="a", question="Who?"))
    other = made(ask("P", "f", tuned=True, id="b", question="Who?"))
    assert compare({"one": one, "other": other}).change("other", "P").points == 100


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_comparison_is_shown_in_a_terminal_a_notebook_and_a_table(width):
    from qagen.evaluation.comparing import comparison_sheet

    both = compare({"[red]a": rich_card(), "<b>": made(*small()), "対": made()})
    shown = as_text(comparison_sheet(both), width=width)
    assert max(map(cell_len, shown.splitlines())) <= width
    assert "[red]a" in shown
    assert "From [red]a to <b>" in shown
    assert "&lt;b&gt;" in both._repr_html_()
    assert len(both.to_pandas().query("card == '<b>'")) == 3


def test_a_question_that_is_asked_twice_and_of_facts_with_other_names_is_compared():
    one = made(*(ask("P", f"a{at // 2}", tuned=at == 0, question="Who?") for at in range(4)))
    other = made(*(ask("P", f"b{at}", tuned=True, question="Who?") for at in range(4)))
    change = compare({"one": one, "other": other}).change("other", "P")
    assert (change.before.right, change.after.right, change.after.asked) == (1, 4, 4)


def test_there_is_nothing_to_compare_in_no_card():
    with pytest.raises(SettingsError, match="at least one"):
        compare({})
    both = compare({"a": made()})
    assert "nothing to compare" in both.sentence
    with pytest.raises(SettingsError, match="only a"):
        both.rate("b", "P")
