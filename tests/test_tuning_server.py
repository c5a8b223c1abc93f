"""The little fine-tuning service refuses what the real one refuses, and keeps to its description."""

from __future__ import annotations

import openai
import pytest
from tuning_server import (
    DONE,
    MODEL,
    STUCK,
    TuningServer,
    description,
    failing,
    other_ids,
    repeated,
    shuffled,
)

LINE = b'{"messages":[{"role":"user","content":"Q%d"},{"role":"assistant","content":"A"}]}\n'
LINES = b"".join(LINE % number for number in range(10))


@pytest.fixture
def server():
    with TuningServer() as running:
        yield running


@pytest.fixture
def client(server):
    return server.client(max_retries=0)


def test_the_description_is_the_published_one():
    operations = description()._paths
    assert {"/files", "/uploads/{upload_id}/parts", "/fine_tuning/jobs/{fine_tuning_job_id}/events"} <= set(
        operations
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/files/f", {"id": "f", "object": "file"}),
        ("GET", "/fine_tuning/jobs", {"object": "list", "data": [{}], "has_more": False}),
        ("POST", "/uploads/u/cancel", {"id": "u", "status": "gone"}),
        ("GET", "/models/m", {"id": 3, "object": "model", "created": 1, "owned_by": "me"}),
    ],
)
def test_an_answer_that_is_not_as_described_is_noticed(method, path, body):
    assert description().wrong_answer(method, path, body)


def test_an_answer_that_is_not_as_described_fails_the_test_that_caused_it():
    server = TuningServer()
    server.add_file(LINES, purpose="nonsense")
    with pytest.raises(AssertionError, match="not as described"), server:
        server.client().files.list()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"training_file": "file-none"}, "invalid training_file"),
        ({"model": "gpt-9"}, "not available for fine-tuning"),
        ({"suffix": "s" * 65}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"metadata": {str(number): "" for number in range(17)}}, "too many"),
        ({"metadata": {"k" * 65: ""}}, "64"),
        ({"metadata": {"k": "v" * 513}}, "512"),
        ({"metadata": {"k": 1}}, "metadata"),
        ({"extra_body": {"epochs": 3}}, "epochs"),
        ({"hyperparameters": {"n_epochs": 51}}, "n_epochs"),
        ({"hyperparameters": {"batch_size": 257}}, "batch_size"),
        ({"hyperparameters": {"learning_rate_multiplier": 0}}, "learning_rate_multiplier"),
        ({"method": {"type": "supervised", "supervised": {"hyperparameters": {"epochs": 3}}}}, "epochs"),
        ({"method": {"type": "magic"}}, "magic"),
        ({"method": {"type": "supervised"}, "hyperparameters": {"n_epochs": 3}}, "Only one"),
    ],
)
def test_a_job_that_is_not_as_documented_is_refused(server, client, changed, said):
    body = {"model": MODEL, "training_file": server.add_file(LINES).id, **changed}
    with pytest.raises(openai.BadRequestError, match=said):
        client.fine_tuning.jobs.create(**body)
    assert not server.jobs


@pytest.mark.parametrize(("purpose", "processing"), [("batch", 0), ("fine-tune", 1)])
def test_a_job_needs_a_processed_file_for_fine_tuning(server, client, purpose, processing):
    file = server.add_file(LINES, purpose=purpose)
    file.processing = processing
    with pytest.raises(openai.BadRequestError, match=r"wrong purpose|processed"):
        client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)


def test_nebius_refuses_method_and_has_no_pause():
    with TuningServer("nebius") as server:
        client, file = server.client(), server.add_file(LINES)
        with pytest.raises(openai.BadRequestError, match="method"):
            client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, method={"type": "supervised"})
        job = client.fine_tuning.jobs.create(
            model=MODEL, training_file=file.id, hyperparameters={"n_epochs": 2}
        )
        assert (job.hyperparameters.n_epochs, job.total_steps) == (2, 9)
        with pytest.raises(openai.NotFoundError):
            client.fine_tuning.jobs.pause(job.id)


@pytest.mark.parametrize("flavour", ["openai", "azure", "azure-v1", "nebius"])
def test_every_flavour_takes_a_file_and_a_job(flavour):
    with TuningServer(flavour) as server:
        client = server.client()
        file = client.files.create(file=("train.jsonl", LINES), purpose="fine-tune")
        assert client.files.retrieve(file.id).status == "processed"
        assert client.files.content(file.id).read() == LINES
        job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id)
        seen = [client.fine_tuning.jobs.retrieve(job.id).status for _ in range(4)]
        assert seen == ["queued", "running", "succeeded", "succeeded"]


def test_a_wrong_key_is_refused(server):
    with pytest.raises(openai.AuthenticationError):
        server.client(api_key="wrong").models.list()


@pytest.mark.parametrize(
    ("name", "content", "said"), [("a.jsonl", b"", "empty"), ("a.txt", LINES, "Supported formats")]
)
def test_a_file_the_service_cannot_take_is_refused(client, name, content, said):
    with pytest.raises(openai.BadRequestError, match=said):
        client.files.create(file=(name, content), purpose="fine-tune")


def test_a_file_over_the_limit_is_refused(server, client):
    server.files_limit = len(LINES) - 1
    with pytest.raises(openai.APIStatusError, match="exceeds"):
        client.files.create(file=("a.jsonl", LINES), purpose="fine-tune")


def upload(client, parts, size=None):
    created = client.uploads.create(
        bytes=len(LINES) if size is None else size,
        filename="a.jsonl",
        mime_type="application/jsonl",
        purpose="fine-tune",
    )
    return created.id, [client.uploads.parts.create(created.id, data=part).id for part in parts]


def test_parts_are_put_together_in_the_order_given(server, client):
    upload_id, parts = upload(client, [LINES[100:], LINES[:100]])
    done = client.uploads.complete(upload_id, part_ids=parts[::-1])
    assert server.files[done.file.id].content == LINES
    with pytest.raises(openai.BadRequestError, match="completed"):
        client.uploads.cancel(upload_id)


@pytest.mark.parametrize("size", [len(LINES) - 1, len(LINES) + 1])
def test_an_upload_must_have_the_size_it_was_said_to_have(client, size):
    upload_id, parts = upload(client, [LINES], size)
    with pytest.raises(openai.BadRequestError, match="Expected"):
        client.uploads.complete(upload_id, part_ids=parts)


def test_a_part_over_the_limit_and_a_part_after_the_end_are_refused(server, client):
    server.part_limit = 10
    upload_id, _ = upload(client, [])
    with pytest.raises(openai.APIStatusError, match="at most"):
        client.uploads.parts.create(upload_id, data=LINES)
    client.uploads.cancel(upload_id)
    with pytest.raises(openai.BadRequestError, match="cancelled"):
        client.uploads.parts.create(upload_id, data=b"x")


def test_lists_come_in_pages_newest_first(server, client):
    added = [server.add_file(LINES).id for _ in range(5)]
    assert [file.id for file in client.files.list(limit=2)] == added[::-1]
    jobs = [server.add_job(metadata={"n": str(number % 2)}).id for number in range(5)]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=2)] == jobs[::-1]
    assert [job.id for job in client.fine_tuning.jobs.list(limit=1, metadata={"n": "1"})] == [
        jobs[3],
        jobs[1],
    ]
    with pytest.raises(openai.BadRequestError, match="No such object"):
        client.files.list(after="file-none")


def test_an_unknown_query_parameter_is_refused(client):
    with pytest.raises(openai.BadRequestError, match="Unknown query parameter"):
        client.files.list(extra_query={"colour": "blue"})


def test_events_come_newest_first_and_can_be_followed_by_page(server, client):
    job = server.add_job()
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=1))
    assert events[0].message == "The job has successfully completed"
    assert events[-1].message == f"Created fine-tuning job: {job.id}"


@pytest.mark.parametrize("view", [other_ids, repeated, shuffled])
def test_events_can_be_in_disorder(server, client, view):
    job, server.view = server.add_job(), view
    ids = [[event.id for event in client.fine_tuning.jobs.list_events(job.id).data] for _ in range(3)]
    assert ids[0] != ids[1] or len(set(ids[0])) < len(ids[0])
    usual = {event["message"] for event in job.events}
    assert {event.message for event in client.fine_tuning.jobs.list_events(job.id).data} == usual


def test_a_job_lives_as_its_script_says(server, client):
    job = server.add_job(life=failing("bad", "Oh no", "training_file"))
    for _ in range(5):
        now = client.fine_tuning.jobs.retrieve(job.id)
    assert (now.status, now.error.code, now.error.param) == ("failed", "bad", "training_file")
    stuck = server.add_job(life=STUCK)
    assert {client.fine_tuning.jobs.retrieve(stuck.id).status for _ in range(9)} == {"queued"}


def test_a_job_is_paused_resumed_and_cancelled(server, client):
    job = server.add_job(life=server.life)
    with pytest.raises(openai.BadRequestError, match="validating_files"):
        client.fine_tuning.jobs.pause(job.id)
    server.advance(job.id)
    server.advance(job.id)
    assert client.fine_tuning.jobs.pause(job.id).status == "paused"
    assert client.fine_tuning.jobs.retrieve(job.id).status == "paused"
    assert client.fine_tuning.jobs.resume(job.id).status == "running"
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="cancelled"):
        client.fine_tuning.jobs.cancel(job.id)


def test_too_few_examples_fail_after_the_start(server, client):
    job = client.fine_tuning.jobs.create(model=MODEL, training_file=server.add_file(LINE % 1).id)
    now = client.fine_tuning.jobs.retrieve(job.id)
    assert (now.status, now.error.code) == ("failed", "invalid_training_file")


def test_a_tuned_model_answers_until_it_is_deleted(server, client):
    job = client.fine_tuning.jobs.retrieve(server.add_job(life=DONE).id)
    ask = {"model": job.fine_tuned_model, "messages": [{"role": "user", "content": "Q"}]}
    assert client.chat.completions.create(**ask).choices[0].message.content == "42"
    assert client.models.delete(job.fine_tuned_model).deleted
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(**ask)
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete(MODEL)


def test_faults_strike_as_often_as_told_and_are_noted(server, client):
    server.fail("GET", "/models/*", status=500, skip=1, times=2)
    assert client.models.retrieve(MODEL).id == MODEL
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            client.models.retrieve(MODEL)
    assert client.models.retrieve(MODEL).id == MODEL
    assert [request.status for request in server.requests] == [200, 500, 500, 200]


def test_the_work_can_be_done_although_the_answer_is_an_error(server, client):
    server.fail("POST", "/fine_tuning/jobs", status=500, work=True)
    with pytest.raises(openai.InternalServerError):
        client.fine_tuning.jobs.create(model=MODEL, training_file=server.add_file(LINES).id)
    assert len(server.jobs) == 1


def test_a_connection_can_break_before_the_answer(server, client):
    server.fail("GET", "/models", drop=True)
    with pytest.raises(openai.APIConnectionError):
        client.models.list()
