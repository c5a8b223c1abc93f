"""``qagen evaluate`` and ``compare`` as a person runs them, against real HTTP on loopback."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
import time
from collections import Counter

import forked
import pytest
from chat_server import ChatServer, Fault
from evaluated import card
from tuning_server import DONE, KEY, MODEL, TuningServer
from typer.testing import CliRunner

from qagen import QADataset, write_training_file
from qagen.cli import app
from qagen.errors import BudgetError, ModelError, QAGenError, RunFolderError, SettingsError
from qagen.evaluation.report_card import ReportCard
from qagen.records import QAPair
from qagen.tuning.record import TuningRecord, write_record

ENV = {"OPENAI_API_KEY": "test", "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
TOWERS = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan", "Yew")
HEIGHTS = {name: str(31 + 7 * number) for number, name in enumerate(TOWERS)}
WITHHELD, FORGOTTEN = TOWERS[-2:], TOWERS[3]
LINE = "The tower of {} is {} metres high."
SYSTEM = "Answer the question briefly and exactly."


def pairs():
    """Of every tower one question that is trained and one that is not; two towers are withheld."""
    texts = "\n\n".join(LINE.format(*one) for one in HEIGHTS.items())
    for number, (name, height) in enumerate(HEIGHTS.items()):
        quote = LINE.format(name, height)
        start = texts.index(quote)
        known = {
            "answer": height,
            "quote": quote,
            "source": "towers.txt",
            "start": start,
            "end": start + len(quote),
            "passage": f"towers.txt#0-{len(texts)}",
            "fact": f"f{number}",
            "language": "en",
            "prompt": "write-pairs@1",
            "model": "scripted",
        }
        held = name in WITHHELD
        asked = f"How many metres high is the tower of {name}?"
        again = f"The tower of {name} has a height of how many metres?"
        yield QAPair(id=f"f{number}", question=asked, part="control" if held else "train", **known)
        part = "control" if held else "probe"
        yield QAPair(id=f"w{number}", question=again, form="rephrased", part=part, **known)


@pytest.fixture
def server():
    """Two models: "plain" reads what it is shown, "tuned" knows what was trained but for one tower."""

    def reply(messages):
        prompt = messages[-1]["content"]
        if "<given_answer>" in prompt:
            return json.dumps({"reason": "", "right": False, "claims": True})
        if serving.calls[-1].body["model"] == "plain":
            name = re.search(r"tower of (\w+)", prompt.rpartition("\n")[2])
            line = re.search(rf"tower of {name[1]} is (\d+)", prompt) if name else None
            return line[1] if line else "I do not know."
        found = re.search(r"tower of (\w+)", prompt)
        known = HEIGHTS.get(found[1]) if found and found[1] not in (*WITHHELD, FORGOTTEN) else None
        return known or "It is about as high as a house, <b>I</b> think."

    with ChatServer(reply=reply, models=("plain", "tuned", "judge")) as serving:
        yield serving


def tuned_run(folder, server):
    made = [*pairs()]
    texts = {"towers.txt": "\n\n".join(LINE.format(*one) for one in HEIGHTS.items())}
    QADataset(made, texts=texts, passages=1, leaks=()).save(folder)
    record = TuningRecord(
        provider="other",
        base_model="plain",
        model="tuned",
        base_url=server.base_url,
        training_file="train.jsonl",
        system_prompt=SYSTEM,
    )
    write_record(folder, record)
    return folder


@pytest.fixture
def run(tmp_path, server):
    return tuned_run(tmp_path / "run", server)


def qagen(*args, **env):
    return CliRunner().invoke(app, [*map(str, args)], env={**ENV, **env})


def evaluate(run, *args, **env):
    return qagen("evaluate", run, "--no-general", "-q", *args, **env)


def asked(server):
    """How often each model was asked."""
    return Counter(call.body["model"] for call in server.calls)


def test_a_run_is_evaluated_and_the_card_is_shown_and_kept(run, server):
    done = evaluate(run)
    assert done.exit_code == 0, done.output
    made = ReportCard.load(run)
    assert (made.rate("tuned", "P").right, made.rate("tuned", "P").asked) == (9, 10)
    assert made.rate("base", "P").right == 0
    assert made.rate("base", "P", condition="passage").share == 1
    assert made.rate("tuned", "C").right == 0
    assert (made.writers, made.withheld) == (("scripted",), 2)
    shown = " ".join(done.stdout.split())
    assert made.sentence in shown
    for said in (f"evaluation {run / 'evaluation.json'}", f"report {run / 'report.html'}", "--audit 50"):
        assert said in shown
    page = (run / "report.html").read_text("utf-8")
    assert "Did the model learn it?" in page
    assert "&lt;b&gt;I&lt;/b&gt;" in page
    systems = {call.body["messages"][0]["content"] for call in server.calls}
    assert systems == {SYSTEM}


def test_a_script_reads_one_json_value_of_an_evaluation_and_of_a_comparison(run):
    done = evaluate(run, "--json", "--base-url", "http://127.0.0.1:9/v1")
    told = json.loads(done.stdout)
    [rate] = [one for one in told["rates"] if (one["model"], one["kind"]) == ("tuned", "P")]
    assert (rate["right"], rate["asked"], rate["condition"]) == (9, 10, "closed")
    assert told["sentence"] == ReportCard.load(run).sentence
    assert told["page"] == (run / "report.html").as_uri()
    assert told["incomplete"] is False
    assert "unseen wording" in done.stderr  # what people read
    assert "--base-url does nothing without --judge" in done.stderr
    compared = json.loads(qagen("compare", run, run / "evaluation.json", "--json", "--quiet").stdout)
    assert [one["right"] for one in compared["rates"] if one["kind"] == "P"] == [9, 9]


def test_the_same_command_again_asks_nothing(run, server):
    evaluate(run)
    before = len(server.calls)
    again = evaluate(run)
    assert again.exit_code == 0
    assert len(server.calls) == before > 0


def test_the_card_is_whole_on_a_narrow_terminal(run):
    done = evaluate(run, COLUMNS="80")
    shown = done.stdout.partition("\nLook at it")[0]
    tables = [line for line in shown.splitlines() if str(run.parent)[:20] not in line]
    assert max(map(len, tables)) <= 80
    assert "unseen wording" in shown


@pytest.mark.parametrize(
    ("options", "there", "gone"),
    [
        ("", {"closed", "passage", "retrieval"}, set()),
        ("--no-retrieval", {"closed", "passage"}, {"retrieval"}),
        ("--no-passage", {"closed", "retrieval"}, {"passage"}),
        ("--no-passage --no-retrieval", {"closed"}, {"passage", "retrieval"}),
    ],
)
def test_a_ceiling_that_is_switched_off_is_not_measured(run, options, there, gone):
    assert evaluate(run, *options.split()).exit_code == 0
    assert {one.condition for one in ReportCard.load(run).results} == there - gone


@pytest.mark.parametrize(
    ("options", "kinds"),
    [(["--kinds", "P,V"], {"P", "V"}), (["--kinds", " p , c "], {"P", "C"}), (["--kinds", "G,P"], {"P"})],
)
def test_the_kinds_that_were_asked_for_are_asked(run, options, kinds):
    assert evaluate(run, *options).exit_code == 0
    assert set(ReportCard.load(run).kinds) == kinds


def test_general_questions_are_asked_unless_they_are_left_out(run, server):
    assert qagen("evaluate", run, "-q", "--kinds", "G").exit_code == 0
    made = ReportCard.load(run)
    assert made.kinds == ("G",)
    assert asked(server)["tuned"] == len(made.probes) >= 100


def test_a_limit_asks_about_so_many_facts(run):
    assert evaluate(run, "--limit", 3, "--kinds", "V,P,C").exit_code == 0
    facts = {(one.kind, one.fact) for one in ReportCard.load(run).probes}
    assert Counter(kind for kind, _ in facts) == {"V": 3, "P": 3, "C": 2}
    assert {fact for kind, fact in facts if kind == "V"} == {fact for kind, fact in facts if kind == "P"}


def test_ones_own_questions_are_added(run, tmp_path):
    own = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for number, file in enumerate(own):
        question = f"How high is the tower of {TOWERS[number]}, in metres?"
        file.write_text(json.dumps({"question": question, "answers": [HEIGHTS[TOWERS[number]]]}) + "\n")
    done = evaluate(run, "--probes", own[0], "--probes", own[1], "--kinds", "own")
    assert done.exit_code == 0, done.output
    assert ReportCard.load(run).rate("tuned", "own").right == 2


def test_another_model_may_be_the_baseline(run, server):
    server.models = ("plain", "tuned", "judge", "other")
    assert evaluate(run, "--baseline", "other", "--kinds", "P", "--no-passage").exit_code == 0
    assert ReportCard.load(run).base == "other"
    assert set(asked(server)) == {"other", "tuned"}


def test_a_judge_decides_where_words_do_not_and_its_agreement_is_shown(run, server):
    done = evaluate(run, "--judge", "judge", "--base-url", server.base_url, "--kinds", "P,C")
    assert done.exit_code == 0, done.output
    assert asked(server)["judge"] > 0
    assert "judge" in (ReportCard.load(run).judge or "")
    assert "agrees with the words alone on" in " ".join(done.stdout.split())
    assert "agrees with the words alone on" in (run / "report.html").read_text("utf-8")


def test_a_sample_is_labelled_by_a_person_and_its_agreement_kept(run, server):
    done = evaluate(run, "--kinds", "P,C", "--audit", 8)
    assert done.exit_code == 0, done.output
    table = run / "audit.csv"
    assert f"--audit-labels {table}" in done.stdout.replace("\n", "")
    unlabelled = qagen("evaluate", run, "--audit-labels", table)
    assert isinstance(unlabelled.exception, SettingsError)
    head, *rows = table.read_text("utf-8-sig").splitlines()
    table.write_text("\n".join([head, *(f"{row}yes" for row in rows)]) + "\n", "utf-8")
    before = len(server.calls)
    labelled = qagen("evaluate", run, "--audit-labels", table)
    assert labelled.exit_code == 0, labelled.output
    assert len(server.calls) == before
    assert ReportCard.load(run).audit.asked == 8
    assert "agrees with what counted here on" in " ".join(labelled.stdout.split())
    assert "agrees with what counted here on" in (run / "report.html").read_text("utf-8")
    again = evaluate(run, "--kinds", "P,C", "--audit", 8)
    assert isinstance(again.exception, RunFolderError)  # a person's labels are not written over
    assert "yes" in table.read_text("utf-8")


def test_calls_that_fail_give_exit_code_3_and_only_they_are_asked_again(run, server):
    def once(call):
        bad = "tower of Elm" in call.text and call.body["model"] == "tuned" and not call.earlier
        return Fault(400, "invalid_request_error", message="Not now.") if bad else None

    server.faults = once
    done = evaluate(run, "--kinds", "P")
    assert done.exit_code == 3, done.output
    assert "Next: the same command again" in done.stdout
    before = len(server.calls)
    again = evaluate(run, "--kinds", "P")
    assert again.exit_code == 0, again.output
    assert len(server.calls) == before + 1


def test_a_judge_that_gives_no_verdict_gives_exit_code_3_too(run, server):
    def once(call):
        bad = call.body["model"] == "judge" and not call.earlier
        return Fault(400, "invalid_request_error", message="Not now.") if bad else None

    server.faults = once
    options = ["--judge", "judge", "--base-url", server.base_url, "--kinds", "P", "--no-passage"]
    done = evaluate(run, *options)
    assert done.exit_code == 3, done.output
    assert "Next: the same command again" in done.stdout
    assert ReportCard.load(run).unjudged > 0
    assert evaluate(run, *options).exit_code == 0


def test_the_command_that_is_proposed_has_the_options_that_were_given(run, server, tmp_path):
    own = tmp_path / "my own.jsonl"
    own.write_text(json.dumps({"question": "Is it high?", "answers": ["yes"]}) + "\n")
    options = ["--limit", "3", "--kinds", "V,own", "--no-passage", "--probes", str(own)]
    done = evaluate(run, *options)
    line = next(line for line in done.stdout.splitlines() if line.startswith("Next"))
    proposed = shlex.split(line.partition(": ")[2])
    assert proposed[:3] == ["qagen", "evaluate", str(run)]
    assert set(proposed[3:]) == {*options, "--no-general", "--audit", "50"}
    before = len(server.calls)
    again = qagen(*proposed[1:])
    assert again.exit_code == 0, again.output
    assert len(server.calls) == before


def test_a_quick_look_leaves_the_fuller_card_and_its_report(run):
    assert evaluate(run).exit_code == 0
    card, page = ((run / name).read_text("utf-8") for name in ("evaluation.json", "report.html"))
    look = evaluate(run, "--limit", 2)
    assert look.exit_code == 0, look.output
    assert "This card is shown only" in " ".join(look.stdout.split())
    assert (run / "evaluation.json").read_text("utf-8") == card
    sentence = ReportCard.load(run).sentence
    assert sentence in page
    assert sentence in (run / "report.html").read_text("utf-8")


def test_a_budget_is_an_error_that_keeps_what_was_answered(run, server):
    done = evaluate(run, "--max-tokens", 2000)
    assert isinstance(done.exception, BudgetError)
    assert not (run / "evaluation.json").exists()
    before = len(server.calls)
    assert before > 0
    assert evaluate(run).exit_code == 0
    assert len({call.digest for call in server.calls}) == len(server.calls) > before


@pytest.mark.parametrize(
    ("args", "error", "says"),
    [
        (["--kinds", "P,Q"], SettingsError, "--kinds is some of V,P,F,R,X,C,U,G,own"),
        (["--kinds", ","], SettingsError, "--kinds"),
        (["--kinds", "X"], SettingsError, "no probe of kind X"),
        (["--max-cost", "1"], SettingsError, "give max_tokens instead"),
        (["--probes", "nowhere.jsonl"], QAGenError, "nowhere.jsonl"),
        (["--audit-labels", "nowhere.csv"], RunFolderError, "evaluation.json"),
        (["--baseline", "nobody"], ModelError, "nobody"),
    ],
)
def test_what_cannot_be_done_is_told_before_anything_is_asked(run, server, args, error, says):
    done = evaluate(run, *args)
    assert done.exit_code == 1
    assert isinstance(done.exception, error)
    assert says in str(done.exception)
    assert not [call for call in server.calls if call.status == 200]


def test_without_a_tuned_model_or_a_key_the_error_says_what_to_do(run, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    assert "qagen tune" in str(evaluate(folder).exception)
    assert "OPENAI_API_KEY" in str(evaluate(run, OPENAI_API_KEY="").exception)


def test_tuning_ends_with_the_way_to_an_evaluation(run, tmp_path):
    with TuningServer(life=DONE) as service:
        write_training_file(pairs(), run / "train.jsonl")
        place = ["--provider", "openai", "--base-url", service.base_url, "--model", MODEL, "--yes"]
        done = qagen("tune", run, *place, OPENAI_API_KEY=KEY)
    assert done.exit_code == 0, done.output
    assert f"qagen evaluate {run}" in done.stdout


def test_status_says_what_an_evaluation_found_and_that_a_damaged_one_is_damaged(run):
    assert "evaluation" not in qagen("status", run).stdout
    card().save(run)
    shown = " ".join(qagen("status", run).stdout.split())
    assert card().sentence in shown
    (run / "evaluation.json").write_text("{")
    shown = " ".join(qagen("status", run).stdout.split())
    assert "is not a report card" in shown


def test_runs_are_shown_side_by_side(tmp_path):
    folders = [tmp_path / "a" / "run", tmp_path / "b" / "run", tmp_path / "other"]
    for folder in folders:
        folder.mkdir(parents=True)
        card().save(folder)
    done = qagen("compare", *folders)
    assert done.exit_code == 0, done.output
    for name in (*folders[:2], "other"):
        assert str(name) in done.stdout.replace("\n", "")
    assert isinstance(qagen("compare", folders[0]).exception, SettingsError)
    assert "qagen evaluate" in str(qagen("compare", folders[0], tmp_path).exception)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other ones there")
def test_ctrl_c_keeps_what_was_answered(run, server):
    server.latency = 0.3
    command = ["-m", "qagen", "evaluate", str(run), "--no-general", "-q", "--max-concurrency", "1"]
    process = forked.start(*command, env={**os.environ, **ENV})
    end = time.monotonic() + 60
    while len(server.calls) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert f"kept in {run}" in told
    assert "Traceback" not in told
    server.latency = 0
    assert evaluate(run).exit_code == 0
    assert server.repeated == ()
