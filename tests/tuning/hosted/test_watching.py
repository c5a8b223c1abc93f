from __future__ import annotations

import itertools
import json
import random
import signal
import time
from contextlib import ExitStack, redirect_stderr
from dataclasses import replace

import forked
import httpx2
import openai
import pytest
from conftest import Screen
from hypothesis import given, settings
from hypothesis import strategies as st
from tuning_server import (
    DONE,
    KEY,
    LIFE,
    QUEUED,
    RUNNING,
    STUCK,
    SUCCEEDED,
    Event,
    Stage,
    ToLoopback,
    TuningServer,
    failing,
    other_ids,
    repeated,
    shuffled,
    step,
)

from qagen import list_checkpoints, wait_for_fine_tuning
from qagen.errors import DeadlineError, FineTuningError, QAGenError, ServiceError, SettingsError

JOB = "/fine_tuning/jobs/*"
EVENTS = "/fine_tuning/jobs/*/events"
PAGE = b"<html><title>Sign in to the guest network</title></html>"


@pytest.fixture
def server():
    with TuningServer() as server:
        yield server


def wait(client, job, **options):
    return wait_for_fine_tuning(client, job.id, **{"poll": 0.01, "progress": False, **options})


def told(client, job, **options):
    """What was told of the events of a job that was waited for."""
    messages = []
    wait(client, job, on_event=lambda event: messages.append(event.message), **options)
    return messages


def said(job):
    return [event["message"] for event in job.events]


def long_life(steps):
    training = tuple(step(number, steps, 1 / number) for number in range(1, steps + 1))
    return (QUEUED, Stage("running", training, looks=3), SUCCEEDED)


def looks(server):
    return len(server.sent("GET", JOB))


# The end


def test_a_job_is_waited_for_until_it_has_a_model(server):
    job = server.add_job(life=LIFE)
    finished = wait(server.client(), job)
    assert finished.status == "succeeded"
    assert finished.fine_tuned_model.startswith("ft:gpt-4.1-mini")


def test_a_job_stuck_in_the_queue_ends_the_wait_at_the_deadline_and_goes_on(server):
    job = server.add_job(life=STUCK)
    with pytest.raises(DeadlineError, match="status: queued") as raised:
        wait(server.client(), job, timeout=0.1)
    assert f"wait_for_fine_tuning(client, '{job.id}')" in str(raised.value)
    assert f"cancel_fine_tuning(client, '{job.id}')" in str(raised.value)
    assert not server.sent("POST", f"{JOB}/cancel")


def test_a_timeout_of_zero_is_one_look(server):
    with pytest.raises(DeadlineError):
        wait(server.client(), server.add_job(life=STUCK), timeout=0)
    assert looks(server) == 1
    assert wait(server.client(), server.add_job(life=DONE), timeout=0).fine_tuned_model


def test_a_job_that_fails_after_running_tells_code_message_parameter_and_the_last_error_event(server):
    life = failing("invalid_training_file", "Line 3 has no assistant message.", "training_file")
    failed = life[-1]
    events = (Event("First trouble", "error"), Event("The job failed in step 9", "error"), Event("Bye"))
    job = server.add_job(life=(*life[:-1], Stage("failed", events, error=failed.error)))
    with pytest.raises(FineTuningError, match=r"Line 3 has no assistant message \(code invalid_") as raised:
        wait(server.client(), job)
    error = raised.value
    assert (error.job_id, error.code) == (job.id, "invalid_training_file")
    assert (error.message, error.param) == ("Line 3 has no assistant message.", "training_file")
    assert error.event == "The job failed in step 9"
    assert "The job failed in step 9" in str(error)


def test_a_failed_job_with_an_empty_error_tells_its_last_error_event(server):
    job = server.add_job(life=(Stage("failed", (Event("Out of machines", "error"),)),))
    with pytest.raises(FineTuningError, match=r"failed\. .*Out of machines") as raised:
        wait(server.client(), job)
    assert (raised.value.code, raised.value.message, raised.value.param) == (None, None, None)


@pytest.mark.parametrize("word", ["cancelled", "canceled"])
def test_a_cancelled_job_is_an_error_that_says_so(server, word):
    with pytest.raises(FineTuningError, match=r"was cancelled\."):
        wait(server.client(), server.add_job(life=(QUEUED, Stage(word))))


@pytest.mark.parametrize("word", ["paused", "resuming", "Waiting for capacity", "", "succeeded?"])
def test_a_status_that_nobody_knows_is_not_an_end(server, word):
    job = server.add_job(life=(QUEUED, Stage(word, looks=3), SUCCEEDED))
    assert wait(server.client(), job).status == "succeeded"
    assert looks(server) == 4  # each of its three, then the end


def test_a_model_whose_name_comes_late_is_waited_for(server):
    job = server.add_job(life=(Stage("succeeded", model=False, looks=4), Stage("succeeded", model="ft:late")))
    assert wait(server.client(), job).fine_tuned_model == "ft:late"


def test_a_job_that_succeeds_without_a_model_name_is_a_clear_error(server):
    job = server.add_job(life=(QUEUED, Stage("succeeded", model=False)))
    with pytest.raises(FineTuningError, match="names no tuned model") as raised:
        wait(server.client(), job)
    assert raised.value.job_id == job.id
    assert looks(server) > 3


def test_a_job_of_nebius_succeeds_without_a_name_and_its_weights_are_in_the_checkpoints():
    with TuningServer(flavour="nebius") as server:
        client = server.client()
        job = wait(client, server.add_job(life=LIFE))
        assert (job.status, job.fine_tuned_model) == ("succeeded", None)
        assert looks(server) == 3  # a name is not waited for
        assert list_checkpoints(client, job.id)[-1].result_files


@pytest.mark.parametrize("bad", [{"timeout": -1}, {"timeout": float("nan")}, {"poll": -0.5}])
def test_a_time_that_cannot_be_is_refused_before_anything_is_sent(server, bad):
    with pytest.raises(SettingsError, match="seconds"):
        wait_for_fine_tuning(server.client(), "ftjob-1", **bad)
    assert not server.requests


@pytest.mark.parametrize("bad", ["", "  ", None, 7])
def test_what_is_no_id_is_refused_before_anything_is_sent(server, bad):
    with pytest.raises(SettingsError, match="no id of a job"):
        wait_for_fine_tuning(server.client(), bad)
    assert not server.requests


# Trouble


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500},
        {"status": 503},
        {"status": 408},
        {"status": 429, "code": "rate_limit_exceeded"},
        {"drop": True},
        {"raw": PAGE, "content_type": "text/html", "status": 200},
        {"raw": PAGE, "status": 200},
        {"raw": b"", "status": 200},
        {"raw": b"{}", "status": 200},
        {"raw": b"[1]", "status": 200},
        {"raw": b'{"data": 7}', "status": 200},
        {"raw": PAGE, "content_type": "text/html", "status": 502},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [JOB, EVENTS])
def test_trouble_that_passes_is_waited_out_and_no_event_is_lost(server, trouble, path):
    job = server.add_job(life=LIFE)
    server.fail("GET", path, times=8, skip=1, **trouble)
    assert told(server.client(max_retries=0), job) == said(job)


class Unplugged(ToLoopback):
    """No network for some requests: they go where nobody listens."""

    def __init__(self, port, *, after, requests):
        super().__init__(port)
        self._nobody = ToLoopback(1)
        self._gone = range(after, after + requests)
        self._count = itertools.count()

    def handle_request(self, request):
        gone = next(self._count) in self._gone
        return self._nobody.handle_request(request) if gone else super().handle_request(request)

    def close(self):
        self._nobody.close()
        super().close()


def test_the_network_may_be_gone_for_a_while(server):
    job = server.add_job(life=LIFE)
    transport = Unplugged(server.port, after=3, requests=20)
    client = server.client(http_client=httpx2.Client(transport=transport), max_retries=0)
    assert told(client, job) == said(job)


def test_a_network_that_stays_away_ends_the_wait_and_says_that_the_job_goes_on(server):
    job = server.add_job(life=STUCK)
    transport = Unplugged(server.port, after=3, requests=10_000)
    client = server.client(http_client=httpx2.Client(transport=transport), max_retries=0)
    with pytest.raises(ServiceError, match=r"no answer 40 times in a row.*goes on at the service") as raised:
        wait(client, job)
    assert isinstance(raised.value.__cause__, openai.APIConnectionError)


def test_trouble_that_comes_again_after_an_answer_is_counted_anew(server):
    job = server.add_job(life=LIFE)
    server.fail("GET", JOB, times=30, skip=1, status=503)
    server.fail("GET", JOB, times=30, skip=2, status=503)
    assert told(server.client(max_retries=0), job) == said(job)
    assert looks(server) == 63


def test_a_wrong_address_is_told_soon(server):
    transport = Unplugged(server.port, after=0, requests=10_000)
    client = server.client(http_client=httpx2.Client(transport=transport), max_retries=0)
    with pytest.raises(ServiceError, match=r"3 times in a row.*"):
        wait(client, server.add_job())


def test_a_job_shows_that_the_address_is_right_so_a_network_gone_at_once_is_waited_out(server):
    job = server.client().fine_tuning.jobs.retrieve(server.add_job(life=LIFE).id)
    transport = Unplugged(server.port, after=0, requests=20)
    client = server.client(http_client=httpx2.Client(transport=transport), max_retries=0)
    assert wait_for_fine_tuning(client, job, poll=0.01, progress=False).fine_tuned_model
    transport = Unplugged(server.port, after=0, requests=10_000)
    client = server.client(http_client=httpx2.Client(transport=transport), max_retries=0)
    with pytest.raises(ServiceError, match=r"40 times in a row.*goes on at the service"):
        wait_for_fine_tuning(client, job, poll=0.01, progress=False)


def test_a_deadline_while_there_is_no_answer_has_the_trouble_as_its_cause(server):
    job = server.add_job(life=STUCK)
    server.fail("GET", JOB, times=1000, skip=1, status=503, message="overloaded")
    with pytest.raises(DeadlineError) as raised:
        wait(server.client(max_retries=0), job, timeout=0.15)
    assert "overloaded" in str(raised.value.__cause__)


def test_an_answer_that_does_not_come_is_trouble_that_passes(server):
    job = server.add_job(life=LIFE)
    server.fail("GET", JOB, delay=0.6, skip=1)
    assert told(server.client(max_retries=0, timeout=0.3), job) == said(job)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "invalid_api_key"), (404, None), (403, None), (501, None), (429, "insufficient_quota")],
)
def test_trouble_that_does_not_pass_ends_the_wait_at_once(server, status, code):
    job = server.add_job(life=STUCK)
    server.fail("GET", JOB, times=1000, skip=2, status=status, code=code, message="Go away")
    with pytest.raises(ServiceError, match="Go away"):
        wait(server.client(max_retries=0), job, timeout=5)
    assert looks(server) == 3


def test_an_unknown_job_is_told_after_one_look(server):
    with pytest.raises(ServiceError, match="ftjob-nobody"):
        wait_for_fine_tuning(server.client(), "ftjob-nobody", progress=False)
    assert looks(server) == 1


def test_a_service_without_events_is_watched_all_the_same(server):
    job = server.add_job(life=LIFE)
    server.fail("GET", EVENTS, times=1000, status=404, message="Not Found")
    with pytest.warns(UserWarning, match="watched on") as caught:
        assert wait(server.client(), job).status == "succeeded"
    assert len(caught) == 1
    assert len(server.sent("GET", EVENTS)) == 1


def test_events_that_cannot_be_read_do_not_keep_back_the_end(server):
    job = server.add_job(life=LIFE)
    server.fail("GET", EVENTS, times=1000, status=500)
    with pytest.warns(UserWarning, match="last events"):
        assert wait(server.client(max_retries=0), job).status == "succeeded"


def test_what_the_callback_raises_ends_the_wait(server):
    def stop(event):
        raise LookupError(event.message)

    with pytest.raises(LookupError, match="Created"):
        wait(server.client(), server.add_job(life=LIFE), on_event=stop)


def scripted(*answers):
    """A client that gets these jobs in order, the last one for ever, no events, and what it asked."""
    asked, left = [], iter(answers)
    last = answers[-1]

    def handle(request):
        asked.append(request)
        if request.url.path.endswith("/events"):
            return httpx2.Response(200, json={"data": [], "has_more": False})
        answer = next(left, last)
        return answer if isinstance(answer, httpx2.Response) else httpx2.Response(200, json=answer)

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(api_key=KEY, http_client=transport, max_retries=0), asked


RUNS = {"id": "ftjob-1", "status": "running"}
IS_DONE = {"id": "ftjob-1", "status": "succeeded", "fine_tuned_model": "ft:x"}


@pytest.mark.parametrize("status", [None, ["running"], 7, {"is": "running"}])
def test_a_status_that_is_no_word_is_not_an_end(status):
    client, _ = scripted({**RUNS, "status": status}, IS_DONE)
    assert wait_for_fine_tuning(client, "ftjob-1", poll=0.01, progress=False).status == "succeeded"


def test_a_key_that_is_withdrawn_between_the_end_and_the_name_is_told():
    nameless = {**IS_DONE, "fine_tuned_model": None}
    client, _ = scripted(nameless, *[httpx2.Response(401, json={})] * 9)
    with pytest.raises(ServiceError, match="401"):
        wait_for_fine_tuning(client, "ftjob-1", poll=0.01, progress=False)


def test_a_service_that_asks_to_wait_is_obeyed():
    busy = httpx2.Response(503, json={}, headers={"retry-after": "0.4"})
    client, asked = scripted(RUNS, busy, IS_DONE)
    begun = time.monotonic()
    wait_for_fine_tuning(client, "ftjob-1", poll=0.01, progress=False)
    assert time.monotonic() - begun >= 0.4
    assert len(asked) == 5


@pytest.mark.parametrize("asked_for", ["soon", "nan", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_wait_asked_for_in_words_is_no_trouble(asked_for):
    busy = httpx2.Response(503, json={}, headers={"retry-after": asked_for})
    client, _ = scripted(RUNS, busy, IS_DONE)
    assert wait_for_fine_tuning(client, "ftjob-1", poll=0.01, progress=False).fine_tuned_model == "ft:x"


def test_no_wait_that_a_service_asks_for_goes_past_the_deadline():
    client, _ = scripted(RUNS, httpx2.Response(503, json={}, headers={"retry-after": "1e9"}))
    with pytest.raises(DeadlineError):
        wait_for_fine_tuning(client, "ftjob-1", poll=0.01, progress=False, timeout=0.2)


@pytest.mark.parametrize(("own", "used"), [({}, 60), ({"timeout": 7}, 7), ({"timeout": 900}, 900)])
def test_an_answer_has_a_minute_unless_the_client_says_otherwise(own, used):
    client, asked = scripted(IS_DONE)
    wait_for_fine_tuning(client.with_options(**own), "ftjob-1", progress=False)
    assert {request.extensions["timeout"]["read"] for request in asked} == {used}


def test_the_looks_become_rarer_up_to_the_longest_pause():
    client, asked = scripted(RUNS)
    with pytest.raises(DeadlineError):
        wait_for_fine_tuning(client, "ftjob-1", poll=0.1, progress=False, timeout=0.55)
    assert 8 <= len(asked) <= 14  # two requests a look


# Events: once and in order


def mixed(*views):
    def view(events, call):
        for one in views:
            events = one(events, call)
        return events

    view.__name__ = "-".join(one.__name__ for one in views)
    return view


def one_second(events, call):
    """Everything happened in the same second."""
    return [{**event, "created_at": 1_760_000_000} for event in events]


def twins(events, call):
    """Every message is said twice in its second: really, under ids of their own."""
    return [{**event, "id": f"{event['id']}{name}"} for event in events for name in "ab"]


def oldest_first(events, call):
    return events[::-1]


def coarse(events, call):
    """Four seconds are one."""
    return [{**event, "created_at": event["created_at"] // 4 * 4} for event in events]


def no_ids(events, call):
    return [{**event, "id": ""} for event in events]


@pytest.mark.parametrize("flavour", ["openai", "azure", "nebius"])
@pytest.mark.parametrize(
    "view",
    [
        other_ids,
        repeated,
        shuffled,
        mixed(repeated, other_ids),
        mixed(shuffled, repeated, other_ids),
        mixed(one_second),
        mixed(one_second, other_ids),
        mixed(one_second, repeated),
        coarse,
        oldest_first,
        mixed(oldest_first, other_ids),
        no_ids,
    ],
    ids=lambda view: view.__name__,
)
def test_every_event_is_told_once_and_in_order(flavour, view):
    with TuningServer(flavour=flavour, view=view) as server:
        job = server.add_job(life=LIFE)
        assert told(server.client(), job) == said(job)


@pytest.mark.parametrize("view", [twins, mixed(twins, other_ids), mixed(twins, repeated, shuffled)])
def test_two_events_that_say_the_same_in_the_same_second_are_both_told(view):
    with TuningServer(view=view) as server:
        job = server.add_job(life=LIFE)
        assert told(server.client(), job) == [message for message in said(job) for _ in range(2)]


def test_two_equal_events_on_two_pages_are_both_told():
    with TuningServer(view=lambda events, call: twins(events, call)[1:]) as server:  # an odd number to a page
        job = server.add_job(life=long_life(120))
        while job.status != "succeeded":
            server.advance(job.id)
        assert told(server.client(), job) == [message for message in said(job) for _ in range(2)][:-1]


def test_the_second_of_two_equal_events_is_told_when_it_comes_later():
    def growing(events, call):
        return one_second(events[-1 - min(call, 4) :] if call < 4 else events, call)

    again = tuple(Event("Waiting for capacity") for _ in range(4))
    with TuningServer(view=growing) as server:
        job = server.add_job(life=(Stage("queued", again, looks=5), SUCCEEDED))
        assert told(server.client(), job) == said(job)


@pytest.mark.parametrize("steps", [100, 250])
def test_all_events_are_told_when_more_than_one_page_is_new(server, steps):
    job = server.add_job(life=long_life(steps))
    assert told(server.client(), job) == said(job)
    assert max(len(server.sent("GET", EVENTS)), 4) < 4 + 2 * (steps // 100 + 1) + 2


def test_pages_of_a_service_that_lists_the_oldest_first_are_read_to_the_end():
    first, second = (tuple(step(at, 300, 1 / at) for at in part) for part in (range(1, 151), range(151, 301)))
    with TuningServer(view=oldest_first) as server:
        job = server.add_job(
            life=(QUEUED, Stage("running", first), Stage("running", second, looks=2), SUCCEEDED)
        )
        heard = {}
        wait(server.client(), job, on_event=lambda event: heard.setdefault(event.message, job.status))
    assert list(heard) == said(job)
    assert heard["Step 300/300: training loss=0.00"] == "running"  # in time, not only at the end


@pytest.mark.parametrize("view", [coarse, mixed(coarse, oldest_first)], ids=lambda view: view.__name__)
def test_events_of_one_second_keep_the_order_of_the_service(view):
    with TuningServer(view=view) as server:
        job = server.add_job(life=LIFE)
        while job.status != "succeeded":
            server.advance(job.id)
        assert told(server.client(), job) == said(job)


def test_pages_that_overlap_under_other_ids_tell_nothing_twice():
    """Azure, if its cursors are places: five events come in between the first page and the second."""
    events = [
        {"id": "", "created_at": 1_760_000_000 + at, "level": "info", "message": f"Step {at}"}
        for at in range(205)
    ]
    call = itertools.count()

    def answer(request):
        if not request.url.path.endswith("/events"):
            return httpx2.Response(200, json=IS_DONE)
        number = next(call)
        there = events[: 200 if number == 0 else 205][::-1]
        start = int(request.url.params.get("after", "0-x").split("-")[0])
        page = [{**event, "id": f"{start + at + 1}-{number}"} for at, event in enumerate(there[start:][:100])]
        return httpx2.Response(200, json={"data": page, "has_more": start + 100 < len(there)})

    transport = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.AzureOpenAI(
        api_key=KEY, azure_endpoint="https://x.openai.azure.com", api_version="1", http_client=transport
    )
    heard = []
    wait_for_fine_tuning(
        client, "ftjob-1", progress=False, on_event=lambda event: heard.append(event.message)
    )
    assert sorted(heard) == sorted(set(heard))
    assert heard == [event["message"] for event in events[:200]]


def test_an_event_that_shows_up_late_far_back_is_told_at_the_end(capsys):
    def hiding(events, call):
        return [event for event in events if call > 3 or not event["message"].startswith("Step 2/")]

    with TuningServer(view=hiding) as server:
        job = server.add_job(life=long_life(250))
        messages = told(server.client(), job, progress=True)
        assert sorted(messages) == sorted(said(job))
        assert messages.index("Step 3/250: training loss=0.33") < messages.index(
            "Step 2/250: training loss=0.50"
        )
    assert "train loss 0.004" in capsys.readouterr().err.split("\r")[-1]  # of the last step


def test_a_service_whose_pages_cannot_be_followed_tells_its_newest_events_and_is_said_so():
    with TuningServer(flavour="azure", view=other_ids) as server:
        job = server.add_job(life=long_life(250))
        with pytest.warns(UserWarning, match="Only the newest 100 events"):
            messages = told(server.client(), job)
    assert len(messages) == len(set(messages))
    assert messages[-100:] == said(job)[-100:]
    assert messages == sorted(messages, key=said(job).index)


def test_a_service_that_sends_the_same_page_for_ever_is_noticed():
    with TuningServer() as server:
        job = server.add_job(life=LIFE)

        def page(request):
            call = next(calls)
            events = other_ids(job.events[::-1], call)
            return httpx2.Response(200, json={"object": "list", "data": events, "has_more": True})

        calls = itertools.count()
        client = server.client(http_client=httpx2.Client(transport=Split(server.port, page)))
        assert told(client, job) == said(job)
        assert next(calls) < 20


class Split(httpx2.BaseTransport):
    """Events come from a function, all the rest from the server."""

    def __init__(self, port, events):
        self._rest = ToLoopback(port)
        self._events = events

    def handle_request(self, request):
        events = request.url.path.endswith("/events")
        return self._events(request) if events else self._rest.handle_request(request)

    def close(self):
        self._rest.close()


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_page_of_events_that_fails_half_way_loses_nothing_when_it_comes_back(server, status):
    job = server.add_job(life=long_life(250))
    server.fail("GET", EVENTS, skip=2, status=status)  # the second page of the second reading
    with ExitStack() as stack:
        if status != 500:
            stack.enter_context(pytest.warns(UserWarning, match="Only the newest"))
        messages = told(server.client(max_retries=0), job)
    assert sorted(messages) == sorted(said(job))
    assert status != 500 or messages == said(job)


@pytest.mark.parametrize(
    "event",
    [
        {"created_at": None},
        {"created_at": "yesterday"},
        {"created_at": float("nan")},
        {"message": None},
        {"message": "\x1b[2J" * 1000},
        {"data": "step 3"},
        {"data": {"step": "3", "train_loss": None, "total_steps": -1}},
        {"data": {"step": 10**400, "train_loss": float("inf"), "total_steps": True}},
        {"level": None, "type": None, "id": 7},
        {"id": ["a", "list"], "object": {}},
    ],
    ids=lambda event: str(event)[:40],
)
def test_an_event_full_of_nonsense_is_told_once_and_breaks_nothing(server, event, capsys):
    def page(request):
        strange = {**job.events[0], **event, "id": event.get("id", "x")}
        body = json.dumps({"data": [strange, *job.events[:0:-1]], "has_more": False})
        return httpx2.Response(200, content=body, headers={"content-type": "application/json"})

    job = server.add_job(life=LIFE)
    client = server.client(http_client=httpx2.Client(transport=Split(server.port, page)))
    assert len(told(client, job, progress=True)) == len(job.events)
    assert "\x1b[2J" not in capsys.readouterr().err


def history(chance, number):
    """Events as a service has them, oldest first: seconds repeat, and so do messages."""
    second, events = 1_760_000_000, []
    for at in range(number):
        second += chance.choice((0, 0, 1, 5))
        message = chance.choice((f"Step {at}", "Waiting", "Waiting"))
        events.append({"id": f"e{at}", "created_at": second, "level": "info", "message": message})
    return events


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    growth=st.lists(st.integers(0, 60), min_size=1, max_size=6),
    ids=st.sampled_from(["stable", "other"]),
    order=st.sampled_from(["newest first", "shuffled"]),
    repeats=st.booleans(),
)
def test_whatever_happens_to_ids_and_order_each_event_is_told_once_and_in_order(
    seed, growth, ids, order, repeats
):
    chance = random.Random(seed)  # noqa: S311 - no secret
    events = history(chance, sum(growth))
    shown = list(itertools.accumulate(growth))
    states = iter(range(len(shown)))
    call = itertools.count()

    def answer(request):
        if not request.url.path.endswith("/events"):
            now["at"] = next(states, now["at"])
            over = now["at"] == len(shown) - 1
            body = {
                "id": "ftjob-1",
                "object": "fine_tuning.job",
                "status": "succeeded" if over else "running",
            }
            return httpx2.Response(200, json={**body, "fine_tuned_model": "ft:x" if over else None})
        number = next(call)
        page = events[: shown[now["at"]]][::-1]
        if repeats:
            page = [event for event in page for _ in range(chance.choice((1, 1, 2)))]
        if ids == "other":
            page = [{**event, "id": f"{event['id']}-{number}"} for event in page]
        if order == "shuffled":
            chance.shuffle(page)
        return paged(page, request) if ids == "stable" and order != "shuffled" else whole(page)

    now = {"at": 0}
    client = openai.OpenAI(
        api_key=KEY, http_client=httpx2.Client(transport=httpx2.MockTransport(answer)), max_retries=0
    )
    with client:
        heard = []
        wait_for_fine_tuning(client, "ftjob-1", poll=0, progress=False, on_event=heard.append)
    assert sorted((one.created_at, one.message) for one in heard) == sorted(
        (one["created_at"], one["message"]) for one in events
    )
    assert [one.created_at for one in heard] == sorted(one.created_at for one in heard)
    if order != "shuffled" and ids == "stable" and not repeats:
        assert [one.message for one in heard] == [one["message"] for one in events]


def whole(page):
    return httpx2.Response(200, json={"object": "list", "data": page, "has_more": False})


def paged(page, request):
    """At most 100 at a time, after the last of those with the cursor's id."""
    after = request.url.params.get("after")
    places = [at for at, event in enumerate(page) if event["id"] == after]
    start = places[-1] + 1 if places else 0
    more = page[start : start + 100]
    return httpx2.Response(200, json={"object": "list", "data": more, "has_more": start + 100 < len(page)})


# What is seen


def test_the_bar_shows_stage_steps_losses_and_the_end(server):
    life = (
        replace(QUEUED, looks=3),
        RUNNING,
        Stage("running", (step(9, 9, 0.25, valid_loss=0.5),)),
        SUCCEEDED,
    )
    with redirect_stderr(Screen()) as screen:
        wait(server.client(), server.add_job(life=life), progress=True)
    shown = screen.getvalue()
    for part in ("queued", "running", "step 9 of 9", "train loss 0.250", "valid loss 0.500", "done about"):
        assert part in shown
    assert "done about" not in shown.split("succeeded")[-1]


def test_the_bar_foretells_the_end_from_the_pace_where_the_service_does_not():
    now = int(time.time())
    steps = [(now - 200, 10), (now - 100, 20), (now, 30)]
    events = [
        {"id": f"e{at}", "created_at": at, "message": f"Step {number}/60: training loss=0.5", "data": None}
        for at, number in steps
    ]

    def handle(request):
        is_events = request.url.path.endswith("/events")
        return httpx2.Response(200, json={"data": events[::-1], "has_more": False} if is_events else RUNS)

    transport = httpx2.Client(transport=httpx2.MockTransport(handle))
    client = openai.OpenAI(api_key=KEY, http_client=transport)
    with pytest.raises(DeadlineError), redirect_stderr(Screen()) as screen:
        wait_for_fine_tuning(client, "ftjob-1", poll=0.01, timeout=0.05)
    end = time.strftime("%H:%M", time.localtime(now + 300))
    assert f"step 30 of 60 [00:00, done about {end}]" in screen.getvalue()


def test_the_bar_says_when_there_is_no_answer(server):
    server.fail("GET", JOB, skip=1, status=503)
    with redirect_stderr(Screen()) as screen:
        wait(server.client(max_retries=0), server.add_job(life=LIFE), progress=True)
    assert "no answer, trying on" in screen.getvalue()


def test_steps_are_shown_where_only_the_job_tells_them():
    with TuningServer(flavour="nebius") as server, redirect_stderr(Screen()) as screen:
        job = server.add_job(life=(QUEUED, Stage("running", (Event("Training"),)), SUCCEEDED))
        wait(server.client(), job, progress=True)
    assert "step 9 of 9" in screen.getvalue()


def test_without_a_terminal_each_stage_is_a_line(server, capsys):
    job = server.add_job(life=(replace(QUEUED, looks=3), replace(RUNNING, looks=3), SUCCEEDED))
    wait(server.client(), job, progress=True)
    shown = capsys.readouterr().err
    assert "\r" not in shown
    stages = [line.split(":")[0].removeprefix(f"{job.id} ") for line in shown.splitlines()]
    assert list(dict.fromkeys(stages)) == ["queued", "running", "succeeded"]


def test_nothing_is_shown_without_progress(server, capsys):
    wait(server.client(), server.add_job(life=LIFE))
    assert capsys.readouterr() == ("", "")


WATCHER = """
import openai, sys
from qagen import wait_for_fine_tuning
client = openai.OpenAI(base_url=sys.argv[1], api_key="test")
wait_for_fine_tuning(client, sys.argv[2], poll=0.05, on_event=lambda event: print(event.message, flush=True))
"""


def test_ctrl_c_leaves_the_job_running_and_says_how_to_go_on(server):
    job = server.add_job(life=STUCK)
    process = forked.start("-c", WATCHER, server.base_url, job.id)
    try:
        assert "Created" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    last = errors.strip().splitlines()[-1]
    assert last.startswith("KeyboardInterrupt: Stopped watching.")
    assert f"wait_for_fine_tuning(client, '{job.id}')" in last
    assert f"cancel_fine_tuning(client, '{job.id}')" in last
    assert not server.sent("POST", f"{JOB}/cancel")
    assert job.status == "queued"


def test_every_error_of_a_wait_is_one_of_ours():
    assert all(issubclass(kind, QAGenError) for kind in (DeadlineError, FineTuningError, ServiceError))
