"""The command through all its steps, against real HTTP: what each option changes, and how it ends.

Most tests run the command in this process; those that send it a signal run it in one of its own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from itertools import pairwise

import forked
import pytest
from chat_server import ChatServer, Fault
from stages import approve_all, declare_all, inside, stage_of, word_all, worded
from typer.testing import CliRunner

from qagen import check_training_file
from qagen.cli import app
from qagen.errors import QAGenError
from qagen.files import JsonLines
from qagen.pairs.provenance import read_provenance
from qagen.records import Edit, QAPair

ENV = {"OPENAI_API_KEY": "test", "COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
NAMES = ("Kestrel", "Heron", "Curlew", "Plover", "Osprey", "Tern")
BOAT = "The boat {} won the regatta of {} at Marrow Bridge by {} lengths."
BOATS = "\n\n".join(BOAT.format(name, year, year - 1890) for year, name in enumerate(NAMES, 1897))
REMARK = "That was all."
FACTS = 12
STEPS = ["write", "fill gaps", "gates", "review", "wordings", "divide"]


def pairs_of(prompt):
    """Two facts of each boat of the target text."""
    line = r"^(The boat (\w+) won the regatta of (\d+) .* by (\d+) lengths\.)$"
    boats = re.findall(line, inside("target_text", prompt), re.MULTILINE)
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
    table = re.split(r"\nDone|\nRun folder", done.stdout.partition("What each step did")[2])[0]
    return [step for step in STEPS if re.search(rf"^ *{step} ", table, re.MULTILINE)]


def lines(path):
    return path.read_text("utf-8").splitlines()


# --- what was there before -------------------------------------------------------------------------------


def test_a_folder_with_somebody_elses_training_file_is_refused(boats, server):
    run = boats.parent / "run"
    run.mkdir()
    (run / "train.jsonl").write_text("mine\n", "utf-8")
    done, _ = generate(boats, server)
    assert done.exit_code == 1
    assert isinstance(done.exception, QAGenError)
    assert "holds train.jsonl" in str(done.exception)
    assert (run / "train.jsonl").read_text("utf-8") == "mine\n"
    assert server.calls == []


def test_a_run_that_gives_nothing_leaves_the_files_of_the_one_before(boats, server):
    generate(boats, server)
    run = boats.parent / "run"
    before = {file.name: file.read_bytes() for file in run.glob("*.jsonl")}
    with serving(write=lambda _: "no JSON") as silent:
        done, _ = generate(boats, silent, "--llm", "other", "--fill-rounds", 0)
    assert done.exit_code == 3
    assert "those of an earlier run: this one gave no pair" in done.output
    assert {file.name: file.read_bytes() for file in run.glob("*.jsonl")} == before


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
    kinds = Counter(json.loads(line)["kind"] for line in lines(run / "probes.jsonl"))
    assert kinds["P"] == parts["probe"] > 0
    assert kinds["V"] == sum((pair.form, pair.part) == ("canonical", "train") for pair in pairs)
    for said in (
        f"facts +{FACTS}",
        r"leaks +0",
        r"sentences covered +6 of 7, 1 hold no fact",
        r"failures +0",
    ):
        assert re.search(said, done.stdout), said


def test_status_says_why_it_is_not_all_well_after_a_run_that_is(boats, server):
    generate(boats, server)
    run = boats.parent / "run"
    assert "ended without an answer" not in qagen("status", run).output
    with closing(sqlite3.connect(run / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("UPDATE calls SET state = 'failed' WHERE rowid = 1")
    told = qagen("status", run)
    assert told.exit_code == 3
    assert "! 1 call ended without an answer." in told.output


def test_status_check_and_the_same_command_again_agree_with_the_run(boats, server):
    done, _ = generate(boats, server, "--validation", 0.5)
    run, calls = boats.parent / "run", len(server.calls)
    again, _ = generate(boats, server, "--validation", 0.5)
    assert len(server.calls) == calls
    assert re.search(rf"^ calls +{calls} \({calls} asked now\)", done.stdout, re.MULTILINE)
    assert re.search(rf"^ calls +{calls} \(0 asked now\)", again.stdout, re.MULTILINE)
    status = qagen("status", run)
    assert status.exit_code == 0, status.output
    assert steps_shown(status) == STEPS
    for said in (r"leaks +0", rf"calls done +{calls}\b", rf"facts +{FACTS}", "training file +/"):
        assert re.search(said, status.stdout), said
    assert qagen("check", run / "train.jsonl", "--validation", run / "validation.jsonl").exit_code == 0
    assert check_training_file(run / "train.jsonl", validation_file=run / "validation.jsonl").warnings == 0


def test_the_table_of_the_steps_is_whole_on_a_narrow_terminal(boats, server):
    done = qagen(*command(boats, server), COLUMNS="80")
    tables = done.stdout.partition("\nLook at it: ")[0]  # what is to be copied stays on one line
    assert max(map(len, tables.splitlines())) <= 80
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
    done, pairs = generate(boats, server, *[word.strip("'") for word in options.split(" ")])
    assert done.exit_code == 0, done.output
    assert stages(server) == steps
    assert wanted not in steps_shown(done)
    assert len({pair.fact for pair in pairs}) == FACTS


def first_pair_of(prompt):
    return {"question_answer_pairs": pairs_of(prompt)["question_answer_pairs"][:1]}


@pytest.mark.parametrize(
    ("options", "passages", "shared"),
    [
        ("", 3, {23}),
        ("--chunk-overlap 100", 3, {4}),
        ("--chunk-overlap 0", 3, {0}),
        ("--chunk-size 1000 --chunk-overlap 0", 5, {0}),
    ],
)
def test_the_classic_recipe_overlaps_unless_an_option_says_otherwise(boats, options, passages, shared):
    boats.write_text("\n".join(BOAT.format("Tern", year, 7) for year in range(1700, 1900)), "utf-8")
    options = ["--preset", "classic", "--max-concurrency", 1, *options.split()]
    with serving(write=first_pair_of) as server:
        generate(boats, server, *options)
        shown = [{*inside("target_text", prompt_of(call)).split("\n")} - {""} for call in server.calls]
        done, _ = generate(boats, server, *options, "--estimate")
    assert {len(before & text) for before, text in pairwise(shown)} == shared  # lines of 21 tokens
    assert len(shown) == passages
    assert f"Estimate for {passages} passages" in done.stdout


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
    ("option", "stage", "step"),
    [
        ("--filler", "fill", "fill gaps"),
        ("--reviewer", "review", "review"),
        ("--rephraser", "rephrase", "wordings"),
    ],
)
def test_another_model_is_asked_by_its_name_for_its_step_alone_and_the_page_says_so(
    boats, server, option, stage, step
):
    done, _ = generate(boats, server, option, "other")
    assert done.exit_code == 0, done.output
    assert {stage for stage, model in asked(server) if model == "other"} == {stage}
    assert {stage for stage, model in asked(server) if model == "scripted"} == stages(server) - {stage}
    run = boats.parent / "run"
    given = ["--out", str(run), "--llm", "scripted", "--base-url", server.base_url, option, "other"]
    line = shlex.join(["qagen", "generate", str(boats), *given, "--quiet"])
    assert read_provenance(run).command == line
    assert f"other ({step})" in (run / "report.html").read_text("utf-8")


def forms_of(pairs):
    """How often each form stands in each part, for the first fact: a name."""
    fact = next(pair.fact for pair in pairs if pair.answer == "Kestrel")
    return Counter((pair.form, pair.part) for pair in pairs if pair.fact == fact)


@pytest.mark.parametrize(
    ("options", "forms"),
    [
        (["--forms", 3, "--kinds", ""], {("rephrased", "train"): 2, ("rephrased", "probe"): 2}),
        (["--held-out", 0, "--kinds", ""], {("rephrased", "train"): 4}),
        (["--kinds", "cloze,statement", "--held-out", 0], {("cloze", "train"): 1, ("statement", "train"): 1}),
        (["--kinds", "reversed", "--held-out", 0], {("reversed", "train"): 1}),
        (["--preset", "thorough", "--forms", 2, "--kinds", ""], {("rephrased", "probe"): 3}),
    ],
)
def test_forms_held_out_and_kinds_are_those_of_each_fact(boats, options, forms):
    def reversing(prompt):
        facts = word_all(prompt)["facts"]
        for fact in facts:
            if fact["answer"] in NAMES:
                year = 1897 + NAMES.index(fact["answer"])
                fact["reversed"] = {
                    "question": f"Which regatta at Marrow Bridge did the boat {fact['answer']} win?",
                    "answer": f"regatta of {year}",
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
    answers = [pair.answer for pair in pairs if pair.extra.get("short_answer") == "Kestrel"]
    assert answers
    assert all(re.match(r"Kestrel\. \S.*\.$", answer) for answer in answers)


def test_the_division_follows_its_shares_and_its_seed_and_asks_nothing_new(boats, server):
    _, usual = generate(boats, server)
    calls = len(server.calls)
    _, none = generate(boats, server, "--control", 0)
    _, half = generate(boats, server, "--control", 0.4, "--validation", 0.5)
    _, other = generate(boats, server, "--control", 0.4, "--validation", 0.5, "--seed", 3)
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


# Tokens that end the run in each step; passages of 60 tokens give three calls a step but for filling: one.
@pytest.mark.parametrize(
    ("most", "stopped_in"), [(2_000, "write"), (4_000, "fill"), (8_000, "review"), (12_000, "rephrase")]
)
def test_a_budget_stops_with_exit_code_3_and_more_of_it_goes_on_without_asking_twice(
    boats, server, most, stopped_in
):
    options = ["--chunk-size", 60, "--max-concurrency", 1]
    order = ["write", "fill", "review", "rephrase"]
    done, _ = generate(boats, server, *options, "--max-tokens", most)
    reached = order[: order.index(stopped_in) + 1]
    assert stages(server) in ({*reached}, {*reached[:-1]})
    assert "the budget" in done.stdout
    assert "run again with a larger budget" in " ".join(done.stdout.split())
    assert done.exit_code == 3
    assert "Done, with failures" in done.stdout
    assert qagen("status", boats.parent / "run").exit_code == 3
    again, pairs = generate(boats, server, *options, "--max-tokens", 100_000)
    assert again.exit_code == 0, again.output
    assert server.repeated == ()
    assert len({pair.fact for pair in pairs}) == FACTS
    assert sum(asked(server).values()) == 10


# --- told before anything is asked -----------------------------------------------------------------------


@pytest.mark.parametrize("llm", ["scripted", "local"])
def test_an_estimate_asks_nothing_fetches_nothing_and_writes_nothing(boats, server, tmp_path, llm):
    home = tmp_path / "home"
    done = qagen(*command(boats, server, "--estimate", "--llm", llm), QAGEN_HOME=str(home))
    assert done.exit_code == 0, done.output
    for row in ("write", "fill gaps", "review", "wordings", "in all"):
        assert re.search(rf"^ {row} +\d", done.stdout, re.MULTILINE), row
    assert server.calls == []
    assert {file.name for file in tmp_path.iterdir()} == {"boats.txt"}


def test_an_estimate_knows_other_models_at_the_same_server(boats, server):
    done, _ = generate(boats, server, "--reviewer", "other", "--estimate")
    assert done.exit_code == 0, told(done)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("--preset quick", "classic"),
        ("--kinds rhymed", "rhymed"),
        ("--languages ja,gibberish", "gibberish"),
        ("--review sometimes", "suspect"),
        ("--answer-style sung", "sung"),
        ("--control 1.5", "control"),
        ("--validation -1", "validation"),
        ("--forms 1 --fill-rounds 0 --pairs-per-passage 2 --control 0.9 --validation 0.2", "below 1"),
    ],
)
@pytest.mark.parametrize("estimate", [[], ["--estimate"]], ids=["run", "estimate"])
def test_a_wrong_word_is_one_paragraph_before_anything_is_asked(boats, server, wrong, said, estimate):
    done, _ = generate(boats, server, *wrong.split(" "), *estimate)
    assert done.exit_code == 1
    assert isinstance(done.exception, QAGenError)  # `main` makes one paragraph of it: test_cli.py
    assert said in str(done.exception)
    assert "\n" not in str(done.exception)
    assert server.calls == []


# --- for a script, and to be pasted ---------------------------------------------------------------------


def value_of(done):
    """What ``--json`` printed: one value, and nothing else."""
    return json.loads(done.stdout)


def test_a_script_reads_one_json_value_and_people_read_standard_error(boats, server):
    done, pairs = generate(boats, server, "--json")
    run = boats.parent / "run"
    made = value_of(done)
    assert made["pairs"] == len(pairs)
    assert (made["facts"], made["leaks"], made["failures"]) == (FACTS, 0, [])
    assert [step["name"] for step in made["steps"]] == STEPS
    assert made["usage"]["calls"] == len(server.calls)
    assert made["usage"]["cost"] is None
    assert made["page"] == (run / "report.html").as_uri()
    assert made["files"]["training file"] == str(run / "train.jsonl")
    assert "What each step did" in done.stderr
    known = value_of(qagen("status", run, "--json"))
    assert {key: known[key] for key in ("pairs", "facts", "parts", "page")} == {
        key: made[key] for key in ("pairs", "facts", "parts", "page")
    }
    assert known["calls"] == {"done": len(server.calls)}
    checked = value_of(qagen("check", run / "train.jsonl", "--json", "--quiet"))
    assert (checked["ok"], checked["examples"]) == (True, made["parts"]["train"])


def test_an_estimate_for_a_script_has_calls_tokens_and_seconds(boats, server):
    done, _ = generate(boats, server, "--estimate", "--json")
    told = value_of(done)
    assert [step["name"] for step in told["steps"]] == ["write", "fill gaps", "review", "wordings"]
    assert told["total"]["calls"] == sum(step["calls"] for step in told["steps"])
    assert told["total"]["seconds"] > 0
    assert told["total"]["cost"] is None
    assert server.calls == []


def test_an_error_is_a_value_too_and_what_a_service_would_refuse_is_told_by_line(tmp_path):
    done = qagen("status", tmp_path / "nowhere", "--json")
    assert done.exit_code == 1
    assert "is not a run folder" in value_of(done)["error"]
    (tmp_path / "bad.jsonl").write_text("[]\n", "utf-8")
    checked = qagen("check", tmp_path / "bad.jsonl", "--json")
    assert checked.exit_code == 1
    assert value_of(checked)["ok"] is False
    assert value_of(checked)["problems"][0]["severity"] == "error"


def test_the_table_of_models_is_a_list_for_a_script():
    names = {row["name"]: row for row in value_of(qagen("models", "--json"))}
    assert names["local:qwen2.5-coder-1.5b"]["default"] is True
    assert names["local:smollm2-135m"]["size"] == 98_362_432


def test_progress_is_lines_where_there_is_no_terminal_and_none_when_quiet(boats, server):
    words = command(boats, server)
    quiet = qagen(*words)
    assert "step" not in quiet.stderr
    words.remove("-q")
    (boats.parent / "run" / "ledger.sqlite").unlink()
    told = qagen(*words).stderr
    assert "\r" not in told
    begun = re.findall(r"^step (\d) of 6, ([a-z ]+): 0 of \d", told, re.MULTILINE)
    assert begun == [(str(number), name) for number, name in enumerate(STEPS, 1)]


def test_pairs_of_an_embedded_model_come_with_a_caution(boats, server):
    generate(boats, server)
    run = boats.parent / "run"
    pairs = (run / "pairs.jsonl").read_text("utf-8")
    assert "small embedded model" not in qagen("status", run).stdout
    (run / "pairs.jsonl").write_text(pairs.replace('"scripted"', '"local:qwen2.5-coder-1.5b"'), "utf-8")
    assert "one in three of its pairs is wrong" in " ".join(qagen("status", run).stdout.split())
    assert "one in three of its pairs is wrong" in value_of(qagen("status", run, "--json"))["caution"]
    for words in (("tune", run, "--model", "local:mystery"), ("check", run / "train.jsonl")):
        assert "one in three of its pairs is wrong" in qagen(*words).stderr


SCRIPT = "#!{}\nimport sys; from qagen.cli import main; sys.argv[0] = {!r}; main()\n"


def test_what_is_named_as_the_next_command_runs_as_it_stands(boats, server, tmp_path):
    folder = tmp_path / "my project" / "bin"
    folder.mkdir(parents=True)
    program = folder / "qagen"
    program.write_text(f"#!{sys.executable}\nfrom qagen.cli import main\nmain()\n", "utf-8")
    program.chmod(0o755)
    words = [*command(boats, server)[:2], "-o", "my run", *command(boats, server)[4:]]

    def ran(line, **env):
        return subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **ENV, **env},
        )

    done = ran(shlex.join([str(program), *words]))
    [line] = [line for line in done.stdout.splitlines() if line.startswith("Next: ")]
    assert line == "Next: 'my project/bin/qagen' check 'my run/train.jsonl'"
    assert "/my%20run/report.html" in done.stdout
    again = ran(line.removeprefix("Next: "))
    assert again.returncode == 0, again.stderr
    missing = ran("qagen status nowhere", PATH=f"{folder}:{os.environ['PATH']}")
    assert "Make one with `qagen generate SOURCE -o nowhere`" in missing.stderr


# --- a person's word -------------------------------------------------------------------------------------


def test_edits_by_hand_win_and_ask_only_for_what_is_new(boats, server):
    _, before = generate(boats, server)
    canonical = {pair.answer: pair for pair in before if pair.form == "canonical"}
    bad, good = canonical["Kestrel"], canonical["Heron"]
    edits = [
        Edit(id=bad.id, action="reject", note="nobody asks this"),
        Edit(id=good.id, action="change", answer="The Heron of 1898"),
    ]
    text = "".join(f"{edit.model_dump_json()}\n" for edit in edits)
    (boats.parent / "run" / "edits.jsonl").write_text(f"{text}\n", "utf-8")
    calls = len(server.calls)
    done, after = generate(boats, server)
    assert done.exit_code == 0, done.output
    assert stages(server, calls) <= {"review", "rephrase"}
    assert bad.fact not in {pair.fact for pair in after}
    assert [pair.answer for pair in after if pair.id == good.id] == ["The Heron of 1898"]
    assert "dropped: rejected_by_a_person" in done.stdout
    trained = (boats.parent / "run" / "train.jsonl").read_text("utf-8")
    assert bad.question not in trained


@pytest.mark.parametrize("line", ["not json", '{"id": "1"}', '{"id": "1", "action": "burn"}', "[]", "\x00"])
def test_edits_that_cannot_be_read_are_told_with_their_line_before_anything_is_asked(boats, server, line):
    run = boats.parent / "run"
    run.mkdir()
    edit = Edit(id="1", action="accept").model_dump_json()
    (run / "edits.jsonl").write_text(f"{edit}\n{line}\n", "utf-8")
    done, _ = generate(boats, server)
    assert done.exit_code == 1
    assert isinstance(done.exception, QAGenError)
    assert "edits.jsonl" in str(done.exception)
    assert "record 2" in str(done.exception)
    assert server.calls == []


# --- interrupted, killed, shared -------------------------------------------------------------------------


def in_its_own_process(boats, server, *args):
    arguments = command(boats, server, "--chunk-size", 60, *args)
    return forked.start("-m", "qagen", *arguments, env={**os.environ, **ENV})


def wait_until_asked(server, stage, process, number=1):
    deadline = time.monotonic() + 60
    while sum(stage_of(prompt_of(call)) == stage for call in [*server.calls]) < number:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "how"), [("review", signal.SIGINT), ("rephrase", signal.SIGINT), ("rephrase", signal.SIGKILL)]
)
def test_what_is_stopped_in_a_late_step_goes_on_there_and_asks_nothing_twice(boats, stage, how):
    with serving(latency=0.2) as server:
        running = in_its_own_process(boats, server, "--max-concurrency", 1)
        wait_until_asked(server, stage, running, 2)
        running.send_signal(how)
        _, stderr = running.communicate(timeout=60)
        if how == signal.SIGINT:
            assert running.returncode == 130, stderr
            assert "run the same command again to go on" in stderr
            assert "Traceback" not in stderr
            assert len([*JsonLines(boats.parent / "run" / "pairs.jsonl", QAPair)]) == FACTS
            status = qagen("status", boats.parent / "run")
            assert "fill gaps" in status.stdout
            assert re.search(r"training file +none: `qagen generate` has not ended", status.stdout)
        before = len(server.calls)
        server.latency = 0
        done, pairs = generate(boats, server, "--chunk-size", 60)
        assert done.exit_code == 0, done.output
        assert len({pair.fact for pair in pairs}) == FACTS
        order = ["write", "fill", "review", "rephrase"]
        assert stages(server, before) <= {*order[order.index(stage) :]}
        twice = len(server.repeated)
    assert twice <= (how == signal.SIGKILL)  # the one call that was in flight
    leftovers = [file.name for file in (boats.parent / "run").iterdir()]
    assert not [name for name in leftovers if re.search(r"tmp|lock|-wal|-shm", name)]


def test_two_commands_in_one_folder_share_the_work(boats):
    with serving(latency=0.05) as server:
        both = [in_its_own_process(boats, server) for _ in range(2)]
        ended = [(*one.communicate(timeout=60), one.returncode) for one in both]
        assert [code for _, _, code in ended] == [0, 0], ended
        assert server.repeated == ()
        assert sum(asked(server).values()) == 10
    pairs = [*JsonLines(boats.parent / "run" / "pairs.jsonl", QAPair)]
    assert len({pair.fact for pair in pairs}) == FACTS
    assert check_training_file(boats.parent / "run" / "train.jsonl").ok


# --- what goes wrong -------------------------------------------------------------------------------------


def told(done):
    """Everything a person is told."""
    error = done.exception if isinstance(done.exception, QAGenError) else ""
    return " ".join(f"{done.output} {error}".split())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.txt", b"", "empty"),
        ("blank.txt", b" \n\n\t\n", "empty"),
        ("binary.txt", bytes(range(256)) * 20, "binary.txt"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_and_asks_nothing(boats, server, name, content, said):
    path = boats.with_name(name)
    path.write_bytes(content)
    done, pairs = generate(path, server)
    assert done.exit_code == 1, told(done)
    assert isinstance(done.exception, QAGenError)
    assert said in told(done)
    assert (pairs, server.calls) == ([], [])


def test_a_folder_without_documents_is_told_and_asks_nothing(boats, server, tmp_path):
    folder = tmp_path / "nothing"
    (folder / "deeper").mkdir(parents=True)
    done, _ = generate(folder, server)
    assert done.exit_code == 1
    assert str(folder) in told(done)
    assert server.calls == []


def test_no_source_is_not_this_folder(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "private.txt").write_text("The key is under the third stone.", "utf-8")
    run = tmp_path / "run"
    done = qagen("generate", "", "-o", run, "--llm", "scripted", "--base-url", server.base_url)
    assert done.exit_code == 1
    assert "SOURCE is empty" in told(done)
    assert server.calls == []
    assert not run.exists()


def test_one_line_without_an_end_goes_through_every_step(boats, server):
    boats.write_text("mill " * 60_000, "utf-8")
    done, _ = generate(boats, server, "--limit", 3)
    assert done.exit_code in {0, 3}, told(done)
    assert "What each step did" in done.stdout


@pytest.mark.parametrize("stage", ["fill", "review", "rephrase"])
def test_a_service_that_breaks_down_in_a_late_step_loses_nothing(boats, stage):
    broken = Fault(500, message="The server had an error.", retry_after=0.01)
    with serving(faults=lambda call: broken if stage_of(prompt_of(call)) == stage else None) as server:
        done, pairs = generate(boats, server, "--max-concurrency", 1)
        assert done.exit_code in {1, 3}, told(done)
        assert "Traceback" not in told(done)
        assert len({pair.fact for pair in pairs}) == FACTS
        server.faults, before = (lambda _: None), len(server.calls)
        again, pairs = generate(boats, server)
        assert again.exit_code == 0, told(again)
        assert "write" not in stages(server, before)
        assert len({pair.fact for pair in pairs}) == FACTS


@pytest.mark.parametrize("stage", ["write", "review", "rephrase"])
def test_a_service_that_answers_with_a_page_is_told(boats, stage):
    page = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"
    normal = {"write": pairs_of, "fill": declare_all, "review": approve_all, "rephrase": word_all}

    def reply(messages):
        prompt = "\n\n".join(message["content"] for message in messages)
        own = stage_of(prompt) if "<target_text>" in prompt or "<fact" in prompt else stage
        return page if own == stage else json.dumps(normal[own](prompt))

    with ChatServer(reply=reply) as server:
        done, pairs = generate(boats, server)
        assert done.exit_code in {1, 3}, told(done)
        assert "Traceback" not in told(done)
        if stage != "write":
            assert len({pair.fact for pair in pairs}) == FACTS


def test_a_run_that_keeps_no_pair_says_so_and_ends_with_code_3(boats):
    boats.write_text(REMARK, "utf-8")
    with serving() as server:
        done, pairs = generate(boats, server)
    assert (done.exit_code, pairs) == (3, [])
    assert "Done, and no pair was kept" in done.stdout
    assert not (boats.parent / "run" / "train.jsonl").exists()


def test_missing_pairs_are_made_again_from_the_ledger_alone(boats, server):
    _, before = generate(boats, server)
    run, calls = boats.parent / "run", len(server.calls)
    for name in ("pairs.jsonl", "dropped.jsonl", "coverage.json", "train.jsonl", "report.html"):
        (run / name).unlink()
    assert qagen("status", run).exit_code == 0
    done, after = generate(boats, server)
    assert done.exit_code == 0
    assert after == before
    assert len(server.calls) == calls


def test_a_full_disk_in_the_late_steps_is_one_paragraph_and_the_next_run_goes_on(boats, server):
    """A limit on the size of a file stands in for a full disk: both refuse the write."""
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (130_000, 130_000));"
        "from qagen.cli import main; main()"
    )
    arguments = command(boats, server, "--chunk-size", 60, "--max-concurrency", 1)
    done = forked.run("-c", limited, *arguments, env={**os.environ, **ENV})
    assert done.returncode == 1, done.stdout + done.stderr
    assert "disk has room" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((boats.parent / "run").glob("*.tmp"))
    reached = len(server.calls)
    again, pairs = generate(boats, server, "--chunk-size", 60)
    assert again.exit_code == 0, again.output
    assert reached > 3
    assert len(server.repeated) <= 1  # the call whose reply found no room
    assert len({pair.fact for pair in pairs}) == FACTS
