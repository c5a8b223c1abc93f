"""A training file reaches the service whole, once, or is refused with what to do."""

from __future__ import annotations

import json
import os
import signal
import threading
import tracemalloc
from dataclasses import replace

import forked
import httpx2
import openai
import pytest
from tuning_server import TuningServer

from qagen import delete_file, upload_training_file
from qagen.errors import DeadlineError, ServiceError, SettingsError, TrainingFileError, UploadError
from qagen.tuning.hosted.services import SERVICES, service_of

FILES, PARTS = "/files", "/uploads/*/parts"
HTML = {"raw": b"<html><h1>Please sign in</h1></html>", "content_type": "text/html"}
NONSENSE = [
    HTML,
    {"raw": b""},
    {"raw": b'{"id": '},
    {"raw": b"[]"},
    {"raw": b"null"},
    {"raw": b"{}"},
    {"raw": b"\xff\xfe\x00"},
]


def line(number, **more):
    messages = [
        {"role": "system", "content": "Answer briefly."},
        {"role": "user", "content": f"What stands in record {number}?"},
        {"role": "assistant", "content": f"Value {number}"},
    ]
    return json.dumps({"messages": messages, **more}) + "\n"


def preference(number):
    said = {
        key: [{"role": "assistant", "content": f"{key} {number}"}]
        for key in ("preferred_output", "non_preferred_output")
    }
    return json.dumps({"input": {"messages": [{"role": "user", "content": f"Q{number}"}]}, **said}) + "\n"


GOOD = "".join(map(line, range(12)))


@pytest.fixture
def server():
    with TuningServer() as running:
        yield running


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "train.jsonl"
    file.write_text(GOOD, "utf-8")
    return file


def upload(client, path, **options):
    return upload_training_file(client, path, **{"poll_seconds": 0.01, **options})


def small(name="openai"):
    """A service whose limits are met without gigabytes."""
    return replace(SERVICES[name], files_limit=400, part_size=300)


def test_a_file_arrives_whole_with_its_name_and_is_processed(server, client, path):
    file_id = upload(client, path)
    file = server.files[file_id]
    assert (file.content, file.filename, file.purpose) == (path.read_bytes(), "train.jsonl", "fine-tune")
    assert file.status == "processed"


@pytest.mark.parametrize("name", ["訓練 データ.jsonl", 'a "b" (1).jsonl', "ä;ö=é.jsonl"])
def test_any_name_is_sent(server, client, tmp_path, name):
    file = tmp_path / name
    file.write_text(GOOD, "utf-8")
    assert server.files[upload(client, file)].filename in {name, name.replace('"', "%22")}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("".join(map(line, range(9))), "too-few"),
        (GOOD + line(20).strip() + line(21), "more-than-one"),
        (GOOD + line(20, theme="rowing"), "unknown-key"),
        (GOOD + line(20).replace("Value", "<|endoftext|>"), "special-token"),
        (GOOD + "{\n", "invalid-json"),
        ("".join(f'{{"prompt": "a{n}", "completion": "b{n}"}}\n' for n in range(12)), "not-chat"),
        ("[" + ",".join(map(line, range(12))) + "]", "json-array"),
    ],
)
def test_what_the_service_would_refuse_is_refused_before_anything_is_sent(server, client, path, text, code):
    path.write_text(text, "utf-8")
    with pytest.raises(TrainingFileError, match=rf"(?s)nothing was sent.*\[{code}\].*check=False"):
        upload(client, path)
    assert not server.requests


def test_every_kind_of_problem_is_counted_but_five_are_shown(client, path):
    path.write_text(GOOD + "".join(line(number, odd=1) for number in range(20, 32)), "utf-8")
    with pytest.raises(TrainingFileError, match="and 7 more") as caught:
        upload(client, path)
    assert str(caught.value).count("unknown-key") == 5


def test_an_example_over_the_token_limit_is_warned_of_as_the_service_would_cut_it(client, path):
    path.write_text(GOOD + line(20).replace("Value", "word " * 66_000), "utf-8")
    with pytest.warns(UserWarning, match=r"line 13: .*cuts off"):
        assert upload(client, path)


def test_without_check_a_bad_file_is_sent(server, client, path):
    path.write_text(line(1), "utf-8")
    assert server.files[upload(client, path, check=False)].content == path.read_bytes()


@pytest.mark.parametrize(("flavour", "sent"), [("azure", False), ("nebius", True)])
def test_who_is_not_openai_need_not_want_ten_examples(path, flavour, sent):
    path.write_text("".join(map(line, range(9))), "utf-8")
    with TuningServer(flavour) as server:
        if sent:
            upload(server.client(), path)
        else:
            with pytest.raises(TrainingFileError):
                upload(server.client(), path)
        assert len(server.files) == sent


def test_preference_pairs_are_taken_and_can_be_asked_for(server, client, path):
    path.write_text("".join(map(preference, range(10))), "utf-8")
    assert upload(client, path) == upload(client, path, method="dpo")
    with pytest.raises(TrainingFileError, match="method"):
        upload(client, path, method="supervised")


def test_a_file_that_is_not_for_tuning_is_not_checked(server, client, path):
    path.write_text('{"custom_id": "1"}\n', "utf-8")
    assert server.files[upload(client, path, purpose="batch")].purpose == "batch"


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("kind", ["missing", "empty", "folder"])
def test_what_is_no_file_is_refused(server, client, tmp_path, kind, check):
    path = tmp_path / "x.jsonl"
    if kind == "empty":
        path.touch()
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(TrainingFileError, match=r"x\.jsonl"):
        upload(client, path, check=check)
    assert not server.requests


def test_a_name_the_service_refuses_is_refused_before(server, client, tmp_path):
    path = tmp_path / "train.json"
    path.write_text(GOOD, "utf-8")
    with pytest.raises(TrainingFileError, match=r"must end in \.jsonl"):
        upload(client, path)
    assert not server.requests


def test_a_name_that_is_no_text_is_refused(server, client, tmp_path):
    path = tmp_path / os.fsdecode(b"train\xff.jsonl")
    path.write_text(GOOD, "utf-8")
    with pytest.raises(TrainingFileError, match="Rename the file"):
        upload(client, path)
    assert not server.requests


# Reuse


def test_the_same_file_is_not_uploaded_twice(server, client, path):
    first = upload(client, path)
    assert upload(client, path) == first
    assert len(server.sent("POST", FILES)) == 1


def test_the_same_file_is_uploaded_again_on_request(server, client, path):
    assert upload(client, path) != upload(client, path, reuse=False)


def test_a_file_that_differs_in_one_letter_is_another(server, client, path):
    first = upload(client, path)
    path.write_text(GOOD.replace("Value 3", "Value 4"), "utf-8")
    second = upload(client, path)
    assert first != second
    assert server.files[second].content == path.read_bytes()


def test_where_content_cannot_be_compared_the_file_is_uploaded_again(server, client, path):
    server.downloads = False
    assert upload(client, path) != upload(client, path)


@pytest.mark.parametrize(
    "other", [{"filename": "other.jsonl"}, {"purpose": "batch"}, {"error": "Bad line 3"}], ids=str
)
def test_a_file_of_another_name_or_purpose_or_one_in_error_is_not_reused(server, client, path, other):
    there = server.add_file(path.read_bytes())
    for name, value in other.items():
        setattr(there, name, value)
    assert upload(client, path) != there.id


@pytest.mark.parametrize("content", [GOOD[:-1], GOOD + " ", "", GOOD.replace("7", "8")], ids=range(4))
def test_a_file_is_the_same_only_to_its_last_byte(server, client, path, content):
    there = server.add_file(path.read_bytes())
    server.fail("GET", "/files/*/content", raw=content.encode())
    assert upload(client, path) != there.id


def test_a_list_that_holds_other_purposes_too_is_looked_through(server, client, path):
    other = server.add_file(path.read_bytes(), purpose="batch")
    page = {"object": "list", "data": [other.shown()], "has_more": False}
    server.fail("GET", FILES, raw=json.dumps(page).encode())
    assert upload(client, path) != other.id


def test_a_file_on_a_later_page_is_found(server, client, path):
    there = server.add_file(path.read_bytes())
    for number in range(7):
        server.add_file(b"x" * number)
    server.most_per_page = 2
    assert upload(client, path) == there.id
    assert not server.sent("POST", FILES)


def test_pages_without_end_come_to_an_end(server, client, path):
    same = {
        "id": "file-1",
        "object": "file",
        "bytes": 1,
        "created_at": 1,
        "filename": "a",
        "status": "processed",
    }
    page = {"object": "list", "data": [{**same, "purpose": "fine-tune"}], "has_more": True}
    server.fail("GET", FILES, raw=json.dumps(page).encode(), times=float("inf"))
    assert upload(client, path)
    assert len(server.sent("GET", FILES)) == 2


def test_an_answer_that_was_lost_costs_no_second_upload_the_next_time(server, path):
    client = server.client(max_retries=0)
    server.fail("POST", FILES, drop=True, work=True)
    with pytest.raises(UploadError, match="connection"):
        upload(client, path)
    upload(client, path)
    assert len(server.files) == 1


# In parts


def test_a_large_file_goes_in_parts(server, client, path):
    file_id = upload(client, path, service=small())
    assert server.files[file_id].content == path.read_bytes()
    sizes = [body["data"]["bytes"] for body in server.sent("POST", PARTS)]
    assert sum(sizes) == path.stat().st_size
    assert set(sizes[:-1]) == {300}
    assert not server.sent("POST", FILES)
    assert not server.sent("POST", "/uploads/*/cancel")


def test_a_file_of_exactly_the_limit_goes_as_one(server, client, path):
    upload(client, path, service=replace(small(), files_limit=path.stat().st_size))
    assert not server.uploads


@pytest.mark.parametrize(
    ("name", "megabytes"), [("openai", 512), ("azure", 100), ("nebius", 512), ("other", 512)]
)
def test_the_limits_of_the_services(name, megabytes):
    assert SERVICES[name].files_limit == megabytes * 1024**2
    assert SERVICES[name].part_size == 64 * 1024**2
    assert SERVICES[name].uploads_limit == 8 * 1024**3


def test_a_file_over_the_largest_upload_is_refused(server, client, path):
    with pytest.raises(TrainingFileError, match="Split it"):
        upload(client, path, service=replace(small(), uploads_limit=500))
    assert not server.requests


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        (PARTS, {"status": 500, "times": 9, "skip": 2}),
        (PARTS, {"drop": True, "times": 9}),
        (PARTS, {"status": 413, "message": "Too large", "skip": 1}),
        (PARTS, {**HTML, "skip": 1}),
        ("/uploads/*/complete", {"status": 400, "message": "Missing bytes"}),
        ("/uploads/*/complete", HTML),
    ],
    ids=str,
)
def test_an_upload_is_cancelled_when_a_part_fails(server, path, where, fault):
    server.fail("POST", where, **fault)
    with pytest.raises(ServiceError, match="could not be uploaded"):
        upload(server.client(max_retries=0), path, service=small())
    [one] = server.uploads.values()
    assert one.status == "cancelled"
    assert not server.files


def test_a_cancel_that_fails_too_hides_nothing(server, path):
    server.fail("POST", PARTS, status=400, message="This part is odd")
    server.fail("POST", "/uploads/*/cancel", status=500, times=9)
    with pytest.raises(UploadError, match="This part is odd"):
        upload(server.client(), path, service=small())


def interrupt():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_an_upload_is_cancelled_on_ctrl_c(server, client, path):
    server.fail("POST", PARTS, call=interrupt, delay=0.3, skip=1)
    with pytest.raises(KeyboardInterrupt):
        upload(client, path, service=small())
    [one] = server.uploads.values()
    assert one.status == "cancelled"


KILLED = """
import sys, openai
from dataclasses import replace
from qagen import upload_training_file
from qagen.tuning.hosted.services import SERVICES
service = replace(SERVICES["openai"], files_limit=400, part_size=300)
client = openai.OpenAI(base_url=sys.argv[1], api_key="test")
upload_training_file(client, sys.argv[2], service=service, check=False)
"""


def test_after_a_kill_the_next_upload_starts_anew(server, client, path):
    arrived = threading.Event()
    server.fail("POST", PARTS, call=arrived.set, delay=30, skip=1)
    process = forked.start("-c", KILLED, server.base_url, str(path))
    assert arrived.wait(30)
    process.kill()
    process.communicate()
    file_id = upload(client, path, service=small())
    assert server.files[file_id].content == path.read_bytes()
    assert [one.status for one in server.uploads.values()] == ["pending", "completed"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}, {"status": 429}], ids=str)
@pytest.mark.parametrize("where", [FILES, PARTS])
def test_what_is_sent_again_is_sent_whole(server, client, path, where, fault):
    server.fail("POST", where, **fault)
    service = small() if where == PARTS else None
    file_id = upload(client, path, service=service)
    assert server.files[file_id].content == path.read_bytes()


class Swallowing(httpx2.BaseTransport):
    """Takes the bytes as they come and forgets them, as a network does."""

    def handle_request(self, request):
        size = sum(map(len, request.stream))
        file = {
            "id": "file-1",
            "object": "file",
            "bytes": size,
            "created_at": 1,
            "filename": "a.jsonl",
            "purpose": "fine-tune",
            "status": "processed",
        }
        kinds = {"/v1/uploads": "upload_1", "/v1/uploads/upload_1/parts": "part_1"}
        body = {**file, "id": kinds.get(request.url.path, "file-1"), "file": file}
        return httpx2.Response(200, json=body, request=request)


@pytest.mark.parametrize("files_limit", [10**9, 10**6])
def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path, files_limit):
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        file.truncate(48 * 1024**2)
    service = replace(SERVICES["openai"], files_limit=files_limit, part_size=16 * 1024**2)
    with openai.OpenAI(api_key="test", http_client=httpx2.Client(transport=Swallowing())) as client:
        options = {"service": service, "check": False, "reuse": False, "wait": False, "progress": False}
        upload_training_file(client, path, **options)
        tracemalloc.start()
        try:
            assert upload_training_file(client, path, **options) == "file-1"
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4 * 1024**2


@pytest.mark.parametrize("progress", [True, False])
def test_a_large_file_has_a_bar(client, tmp_path, capsys, progress):
    path = tmp_path / "large.jsonl"
    path.write_bytes(b" " * (8 * 1024**2) + b"\n")
    upload(client, path, check=False, progress=progress)
    assert ("uploading large.jsonl" in capsys.readouterr().err) == progress


# Waiting


def test_a_file_that_never_becomes_processed_is_named_at_the_deadline(server, client, path):
    server.processing = None
    with pytest.raises(DeadlineError, match=r"file-000001 is uploaded.*goes on there") as caught:
        upload(client, path, timeout=0.1)
    assert isinstance(caught.value, TimeoutError)
    assert len(server.sent("GET", "/files/*")) > 2


def test_without_wait_the_file_is_not_looked_at(server, client, path):
    server.processing = None
    assert upload(client, path, wait=False) in server.files
    assert not server.sent("GET", "/files/*")


def test_a_file_the_service_cannot_use_is_an_error_with_its_reason(server, client, path):
    server.file_error = "Expected 'messages' on line 3"
    with pytest.raises(UploadError, match=r"Expected 'messages' on line 3.*delete_file"):
        upload(client, path)


@pytest.mark.parametrize("status", ["running", "some new word"])
def test_an_unknown_status_is_not_an_end(server, client, path, status):
    file = server.add_file(path.read_bytes())
    odd = json.dumps({**file.shown(), "status": status}).encode()
    server.fail("GET", "/files/*", raw=odd, times=3)
    assert upload(client, path) == file.id
    assert len(server.sent("GET", "/files/*")) == 4


@pytest.mark.parametrize("status", [{}, {"status": None}, {"status": ""}], ids=str)
@pytest.mark.parametrize("flavour", ["openai", "nebius"])
def test_a_service_that_tells_no_status_is_not_waited_for(flavour, path, status):
    with TuningServer(flavour, processing=None) as server:
        file = server.add_file(path.read_bytes())
        shown = {name: value for name, value in file.shown().items() if name != "status"}
        server.fail("GET", "/files/*", raw=json.dumps({**shown, **status}).encode(), times=9)
        assert upload(server.client(), path) == file.id
        assert len(server.sent("GET", "/files/*")) == 1


# Services that answer nonsense


@pytest.mark.parametrize("odd", [{"id": 7}, {"id": None}, {"status": ["error"]}, {"bytes": "many"}], ids=str)
def test_an_odd_file_in_the_list_stops_nothing(server, client, path, odd):
    there = server.add_file(path.read_bytes()).shown()
    server.fail("GET", FILES, raw=json.dumps({"data": [there | odd]}).encode())
    assert upload(client, path) in server.files


@pytest.mark.parametrize("nonsense", NONSENSE, ids=str)
@pytest.mark.parametrize("request_line", ["GET /files", "POST /files", "GET /files/*"])
def test_nonsense_is_an_error_that_says_where_to_look(server, client, path, request_line, nonsense):
    server.fail(*request_line.split(), **nonsense)
    with pytest.raises(ServiceError, match="base_url"):
        upload(client, path)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 401, "message": "Incorrect API key provided"}, "Incorrect API key.*Check the API key"),
        ({"status": 429, "code": "insufficient_quota", "message": "No quota"}, "No quota.*Waiting does not"),
        ({"status": 502, **HTML}, "a web page instead of JSON.*Please sign in.*Try again later"),
        ({"status": 400, "message": "Colour is wrong", "code": "odd"}, r"Colour is wrong \(HTTP 400, odd\)"),
        ({"drop": True}, "connection.*Check the network"),
    ],
    ids=str,
)
def test_the_words_of_the_service_stay_in_the_message(server, path, fault, said):
    server.fail("POST", FILES, **fault)
    with pytest.raises(UploadError, match=said) as caught:
        upload(server.client(max_retries=0), path)
    assert isinstance(caught.value.__cause__, openai.OpenAIError)


# Deleting, and which service it is


def test_a_file_is_deleted(server, client, path):
    file_id = upload(client, path)
    delete_file(client, file_id)
    assert file_id not in server.files
    with pytest.raises(ServiceError, match=f"{file_id} could not be deleted: No such File"):
        delete_file(client, file_id)


def test_no_id_is_no_file(client):
    with pytest.raises(SettingsError, match="file_id is empty"):
        delete_file(client, "")


def test_a_file_that_was_not_deleted_is_an_error(server, client):
    server.fail("DELETE", "/files/*", raw=b'{"id": "file-1", "object": "file", "deleted": false}')
    with pytest.raises(ServiceError, match="says that it did not"):
        delete_file(client, "file-1")


@pytest.mark.parametrize(
    ("base_url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://me.openai.azure.com/openai/v1/", "azure"),
        ("https://me.services.ai.azure.com/openai/v1/", "azure"),
        ("https://api.tokenfactory.nebius.com/v1/", "nebius"),
        ("https://api.studio.nebius.ai/v1/", "nebius"),
        ("https://notnebius.com/v1", "other"),
        ("http://127.0.0.1:8000/v1", "other"),
    ],
)
def test_a_service_is_known_by_its_address(base_url, name):
    with openai.OpenAI(base_url=base_url, api_key="test") as client:
        assert service_of(client).name == name


def test_an_azure_client_is_known_by_its_class():
    with openai.AzureOpenAI(
        azure_endpoint="http://127.0.0.1:1", api_key="test", api_version="2025-04-01-preview"
    ) as client:
        assert service_of(client).name == "azure"
