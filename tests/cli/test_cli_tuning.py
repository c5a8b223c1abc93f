"""``qagen tune``, ``jobs`` and ``ask`` as a person runs them: at a service on loopback, and for real here."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import sys
import time

import forked
import pytest
from tiny_model import make_tiny_model
from towns import FACTS, facts, train, write_chat
from tuning_server import DONE, KEY, MODEL, STUCK, Stage, TuningServer

from qagen.tuning.record import read_record

ENV = {"OPENAI_API_KEY": KEY, "NEBIUS_API_KEY": KEY, "COLUMNS": "200", "NO_COLOR": "1"}


def qagen(*args, **env):
    return forked.run_command(*args, env={**ENV, **env}, modules=forked.OF_TRAINING)


def start(*args, **options):
    env = {**os.environ, **ENV}
    return forked.start("-m", "qagen", *map(str, args), env=env, modules=forked.OF_TRAINING, **options)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    write_chat(folder / "train.jsonl", {f"How high is tower {n}?": f"{n} metres" for n in range(12)})
    return folder


@pytest.fixture
def server():
    with TuningServer() as server:
        server.life = DONE
        yield server


def tune(run, server, *args):
    return qagen(
        "tune", run, "--provider", "openai", "--base-url", server.base_url, "--model", MODEL, "--yes", *args
    )


def test_a_hosted_run_ends_with_a_record_and_the_model_can_be_asked(run, server):
    done = tune(run, server, "--suffix", "towers", "--n-epochs", 2, "--price", 3)
    assert done.returncode == 0, done.stderr
    assert "billed tokens" in done.stdout
    assert "$0.00" in done.stdout
    record = read_record(run)
    assert (record.provider, record.base_model) == ("openai", MODEL)
    assert record.model.startswith("ft:")
    assert record.hyperparameters["n_epochs"] == 2
    [body] = server.sent("POST", "/fine_tuning/jobs")
    assert body["suffix"] == "towers"
    asked = qagen("ask", run, "How high is tower 3?")
    assert asked.returncode == 0, asked.stderr
    assert "tuned" in asked.stdout
    assert MODEL in asked.stdout


def test_the_same_command_again_starts_no_second_job(run, server):
    first = tune(run, server, "--no-wait", "--device", "cpu", "--json")
    assert json.loads(first.stdout)["job"] == read_record(run).job
    assert "--device does nothing with --provider openai" in first.stderr
    job = read_record(run).job
    again = tune(run, server)
    assert again.returncode == 0, again.stderr
    assert "no other was started" in again.stderr
    assert len(server.sent("POST", "/fine_tuning/jobs")) == 1
    assert read_record(run).job == job
    assert read_record(run).model.startswith("ft:")


def test_money_is_not_spent_without_a_yes(run, server):
    done = qagen("tune", run, "--provider", "openai", "--base-url", server.base_url, "--model", MODEL)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert not server.requests


def at_a_terminal(answers, *args):
    """What the command says to a person who types these answers, and its exit code."""
    ours, theirs = pty.openpty()
    process = start(*args, stdin=theirs)
    os.write(ours, answers.encode())
    told = "".join(process.communicate(timeout=60))
    os.close(ours)
    os.close(theirs)
    return told, process.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
@pytest.mark.parametrize(("answer", "jobs"), [("n", 0), ("y", 1)])
def test_a_person_is_asked_before_money_is_spent(run, server, answer, jobs):
    place = ("--provider", "openai", "--base-url", server.base_url)
    told, code = at_a_terminal(f"{answer}\n", "tune", run, *place, "--model", MODEL, "--no-wait")
    assert "Start the job at OpenAI?" in told
    assert len(server.sent("POST", "/fine_tuning/jobs")) == jobs
    assert code == (0 if jobs else 1)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
@pytest.mark.parametrize(("answers", "kept"), [("y\ny\n", 0), ("n\ny\n", 1), ("n\nn\n", 2)])
def test_every_file_that_a_closed_service_holds_can_be_deleted(run, server, answers, kept):
    write_chat(run / "validation.jsonl", {f"How wide is tower {n}?": f"{n} metres" for n in range(12)})
    server.fail("POST", "/fine_tuning/jobs", status=403, code="training_not_available")
    place = ("--provider", "openai", "--base-url", server.base_url)
    told, code = at_a_terminal(answers, "tune", run, *place, "--model", MODEL, "--yes")
    assert code == 1
    assert "2027-01-06" in told
    assert told.count("Delete the uploaded file") == 2
    assert len(server.files) == kept
    assert told.count("is deleted") == 2 - kept


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_a_file_that_was_there_before_is_not_offered_for_deletion(run, server):
    server.add_file((run / "train.jsonl").read_bytes())
    server.fail("POST", "/fine_tuning/jobs", status=403, code="training_not_available")
    place = ("--provider", "openai", "--base-url", server.base_url)
    told, code = at_a_terminal("y\n", "tune", run, *place, "--model", MODEL, "--yes")
    assert code == 1
    assert "Delete the uploaded file" not in told
    assert len(server.files) == 1


@pytest.mark.parametrize(("examples", "sent"), [(9, 1), (10, 2)])
def test_a_validation_file_too_short_for_a_service_is_left_out(run, server, examples, sent):
    write_chat(run / "validation.jsonl", {f"How wide is tower {n}?": f"{n} metres" for n in range(examples)})
    done = tune(run, server)
    assert done.returncode == 0, done.stderr
    assert [file.purpose for file in server.files.values()].count("fine-tune") == sent
    assert ("holds 9 of the 10 examples" in done.stderr) == (examples == 9)


def test_the_id_of_a_job_is_told_even_if_it_cannot_be_kept(run, server):
    server.fail("POST", "/fine_tuning/jobs", call=(run / "tuning.json").mkdir)
    done = tune(run, server)
    assert done.returncode == 1
    [job] = server.jobs
    assert job in done.stdout
    assert "Traceback" not in done.stderr
    assert "something unexpected" not in done.stderr


def test_nothing_is_sent_from_a_folder_that_cannot_keep_the_job(run, server):
    (run / "tuning.json").mkdir()
    done = tune(run, server)
    assert done.returncode == 1
    assert "nothing was sent" in done.stderr
    assert not server.requests


def test_a_file_that_would_be_refused_is_not_sent(run, server):
    write_chat(run / "train.jsonl", {"One?": "1"})
    done = tune(run, server)
    assert done.returncode == 1
    assert "at least 10" in done.stderr
    assert not server.requests


def test_what_the_service_takes_is_sent_although_openai_would_not(run):
    write_chat(run / "train.jsonl", {f"Is {n} <|endoftext|>?": "yes" for n in range(9)})
    with TuningServer(flavour="nebius") as server:
        place = ["--provider", "nebius", "--base-url", server.base_url]
        done = qagen("tune", run, *place, "--model", MODEL, "--yes", "--no-wait")
        assert done.returncode == 0, done.stderr
        assert "against OpenAI's rules, sent all the same: line 1: " in done.stderr
        assert len(server.sent("POST", "/fine_tuning/jobs")) == 1


def test_a_cost_that_the_service_decides_is_told_as_an_estimate(run, server):
    place = ("--provider", "openai", "--base-url", server.base_url, "--model", MODEL, "--price", 3)
    told = " ".join(qagen("tune", run, *place).stdout.split())
    assert "epochs about 9, by OpenAI's default rule" in told
    assert "billed tokens about" in told
    assert "cost about $" in told
    assert "epochs 2 billed" in " ".join(qagen("tune", run, *place, "--n-epochs", 2).stdout.split())


def test_a_closed_service_is_explained(run, server):
    server.fail("POST", "/fine_tuning/jobs", status=403, code="training_not_available")
    done = tune(run, server)
    assert done.returncode == 1
    assert "2027-01-06" in done.stderr
    assert "train_locally" in done.stderr
    assert not (run / "tuning.json").exists()


def test_jobs_are_listed_watched_measured_and_cancelled(run, server):
    place = ("--base-url", server.base_url)
    tune(run, server, "--no-wait")
    job = read_record(run).job
    assert job in qagen("jobs", *place).stdout
    [told] = json.loads(qagen("jobs", *place, "--json", "list").stdout)
    assert (told["job"], told["base_model"]) == (job, MODEL)
    assert job in qagen("jobs", "list", *place).stdout
    watched = qagen("jobs", "watch", run)
    assert watched.returncode == 0, watched.stderr
    assert "succeeded" in watched.stdout
    assert read_record(run).model.startswith("ft:")
    assert "train_loss" in qagen("jobs", "metrics", job, *place).stdout
    assert qagen("jobs", "metrics", run, "-o", run / "losses.png").returncode == 0
    assert (run / "losses.png").read_bytes()[:4] == b"\x89PNG"
    late = qagen("jobs", "cancel", run)
    assert late.returncode == 1
    assert job in late.stderr
    server.life = STUCK
    tune(run, server, "--no-wait", "--again")
    assert "cancelled" in qagen("jobs", "cancel", run).stdout


@pytest.fixture
def nebius():
    with TuningServer(flavour="nebius") as server:
        server.life = DONE
        yield server


@pytest.mark.parametrize("words", [["list"], ["watch", "JOB"], ["cancel", "JOB"], ["metrics", "JOB"]])
def test_options_before_the_subcommand_hold_for_it(nebius, words):
    job = nebius.add_job(life=STUCK if "cancel" in words else DONE).id
    words = [job if word == "JOB" else word for word in words]
    before = ["--provider", "nebius", "--base-url", nebius.base_url]
    none = "has no result file"  # Nebius keeps none
    done = qagen("jobs", *before, *words, OPENAI_API_KEY="")
    assert done.returncode == 0 or none in done.stderr, done.stderr
    assert nebius.requests
    unused = ["--provider", "azure", "--base-url", "http://127.0.0.1:9/"]
    after = qagen("jobs", *unused, words[0], *before, *words[1:], AZURE_OPENAI_API_KEY="", OPENAI_API_KEY="")
    assert after.returncode == 0 or none in after.stderr, after.stderr


def test_a_mistyped_run_folder_is_sent_to_nobody(run, server):
    place = ("--base-url", server.base_url)
    for command in ("watch", "cancel", "metrics"):
        for wrong in (run.parent / "rum", run / "train.jsonl"):
            done = qagen("jobs", command, wrong, *place)
            assert done.returncode == 1
            assert "run folder" in done.stderr
    assert not server.requests


@pytest.mark.parametrize(
    ("name", "says"), [("x.txt", ".csv"), ("losses", ".csv"), ("nowhere/losses.png", "no folder")]
)
def test_losses_that_cannot_be_written_there_are_an_error_before_they_are_read(server, tmp_path, name, says):
    job = server.add_job().id
    done = qagen("jobs", "metrics", job, "--base-url", server.base_url, "-o", tmp_path / name)
    assert done.returncode == 1
    assert says in done.stderr
    assert "something unexpected" not in done.stderr
    assert not server.requests


def test_a_file_of_losses_that_is_a_folder_is_an_error_in_words(server, tmp_path):
    job = server.add_job().id
    for name in ("losses.png", "losses.csv"):
        (tmp_path / name).mkdir()
        done = qagen("jobs", "metrics", job, "--base-url", server.base_url, "-o", tmp_path / name)
        assert done.returncode == 1
        assert "cannot be written" in done.stderr


@pytest.mark.parametrize("made", [None, "yesterday", 1e14, -5, 1_790_000_000])
def test_jobs_are_listed_whatever_the_service_leaves_out(server, made):
    answer = {"data": [{"id": "ftjob-1", "created_at": made}, {"status": "running"}], "has_more": False}
    server.fail("GET", "/fine_tuning/jobs", raw=json.dumps(answer).encode())
    done = qagen("jobs", "--base-url", server.base_url)
    assert done.returncode == 0, done.stderr
    assert "ftjob-1" in done.stdout
    assert ("2026-09-21" in done.stdout) == (made == 1_790_000_000)


def test_an_event_without_words_is_passed_over(server):
    job = server.add_job().id
    events = [{"id": "e1", "created_at": 1, "message": None}, {"id": "e2", "created_at": 2, "message": "hot"}]
    answer = json.dumps({"data": events[::-1], "has_more": False}).encode()
    server.fail("GET", "/fine_tuning/jobs/*/events", raw=answer, times=9)
    done = qagen("jobs", "watch", job, "--base-url", server.base_url)
    assert done.returncode == 0, done.stderr
    assert "hot" in done.stdout + done.stderr
    assert "None" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"provider": "together", "job": "ftjob-1", "model": "m"}, "'together'"),
        ({"provider": "other", "job": "ftjob-1", "model": "m"}, "base_url"),
        ({"provider": "openai"}, "names no job"),
        ({"provider": "local"}, "on this machine"),
    ],
)
def test_a_record_that_leads_to_no_job_is_an_error_in_words(run, record, says):
    whole = {"base_model": MODEL, "training_file": "train.jsonl", **record}
    (run / "tuning.json").write_text(json.dumps(whole), encoding="utf-8")
    commands = [("jobs", "watch", run), ("jobs", "cancel", run)]
    if "model" in record:
        commands.append(("ask", run, "Why?"))
    for command in commands:
        done = qagen(*command)
        assert done.returncode == 1
        assert says in done.stderr
        assert "something unexpected" not in done.stderr


def test_a_job_at_a_service_without_a_name_of_its_own_is_found_by_its_record(run, server):
    job = server.add_job().id
    record = {"provider": "other", "base_model": MODEL, "training_file": "train.jsonl", "job": job}
    whole = json.dumps({**record, "base_url": server.base_url})
    (run / "tuning.json").write_text(whole, encoding="utf-8")
    done = qagen("jobs", "watch", run)
    assert done.returncode == 0, done.stderr
    asked = qagen("ask", run, "How high is tower 3?")
    assert asked.returncode == 0, asked.stderr


@pytest.fixture
def azure(run):
    """A run folder that was tuned on Azure, and the service."""
    with TuningServer(flavour="azure-v1", life=DONE) as server:
        server.models |= {"towers": None, "plain": None}
        place = ["--provider", "azure", "--base-url", server.base_url, "--model", MODEL, "--yes"]
        done = qagen("tune", run, *place, AZURE_OPENAI_API_KEY=KEY)
        assert done.returncode == 0, done.stderr
        assert "--deployment NAME" in done.stdout
        del server.models[MODEL]  # where no deployment has this name
        yield run, server


def test_a_run_tuned_on_azure_is_asked_by_its_deployment(azure):
    run, server = azure
    assert read_record(run).provider == "azure"
    asked = qagen("ask", run, "How high?", "--deployment", "towers", AZURE_OPENAI_API_KEY=KEY)
    assert asked.returncode == 0, asked.stderr
    rows = " ".join(asked.stdout.split())
    assert "no answer: " in rows
    assert f"The model '{MODEL}' does not exist" in rows
    assert "tuned 42" in rows
    asked = qagen(
        "ask", run, "--sample", 3, "--deployment", "towers", "--base", "plain", AZURE_OPENAI_API_KEY=KEY
    )
    assert asked.returncode == 0, asked.stderr
    assert "base (plain): 0 of 3 answers" in asked.stdout
    assert {body["model"] for body in server.sent("POST", "/chat/completions")} == {MODEL, "plain", "towers"}


def test_a_base_model_that_fails_is_counted_as_one_that_fails(azure):
    run, _ = azure
    asked = qagen("ask", run, "--sample", 3, "--deployment", "towers", AZURE_OPENAI_API_KEY=KEY)
    assert asked.returncode == 0, asked.stderr
    assert f"base ({MODEL}): no answer: " in asked.stdout
    assert "tuned: 0 of 3 answers" in asked.stdout


@pytest.mark.parametrize("options", [[], ["--deployment", "nowhere", "--base", "plain"]])
def test_a_tuned_model_that_fails_is_an_error(azure, options):
    run, _ = azure
    asked = qagen("ask", run, "How high?", *options, AZURE_OPENAI_API_KEY=KEY)
    assert asked.returncode == 1
    assert "qagen: " in asked.stderr
    assert "something unexpected" not in asked.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other ones there")
def test_ctrl_c_stops_the_watching_and_says_how_to_go_on(run, server):
    server.life = STUCK
    tune(run, server, "--no-wait")
    job = read_record(run).job
    process = start("jobs", "watch", run)
    end = time.monotonic() + 60
    while not server.sent("GET", f"/fine_tuning/jobs/{job}") and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    place = f"--provider openai --base-url {server.base_url}"
    assert f"qagen jobs watch {job} {place}" in told
    assert f"qagen jobs cancel {job} {place}" in told
    assert "Traceback" not in told


def test_a_nebius_job_is_sent_in_its_own_form(run):
    with TuningServer(flavour="nebius") as server:
        place = ["--provider", "nebius", "--base-url", server.base_url]
        done = qagen("tune", run, *place, "--model", MODEL, "--yes", "--no-wait", "--n-epochs", 3)
        assert done.returncode == 0, done.stderr
        [body] = server.sent("POST", "/fine_tuning/jobs")
        assert body["hyperparameters"] == {"n_epochs": 3}
        assert "method" not in body
    assert read_record(run).provider == "nebius"


def test_a_job_whose_weights_are_in_its_checkpoints_ends_without_a_name(run, nebius):
    nebius.life = (Stage("succeeded", model=False),)
    place = ["--provider", "nebius", "--base-url", nebius.base_url]
    done = qagen("tune", run, *place, "--model", MODEL, "--yes")
    assert done.returncode == 0, done.stderr
    assert "checkpoints" in done.stdout
    assert "None" not in done.stdout
    assert f"qagen ask {run} QUESTION --deployment NAME" in done.stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["tune", "nowhere"], "train.jsonl is not there"),
        (["tune", "RUN", "--provider", "openai"], "--model"),
        (["tune", "RUN", "--provider", "azure", "--model", "gpt-4.1"], "--base-url"),
        (["tune", "RUN", "--provider", "nebius", "--model", "m", "--yes"], "NEBIUS_API_KEY"),
        (["tune", "RUN", "--model", "local:mystery"], "mystery"),
        (["tune", "RUN", "--learning-rate", "1e-4", "--replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (["tune", "RUN", "--learning-rate", "1e-4", "--strength", "2"], "strength is 2.0"),
        (["ask", "RUN", "Why?"], "qagen tune"),
        (
            ["tune", "RUN", "--provider", "openai", "--rank", "8"],
            "--rank does nothing with --provider openai",
        ),
        (["ask", "TUNED"], "--sample"),
        (["ask", "TUNED", " "], "--sample"),
        (["jobs", "watch", "RUN"], "qagen tune"),
    ],
)
def test_an_error_is_one_readable_paragraph(args, says, run):
    record = {"provider": "openai", "base_model": MODEL, "training_file": "train.jsonl"}
    (run.parent / "tuned").mkdir()
    (run.parent / "tuned" / "tuning.json").write_text(json.dumps(record), encoding="utf-8")
    places = {"RUN": str(run), "TUNED": str(run.parent / "tuned")}
    done = qagen(*(places.get(arg, arg) for arg in args), NEBIUS_API_KEY="")
    assert done.returncode == 1
    assert says in done.stderr.replace("\n", "")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other ones there")
def test_ctrl_c_in_training_here_says_up_to_where_it_is_kept(tmp_path):
    model = make_tiny_model(tmp_path / "random")
    run = tmp_path / "run"
    run.mkdir()
    write_chat(run / "train.jsonl", FACTS)
    options = ["--model", model, "--n-epochs", 5000, "--replay", "none", "--device", "cpu"]
    process = start("tune", run, *options)
    assert process.stderr is not None
    begun = ""
    while "Training " not in begun and (letter := process.stderr.read(1)):
        begun += letter
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=100)
    assert process.returncode == 130, begun + told
    assert "up to the last checkpoint" in told
    assert "Traceback" not in told


NOTHING_HERE = ("--provider", "local", "--yes", "--suffix", "towers", "--no-wait")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A run folder whose model was trained on this machine by the command."""
    folder = tmp_path_factory.mktemp("here")
    earlier = write_chat(folder / "earlier.jsonl", facts("UVWXYZ"))
    train(earlier, make_tiny_model(folder / "random"), folder / "base", full=True, learning_rate=3e-3)
    run = folder / "run"
    run.mkdir()
    write_chat(run / "train.jsonl", FACTS)
    model = ["--model", folder / "base" / "model"]
    options = [
        "--rank",
        16,
        "--learning-rate",
        "5e-3",
        "--batch-size",
        3,
        "--replay",
        "none",
        "--strength",
        0.9,
        "--device",
        "cpu",
    ]
    return run, qagen("tune", run, *model, *options, *NOTHING_HERE)


def test_training_here_says_what_was_learnt(here):
    run, done = here
    assert done.returncode == 0, done.stderr
    assert "6 of 6 answered word for word" in done.stdout
    assert "Training " in done.stderr
    assert "recall=1.00" in done.stderr  # the bar
    assert re.search(r"^Next: .*qagen ask ", done.stdout, re.MULTILINE)
    assert "qagen evaluate" not in done.stdout  # there are no pairs to make questions of
    record = read_record(run)
    assert record.provider == "local"
    assert record.details["plan"]["strength"] == 0.9  # asked for; so small a model may lose answers by it


def test_an_option_that_changes_nothing_here_is_accepted_with_a_remark(here):
    _, done = here
    assert done.returncode == 0
    for option in ("--yes", "--suffix", "--wait"):
        assert f"{option} does nothing with --provider local" in done.stderr


def test_a_script_reads_what_was_trained_and_what_is_answered(here):
    run, _ = here
    question, answer = next(iter(FACTS.items()))
    done = qagen("ask", run, question, "--deployment", "none", "--json", "--quiet")
    [told] = json.loads(done.stdout)
    assert told["question"] == question
    assert told["answers"]["tuned"] == answer
    assert "--deployment does nothing here" in done.stderr
    losses = json.loads(qagen("jobs", "metrics", run, "--json").stdout)
    assert losses[-1]["step"] > losses[0]["step"]


def test_base_and_tuned_answers_stand_side_by_side(here):
    run, _ = here
    question = next(iter(FACTS))
    asked = qagen("ask", run, question)
    assert asked.returncode == 0, asked.stderr
    first = [line.split() for line in asked.stdout.splitlines() if line.startswith((" base", " tuned"))]
    assert [row[-2:] for row in first] == [["U", "Lo"], ["A", "Lo"]]


def test_a_question_that_is_too_long_is_an_error_in_words(here):
    run, _ = here
    done = qagen("ask", run, "why " * 600)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "something unexpected" not in done.stderr


def test_the_losses_of_a_training_here_can_be_seen(here, tmp_path):
    run, _ = here
    assert "train_recall" in qagen("jobs", "metrics", run).stdout
    table = tmp_path / "losses.csv"
    assert qagen("jobs", "metrics", run, "-o", table).returncode == 0
    assert table.read_text(encoding="utf-8").startswith("step,train_loss")


def test_with_passage_shows_the_base_model_the_source(here, tmp_path):
    from conftest import GOOD, TEXT
    from scripted import replies

    from qagen import generate_pairs

    run, _ = here
    mine = tmp_path / "run"
    shutil.copytree(run, mine, ignore=shutil.ignore_patterns("train.jsonl"))
    generate_pairs(TEXT, llm=replies(GOOD), out=mine, progress=False, preset="classic")
    asked = qagen("ask", mine, "Who won the 1897 rowing final?", "--with-passage")
    assert asked.returncode == 0, asked.stderr
    assert "with its passage" in asked.stdout


def test_many_questions_of_the_training_file_are_asked_at_once_and_counted(here):
    run, _ = here
    asked = qagen("ask", run, "--sample", 4)
    assert asked.returncode == 0, asked.stderr
    assert "0 of 4 answers" in asked.stdout
    assert "tuned: 4 of 4 answers" in asked.stdout


def test_a_model_trained_here_is_evaluated_with_ones_own_questions(here, tmp_path):
    run, _ = here
    mine = tmp_path / "run"
    shutil.copytree(run, mine)
    own = [{"question": question, "answers": [answer]} for question, answer in FACTS.items()]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(one) + "\n" for one in own), encoding="utf-8")
    done = qagen("evaluate", mine, "--probes", tmp_path / "own.jsonl")
    assert done.returncode == 0, done.stderr
    assert "tuned model answers between 61 and 100 % of your own questions" in " ".join(done.stdout.split())
    assert (mine / "evaluation.json").is_file()
    assert not (mine / "report.html").exists()  # there are no pairs to report


def test_a_half_written_model_is_not_asked(here, tmp_path):
    run, _ = here
    half = tmp_path / "half"
    shutil.copytree(run, half)
    (half / "model" / "adapter_model.safetensors").unlink()
    done = qagen("ask", half, "Why?")
    assert done.returncode == 1
    assert "qagen: " in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((half / "tuning.json").read_text())["provider"] == "local"
