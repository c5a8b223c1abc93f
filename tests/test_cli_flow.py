"""The command through all its steps, against real HTTP: what each option changes, and how it ends.

Most tests run the command in this process; those that send it a signal run it in one of its own.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from chat_server import SERVER_ERROR, ChatServer, Fault
from stages import approve_all, declare_all, inside, stage_of, verdict, word_all, worded
from typer.testing import CliRunner

from qagen import check_training_file
from qagen.cli import app
from qagen.errors import QAGenError
from qagen.files import JsonLines
from qagen.records import Edit, QAPair

ENV = {"OPENAI_API_KEY": "test", "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
BOATS = "\n\n".join(
    f"The boat Wavelet {year} won the regatta of {year} at Marrow Bridge by {year - 1890} lengths."
    for year in range(1897, 1903)
)
REMARK = "That was all."
FACTS = 12
STEPS = ["write", "fill gaps", "gates", "review", "wordings", "divide"]


def pairs_of(prompt):
    """Two facts of each boat of the target text."""
    boats = re.findall(r"^(The boat (\S+ (\d+)) .* by (\d+) lengths\.)$", inside("target_text", prompt), re.M)
    race = "the regatta of {} at Marrow Bridge"
    pairs = []
    for line, boat, year, lengths in boats:
        who, by = f"Which boat won {race.format(year)}?", f"By how many lengths was {race.format(year)} won?"
        pairs += [{"question": who, "answer": boat, "quote": line}]
        pairs += [{"question": by, "answer": lengths, "quote": line}]
    return {"question_answer_pairs": pairs}


def prompt_of(call):
    return "\n\n".join(message["content"] for message in call.body["messages"])


@contextmanager
def serving(*, write=pairs_of, fill=declare_all, review=approve_all, rephrase=word_all, **settings):
    """A server whose model answers every stage."""
    stages = {"write": write, "fill": fill, "review": review, "rephrase": rephrase}

    def reply(messages):
        prompt = "\n\n".join(message["content"] for message in messages)
        return json.dumps(stages[stage_of(prompt)](prompt), ensure_ascii=False)

    with ChatServer(reply=reply, models=("scripted", "other"), **settings) as server:
        yield server


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def boats(tmp_path):
    path = tmp_path / "boats.txt"
    path.write_text(f"{BOATS}\n\n{REMARK}\n", "utf-8")
    return path


def qagen(*args, **env):
    return CliRunner().invoke(app, [*map(str, args)], env={**ENV, **env})


def command(boats, server, *args):
    run = boats.parent / "run"
    options = ["--llm", "scripted", "--base-url", server.base_url, "-q"]
    return ["generate", str(boats), "-o", str(run), *options, *map(str, args)]


def generate(boats, server, *args):
    """The finished command, and the pairs in the run folder."""
    done = qagen(*command(boats, server, *args))
    kept = boats.parent / "run" / "pairs.jsonl"
    return done, [*JsonLines(kept, QAPair)] if kept.exists() else []


def asked(server, start=0):
    """How often each stage was asked, and by which models."""
    return Counter((stage_of(prompt_of(call)), call.body["model"]) for call in server.calls[start:])


def stages(server, start=0):
    return {stage for stage, _ in asked(server, start)}


def steps_shown(done):
    table = done.stdout.partition("What each step did")[2].partition("\nDone")[0]
    return [step for step in STEPS if re.search(rf"^ *{step} ", table, re.MULTILINE)]


def lines(path):
    return path.read_text("utf-8").splitlines()


# --- the default run -------------------------------------------------------------------------------------


def test_a_run_goes_through_every_step_and_writes_every_file(boats, server):
    done, pairs = generate(boats, server)
    run = boats.parent / "run"
    assert done.exit_code == 0, done.output
    assert stages(server) == {"write", "fill", "review", "rephrase"}
    assert steps_shown(done) == STEPS
    assert {file.name for file in run.iterdir()} == {
        "ledger.sqlite",
        "pairs.jsonl",
        "dropped.jsonl",
        "coverage.json",
        "train.jsonl",
        "validation.jsonl",
        "probes.jsonl",
        "report.html",
    }
    parts = Counter(pair.part for pair in pairs)
    assert len(lines(run / "train.jsonl")) == parts["train"]
    assert len(lines(run / "validation.jsonl")) == parts["validation"]
    assert len(lines(run / "probes.jsonl")) == parts["probe"] + parts["control"]
    for said in (f"facts +{FACTS}", r"leaks +0", r"sentences covered +6 of 7, 1 hold no fact", r"failures +0"):
        assert re.search(said, done.stdout), said


def test_status_check_and_the_same_command_again_agree_with_the_run(boats, server):
    done, _ = generate(boats, server, "--validation", 0.5)
    run, calls = boats.parent / "run", len(server.calls)
    again, _ = generate(boats, server, "--validation", 0.5)
    assert len(server.calls) == calls
    assert f"calls             {calls} ({calls} asked now)" in done.stdout
    assert f"calls             {calls} (0 asked now)" in again.stdout
    status = qagen("status", run)
    assert status.exit_code == 0, status.output
    for said in (r"leaks +0", rf"calls done +{calls}\b", rf"facts +{FACTS}"):
        assert re.search(said, status.stdout), said
    assert qagen("check", run / "train.jsonl", "--validation", run / "validation.jsonl").exit_code == 0
    assert check_training_file(run / "train.jsonl", validation_file=run / "validation.jsonl").warnings == ()


def test_the_table_of_the_steps_is_whole_on_a_narrow_terminal(boats, server):
    done = qagen(*command(boats, server), COLUMNS="80")
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in (*STEPS, "tokens", "cost", "control"):
        assert word in done.stdout


# --- what each option changes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "steps", "wanted"),
    [
        ("--fill-rounds 0", {"write", "review", "rephrase"}, "fill gaps"),
        ("--review off", {"write", "fill", "rephrase"}, None),
        ("--review suspect", {"write", "fill", "rephrase"}, None),
        ("--no-gates", {"write", "fill", "review", "rephrase"}, "gates"),
        ("--no-gates --review off", {"write", "fill", "rephrase"}, "gates"),
        ("--forms 1 --held-out 0 --kinds ''", {"write", "fill", "review"}, "wordings"),
        ("--no-divide", {"write", "fill", "review", "rephrase"}, "divide"),
        ("--preset classic", {"write"}, "fill gaps"),
    ],
)
def test_a_step_that_is_switched_off_asks_nothing_and_is_not_in_the_table(
    boats, server, options, steps, wanted
):
    done, pairs = generate(boats, server, *options.replace("''", " ").split(" "))
    assert done.exit_code == 0, done.output
    assert stages(server) == steps
    assert wanted not in steps_shown(done)
    assert len({pair.fact for pair in pairs}) == FACTS


def test_a_review_of_the_suspect_looks_only_at_what_code_doubts(boats):
    def one_without_its_year(prompt):
        pairs = pairs_of(prompt)["question_answer_pairs"]
        pairs[0]["question"] = "Which boat won this regatta?"
        return {"question_answer_pairs": pairs}

    with serving(write=one_without_its_year) as server:
        generate(boats, server, "--review", "suspect")
        [shown] = [prompt_of(call) for call in server.calls if stage_of(prompt_of(call)) == "review"]
    assert len(re.findall(r"^\d+\. question: ", inside("pairs", shown), re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("option", "stage"), [("--filler", "fill"), ("--reviewer", "review"), ("--rephraser", "rephrase")]
)
def test_another_model_is_asked_by_its_name_for_its_step_alone(boats, server, option, stage):
    done, _ = generate(boats, server, option, "other")
    assert done.exit_code == 0, done.output
    assert {stage for stage, model in asked(server) if model == "other"} == {stage}
    assert {stage for stage, model in asked(server) if model == "scripted"} == stages(server) - {stage}


def forms_of(pairs):
    """How often each form stands in each part, for the first fact: a name."""
    fact = next(pair.fact for pair in pairs if pair.answer == "Wavelet 1897")
    return Counter((pair.form, pair.part) for pair in pairs if pair.fact == fact)


@pytest.mark.parametrize(
    ("options", "forms"),
    [
        (["--forms", 3, "--kinds", ""], {("rephrased", "train"): 3, ("rephrased", "probe"): 2}),
        (["--held-out", 0, "--kinds", ""], {("rephrased", "train"): 5}),
        (["--kinds", "cloze,statement", "--held-out", 0], {("cloze", "train"): 1, ("statement", "train"): 1}),
        (["--kinds", "reversed", "--held-out", 0], {("reversed", "train"): 1}),
        (["--preset", "thorough", "--kinds", ""], {("rephrased", "train"): 10, ("rephrased", "probe"): 3}),
        (["--preset", "thorough", "--forms", 2, "--kinds", ""], {("rephrased", "train"): 2}),
    ],
)
def test_forms_held_out_and_kinds_are_those_of_each_fact(boats, options, forms):
    def reversing(prompt):
        facts = word_all(prompt)["facts"]
        for fact in facts:
            if year := re.match(r"Wavelet (\d+)", fact["answer"]):
                fact["reversed"] = {
                    "question": f"At which regatta at Marrow Bridge did {fact['answer']} win?",
                    "answer": f"regatta of {year[1]}",
                }
        return {"facts": facts}

    with serving(rephrase=reversing) as server:
        done, pairs = generate(boats, server, "--no-divide", *options)
    assert done.exit_code == 0, done.output
    made = forms_of(pairs)
    assert made.pop(("canonical", "train")) == 1
    assert {form: made[form] for form in forms} == forms
    wanted = {form for form, _ in forms} | {"rephrased"}
    assert {form for form, _ in made} == wanted


def test_wordings_come_in_the_languages_that_are_named(boats):
    def in_each(prompt):
        facts = []
        for number, block in re.findall(r'<fact number="(\d+)">(.*?)</fact>', prompt, re.DOTALL):
            facts += [{**worded(number, block), "language": code} for code in ("en", "ja")]
            names = " ".join(re.findall(r"\d+", facts[-1]["topic"]))
            ways = ("年の大会で勝ったボートはどれですか。", "年のレースについて答えてください。")
            facts[-1]["questions"] = [f"マロウ橋の{names}{way}" for way in ways]
        return {"facts": facts}

    with serving(rephrase=in_each) as server:
        generate(boats, server, "--languages", "ja,en")
        prompts = [prompt_of(call) for call in server.calls if stage_of(prompt_of(call)) == "rephrase"]
    assert prompts
    assert all("wordings in ja: " in prompt and "wordings in en: " in prompt for prompt in prompts)


def test_answers_are_sentences_when_that_is_the_style(boats, server):
    _, pairs = generate(boats, server, "--answer-style", "sentence", "--kinds", "")
    answers = [pair.answer for pair in pairs if pair.extra.get("short_answer") == "Wavelet 1897"]
    assert answers
    assert all(re.match(r"Wavelet 1897\. \S.*\.$", answer) for answer in answers)


def test_the_division_follows_its_shares_and_its_seed_and_asks_nothing_new(boats, server):
    _, usual = generate(boats, server)
    calls = len(server.calls)
    _, none = generate(boats, server, "--control", 0)
    _, half = generate(boats, server, "--control", 0.5, "--validation", 0.5)
    _, other = generate(boats, server, "--control", 0.5, "--validation", 0.5, "--seed", 3)
    assert len(server.calls) == calls

    def withheld(pairs):
        return {pair.fact for pair in pairs if pair.part == "control"}

    assert withheld(none) == set()
    assert len(withheld(usual)) < len(withheld(half)) < FACTS
    assert withheld(half) != withheld(other)
    parts = [Counter(pair.part for pair in pairs)["validation"] for pairs in (none, half)]
    assert 0 < parts[0] <= parts[1]


def test_a_bound_on_the_facts_of_a_passage_is_honoured_and_told(boats, server):
    done, pairs = generate(boats, server, "--pairs-per-passage", 2)
    assert Counter(pair.passage for pair in pairs if pair.form == "canonical").most_common(1)[0][1] == 2
    assert "dropped: over_the_bound" in done.stdout


def test_no_prices_no_cap_on_the_cost(boats, server):
    done, _ = generate(boats, server, "--max-cost", 1)
    assert (done.exit_code, len(server.calls)) == (1, 0)
    assert "scripted" in str(done.exception)
    assert "max_tokens" in str(done.exception)


def used(server):
    """Tokens of all calls, as the server counts them."""
    return sum(len(json.dumps(call.body)) // 4 for call in server.calls)


@pytest.mark.parametrize("stage", ["write", "fill", "review", "rephrase"])
def test_a_budget_stops_with_exit_code_3_and_more_of_it_goes_on_without_asking_twice(boats, tmp_path, stage):
    options = ["--chunk-size", "60", "--max-concurrency", "1"]
    order = ("write", "fill", "review", "rephrase")
    with serving() as server:
        done, _ = generate(boats, server, *options)
        whole = server.calls
        spent = []
        for call in whole:
            reply = re.search(r"x", "x")
            spent.append((stage_of(prompt_of(call)), call, reply))
    assert done.exit_code == 0
    assert {one for one, _, _ in spent} == set(order)
