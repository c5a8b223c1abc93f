"""A fine-tuning job is started once: checked before, found again after, and never twice by mistake."""

from __future__ import annotations

import hashlib
import json
import signal
import threading
from datetime import UTC, datetime, timedelta

import openai
import pytest
from tuning_server import DONE, MODEL, RUNNING, STUCK, SUCCEEDED, Stage, TuningServer, failing

from qagen import start_fine_tuning
from qagen.errors import (
    FineTuningError,
    ServiceError,
    SettingsError,
    TrainingFileError,
    TuningClosedError,
    UploadError,
)
from qagen.tuning.file.contents import contents_of
from qagen.tuning.hosted.services import SERVICES
from qagen.tuning.hosted.starting.job_record import record_of
from qagen.tuning.record import read_record, write_record

JOBS = "/fine_tuning/jobs"
FLAVOURS = ["openai", "azure", "azure-v1", "nebius"]
HTML = {"raw": b"<html><h1>Please sign in</h1></html>", "content_type": "text/html"}
AZURE = "https://tests.openai.azure.com/openai/v1/"
SYSTEM = "Answer briefly."
CLOSED = {
    "status": 403,
    "code": "training_not_available",
    "kind": "invalid_request_error",
    "message": "Fine-tuning is not available to your organization",
}


def lines(first, number, system=SYSTEM):
    return "".join(
        json.dumps(
            {
                "messages": [
                    *([{"role": "system", "content": system}] if system else []),
                    {"role": "user", "content": f"What stands in record {record}?"},
                    {"role": "assistant", "content": f"Value {record}"},
                ]
            }
        )
        + "\n"
        for record in range(first, first + number)
    )


def preferences(number):
    said = {
        key: [{"role": "assistant", "content": key}] for key in ("preferred_output", "non_preferred_output")
    }
    asked = [{"messages": [{"role": "user", "content": f"Q{record}"}]} for record in range(number)]
    return "".join(json.dumps({"input": one, **said}) + "\n" for one in asked)


@pytest.fixture
def server():
    with TuningServer() as running:
        running.processing = 0
        yield running


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(lines(0, 12), "utf-8")
    return path


@pytest.fixture
def validation(tmp_path):
    path = tmp_path / "validation.jsonl"
    path.write_text(lines(100, 10), "utf-8")
    return path


def start(client, training_file, **options):
    return start_fine_tuning(
        client, training_file, **{"model": MODEL, "look_again": (0.0, 0.01, 0.01), **options}
    )


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# What is sent


def test_a_file_on_this_machine_is_uploaded_and_a_job_started(server, client, train):
    job = start(client, train)
    [body] = server.sent("POST", JOBS)
    assert job.id in server.jobs
    assert server.files[body["training_file"]].content == train.read_bytes()
    assert set(body) == {"model", "training_file", "metadata", "method"}
    assert body["method"] == {"type": "supervised"}


def test_the_metadata_say_what_the_job_was_started_with(server, client, train):
    start(client, train, metadata={"team": "rowing"})
    [body] = server.sent("POST", JOBS)
    told = dict(body["metadata"])
    assert len(told.pop("qagen_run")) == 32
    assert len(told.pop("qagen_settings")) == 16
    assert told == {"team": "rowing", "qagen_sha256": sha256(train), "qagen_system_prompt": SYSTEM}


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        (lines(0, 12, "s" * 512), "s" * 512),
        (lines(0, 12, "s" * 513), None),
        (lines(0, 6) + lines(6, 6, "Be long."), None),
        (lines(0, 6) + lines(6, 6, None), None),
        (lines(0, 12, None), None),
    ],
    ids=["512", "513", "two", "some", "none"],
)
def test_a_system_prompt_is_told_if_all_have_it_and_it_fits(server, client, train, text, prompt):
    train.write_text(text, "utf-8")
    start(client, train)
    [body] = server.sent("POST", JOBS)
    assert body["metadata"].get("qagen_system_prompt") == prompt


def test_everything_that_was_asked_for_is_sent(server, client, train, validation):
    start(
        client,
        train,
        validation_file=validation,
        suffix="rowing",
        n_epochs=4,
        batch_size=2,
        learning_rate_multiplier=0.5,
        seed=7,
    )
    [body] = server.sent("POST", JOBS)
    chosen = {"n_epochs": 4, "batch_size": 2, "learning_rate_multiplier": 0.5}
    assert body["method"] == {"type": "supervised", "supervised": {"hyperparameters": chosen}}
    assert (body["suffix"], body["seed"]) == ("rowing", 7)
    assert server.files[body["validation_file"]].filename == "validation.jsonl"


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_hyperparameters_stand_where_the_service_wants_them(flavour, train):
    with TuningServer(flavour) as server:
        job = start(server.client(), server.add_file(train.read_bytes()).id, n_epochs=4)
        [body] = server.sent("POST", JOBS)
    assert job.hyperparameters.n_epochs == 4
    if flavour == "nebius":
        assert body["hyperparameters"] == {"n_epochs": 4}
        assert "method" not in body
    else:
        assert body["method"]["supervised"] == {"hyperparameters": {"n_epochs": 4}}
        assert "hyperparameters" not in body


def test_a_model_with_a_slash_in_its_name_is_found(train):
    with TuningServer("nebius", models={"Qwen/Qwen3-4B": day(5)}) as server:
        with pytest.warns(UserWarning, match=day(5)):
            job = start(server.client(), train, model="Qwen/Qwen3-4B")
        assert job.model == "Qwen/Qwen3-4B"


def test_a_gateway_can_be_told_to_be_nebius(train):
    with TuningServer("nebius") as server, openai.OpenAI(base_url=server.base_url, api_key="test") as client:
        file = server.add_file(train.read_bytes())
        start(client, file.id, n_epochs=4, service=SERVICES["nebius"])
        assert server.sent("POST", JOBS)[0]["hyperparameters"] == {"n_epochs": 4}


def test_preferences_are_trained_with_dpo(server, client, train):
    train.write_text(preferences(10), "utf-8")
    start(client, train, method="dpo", n_epochs=2)
    [body] = server.sent("POST", JOBS)
    assert body["method"] == {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 2}}}


def test_nebius_has_no_dpo(train):
    with TuningServer("nebius") as server:
        with pytest.raises(SettingsError, match=r"Nebius.*supervised only"):
            start(server.client(), train, method="dpo")
        assert not server.requests


@pytest.mark.parametrize("kind", ["Standard", "GlobalStandard", "Developer"])
@pytest.mark.parametrize("flavour", ["azure", "azure-v1"])
def test_azure_is_told_where_to_train(flavour, train, kind):
    with TuningServer(flavour) as server:
        start(server.client(), train, extra_body={"trainingType": kind})
        [body] = server.sent("POST", JOBS)
    assert body["trainingType"] == kind
    assert body["method"] == {"type": "supervised"}


def test_a_value_that_azure_does_not_know_is_refused_in_its_words(train):
    with TuningServer("azure") as server, pytest.raises(FineTuningError, match="GlobalStandard"):
        start(server.client(), train, extra_body={"trainingType": "Global"})


def test_nebius_is_told_to_train_an_adapter_among_the_other_hyperparameters(train):
    with TuningServer("nebius") as server:
        start(server.client(), train, n_epochs=3, extra_body={"hyperparameters": {"lora": True}})
        [body] = server.sent("POST", JOBS)
    assert body["hyperparameters"] == {"n_epochs": 3, "lora": True}


def test_a_field_that_the_service_does_not_know_is_refused_by_it(server, client, train):
    with pytest.raises(FineTuningError, match="trainingType"):
        start(client, train, extra_body={"trainingType": "Standard"})


@pytest.mark.parametrize("flavour", ["openai", "nebius"])
@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"model": "other"}, r"\(model\)"),
        ({"training_file": "file-1", "seed": 3}, r"\(seed, training_file\)"),
        ({"method": {"type": "dpo"}}, "method"),
        ({"metadata": {}}, "metadata"),
        ({"n_epochs": 3}, "n_epochs"),
        ({"hyperparameters": {"n_epochs": 3}}, r"\((hyperparameters|n_epochs)\)"),
        ({"x": float("nan")}, "JSON"),
        ({"x": {1, 2}}, "JSON"),
        ({"x": "\ud800"}, "JSON"),
        ({1: "x", "x": 1}, "JSON"),
        (["trainingType"], "Use a mapping"),
    ],
    ids=str,
)
def test_what_qagen_sends_itself_or_nobody_can_is_no_extra_field(flavour, train, extra, said):
    with TuningServer(flavour) as server:
        with pytest.raises(SettingsError, match=f"extra_body.*{said}"):
            start(server.client(), train, extra_body=extra)
        assert not server.requests


def test_hyperparameters_of_nebius_are_a_mapping(train):
    with TuningServer("nebius") as server, pytest.raises(SettingsError, match=r"hyperparameters.*mapping"):
        start(server.client(), train, extra_body={"hyperparameters": ["lora"]})


def test_an_id_is_sent_as_it_is_and_its_content_is_described(server, client, train, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = server.add_file(train.read_bytes())
    start(client, file.id)
    [body] = server.sent("POST", JOBS)
    assert body["training_file"] == file.id
    assert body["metadata"]["qagen_sha256"] == sha256(train)
    assert body["metadata"]["qagen_system_prompt"] == SYSTEM
    assert not server.sent("POST", "/files")


def test_an_id_whose_content_is_kept_back_is_sent_without_a_hash(server, client, train):
    server.downloads = False
    start(client, server.add_file(train.read_bytes()).id)
    assert set(server.sent("POST", JOBS)[0]["metadata"]) == {"qagen_run", "qagen_settings"}


def test_half_a_character_in_the_system_prompt_stops_nothing(server, client, train):
    text = lines(0, 12).replace(SYSTEM, r"Half \ud83d a face")
    start(client, server.add_file(text.encode()).id)
    assert "qagen_system_prompt" not in server.sent("POST", JOBS)[0]["metadata"]


@pytest.mark.parametrize("file_id", ["file-none", "x" * 5000, "file none"], ids=len)
def test_an_id_that_is_not_there_is_an_error(server, client, file_id):
    with pytest.raises(ServiceError, match="No such File object"):
        start(client, file_id)
    assert not server.sent("POST", JOBS)


# What is refused before anything is sent


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"suffix": "s" * 65}, "suffix has 65 characters"),
        ({"suffix": ""}, "suffix has 0"),
        ({"metadata": {"k": "v" * 513}}, "has 513 characters"),
        ({"metadata": {"k" * 65: "v"}}, "65 characters"),
        ({"metadata": {"": "v"}}, "0 characters"),
        ({"metadata": {"k": 3}}, "must be strings"),
        ({"metadata": {str(number): "v" for number in range(13)}}, "use 12 at most"),
        ({"metadata": {"qagen_run": "mine"}}, "qagen's own"),
        ({"metadata": {"k": "\ud800"}}, "strings of text"),
        ({"suffix": "\ud800"}, "suffix is"),
        ({"suffix": 3}, "suffix is 3"),
        ({"n_epochs": 0}, "n_epochs is 0"),
        ({"n_epochs": 51}, "from 1 to 50"),
        ({"n_epochs": 2.5}, "n_epochs"),
        ({"n_epochs": True}, "n_epochs"),
        ({"n_epochs": "many"}, "'auto'"),
        ({"batch_size": 257}, "from 1 to 256"),
        ({"learning_rate_multiplier": 0}, "over 0"),
        ({"learning_rate_multiplier": float("nan")}, "over 0"),
        ({"learning_rate_multiplier": float("inf")}, "over 0"),
        ({"learning_rate_multiplier": "fast"}, "over 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**31}, "2,147,483,647"),
        ({"seed": "auto"}, "None"),
        ({"method": "magic"}, "'supervised' or 'dpo'"),
        ({"model": " "}, "model is empty"),
    ],
    ids=str,
)
def test_a_setting_out_of_bounds_is_refused_before_anything_is_sent(server, client, train, options, said):
    with pytest.raises(SettingsError, match=said):
        start(client, train, **options)
    assert not server.requests


def test_the_bounds_themselves_are_taken(client, train):
    start(
        client,
        train,
        suffix="s" * 64,
        metadata={**{str(number): "v" for number in range(11)}, "k" * 64: "v" * 512},
        n_epochs=50,
        batch_size=256,
        seed=2**31 - 1,
        learning_rate_multiplier=1,
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (lines(0, 9), "too-few"),
        (lines(0, 12).replace("}\n{", "}{", 1), "more-than-one"),
        (lines(0, 12).replace('{"messages"', '{"theme": 1, "messages"', 1), "unknown-key"),
        (preferences(12), "method"),
    ],
)
def test_a_bad_training_file_is_refused_before_anything_is_sent(server, client, train, text, code):
    train.write_text(text, "utf-8")
    with pytest.raises(TrainingFileError, match=code):
        start(client, train)
    assert not server.requests


def test_an_example_over_the_token_limit_is_warned_of(server, client, train):
    train.write_text(lines(0, 12).replace("Value 3", "word " * 66_000), "utf-8")
    with pytest.warns(UserWarning, match=r"line 4: .*cuts off"):
        start(client, train)
    assert len(server.jobs) == 1


def test_a_validation_file_that_shares_lines_is_refused_with_both_lines(server, client, train, validation):
    validation.write_text(lines(100, 10) + lines(3, 1), "utf-8")
    with pytest.raises(TrainingFileError, match=r"line 4: .*line 11 of .*validation\.jsonl.*in-validation"):
        start(client, train, validation_file=validation)
    assert not server.requests


def test_a_bad_validation_file_is_refused(server, client, train, validation):
    validation.write_text(lines(100, 10) + "{\n", "utf-8")
    with pytest.raises(TrainingFileError, match=r"validation\.jsonl.*(?s:.*)line 11"):
        start(client, train, validation_file=validation)
    assert not server.requests


@pytest.mark.parametrize("kind", ["path", "id"])
def test_the_training_file_is_no_validation_file(server, client, train, kind):
    given = train if kind == "path" else "file-1"
    with pytest.raises(SettingsError, match="is the training file"):
        start(client, given, validation_file=given)
    assert not server.requests


@pytest.mark.parametrize("given", ["missing.jsonl", "no/such", ""])
def test_a_path_that_is_not_there_is_not_taken_for_an_id(server, client, given):
    with pytest.raises((TrainingFileError, SettingsError)):
        start(client, given)
    assert not server.requests


# The model's last day


def day(number):
    return (datetime.now(UTC).date() + timedelta(days=number)).isoformat()


@pytest.mark.parametrize("number", [0, -1, -400])
def test_a_model_that_is_shut_down_is_refused_with_the_date(server, client, train, number):
    server.models[MODEL] = day(number)
    with pytest.raises(FineTuningError, match=f"was shut down on {day(number)}.*train_locally") as caught:
        start(client, train)
    assert caught.value.code == "model_shut_down"
    assert not server.sent("POST", "/*")
    assert not server.files


@pytest.mark.parametrize("number", [1, 60])
def test_a_model_that_is_soon_shut_down_is_warned_of_with_the_date(server, client, train, number):
    server.models[MODEL] = day(number)
    with pytest.warns(UserWarning, match=f"{day(number)}, in {number} days"):
        assert start(client, train).id in server.jobs


@pytest.mark.parametrize("date", [day(61), None, "soon", ""])
def test_a_model_with_time_left_or_no_date_is_no_news(server, client, train, date):
    server.models[MODEL] = date
    assert start(client, train).id in server.jobs


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 404, "message": "Not Found"},
        {"status": 403},
        {"status": 500, "times": 9},
        HTML,
        {"raw": b""},
    ],
    ids=str,
)
def test_a_service_that_does_not_tell_the_date_does_not_stop_the_start(server, client, train, fault):
    server.fail("GET", "/models/*", **fault)
    assert start(client, train).id in server.jobs


def test_a_wrong_key_is_said_at_once(server, train):
    with pytest.raises(ServiceError, match="Incorrect API key"):
        start(server.client(api_key="wrong"), train)
    assert len(server.requests) == 1


# Once, and not twice


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503}, {"drop": True}, {"status": 408}, HTML, {"raw": b"{}"}],
    ids=str,
)
def test_a_job_whose_answer_was_lost_is_found_and_not_started_again(flavour, train, fault):
    with TuningServer(flavour) as server:
        server.add_job(metadata={"qagen_run": "another"}, life=STUCK)
        file = server.add_file(train.read_bytes())
        server.fail("POST", JOBS, work=True, **fault)
        job = start(server.client(), file.id)
        assert len(server.sent("POST", JOBS)) == 1
        assert list(server.jobs)[-1] == job.id


def test_a_timeout_is_an_answer_that_was_lost(server, train):
    server.fail("POST", JOBS, work=True, delay=1.5)
    job = start(server.client(timeout=0.5), server.add_file(train.read_bytes()).id)
    assert list(server.jobs) == [job.id]


def interrupt():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_after_ctrl_c_the_job_that_was_started_is_found_and_not_started_again(server, client, train):
    server.fail("POST", JOBS, work=True, call=interrupt, delay=0.3)
    with pytest.raises(KeyboardInterrupt):
        start(client, train)
    with pytest.warns(UserWarning, match="has the same file"):
        assert start(client, train).id in server.jobs
    assert len(server.sent("POST", JOBS)) == 1


@pytest.mark.parametrize("filtering", ["yes", "ignored", "refused"])
def test_the_lost_job_is_found_among_many_whatever_the_filter_does(train, filtering):
    with TuningServer(metadata_filter=filtering, most_per_page=3) as server:
        file = server.add_file(train.read_bytes())
        for number in range(10):
            server.add_job(metadata={"qagen_run": str(number)}, training_file=file.id)
        server.fail("POST", JOBS, work=True, status=500)
        job = start(server.client(), file.id)
        assert job.id == list(server.jobs)[-1]
        assert len(server.jobs) == 11


def test_a_lost_job_that_comes_up_late_is_found(server, client, train):
    server.fail("POST", JOBS, work=True, status=500)
    looks = []

    def late():
        looks.append(1)
        for job in server.jobs.values():
            job.hidden = len(looks) < 4

    server.fail("GET", JOBS, call=late, times=99)
    assert start(client, train).id in server.jobs
    assert len(server.jobs) == 1


@pytest.mark.parametrize("again", [False, True])
def test_without_metadata_the_new_job_with_these_settings_is_the_one(train, again):
    with TuningServer("nebius") as server:
        file = server.add_file(train.read_bytes())
        server.add_job(training_file=file.id, life=DONE)

        def a_colleague_starts_one():
            server.add_job(training_file=file.id, hyperparameters={"n_epochs": 7}, life=DONE)

        server.fail("POST", JOBS, work=True, status=500)
        server.fail("GET", JOBS, call=a_colleague_starts_one, skip=1)
        job = start(server.client(), file.id, n_epochs=4, again=again)
        assert job.id == list(server.jobs)[1]
        assert len(server.jobs) == 3


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, HTML], ids=str)
def test_a_job_that_was_not_started_is_said_not_to_be(server, client, train, fault):
    file = server.add_file(train.read_bytes())
    old = server.add_job(training_file=file.id, life=DONE)
    old.created -= 10_000
    server.add_job(training_file=file.id, metadata={"qagen_run": "another"})
    server.fail("POST", JOBS, **fault)
    with pytest.raises(FineTuningError, match=r"no such job.*nothing was started.*Start it again") as caught:
        start(client, file.id)
    assert len(server.jobs) == 2
    assert isinstance(caught.value.__cause__, Exception)


def test_without_metadata_a_job_that_was_there_before_is_not_the_one(train):
    with TuningServer("nebius") as server:
        file = server.add_file(train.read_bytes())
        server.add_job(training_file=file.id, life=DONE)
        server.fail("POST", JOBS, status=500)
        with pytest.raises(FineTuningError, match="no such job"):
            start(server.client(), file.id, again=True)


def test_without_metadata_a_list_that_fails_stops_no_job_that_is_to_start_again(train):
    with TuningServer("nebius") as server:
        server.fail("GET", JOBS, status=500, times=9)
        assert start(server.client(max_retries=0), train, again=True).id in server.jobs


def test_where_jobs_cannot_be_filtered_only_the_newest_are_looked_through(train):
    with TuningServer("azure", most_per_page=1) as server:
        for number in range(9):
            server.add_job(metadata={"qagen_run": str(number)})
        start(server.client(), train)
        assert len(server.sent("GET", JOBS)) == 5


def test_when_nothing_can_be_found_out_that_is_said(server, train):
    server.fail("POST", JOBS, status=500, message="Oh dear")
    server.fail("GET", JOBS, status=500, skip=1, times=99)
    with pytest.raises(FineTuningError, match=r"Oh dear.*is not known.*qagen_run=[0-9a-f]{32}"):
        start(server.client(max_retries=0), train)
    assert len(server.sent("POST", JOBS)) == 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            {"status": 400, "message": "Bad file", "code": "invalid_training_file"},
            "Bad file.*invalid_training",
        ),
        ({"status": 429, "message": "No quota", "code": "insufficient_quota"}, "No quota.*Waiting does not"),
        (
            {"status": 429, "message": "Too fast", "code": "rate_limit_exceeded"},
            "Too fast.*Wait a minute and try again",
        ),
        (
            {"status": 429, "message": "Spent", "code": "spend_limit_exceeded"},
            "Spent.*Waiting does not clear this",
        ),
        ({"status": 403, "message": "Not yours"}, "Not yours"),
    ],
    ids=str,
)
def test_a_refusal_is_clear_and_nothing_is_looked_up(server, client, train, fault, said):
    server.fail("POST", JOBS, param="training_file", **fault)
    with pytest.raises(FineTuningError, match=said) as caught:
        start(client, train)
    assert (caught.value.code, caught.value.param) == (fault.get("code"), "training_file")
    assert caught.value.message == fault["message"]
    assert [request.method for request in server.requests][-1] == "POST"


@pytest.mark.parametrize(
    "life", [STUCK, (RUNNING,), DONE, ((RUNNING, SUCCEEDED))], ids=["queued", "running", "done", "both"]
)
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_same_job_is_returned_with_a_warning(flavour, train, life):
    with TuningServer(flavour, life=life) as server:
        client = server.client()
        first = start(client, train, n_epochs=3)
        with pytest.warns(UserWarning, match=f"{first.id} has the same file.*again=True"):
            assert start(client, train, n_epochs=3).id == first.id
        assert len(server.jobs) == 1


def test_the_same_job_is_started_again_on_request(server, client, train):
    assert start(client, train).id != start(client, train, again=True).id


@pytest.mark.parametrize(
    "other",
    [
        {"n_epochs": 5},
        {"model": "gpt-4o-mini-2024-07-18"},
        {"seed": 1},
        {"suffix": "second"},
        {"batch_size": 2},
        {"learning_rate_multiplier": 2.0},
    ],
    ids=str,
)
def test_other_settings_are_another_job(client, train, other):
    assert start(client, train).id != start(client, train, **other).id


OF_NEBIUS = {
    "n_epochs": 5,
    "model": "Qwen/Qwen3-4B",
    "seed": 1,
    "suffix": "second",
    "batch_size": 2,
    "learning_rate_multiplier": 2e-5,
    "extra_body": {"hyperparameters": {"lora": True, "lora_r": 16}},
}


@pytest.mark.parametrize("name", OF_NEBIUS)
def test_without_metadata_other_settings_are_another_job_and_the_same_are_not(train, name):
    other = {name: OF_NEBIUS[name]}
    with TuningServer("nebius") as server:
        client = server.client()
        plain, there = start(client, train), start(client, train, **other)
        assert plain.id != there.id
        with pytest.warns(
            UserWarning, match=f"{there.id} has the same.*settings that were given.*again=True"
        ):
            assert start(client, train, **other).id == there.id
        assert start(client, train, **other, again=True).id not in {plain.id, there.id}
        assert not any("metadata" in body for body in server.sent("POST", JOBS))


def test_without_metadata_an_adapter_is_not_taken_for_a_training_of_all_weights(train, validation):
    with TuningServer("nebius") as server:
        client = server.client()
        started = [
            start(client, train, extra_body={"hyperparameters": {"lora": True}}),
            start(client, train),
            start(client, train, suffix="checked", validation_file=validation),
            start(client, train, suffix="checked"),
        ]
        assert [job.id for job in started] == list(server.jobs)


def test_metadata_that_a_service_does_not_keep_are_refused_before_anything_is_sent(train):
    with TuningServer("nebius") as server:
        with pytest.raises(SettingsError, match=r"Drop metadata.*Nebius.*suffix"):
            start(server.client(), train, metadata={"team": "a"})
        assert not server.requests


def test_another_training_type_is_another_job_and_the_same_is_not(train):
    with TuningServer("azure") as server:
        client = server.client()
        plain, there = start(client, train), start(client, train, extra_body={"trainingType": "Developer"})
        assert plain.id != there.id
        with pytest.warns(UserWarning, match=there.id):
            assert start(client, train, extra_body={"trainingType": "Developer"}).id == there.id


@pytest.mark.parametrize(
    "odd",
    [
        {"metadata": "a word"},
        {"metadata": ["qagen_run"]},
        {"metadata": {"qagen_settings": ["x"]}},
        {"id": ["ftjob-1"], "status": {"is": "queued"}},
        {"created_at": "soon", "model": 7},
        {"id": None, "created_at": None, "model": None, "training_file": None},
    ],
    ids=str,
)
def test_odd_jobs_that_are_there_already_stop_nothing(server, client, train, odd):
    file = server.add_file(train.read_bytes())
    job = {"id": "ftjob-1", "status": "queued", "model": MODEL, "training_file": file.id, "created_at": 1}
    page = json.dumps({"data": [job | odd]}).encode()
    server.fail("GET", JOBS, raw=page, times=99)
    server.fail("POST", JOBS, status=500)
    with pytest.raises(FineTuningError, match="no such job"):
        start(client, file.id)
    assert start(client, file.id).id in server.jobs


def test_another_file_is_another_job(client, train):
    first = start(client, train)
    train.write_text(lines(0, 12).replace("Value 3", "Value 4"), "utf-8")
    assert start(client, train).id != first.id


def test_another_validation_file_is_another_job(client, train, validation):
    assert start(client, train).id != start(client, train, validation_file=validation).id


def test_the_same_file_under_another_name_is_the_same_job(client, train):
    first = start(client, train)
    with pytest.warns(UserWarning, match=first.id):
        assert start(client, train.rename(train.with_name("renamed.jsonl"))).id == first.id


def test_a_file_whose_content_is_kept_back_is_the_same_by_its_id(server, client, train):
    server.downloads = False
    file = server.add_file(train.read_bytes())
    first = start(client, file.id)
    with pytest.warns(UserWarning, match=first.id):
        assert start(client, file.id).id == first.id


def test_a_file_by_its_id_is_the_same_as_by_its_path(client, train):
    first = start(client, train)
    with pytest.warns(UserWarning, match=first.id):
        assert start(client, first.training_file).id == first.id


@pytest.mark.parametrize(
    "life", [failing("x", "It broke")[-1:], (Stage("cancelled"),)], ids=["failed", "cancelled"]
)
def test_a_job_that_came_to_nothing_does_not_stop_another(server, client, train, life):
    server.life = life
    first = start(client, train)
    assert start(client, train).id != first.id


def test_a_job_that_succeeded_without_a_name_is_not_paid_again(server, client, train):
    server.life = (Stage("succeeded", model=False),)
    first = start(client, train)
    with pytest.warns(UserWarning, match=f"{first.id} has the same file.*again=True"):
        assert start(client, train).id == first.id


def test_a_service_without_a_list_of_jobs_can_still_start_one(server, client, train):
    server.fail("GET", JOBS, status=404, message="Not Found", times=9)
    assert start(client, train).id in server.jobs


@pytest.mark.parametrize(
    "fault", [{"status": 500, "times": 9}, {**HTML, "times": 9}, {"raw": b"{}", "times": 9}], ids=str
)
def test_if_it_cannot_be_seen_what_is_there_nothing_is_started(server, client, train, fault):
    server.fail("GET", JOBS, **fault)
    with pytest.raises(ServiceError, match="again=True starts without looking"):
        start(client, train)
    assert not server.jobs
    assert start(client, train, again=True).id in server.jobs


# The closed door


def test_a_closed_service_says_what_happened_and_what_remains(server, client, train):
    server.fail("POST", JOBS, **CLOSED)
    with pytest.raises(TuningClosedError) as caught:
        start(client, train)
    [file_id], said = server.files, str(caught.value)
    assert (caught.value.file_ids, caught.value.code) == ((file_id,), "training_not_available")
    for part in (
        "Fine-tuning is not available to your organization",
        "2026-05-07",
        "2026-07-02",
        "2027-01-06",
        "2027-01-14",
        "data are fine",
        "train_locally",
        "qagen tune",
        "Nebius",
        "Together",
        "retrieval",
        f'delete_file(client, "{file_id}")',
    ):
        assert part in said
    assert isinstance(caught.value.__cause__, openai.PermissionDeniedError)
    assert len(server.sent("POST", JOBS)) == 1


def test_a_closed_azure_is_not_told_of_the_dates_of_openai(train, validation):
    with TuningServer("azure") as server:
        server.fail("POST", JOBS, **CLOSED)
        with pytest.raises(TuningClosedError, match="Azure") as caught:
            start(server.client(), train, validation_file=validation)
    assert "2027" not in str(caught.value)
    assert str(caught.value).count("delete_file") == 2


def test_a_file_that_was_there_before_is_not_offered_for_deletion(server, client, train, validation):
    server.fail("POST", JOBS, times=9, **CLOSED)
    there = server.add_file(train.read_bytes()).id
    for given in (train, there):
        with pytest.raises(TuningClosedError) as caught:
            start(client, given)
        assert caught.value.file_ids == ()
        assert "delete" not in str(caught.value)
    with pytest.raises(TuningClosedError) as caught:
        start(client, train, validation_file=validation)
    assert caught.value.file_ids == (list(server.files)[-1],)
    assert there not in str(caught.value)
    assert f'delete_file(client, "{list(server.files)[-1]}")' in str(caught.value)


def test_a_file_that_cannot_be_processed_starts_no_job(server, client, train):
    server.file_error = "Line 3 is odd"
    with pytest.raises(UploadError, match="Line 3 is odd"):
        start(client, train)
    assert not server.sent("POST", JOBS)


# The record


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_record_has_everything_that_made_the_model(flavour, train, tmp_path):
    with TuningServer(flavour, life=DONE) as server:
        client = server.client()
        job = start(client, train, n_epochs=4)
        record = record_of(client, job, training_file=train)
        write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert record.provider == flavour.removesuffix("-v1")
    assert (record.base_model, record.model, record.job) == (MODEL, job.fine_tuned_model, job.id)
    assert (record.training_file, record.examples) == ("train.jsonl", 12)
    assert (record.training_sha256, record.system_prompt) == (sha256(train), SYSTEM)
    assert record.hyperparameters["n_epochs"] == 4
    addresses = {"openai": None, "azure": AZURE, "azure-v1": AZURE}
    assert record.base_url == addresses.get(flavour, "https://api.tokenfactory.nebius.com/v1/")


def test_a_gateway_is_recorded_as_the_service_that_one_says_it_is(train):
    with TuningServer("nebius") as server, openai.OpenAI(base_url=server.base_url, api_key="test") as client:
        job = start(client, server.add_file(train.read_bytes()).id, service=SERVICES["nebius"])
        record = record_of(client, job, service=SERVICES["nebius"])
        assert (record.provider, record.base_url) == ("nebius", f"{server.base_url}/")


def test_openai_through_a_gateway_is_recorded_with_its_address(server, train):
    with openai.OpenAI(base_url=server.base_url, api_key="test") as client:
        job = start(client, server.add_file(train.read_bytes()).id, service=SERVICES["openai"])
        record = record_of(client, job, service=SERVICES["openai"])
    assert (record.provider, record.base_url) == ("openai", f"{server.base_url}/")


def test_the_record_can_be_made_from_the_job_alone(server, client, train):
    record = record_of(client, start(client, train))
    assert (record.training_file, record.training_sha256) == (next(iter(server.files)), sha256(train))
    assert (record.system_prompt, record.model, record.examples) == (SYSTEM, None, None)
    assert record_of(client, start(client, train, again=True), system_prompt="Mine").system_prompt == "Mine"


def test_a_record_of_a_job_nobody_described_has_gaps(server, client):
    job = client.fine_tuning.jobs.retrieve(server.add_job().id)
    record = record_of(client, job)
    assert (record.system_prompt, record.training_sha256) == (None, None)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("text", "examples", "prompt"),
    [
        ("", 0, None),
        (lines(0, 3), 3, SYSTEM),
        (lines(0, 3).rstrip("\n"), 3, SYSTEM),
        (lines(0, 3).replace("\n", "\r\n\n"), 3, SYSTEM),
        ("no json\n[1]\n3\n", 3, None),
        ('{"messages": [3]}\n{"messages": {}}\n{"input": 3}\n', 3, None),
        ("[" * 100_000, 1, None),
    ],
    ids=range(7),
)
def test_contents_are_the_same_in_pieces_of_any_size(size, text, examples, prompt):
    data = text.encode()
    found = contents_of(data[start : start + size] for start in range(0, len(data), size))
    assert (found.examples, found.system_prompt) == (examples, prompt)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
