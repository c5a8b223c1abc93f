from __future__ import annotations

import json

import httpx2
import openai
import pytest
from tuning_server import DONE, ENDLESS, KEY, LIFE, STUCK, TuningServer, failing

from qagen import (
    cancel_fine_tuning,
    delete_tuned_model,
    list_checkpoints,
    list_fine_tuning,
    pause_fine_tuning,
    resume_fine_tuning,
)
from qagen.errors import ServiceError, SettingsError
from qagen.tuning.hosted.services import SERVICES

JOBS = "/fine_tuning/jobs"
JOB = "/fine_tuning/jobs/*"
PAGE = b"<html><title>Sign in</title></html>"


@pytest.fixture
def server():
    with TuningServer() as server:
        yield server


# A list


@pytest.mark.parametrize(("limit", "requests"), [(1, 1), (20, 1), (100, 1), (130, 2), (1000, 2)])
def test_jobs_are_listed_newest_first_over_as_many_pages_as_it_takes(server, limit, requests):
    jobs = [server.add_job().id for _ in range(130)]
    found = list_fine_tuning(server.client(), limit=limit)
    assert [job.id for job in found] == jobs[::-1][:limit]
    assert len(server.sent("GET", JOBS)) == requests


def test_a_project_without_jobs_has_an_empty_list(server):
    assert list_fine_tuning(server.client()) == []


def test_jobs_with_ids_of_another_kind_are_listed():
    page = {"data": [job(["b"], 2), job(7, 1)], "has_more": True}
    assert [one.id for one in list_fine_tuning(answering(lambda: page))] == [["b"], 7]


@pytest.mark.parametrize("limit", [0, -3, 2.5, True, "many"])
def test_a_limit_that_cannot_be_is_refused_before_anything_is_sent(server, limit):
    with pytest.raises(SettingsError, match="limit is"):
        list_fine_tuning(server.client(), limit=limit)
    assert not server.requests


def test_a_list_that_breaks_off_is_an_error_and_no_shorter_list(server):
    for _ in range(130):
        server.add_job()
    server.fail("GET", JOBS, skip=1, status=400, message="No such object")
    with pytest.raises(ServiceError, match=r"could not be listed: No such object"):
        list_fine_tuning(server.client(), limit=130)


def test_a_job_that_moves_to_the_next_page_meanwhile_is_listed_once():
    pages = iter(
        [
            {"data": [job("c", 3), job("b", 2)], "has_more": True},
            {"data": [job("b", 2), job("a", 1)], "has_more": True},
            {"data": [], "has_more": True},
        ]
    )
    assert [one.id for one in list_fine_tuning(answering(lambda: next(pages)))] == ["c", "b", "a"]


def test_a_service_that_sends_the_same_jobs_for_ever_is_noticed():
    page = {"data": [job("b", 2), job("a", 1)], "has_more": True}
    assert [one.id for one in list_fine_tuning(answering(lambda: page), limit=1000)] == ["b", "a"]


def test_jobs_in_another_order_or_without_a_time_are_sorted():
    page = {"data": [job("a", 1), job("none", None), job("b", 2), job("c", 3)]}
    assert [one.id for one in list_fine_tuning(answering(lambda: page))] == ["c", "b", "a", "none"]


def job(name, created):
    return {"id": name, "object": "fine_tuning.job", "created_at": created, "status": "queued"}


def answering(page):
    """A client whose service answers everything with what the function returns."""

    def handle(request):
        return httpx2.Response(200, json=page())

    transport = httpx2.MockTransport(handle)
    return openai.OpenAI(api_key=KEY, http_client=httpx2.Client(transport=transport), max_retries=0)


NONSENSE = pytest.mark.parametrize(
    "nonsense",
    [
        {"raw": PAGE, "content_type": "text/html"},
        {"raw": PAGE},
        {"raw": b""},
        {"raw": b"null"},
        {"raw": b"[]"},
        {"raw": b"{}"},
        {"raw": b'{"data": null}'},
        {"raw": b'{"data": [1, 2]}'},
        {"raw": b'{"id": 5, "deleted": "yes"}'},
        {"raw": b"\xff\xfe\x00"},
        {"status": 500},
        {"status": 502, "raw": PAGE, "content_type": "text/html"},
        {"status": 401, "message": "Incorrect API key provided"},
        {"drop": True},
    ],
    ids=lambda nonsense: str(nonsense)[:60],
)
CALLS = pytest.mark.parametrize(
    "call",
    [
        list_fine_tuning,
        lambda client: cancel_fine_tuning(client, "ftjob-000001"),
        lambda client: pause_fine_tuning(client, "ftjob-000001"),
        lambda client: resume_fine_tuning(client, "ftjob-000001"),
        lambda client: list_checkpoints(client, "ftjob-000001"),
        lambda client: delete_tuned_model(client, "ft:model"),
    ],
    ids=["list", "cancel", "pause", "resume", "checkpoints", "delete"],
)


@NONSENSE
@CALLS
def test_an_answer_that_is_none_is_a_service_error_that_says_what_to_do(server, nonsense, call):
    server.add_job(life=ENDLESS)
    for path in (
        JOBS,
        JOB,
        f"{JOB}/cancel",
        f"{JOB}/pause",
        f"{JOB}/resume",
        f"{JOB}/checkpoints",
        "/models/*",
    ):
        server.fail("*", path, times=9, **{"status": 200, **nonsense})
    with pytest.raises(ServiceError, match=r"could not be .*: .+\. [A-Z]"):
        call(server.client(max_retries=0))


# Stop, pause, resume


def test_a_job_is_cancelled(server):
    running = server.add_job(life=ENDLESS)
    assert cancel_fine_tuning(server.client(), running.id).status == "cancelled"
    assert running.status == "cancelled"


def test_cancelling_twice_is_as_good_as_once(server):
    running = server.add_job(life=ENDLESS)
    cancel_fine_tuning(server.client(), running.id)
    assert cancel_fine_tuning(server.client(), running.id).status == "cancelled"


def test_a_cancel_whose_answer_is_lost_is_cancelled_all_the_same(server):
    running = server.add_job(life=ENDLESS)
    server.fail("POST", f"{JOB}/cancel", status=500, work=True)
    assert cancel_fine_tuning(server.client(), running.id).status == "cancelled"


@pytest.mark.parametrize(
    ("life", "status"), [(DONE, "succeeded"), (failing("x", "It broke.")[-1:], "failed")], ids=str
)
def test_a_finished_job_cannot_be_cancelled_and_the_message_says_how_it_ended(server, life, status):
    done = server.add_job(life=life)
    with pytest.raises(ServiceError, match=f"status of the job is '{status}': it is over"):
        cancel_fine_tuning(server.client(), done.id)


@pytest.mark.parametrize(
    "call", [cancel_fine_tuning, pause_fine_tuning, resume_fine_tuning, list_checkpoints]
)
def test_a_job_that_nobody_knows_is_named(server, call):
    with pytest.raises(ServiceError, match=r"ftjob-nobody.*404.*Check the id"):
        call(server.client(), "ftjob-nobody")


@pytest.mark.parametrize(
    "call", [cancel_fine_tuning, pause_fine_tuning, resume_fine_tuning, list_checkpoints]
)
@pytest.mark.parametrize("bad", ["", " \n", None, 3, b"ftjob-1"])
def test_what_is_no_id_is_refused_before_anything_is_sent(server, call, bad):
    with pytest.raises(SettingsError, match="no id of a job"):
        call(server.client(), bad)
    assert not server.requests


def test_an_id_with_slashes_stays_one_id(server):
    with pytest.raises(ServiceError, match="404"):
        cancel_fine_tuning(server.client(), "../../files/file-000001")
    assert not server.sent("POST", "/files/*")


def test_a_running_job_is_paused_and_resumed(server):
    running = server.add_job(life=LIFE)
    client = server.client()
    server.advance(running.id)
    server.advance(running.id)
    assert pause_fine_tuning(client, running.id).status == "paused"
    assert resume_fine_tuning(client, running.id).status == "running"


@pytest.mark.parametrize("call", [pause_fine_tuning, resume_fine_tuning])
def test_what_a_job_cannot_do_now_is_told_with_its_status(server, call):
    with pytest.raises(ServiceError, match=r"status of the job is 'queued'\.$"):
        call(server.client(), server.add_job(life=STUCK).id)


@pytest.mark.parametrize("call", [pause_fine_tuning, resume_fine_tuning])
def test_a_service_without_pausing_is_not_asked(call):
    with TuningServer(flavour="nebius") as server:
        running = server.add_job(life=ENDLESS)
        with pytest.raises(ServiceError, match=r"Nebius Token Factory can neither pause nor resume"):
            call(server.client(), running.id)
        assert not server.requests


@pytest.mark.parametrize("call", [pause_fine_tuning, resume_fine_tuning])
def test_a_gateway_is_the_service_that_one_says_it_is(server, call):
    with pytest.raises(ServiceError, match="Nebius"):
        call(server.client(), "ftjob-1", service=SERVICES["nebius"])
    assert not server.requests


# What a job leaves


@pytest.mark.parametrize("flavour", ["openai", "azure", "azure-v1", "nebius"])
def test_checkpoints_come_in_the_order_of_their_steps(flavour):
    with TuningServer(flavour=flavour) as server:
        done = server.add_job()
        found = list_checkpoints(server.client(), done.id)
    assert [one.step_number for one in found] == [3, 6, 9]
    assert found[0].fine_tuned_model_checkpoint.endswith(":ckpt-step-3")


def test_a_job_that_is_not_done_has_no_checkpoints(server):
    assert list_checkpoints(server.client(), server.add_job(life=STUCK).id) == []


def test_checkpoints_without_ids_and_steps_are_kept():
    data = [{"id": "b", "step_number": 4}, {"result_files": ["file-1"]}, {"result_files": ["file-2"]}]
    found = list_checkpoints(answering(lambda: {"data": data, "has_more": False}), "ftjob-1")
    assert [one.id for one in found] == [None, None, "b"]
    assert [one.result_files for one in found[:2]] == [["file-1"], ["file-2"]]


def test_a_tuned_model_is_deleted(server):
    client = server.client()
    name = client.fine_tuning.jobs.retrieve(server.add_job().id).fine_tuned_model
    assert delete_tuned_model(client, name) is None
    with pytest.raises(ServiceError, match=r"could not be deleted.*does not exist"):
        delete_tuned_model(client, name)


def test_a_model_that_is_not_yours_is_not_deleted(server):
    with pytest.raises(ServiceError, match="insufficient permissions"):
        delete_tuned_model(server.client(), "gpt-4.1-mini")


@pytest.mark.parametrize("bad", ["", " ", None])
def test_a_model_without_a_name_is_refused_before_anything_is_sent(server, bad):
    with pytest.raises(SettingsError, match="no name of a model"):
        delete_tuned_model(server.client(), bad)
    assert not server.requests


def test_a_model_that_is_still_there_is_told():
    client = answering(lambda: json.loads('{"id": "ft:a", "object": "model", "deleted": false}'))
    with pytest.raises(ServiceError, match="still there"):
        delete_tuned_model(client, "ft:a")
