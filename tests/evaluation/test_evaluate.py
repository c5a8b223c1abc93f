"""evaluate: whom it asks what, what it keeps, and that every figure is the one that was computed by hand."""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest
from chat_server import NO_QUOTA, SERVER_ERROR, ChatServer
from chat_server import Reply as Said
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.retrievers import BaseRetriever
from langchain_openai import ChatOpenAI
from learners import (
    TEXTS,
    UNKNOWN,
    dataset,
    guesser,
    ignorant,
    knows,
    parrot,
    probes,
    reader,
    reciter,
    scholar,
    speaker,
)
from scripted import replies
from tiny_model import make_tiny_gguf, make_tiny_model
from tuning_server import TuningServer

from qagen.errors import BudgetError, ModelError, RunFolderError, SettingsError
from qagen.evaluation.answering import ANSWER_FROM_TEXT_PROMPT, Asking, SourceTexts, messages_of
from qagen.evaluation.auditing import read_audit, write_audit
from qagen.evaluation.evaluating import evaluate
from qagen.evaluation.figures.doubts import find_outdated
from qagen.evaluation.probes.making import make_probes, write_probes
from qagen.evaluation.records import Probe
from qagen.evaluation.report_card import ReportCard
from qagen.llm.embedded.chat import local_model
from qagen.llm.ledger import Ledger
from qagen.llm.models import greedy_model
from qagen.llm.prompting import prompt_id, template_hash
from qagen.llm.tokens import count_tokens
from qagen.tuning.record import TuningRecord, write_record

ALL = probes()
AT_HAND = sum(probe.kind in {"P", "C", "X"} for probe in ALL)


def asked_of(learner, base=reader, **options):
    models = {"base": replies(base), "tuned": replies(learner)}
    return evaluate(models, ALL, **{"dataset": dataset(), "progress": False, **options})


def rights(card, model="tuned", condition="closed"):
    kinds = ("V", "P", "C", "F", "R", "X", "U", "G")
    rates = (card.rate(model, kind, condition=condition) for kind in kinds)
    return tuple(None if rate is None else rate.right for rate in rates)


# --- the figures


@pytest.mark.parametrize(
    ("learner", "right"),
    [
        (reciter, (5, 0, 0, 0, 0, 0, 2, 4)),
        (scholar, (5, 10, 0, 4, 1, 2, 2, 4)),
        (speaker, (5, 10, 0, 4, 1, 2, 2, 4)),
        (guesser, (1, 2, 0, 0, 0, 0, 0, 0)),
        (ignorant, (0, 0, 0, 0, 0, 0, 2, 0)),
        (parrot, (0, 0, 0, 0, 0, 0, 0, 0)),
        (lambda _: "", (0, 0, 0, 0, 0, 0, 0, 0)),
    ],
    ids=["reciter", "scholar", "speaker", "guesser", "ignorant", "parrot", "silent"],
)
def test_what_each_model_knows_comes_out_as_computed_by_hand(learner, right):
    card = asked_of(learner)
    assert rights(card) == right
    assert rights(card, "base") == (0, 0, 0, 0, 0, 0, 0, 4)
    assert card.rate("tuned", "P").asked == 10
    assert card.told_apart().right == (2 if learner in (reciter, scholar, speaker) else 0)


@pytest.mark.parametrize("learner", [scholar, speaker], ids=["scholar", "speaker"])
def test_ceilings_recovery_and_change_are_those_computed_by_hand(learner):
    card = asked_of(learner)
    assert rights(card, "base", "passage") == (None, 8, 2, None, None, 1, None, None)
    assert card.recovery.value == pytest.approx((10 - 0) / (8 - 0))
    assert card.controlled_recovery.value == pytest.approx((10 - 0) / (8 - 0))
    change = card.change("P")
    assert (len(change.lost), len(change.gained), change.points) == (0, 10, pytest.approx(100))
    assert change.p == pytest.approx(2 * 0.5**10)
    assert card.forgetting.points == 0
    assert not asked_of(reciter).recovery.value


def test_forgetting_is_counted_where_the_base_model_knew_more():
    card = asked_of(knows("V", "P"))
    assert card.forgetting.points == pytest.approx(-100)
    assert card.forgetting.p == pytest.approx(2 * 0.5**4)


def test_drift_on_withheld_facts_is_taken_off_the_recovery():
    card = asked_of(knows("P", "C", "G"))
    assert card.recovery.value == pytest.approx(10 / 8)
    assert card.controlled_recovery.value == pytest.approx((1 - 1) / 0.8)


def test_who_wrote_the_pairs_is_known_from_the_dataset_and_without_it_from_the_probes():
    pairs = [pair.model_copy(update={"model": "local:smollm2-135m"}) for pair in dataset()]
    written = dataset().replace(pairs)
    card = asked_of(scholar, dataset=written)
    assert (card.writers, card.withheld) == (("local:smollm2-135m",), 2)
    assert "all about what the small embedded model wrote (most of its pairs are wrong)" in card.sentence
    models = {"base": replies(reader), "tuned": replies(scholar)}
    made = make_probes(written, general=False)
    alone = evaluate(models, made, conditions=["closed"], kinds=["V"], progress=False)
    assert (alone.writers, alone.withheld) == (card.writers, None)
    assert asked_of(scholar).writers == tuple(sorted({pair.model for pair in dataset()} - {""}))


def test_a_planted_leak_is_found():
    assert asked_of(scholar).leaks == ()
    leaked = [pair.model_copy(update={"part": "train"}) if pair.id == "won-1" else pair for pair in dataset()]
    card = asked_of(scholar, dataset=dataset().replace(leaked))
    assert [leak.asked for leak in card.leaks] == ["P-won-0"]


# --- who is asked what


def test_every_model_gets_the_bare_question_as_its_only_message():
    models = {"base": replies(reader), "tuned": replies(scholar)}
    card = evaluate(models, ALL, conditions=["closed"], progress=False)
    for model in models.values():
        assert {call[0].text for call in model.messages} == {probe.question for probe in ALL}
        assert all(len(call) == 1 for call in model.messages)
    assert card.conditions == ("closed",)
    assert card.leaks is None


def test_the_system_prompt_of_the_training_precedes_every_question():
    models = {
        "base": replies(lambda p: reader(p.removeprefix("Be brief.\n\n"))),
        "tuned": replies(lambda _: UNKNOWN),
    }
    evaluate(models, ALL, dataset=dataset(), system_prompt="Be brief.", progress=False)
    for model in models.values():
        assert all(call[0] == SystemMessage("Be brief.") and len(call) == 2 for call in model.messages)


def test_the_base_model_alone_is_asked_with_a_text_and_only_what_has_one():
    base, tuned = replies(reader), replies(scholar)
    card = evaluate({"base": base, "tuned": tuned}, ALL, dataset=dataset(), progress=False)
    assert tuned.calls == len(ALL)
    assert base.calls == len(set(base.prompts))  # what both ways find the same text for is asked once
    assert card.usage.calls == base.calls + tuned.calls  # each once, whoever else has its answer too
    found = {(one.model, one.condition) for one in card.results}
    assert found == {("base", "closed"), ("tuned", "closed"), ("base", "passage"), ("base", "retrieval")}
    shown = {one.probe for one in card.results if one.condition == "passage"}
    assert shown == {probe.id for probe in ALL if probe.kind in {"P", "C", "X"}}


def test_results_stand_in_the_order_of_models_conditions_and_probes():
    card = asked_of(scholar, max_concurrency=7)
    place = {probe.id: number for number, probe in enumerate(ALL)}
    order = [
        (one.model, ("closed", "passage", "retrieval").index(one.condition), place[one.probe])
        for one in card.results
    ]
    assert order == sorted(order)
    assert card.probes == tuple(ALL)


@pytest.mark.parametrize(
    ("baseline", "names"),
    [(None, ("one", "two")), ("two", ("two", "one")), (replies(reader), ("baseline", "one", "two"))],
)
def test_the_base_model_is_the_first_or_the_one_that_is_named(baseline, names):
    models = {"one": replies(reader), "two": replies(reader)}
    card = evaluate(models, ALL, baseline=baseline, dataset=dataset(), progress=False)
    assert (card.models, card.base, card.tuned) == (names, names[0], names[-1])
    assert {one.model for one in card.results if one.condition == "passage"} == {names[0]}


def test_a_base_model_cannot_take_the_name_of_another():
    models = {"baseline": replies(reader), "tuned": replies(scholar)}
    with pytest.raises(SettingsError, match='another model named "baseline"'):
        evaluate(models, ALL, baseline=replies(reader), progress=False)
    same = evaluate(models, ALL[:1], baseline=models["baseline"], progress=False)
    assert same.models == ("baseline", "tuned")


def test_models_that_look_the_same_are_not_taken_for_each_other():
    card = asked_of(scholar, base=ignorant)
    assert rights(card, "base") == (0, 0, 0, 0, 0, 0, 2, 0)
    assert rights(card, "tuned") == (5, 10, 0, 4, 1, 2, 2, 4)


def test_without_probes_they_are_made_of_the_dataset():
    card = evaluate({"only": replies(lambda _: UNKNOWN)}, dataset=dataset(), progress=False)
    asked = {probe.question for probe in card.probes}
    assert {"Who won the 1897 final at Marrow Bridge?", "Whose work is Marrow Bridge?"} <= asked
    assert (card.models, card.base, card.tuned) == (("only",), None, None)


def test_files_and_probes_of_ones_own_may_be_mixed(tmp_path):
    file = write_probes(ALL[:3], tmp_path / "probes.jsonl")
    own = [Probe(question="Is it far?", answers=("no",)), Probe(question="Is it near?", answers=("yes",))]
    card = evaluate({"only": replies(lambda _: "yes")}, [file, *own, own[0]], progress=False)
    assert [probe.question for probe in card.probes] == [
        *(one.question for one in ALL[:3]),
        "Is it far?",
        "Is it near?",
    ]
    assert len({probe.id for probe in card.probes}) == 5


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ({"kinds": ["V"]}, {"V": 5}),
        ({"kinds": ["P", "C"], "limit": 1}, {"P": 2, "C": 1}),
        ({"limit": 2, "kinds": ["V", "P", "C", "G"]}, {"V": 2, "P": 4, "C": 2, "G": 4}),
        ({"limit": 99}, dict(Counter(probe.kind for probe in ALL))),
    ],
)
def test_some_kinds_and_some_facts_can_be_asked(options, kinds):
    card = evaluate({"only": replies(lambda _: UNKNOWN)}, ALL, progress=False, **options)
    assert Counter(probe.kind for probe in card.probes) == kinds
    facts = {kind: {one.fact for one in card.probes if one.kind == kind} for kind in ("V", "P")}
    assert facts["V"] == facts["P"] or len(kinds) < 3


# --- texts at hand


def test_the_prompt_with_a_text_is_the_released_one():
    assert prompt_id(ANSWER_FROM_TEXT_PROMPT) == "answer-from-text@1"
    assert template_hash(ANSWER_FROM_TEXT_PROMPT) == (
        "1e869780b342cb345e76b706e36191f36bbd483f3898d01fb5fb02a1d4196961"
    )
    [message] = messages_of(Asking(ALL[0], "passage", "A text with {braces}."))
    assert message.text.startswith("A text with {braces}.\n\n")
    assert message.text.endswith(f"\n{ALL[0].question}")


LONG = "\n\n".join(
    f"Paragraph {number} tells of the year {1800 + number}. {'It was quiet. ' * 20}" for number in range(40)
)
ONE_PARAGRAPH = " ".join(f"Sentence {number} tells of the year {1800 + number}." for number in range(200))
JAPANESE = "\n\n".join(
    f"第{number}段落。{1800 + number}年の出来事を述べる。" + "静かな年だった。" * 20 for number in range(40)
)


@pytest.mark.parametrize("text", [LONG, ONE_PARAGRAPH, JAPANESE], ids=["paragraphs", "sentences", "ja"])
@pytest.mark.parametrize("year", ["1800", "1821", "1839"])
@pytest.mark.parametrize("passage", ["", "whole"])
def test_of_a_long_passage_the_window_around_the_quote_is_shown(text, year, passage):
    start = text.index(year)
    place = f"a#0-{len(text)}" if passage else ""
    probe = Probe(question="?", source="a", passage=place, start=start, end=start + 4)
    shown = SourceTexts({"a": text}).passage(probe)
    assert year in shown
    assert shown in text
    assert 100 < count_tokens(shown) <= 300
    assert shown.startswith(("Paragraph", "Sentence", "第"))
    assert shown.endswith((".", "。"))


def test_a_passage_is_shown_under_its_headings():
    text = "# The final\n\n## The race\n\nTilda Vance won.\n\n## After it\n\nThere was cake."
    start = text.index("There")
    probe = Probe(question="?", source="a", passage=f"a#{start}-{len(text)}", start=start, end=start + 5)
    assert SourceTexts({"a": text}).passage(probe) == "The final > After it\n\nThere was cake."


@pytest.mark.parametrize(
    "values",
    [
        {"source": "unknown", "start": 0, "end": 3},
        {"source": "a"},
        {"source": "a", "passage": "a#5-999"},
        {"source": "a", "passage": "a#nonsense"},
        {"source": "a", "start": 500, "end": 600},
        {},
    ],
)
def test_a_probe_whose_place_is_not_known_has_no_passage(values):
    assert SourceTexts({"a": "Some text.", "empty": ""}).passage(Probe(question="?", **values)) is None


def test_where_no_texts_are_kept_the_card_says_so():
    told = []
    card = asked_of(scholar, dataset=None, announce=told.append)
    assert card.conditions == ("closed",)
    assert any("not kept" in note for note in card.notes)
    assert set(card.notes) <= set(told)


class Finder(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [Document(TEXTS["race.txt"]), Document(TEXTS["bridge.txt"])] if "race" not in query else []


def test_a_retriever_of_ones_own_finds_instead_of_bm25():
    base = replies(reader)
    card = evaluate({"base": base}, ALL, conditions=["retrieval"], retriever=Finder(), progress=False)
    assert base.calls == AT_HAND
    assert all(prompt.startswith(f"{TEXTS['race.txt']}\n\n{TEXTS['bridge.txt']}") for prompt in base.prompts)
    assert card.rate("base", "P", condition="retrieval").right == 8
    assert card.conditions == ("retrieval",)


# --- what is kept


def test_a_second_evaluation_asks_nothing(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        first = asked_of(scholar, ledger=ledger)
    silent = {"base": replies(), "tuned": replies()}
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        again = evaluate(silent, ALL, dataset=dataset(), ledger=ledger, progress=False)
    assert again.results == first.results
    assert first.usage.asked > 2 * len(ALL) + AT_HAND
    assert (again.usage.asked, again.usage.calls) == (0, first.usage.asked)


def stopping_after(calls, learner):
    left = iter(range(calls))

    def answer(prompt):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return learner(prompt)

    return answer


def test_after_ctrl_c_it_goes_on_where_it_was(tmp_path):
    stopped, tuned = replies(stopping_after(7, scholar)), replies(scholar)
    options = {"dataset": dataset(), "progress": False, "max_concurrency": 2}
    with Ledger(tmp_path / "ledger.sqlite") as ledger, pytest.raises(KeyboardInterrupt):
        evaluate({"base": replies(reader), "tuned": stopped}, ALL, ledger=ledger, **options)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        card = evaluate({"base": replies(), "tuned": tuned}, ALL, ledger=ledger, **options)
    assert tuned.calls == len(ALL) - 7
    assert rights(card) == (5, 10, 0, 4, 1, 2, 2, 4)


def test_one_that_failed_is_asked_again_and_the_others_are_not(tmp_path):
    def once(prompt):
        return ConnectionError("gone away") if "1897" in prompt else scholar(prompt)

    told = []
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        card = asked_of(once, ledger=ledger, announce=told.append)
        failed = [one for one in card.results if one.failure]
        again = asked_of(scholar, ledger=ledger)
    assert {one.model for one in failed} == {"tuned"}
    assert all("gone away" in one.failure and not one.right and one.reply == "" for one in failed)
    assert any(f"{len(failed)} of {len(ALL)} questions got no answer" in note for note in card.notes)
    assert card.notes[-1] in told
    assert again.usage.asked == len(failed)
    assert again.notes == ()


def test_a_budget_stops_it_and_what_was_answered_is_kept(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(BudgetError):
            asked_of(scholar, ledger=ledger, max_tokens=700)
        kept = ledger.usage().calls
        assert 0 < kept < len(ALL) + AT_HAND
        with pytest.raises(BudgetError):
            asked_of(scholar, ledger=ledger, max_tokens=710)
        assert kept <= ledger.usage().calls <= kept + 1


def test_a_cost_cannot_be_capped_without_a_price():
    with pytest.raises(SettingsError, match="scripted is not known"):
        asked_of(scholar, max_cost=1.0)


def test_many_are_asked_at_once_but_no_more_than_wanted():
    busy, most, lock, gate = set(), [], threading.Lock(), threading.Barrier(3)

    def answer(prompt):
        with lock:
            busy.add(threading.get_ident())
            most.append(len(busy))
        gate.wait(5)
        with lock:
            busy.discard(threading.get_ident())
        return scholar(prompt)

    evaluate({"only": replies(answer)}, ALL, conditions=["closed"], max_concurrency=3, progress=False)
    assert max(most) == 3


# --- replies as they come


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (AIMessage("<think>Was it Odo Pym? No.</think>\n\nTilda Vance"), "Tilda Vance"),
        (AIMessage("Tilda Vance", response_metadata={"finish_reason": "length"}), "Tilda Vance"),
        (AIMessage("<think>Let me see", response_metadata={"finish_reason": "length"}), ""),
        (
            AIMessage([{"type": "reasoning", "summary": []}, {"type": "text", "text": "Tilda Vance"}]),
            "Tilda Vance",
        ),
        (
            AIMessage("", additional_kwargs={"refusal": "I cannot help with that."}),
            "I cannot help with that.",
        ),
        (AIMessage('{"answer": "Tilda'), '{"answer": "Tilda'),
        (AIMessage("  \n"), ""),
        (AIMessage("a" * 100_000), "a" * 100_000),
        (AIMessage("\ud83d half"), "? half"),
        (AIMessage("\u202eتيلدا\u202c\x00"), "\u202eتيلدا\u202c\x00"),
    ],
)
def test_a_reply_counts_as_it_stands(reply, text, tmp_path):
    model = replies(lambda _: reply)
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        [result] = evaluate({"only": model}, [ALL[0]], ledger=ledger, progress=False).results
        [kept] = evaluate({"only": replies()}, [ALL[0]], ledger=ledger, progress=False).results
    assert result.failure == ""
    assert result.reply.replace("\ufffd", "?") == text
    assert result.right == (text == "Tilda Vance")
    assert kept == result
    assert model.calls == 1


def test_a_reply_that_was_withheld_is_none():
    withheld = AIMessage("", response_metadata={"finish_reason": "content_filter"})
    [result] = evaluate({"only": replies(lambda _: withheld)}, [ALL[0]], progress=False).results
    assert result.failure.startswith("refused: ")


# --- hosted


def hosted(server, **options):
    return ChatOpenAI(
        model="scripted",
        base_url=server.base_url,
        api_key="test",
        use_responses_api=False,
        max_retries=0,
        **options,
    )


def test_a_hosted_model_is_asked_over_http_and_a_failing_service_loses_nothing(tmp_path):
    failing = [None, SERVER_ERROR, None, SERVER_ERROR]
    with ChatServer(reply=lambda messages: scholar(messages[-1]["content"]), faults=failing) as server:
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            card = evaluate({"only": hosted(server)}, ALL, ledger=ledger, progress=False)
            assert sum(bool(one.failure) for one in card.results) == 2
            card = evaluate({"only": hosted(server)}, ALL, ledger=ledger, progress=False)
        assert rights(card, "only") == (5, 10, 0, 4, 1, 2, 2, 4)
        assert server.repeated == ()
        assert len(server.calls) == len(ALL) + 2


@pytest.mark.parametrize("said", [Said(None), Said(""), Said("<html>502</html>"), Said("{}{}{", "length")])
def test_nonsense_is_a_wrong_answer(said):
    with ChatServer(reply=lambda _: said) as server:
        card = evaluate({"only": hosted(server)}, ALL[:8], progress=False)
    assert not any(one.right or one.failure for one in card.results)


def test_a_model_that_cannot_be_used_stops_it():
    with ChatServer(faults=lambda _: NO_QUOTA) as server, pytest.raises(ModelError, match="quota"):
        evaluate({"only": hosted(server)}, ALL, progress=False)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("scripted", {"temperature": 0.0, "max_completion_tokens": 128}),
        ("ft:gpt-4.1-mini-2025-04-14:org::1", {"temperature": 0.0, "max_completion_tokens": 128}),
        ("gpt-6-luna", {"max_completion_tokens": 128 + 4096}),
        ("gpt-5-chat-latest", {"temperature": 0.0, "max_completion_tokens": 128}),
        ("o4-mini-2025-04-16", {"max_completion_tokens": 128 + 4096}),
        ("ft:o4-mini-2025-04-16:org::1", {"max_completion_tokens": 128 + 4096}),
    ],
)
def test_models_by_name_are_asked_greedily_unless_they_reason(name, sent):
    with ChatServer(reply=lambda _: "yes", models=(name,)) as server:
        model = greedy_model(name, max_tokens=128, base_url=server.base_url, api_key="test")
        model.invoke([HumanMessage("Is it?")])
    body = server.calls[0].body
    keys = ("temperature", "max_completion_tokens", "max_tokens")
    assert {key: body[key] for key in keys if key in body} in (
        sent,
        {{"max_completion_tokens": "max_tokens"}.get(key, key): value for key, value in sent.items()},
    )


# --- run folders


def run_folder(folder, record, *, with_probes=True):
    dataset().save(folder)
    if with_probes:
        write_probes(ALL, folder / "probes.jsonl")
    else:
        (folder / "probes.jsonl").unlink(missing_ok=True)
    write_record(folder, record)
    return folder


def service():
    names = ("gpt-4.1-mini", "gpt-4.1", "ft:gpt-4.1-mini:org::1", "mine")
    return TuningServer(models=dict.fromkeys(names))


def hosted_run(folder, server, **options):
    record = TuningRecord(
        provider="other",
        base_model="gpt-4.1-mini",
        base_url=server.base_url,
        system_prompt="Be brief.",
        training_file="train.jsonl",
        model="ft:gpt-4.1-mini:org::1",
        job="ftjob-1",
        hyperparameters={"epochs": 3, "rank": 32, "strength": 1},
        details={"replayed": 9, "plan": {"strength": 0.85}},  # it would have lost trained answers
    )
    return run_folder(folder, record, **options)


def test_a_run_folder_evaluates_its_base_and_tuned_model_and_keeps_the_card(tmp_path):
    with service() as server:
        run = hosted_run(tmp_path / "run", server)
        card = evaluate(run, client=server.client(), progress=False)
        calls = len(server.sent("POST", "/chat/completions"))
        again = evaluate(str(run), client=server.client(), progress=False)
        bodies = server.sent("POST", "/chat/completions")
    assert (card.models, card.base, card.tuned) == (("base", "tuned"), "base", "tuned")
    assert card.conditions == ("closed", "passage", "retrieval")
    assert card.training == {
        "base_model": "gpt-4.1-mini",
        "provider": "other",
        "epochs": 3,
        "rank": 32,
        "strength": 1,
        "planned_strength": 0.85,
        "replayed": 9,
        "job": "ftjob-1",
    }
    assert find_outdated(card, run) == ""
    assert card.leaks == ()
    assert calls == len(bodies) == card.usage.asked
    assert again.usage.asked == 0
    assert again.results == card.results
    assert ReportCard.load(run) == again
    assert {body["model"] for body in bodies} == {"gpt-4.1-mini", "ft:gpt-4.1-mini:org::1"}
    assert {body["messages"][0]["content"] for body in bodies} == {"Be brief."}
    assert {body["temperature"] for body in bodies} == {0.0}


def test_a_name_that_serves_another_model_now_is_asked_anew(tmp_path):
    options = {"deployment": "mine", "kinds": ["P"], "conditions": ["closed"], "progress": False}
    with service() as server:
        run = hosted_run(tmp_path / "run", server)
        evaluate(run, client=server.client(), **options)
        record = json.loads((run / "tuning.json").read_text("utf-8"))
        other = {**record, "job": "ftjob-2", "model": "ft:gpt-4.1-mini:org::2"}
        (run / "tuning.json").write_text(json.dumps(other))
        card = evaluate(run, client=server.client(), **options)
    assert card.usage.asked == 10


def test_a_run_folder_without_probes_gets_them_from_its_pairs_and_ones_own_are_added(tmp_path):
    own = Probe(question="Is it far?", answers=("no",))
    with service() as server:
        run = hosted_run(tmp_path / "run", server, with_probes=False)
        card = evaluate(
            run, own, client=server.client(), kinds=["P", "own"], conditions=["closed"], progress=False
        )
    assert (run / "probes.jsonl").exists()
    assert card.probes[-1].question == "Is it far?"
    assert any(probe.question == "Whose work is Marrow Bridge?" for probe in card.probes)


def test_another_base_model_can_be_named(tmp_path):
    with service() as server:
        run = hosted_run(tmp_path / "run", server)
        card = evaluate(
            run, ALL[0], baseline="gpt-4.1", client=server.client(), conditions=["closed"], progress=False
        )
        names = {body["model"] for body in server.sent("POST", "/chat/completions")}
    assert card.models == ("gpt-4.1", "tuned")
    assert names == {"gpt-4.1", "ft:gpt-4.1-mini:org::1"}


def test_a_base_model_of_ones_own_gets_the_system_prompt_of_the_training(tmp_path):
    own = replies(lambda _: UNKNOWN)
    with service() as server:
        run = hosted_run(tmp_path / "run", server)
        card = evaluate(run, ALL[0], baseline=own, client=server.client(), progress=False)
    assert card.models == ("base", "tuned")
    assert own.messages
    assert all(call[0] == SystemMessage("Be brief.") for call in own.messages)


@pytest.mark.parametrize(("name", "temperature", "room"), [("plain", 0.0, 4), ("gpt-6-luna", None, 4 + 4096)])
def test_a_hosted_base_model_of_a_run_tuned_here_is_asked_as_hosted_ones_are(
    tmp_path, monkeypatch, name, temperature, room
):
    run = tmp_path / "run"
    record = TuningRecord(
        provider="local",
        base_model=str(make_tiny_model(tmp_path / "base")),
        training_file="train.jsonl",
        weights="model",
        system_prompt="Be brief.",
    )
    run_folder(run, record)
    make_tiny_model(run / "model", seed=1)
    write_probes(ALL[:2], run / "probes.jsonl")
    with ChatServer(reply=lambda _: "yes", models=(name,)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        options = {"conditions": ["closed"], "answer_tokens": 4, "progress": False}
        card = evaluate(run, baseline=f"openai:{name}", **options)
        bodies = [call.body for call in server.calls]
    assert card.base == f"openai:{name}"
    assert len(bodies) == 2
    for body in bodies:
        assert body["messages"][0] == {"role": "system", "content": "Be brief."}
        assert body.get("temperature") == temperature
        assert body["max_completion_tokens"] == room


def test_a_quick_look_does_not_take_the_place_of_a_fuller_card(tmp_path):
    told = []
    options = {"conditions": ["closed"], "progress": False, "announce": told.append}
    with service() as server:
        options["client"] = server.client()
        run = hosted_run(tmp_path / "run", server)
        small = evaluate(run, limit=1, **options)
        assert ReportCard.load(run) == small
        full = evaluate(run, **options)
        assert ReportCard.load(run) == full
        shown = [evaluate(run, limit=1, **options), evaluate(run, kinds=["V"], **options)]
        assert ReportCard.load(run) == full
        assert shown[0].results == small.results
        for card in shown:
            assert card.notes[-1] in told
            assert f"{len(full.probes)} questions (here: {len(card.probes)})" in card.notes[-1]
        record = json.loads((run / "tuning.json").read_text("utf-8"))
        (run / "tuning.json").write_text(json.dumps({**record, "job": "ftjob-2"}))
        anew = evaluate(run, kinds=["V"], **options)
        assert ReportCard.load(run) == anew  # of another training: what stood there is out of date
        write_probes(ALL[:3], run / "probes.jsonl")
        fewer = evaluate(run, **options)
        assert ReportCard.load(run) == fewer  # not a quick look: there are fewer probes now


def test_what_a_person_said_stays_while_the_answers_do(tmp_path):
    told = []
    options = {"conditions": ["closed"], "progress": False, "announce": told.append}
    with service() as server:
        options["client"] = server.client()
        run = hosted_run(tmp_path / "run", server)
        table = write_audit(evaluate(run, kinds=["V"], **options), run / "audit.csv")
        table.write_text(table.read_text("utf-8-sig").replace(",\n", ",no\n"), "utf-8")
        audit = read_audit(table, ReportCard.load(run)).counted
        ReportCard.load(run).model_copy(update={"audit": audit}).save(run)
        assert evaluate(run, kinds=["V"], **options).audit == audit
        assert evaluate(run, **options).audit == audit  # a fuller card, of which the labels are too
        assert ReportCard.load(run).audit == audit
        write_probes(ALL[6:9], run / "probes.jsonl")
        assert evaluate(run, **options).audit is None
    assert "the card has no answer" in told[-1]
    assert ReportCard.load(run).audit is None


def test_a_model_tuned_anew_in_its_folder_is_asked_anew(tmp_path):
    base = make_tiny_model(tmp_path / "base")
    run = tmp_path / "run"
    record = TuningRecord(
        provider="local",
        base_model=str(base),
        training_file="train.jsonl",
        weights="model",
        system_prompt="Be brief.",
    )
    run_folder(run, record)
    make_tiny_model(run / "model", seed=1)
    options = {"conditions": ["closed"], "answer_tokens": 4, "progress": False}
    write_probes(ALL[:3], run / "probes.jsonl")
    first = evaluate(run, **options)
    assert evaluate(run, **options).usage.asked == 0
    shutil.rmtree(run / "model")
    make_tiny_model(run / "model", seed=2)
    second = evaluate(run, **options)
    assert (first.usage.asked, second.usage.asked) == (6, 3)
    assert [one.reply for one in first.results[:3]] == [one.reply for one in second.results[:3]]
    assert [one.reply for one in first.results[3:]] != [one.reply for one in second.results[3:]]
    write_record(run, record.model_copy(update={"system_prompt": "Be long."}))
    assert evaluate(run, **options).usage.asked == 6


def engines_of_this_process():
    import psutil

    found = set()
    for one in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended, as a zombie has
            found |= {one.pid} if "qagen.llm.embedded.engine" in " ".join(one.cmdline()) else set()
    return found


def test_weights_replaced_in_their_place_are_asked_anew_and_only_its_own_engines_are_ended(tmp_path):
    file = make_tiny_gguf(make_tiny_model(tmp_path / "one"), tmp_path / "tiny.gguf")
    options = {"conditions": ["closed"], "answer_tokens": 4, "progress": False}
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        first = evaluate({"tuned": f"local:{file}"}, ALL[:2], ledger=ledger, **options)
        assert not engines_of_this_process()
        mine = local_model(str(file))
        file.unlink()
        make_tiny_gguf(make_tiny_model(tmp_path / "two", seed=2), file)
        other = local_model(str(file))
        second = evaluate({"tuned": f"local:{file}"}, ALL[:2], ledger=ledger, **options)
    assert engines_of_this_process() == {mine.engine.pid, other.engine.pid}
    mine.engine.close()
    other.engine.close()
    assert mine.engine is not other.engine
    assert not any(one.failure for one in (*first.results, *second.results))
    assert (first.usage.asked, second.usage.asked) == (2, 2)
    assert [one.reply for one in first.results] != [one.reply for one in second.results]


# --- what is refused


@pytest.mark.parametrize(
    ("models", "options", "error", "match"),
    [
        ({}, {}, SettingsError, "no model"),
        ({"a": replies()}, {}, SettingsError, "nothing to ask"),
        ({"a": replies()}, {"probes": []}, SettingsError, "nothing to ask"),
        ({"a": replies()}, {"conditions": []}, SettingsError, "closed, passage, retrieval"),
        ({"a": replies()}, {"conditions": "closed"}, SettingsError, "as a list"),
        ({"a": replies()}, {"conditions": ["open"]}, SettingsError, "open"),
        ({"a": replies()}, {"answer_tokens": 0}, SettingsError, "answer_tokens"),
        ({"a": replies()}, {"probes": ALL, "limit": 0}, SettingsError, "limit"),
        ({"a": replies()}, {"probes": ALL, "kinds": ["Z"]}, SettingsError, "V, P, F"),
        ({"a": replies()}, {"probes": ALL, "kinds": ["own"]}, SettingsError, "own"),
        ({"a": len}, {"probes": ALL}, SettingsError, "no model to ask"),
        ({"a": "no-such-provider:x"}, {"probes": ALL}, SettingsError, "no-such-provider"),
        ("no/such/run", {}, RunFolderError, "no run folder"),
        (Path(__file__).parent, {}, RunFolderError, "no tuned model"),
        (Path(__file__).parent, {"system_prompt": "Be brief."}, SettingsError, "leave out system_prompt"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(models, options, error, match):
    with pytest.raises(error, match=match):
        evaluate(models, progress=False, **options)


def test_a_run_folder_with_nothing_to_ask_says_how_to_go_on(tmp_path):
    record = TuningRecord(provider="other", base_model="x", model="y", training_file="train.jsonl")
    write_record(tmp_path, record)
    with pytest.raises(RunFolderError, match="qagen generate"):
        evaluate(tmp_path, progress=False)
