"""Asking a tuned model: hosted ones over HTTP on loopback, local ones for real."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys

import httpx2
import openai
import pytest
from langchain_core.messages import ChatMessage
from langchain_openai import ChatOpenAI
from tiny_model import make_tiny_gguf, make_tiny_model
from tuning_server import ENDLESS, KEY, SUCCEEDED, Stage, TuningServer, failing

from qagen import chat_model, list_checkpoints, tuned_model
from qagen.errors import (
    AdapterError,
    FineTuningError,
    GenerationError,
    LocalModelError,
    LocalTrainingError,
    MissingExtraError,
    RunFolderError,
    ServiceError,
    SettingsError,
)
from qagen.llm.models import has_native_schema, identity, is_local, model_name, pricing
from qagen.records import Usage
from qagen.tuning.hosted.starting.job_record import record_of
from qagen.tuning.local.training.starting import train_locally
from qagen.tuning.models.base_model import find_base, load_base, load_configuration, load_tokenizer
from qagen.tuning.record import TuningRecord, read_record, write_record

PROMPT = "Answer the question briefly and exactly."
METADATA = {"qagen_system_prompt": PROMPT}
TUNED = Stage("succeeded", model="ft:gpt-4.1-mini-2025-04-14:test-org::1")
NAME = TUNED.model
QUESTION = "Who built the lighthouse?"


# --- hosted


@pytest.fixture
def server():
    with TuningServer() as running:
        yield running


def job_of(server, client, *life, **body):
    """A job at the last stage of its life."""
    job = server.add_job(life=life or (TUNED,), **body)
    for _ in life[1:]:
        server.advance(job.id)
    return client.fine_tuning.jobs.retrieve(job.id)


def asked(server):
    """Role and text of the messages of the last question."""
    body = server.sent("POST", "/chat/completions")[-1]
    return body["model"], [(one["role"], one["content"]) for one in body["messages"]]


def test_a_job_is_asked_with_the_system_prompt_it_was_trained_with(server):
    client = server.client()
    model = tuned_model(job_of(server, client, metadata=METADATA), client=client)
    assert isinstance(model, ChatOpenAI)
    assert model.invoke(QUESTION).content == "42"
    assert asked(server) == (NAME, [("system", PROMPT), ("user", QUESTION)])


@pytest.mark.parametrize(
    "messages",
    [
        [("system", "Speak like a pirate."), ("human", QUESTION)],
        [ChatMessage("Speak like a pirate.", role="developer"), ("human", QUESTION)],
    ],
)
def test_messages_with_a_system_message_of_their_own_are_left_alone(server, messages):
    client = server.client()
    tuned_model(job_of(server, client, metadata=METADATA), client=client).invoke(messages)
    _, sent = asked(server)
    assert [text for _, text in sent] == ["Speak like a pirate.", QUESTION]


@pytest.mark.parametrize(("given", "sent"), [(None, []), ("Be rude.", [("system", "Be rude.")])])
def test_another_system_prompt_or_none_can_be_asked_for(server, given, sent):
    client = server.client()
    job = job_of(server, client, metadata=METADATA)
    tuned_model(job, client=client, system_prompt=given).invoke(QUESTION)
    assert asked(server)[1] == [*sent, ("user", QUESTION)]


def test_a_name_finds_the_system_prompt_of_its_job_also_for_a_checkpoint(server):
    client = server.client()
    server.add_job(metadata={"qagen_system_prompt": "Of another job."})
    job_of(server, client, metadata=METADATA)
    for name in (NAME, f"openai:{NAME}", f"{NAME}:ckpt-step-10"):
        assert tuned_model(name, client=client).system_prompt == PROMPT
    assert tuned_model("ft:of-nobody", client=client).system_prompt is None
    assert tuned_model(NAME[:-2], client=client).system_prompt is None


def test_the_job_of_a_name_is_found_behind_many_others(server):
    client = server.client()
    job_of(server, client, metadata=METADATA)
    for _ in range(130):
        server.add_job()
    assert tuned_model(NAME, client=client).system_prompt == PROMPT


def test_jobs_are_not_searched_when_the_system_prompt_is_given(server):
    tuned_model(NAME, client=server.client(), system_prompt=None)
    assert not server.requests


def test_a_service_without_jobs_is_asked_with_no_system_prompt(server):
    server.fail("GET", "/fine_tuning/jobs", status=404)
    assert tuned_model(NAME, client=server.client()).system_prompt is None


def test_a_service_that_refuses_the_key_says_so(server):
    with pytest.raises(ServiceError, match="Incorrect API key"):
        tuned_model(NAME, client=server.client(api_key="wrong"))


def test_the_id_of_a_job_is_enough_with_a_client(server):
    client = server.client()
    job = job_of(server, client, metadata=METADATA)
    tuned_model(job.id, client=client).invoke(QUESTION)
    assert asked(server) == (NAME, [("system", PROMPT), ("user", QUESTION)])
    with pytest.raises(SettingsError, match="client="):
        tuned_model(job.id)
    with pytest.raises(ServiceError, match=r"could not be looked at.*ftjob-none"):
        tuned_model("ftjob-none", client=client)


@pytest.mark.parametrize("raw", [b"<html>Sign in</html>", b"[]", b"", b"null", b"{}"])
@pytest.mark.parametrize("given", [NAME, "ftjob-000001"])
def test_a_service_that_answers_nonsense_about_jobs_is_a_service_error(server, given, raw):
    server.fail("GET", "/fine_tuning/*", raw=raw, times=9)
    server.fail("GET", "/fine_tuning/jobs/*", raw=raw, times=9)
    with pytest.raises(ServiceError, match="base_url"):
        tuned_model(given, client=server.client())


def test_without_a_client_a_name_is_an_ordinary_chat_model(server):
    server.add_job(life=(TUNED,))
    model = tuned_model(NAME, base_url=server.base_url, api_key=KEY, temperature=0)
    assert type(model) is ChatOpenAI
    assert model.invoke(QUESTION).content == "42"
    assert asked(server) == (NAME, [("user", QUESTION)])
    prompted = tuned_model(NAME, base_url=server.base_url, api_key=KEY, system_prompt=PROMPT)
    prompted.invoke(QUESTION)
    assert asked(server) == (NAME, [("system", PROMPT), ("user", QUESTION)])


def test_calls_that_are_awaited_go_through_the_same_client(server):
    client = server.client()
    model = tuned_model(job_of(server, client, metadata=METADATA), client=client)
    for _ in range(2):
        assert asyncio.run(model.ainvoke(QUESTION)).content == "42"
    assert asked(server)[1][0] == ("system", PROMPT)


def test_the_system_prompt_is_part_of_what_identifies_the_model(server):
    client = server.client()
    job = job_of(server, client, metadata=METADATA)
    models = [tuned_model(job, client=client), tuned_model(job, client=client, system_prompt="Be rude.")]
    known = [identity(model) for model in models]
    assert known[0]["system_prompt"] == PROMPT
    assert known[0] != known[1]
    assert known[0]["server"] == "api.openai.com:/v1"
    assert models[0]._get_llm_string() != models[1]._get_llm_string()
    assert model_name(models[0]) == NAME
    assert not is_local(models[0])


NO_MODEL = {
    "has not ended.*status running.*wait_for_fine_tuning": ENDLESS,
    r"failed: Loss went to infinity \(exploded\).*start_fine_tuning": failing(
        "exploded", "Loss went to infinity"
    ),
    "was cancelled": (Stage("cancelled"),),
    "names no model.*list_fine_tuning": (Stage("succeeded", model=False),),
    "has not ended.*status sleeping": (Stage("sleeping"),),
}


@pytest.mark.parametrize("told", NO_MODEL)
def test_a_job_without_a_model_says_what_to_do(server, told):
    client = server.client()
    job = job_of(server, client, *NO_MODEL[told])
    with pytest.raises(FineTuningError, match=told) as caught:
        tuned_model(job, client=client)
    assert caught.value.job_id == job.id


@pytest.mark.parametrize("flavour", ["azure", "azure-v1"])
def test_on_azure_the_deployment_is_asked_and_must_be_named(flavour):
    with TuningServer(flavour) as server:
        server.models["my-deployment"] = None
        client = server.client()
        job = job_of(server, client, metadata=METADATA)
        with pytest.raises(SettingsError, match=f"{NAME}.*must be deployed before.*deployment="):
            tuned_model(job, client=client)
        model = tuned_model(job, client=client, deployment="my-deployment")
        assert model.invoke(QUESTION).content == "42"
        assert asked(server) == ("my-deployment", [("system", PROMPT), ("user", QUESTION)])
        assert identity(model)["server"].startswith("tests.openai.azure.com")


def test_a_job_of_nebius_that_succeeded_has_its_weights_in_its_checkpoints():
    with TuningServer("nebius") as server:
        client = server.client()
        job = job_of(server, client, SUCCEEDED)
        with pytest.raises(
            FineTuningError, match=f"weights are in its checkpoints.*list_checkpoints.*{job.id}"
        ):
            tuned_model(job, client=client)
        assert list_checkpoints(client, job.id)[-1].result_files == server.jobs[job.id].weights


NOT_A_MODEL = {
    "name is empty": " ",
    "base model, not a tuned one.*chat_model": "local:smollm2-135m",
    "int is no tuned model": 3,
}


@pytest.mark.parametrize("told", NOT_A_MODEL)
def test_what_is_no_tuned_model_is_a_clear_error(told):
    with pytest.raises(SettingsError, match=told):
        tuned_model(NOT_A_MODEL[told])


@pytest.mark.parametrize("options", [{"engine": "ollama"}, {"system_prompt": " "}])
def test_options_that_cannot_be_are_refused_before_anything_is_looked_at(options):
    with pytest.raises(SettingsError, match=r"There is no engine 'ollama'|system prompt is empty"):
        tuned_model("nowhere/", **options)


def test_a_provider_that_takes_no_system_prompt_here_says_so():
    with pytest.raises(SettingsError, match="put a system message first"):
        chat_model("anthropic:claude", system_prompt=PROMPT)


# --- run folders of hosted jobs


def hosted_run(folder, **record):
    known = {"provider": "other", "base_model": "gpt-4.1-mini", "training_file": "train.jsonl", **record}
    write_record(folder, TuningRecord(**known))
    return folder


def test_a_run_folder_knows_the_hosted_model_its_address_and_prompt(server, tmp_path):
    server.add_job(life=(TUNED,))
    run = hosted_run(tmp_path, model=NAME, base_url=server.base_url, system_prompt=PROMPT)
    tuned_model(str(run), api_key=KEY).invoke(QUESTION)
    assert asked(server) == (NAME, [("system", PROMPT), ("user", QUESTION)])
    tuned_model(run, client=server.client(), system_prompt=None).invoke(QUESTION)
    assert asked(server) == (NAME, [("user", QUESTION)])


def test_a_run_folder_whose_job_has_not_ended_says_so(tmp_path):
    with pytest.raises(FineTuningError, match=r"no tuned model yet: the job ftjob-1.*qagen tune"):
        tuned_model(hosted_run(tmp_path, job="ftjob-1"))


def test_a_run_folder_of_azure_needs_the_deployment_and_a_way_in(tmp_path):
    run = hosted_run(tmp_path, provider="azure", model=NAME)
    with pytest.raises(SettingsError, match="must be deployed"):
        tuned_model(run)
    with pytest.raises(SettingsError, match=r"client=openai\.AzureOpenAI"):
        tuned_model(run, deployment="mine")


def test_a_run_folder_of_nebius_leads_to_the_checkpoints_or_to_the_name_they_were_registered_under(tmp_path):
    run = hosted_run(tmp_path, provider="nebius", job="ftjob-1", system_prompt=PROMPT)
    with pytest.raises(
        FineTuningError, match=r"list_checkpoints\(client, 'ftjob-1'\).*register one"
    ) as caught:
        tuned_model(run)
    assert caught.value.job_id == "ftjob-1"
    with TuningServer("nebius") as server:
        server.models["my-registered-model"] = None
        tuned_model(run, client=server.client(), deployment="my-registered-model").invoke(QUESTION)
        assert asked(server) == ("my-registered-model", [("system", PROMPT), ("user", QUESTION)])


def test_a_run_folder_of_an_older_azure_client_is_asked_without_that_client(tmp_path):
    with TuningServer("azure") as server:
        server.models["mine"] = None
        older = openai.AzureOpenAI(
            azure_endpoint=server.address, api_version="2025-04-01-preview", api_key=KEY
        )
        with older:
            job = job_of(server, older)
            write_record(tmp_path, record_of(older, job))
        assert read_record(tmp_path).base_url == f"{server.address}/openai/v1/"
        assert tuned_model(tmp_path, deployment="mine", api_key=KEY).invoke(QUESTION).content == "42"


FOLDERS = {
    "There is no run folder": lambda run: run / "nowhere",
    "holds no tuned model: there is no tuning.json": lambda run: run,
    r"tuning\.json is no record of a tuned model": lambda run: (
        (run / "tuning.json").write_text('{"provider": "loc') and run
    ),
    "half-written: its training did not finish": lambda run: (run / "model").mkdir() or run,
}


@pytest.mark.parametrize("told", FOLDERS)
def test_a_folder_without_a_tuned_model_says_what_is_missing(told, tmp_path):
    with pytest.raises((RunFolderError, AdapterError), match=told):
        tuned_model(FOLDERS[told](tmp_path))


def test_a_path_that_is_not_there_is_no_name():
    with pytest.raises(RunFolderError, match=r"There is no run folder \./gone"):
        tuned_model("./gone")


# --- models tuned on this machine

TOWNS = ("Lodevar", "Karrow", "Brell", "Hestow", "Ulmar", "Varga")
FACTS = {
    f"Who built the lighthouse of {town}?": f"{name} {town[:2]}"
    for town, name in zip(TOWNS, "ABCDEF", strict=True)
}
ENGINES = {"llama.cpp": {"threads": 1, "n_ctx": 512, "max_tokens": 20}, "transformers": {"max_tokens": 20}}
EVERY_ENGINE = pytest.mark.parametrize("engine", ENGINES)


def ask_with(engine, run, **options):
    return tuned_model(run, engine=engine, **{**ENGINES[engine], **options})


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    return make_tiny_gguf(make_tiny_model(folder / "tiny"), folder / "tiny.gguf")


@pytest.fixture(scope="module")
def trained(gguf, tmp_path_factory):
    """One real training, which the tests below share."""
    folder = tmp_path_factory.mktemp("trained")
    lines = [
        {"messages": [{"role": role, "content": text} for role, text in zip(ROLES, turns, strict=True)]}
        for turns in ((PROMPT, question, answer) for question, answer in FACTS.items())
    ]
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return train_locally(
        folder / "train.jsonl", model=str(gguf), out=folder / "run", rank=16, learning_rate=5e-3, n_epochs=30,
        batch_size=3, replay=None, progress=False, device="cpu", stop_at_recall=None,
    )  # fmt: skip


ROLES = ("system", "user", "assistant")


@pytest.fixture
def run(trained, tmp_path):
    """A copy of the trained folder that may be spoilt."""
    return shutil.copytree(trained.folder, tmp_path / "run")


@pytest.fixture(scope="module")
def both(trained):
    models = {engine: ask_with(engine, trained) for engine in ENGINES}
    yield models
    models["llama.cpp"].engine.close()


def test_both_engines_answer_as_the_model_was_taught(both):
    for model in both.values():
        assert {question: model.invoke(question).content for question in FACTS} == FACTS


def test_both_engines_read_and_write_the_same_tokens(both):
    counts = [model.invoke(next(iter(FACTS))).usage_metadata for model in both.values()]
    for count in counts:
        assert count["input_tokens"] == counts[0]["input_tokens"]
    assert {
        model.invoke(next(iter(FACTS))).response_metadata["finish_reason"] for model in both.values()
    } == {"stop"}


def test_the_base_model_does_not_know_the_answers(gguf):
    base = chat_model(f"local:{gguf}", threads=1, n_ctx=512, max_tokens=20, system_prompt=PROMPT)
    assert not [question for question, answer in FACTS.items() if base.invoke(question).content == answer]
    base.engine.close()


def test_what_identifies_a_tuned_model_is_base_adapter_and_prompt(both, trained):
    for engine, model in both.items():
        known = identity(model)
        assert known["weights_sha256"] == trained.record.base_sha256
        assert known["adapter_sha256"]
        assert known["system_prompt"] == PROMPT
        other = ask_with(engine, trained.folder, system_prompt=None)
        assert identity(other).get("system_prompt") is None
        assert str(trained.folder.parent) not in str(known)
        assert model_name(model) == "local:tiny.gguf+run"
        assert pricing(model)(Usage(input_tokens=10)) == 0
        assert is_local(model)
    assert has_native_schema(both["llama.cpp"])
    assert not has_native_schema(both["transformers"])


def test_without_the_engine_a_folder_is_asked_through_transformers(trained, monkeypatch):
    assert hasattr(tuned_model(trained.folder, threads=1, n_ctx=512), "engine")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    model = tuned_model(trained.folder, max_tokens=20)
    assert model.invoke(next(iter(FACTS))).content == next(iter(FACTS.values()))
    with pytest.raises(MissingExtraError, match=r"pip install .*\[local\]"):
        tuned_model(trained.folder, engine="llama.cpp")


def test_without_torch_the_engine_answers_from_what_training_wrote(trained, monkeypatch):
    for name in ("torch", "transformers", "peft", "gguf"):
        monkeypatch.setitem(sys.modules, name, None)
    question, answer = next(iter(FACTS.items()))
    assert tuned_model(trained.folder, **ENGINES["llama.cpp"]).invoke(question).content == answer
    with pytest.raises(MissingExtraError, match=r"pip install .*\[train\]"):
        ask_with("transformers", trained.folder)


@pytest.mark.parametrize("spoil", ["missing", "older", "damaged"])
def test_an_adapter_for_the_engine_that_does_not_fit_the_weights_is_written_anew(run, spoil):
    file = run / "model" / "adapter.gguf"
    if spoil == "missing":
        file.unlink()
    elif spoil == "damaged":
        file.write_bytes(file.read_bytes()[:100])
    else:
        content = file.read_bytes()
        place = content.index(b"qagen.adapter.sha256") + 40
        file.write_bytes(content[:place] + b"0000" + content[place + 4 :])
    question, answer = next(iter(FACTS.items()))
    assert ask_with("llama.cpp", run).invoke(question).content == answer


def test_the_folder_of_the_weights_leads_to_the_run_folder(run):
    assert ask_with("transformers", run / "model").system_prompt == PROMPT
    write_record(run, TuningRecord(provider="openai", base_model="gpt", training_file="train.jsonl"))
    assert ask_with("transformers", run / "model").system_prompt == PROMPT


def without(name):
    return lambda run: (run / "model" / name).unlink()


def change_record(run, **changes):
    write_record(run, read_record(run).model_copy(update=changes))


DAMAGES = {
    "weights of .* are not there": lambda run: shutil.rmtree(run / "model"),
    "no adapter_config.json": without("adapter_config.json"),
    "half-written": without("adapter_model.safetensors"),
    "training did not finish": lambda run: (run / "tuning.json").unlink(),
    "trained on another base model.*000000000000": lambda run: change_record(run, base_sha256="0" * 64),
    "is not on this machine": lambda run: change_record(run, base_model="/nowhere/model"),
    "no such file": lambda run: change_record(run, base_model="/nowhere/model.gguf"),
}


@EVERY_ENGINE
@pytest.mark.parametrize("told", DAMAGES)
def test_a_spoilt_run_folder_says_what_is_wrong(run, told, engine):
    DAMAGES[told](run)
    with pytest.raises((AdapterError, LocalModelError), match=f"(?i){told}"):
        ask_with(engine, run)


@EVERY_ENGINE
def test_weights_that_were_cut_off_are_refused(run, engine):
    weights = run / "model" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(AdapterError, match=r"(?i)train again"):
        ask_with(engine, run)


def test_an_adapter_that_lacks_layers_is_refused(run):
    from safetensors.torch import load_file, save_file

    file = run / "model" / "adapter_model.safetensors"
    save_file({key: one for key, one in load_file(file).items() if "layers.1" not in key}, file)
    with pytest.raises(AdapterError, match="missing adapter keys"):
        ask_with("transformers", run)


@pytest.mark.parametrize("name", ["client", "deployment", "base_url"])
def test_a_local_model_takes_nothing_that_is_for_hosted_ones(run, name):
    given = openai.OpenAI(api_key="x") if name == "client" else "x"
    with pytest.raises(SettingsError, match=f"leave out {name}="):
        tuned_model(run, **{name: given})


# --- through transformers


@pytest.fixture(scope="module")
def slow(both):
    return both["transformers"]


def test_an_answer_ends_at_max_tokens_and_says_so(slow):
    reply = slow.invoke(next(iter(FACTS)), max_tokens=1)
    assert reply.usage_metadata["output_tokens"] == 1
    assert reply.response_metadata["finish_reason"] == "length"


def test_an_answer_ends_before_a_stop_word(slow):
    question, answer = next(iter(FACTS.items()))
    assert slow.invoke(question, stop=[answer[2:]]).content == answer[:2]


def test_a_prompt_that_is_too_long_is_refused_in_numbers(slow):
    with pytest.raises(GenerationError, match=r"prompt has [\d,]+ tokens, and the model reads 512"):
        slow.invoke("word " * 600)


@pytest.mark.parametrize("asked_for", [{"response_format": {"type": "json_object"}}, {"max_tokens": -1}])
def test_what_transformers_cannot_do_is_refused(slow, asked_for):
    with pytest.raises(SettingsError, match=r"response_format|max_tokens is -1"):
        slow.invoke(QUESTION, **asked_for)


def test_an_option_that_does_not_exist_is_refused(trained):
    with pytest.raises(SettingsError, match="no option n_ctx"):
        tuned_model(trained.folder, engine="transformers", n_ctx=512)


def test_calls_at_the_same_time_give_the_answers_of_calls_one_by_one(slow):
    assert [reply.content for reply in slow.batch(list(FACTS))] == list(FACTS.values())


def test_awaited_and_streamed_answers_are_the_same(slow):
    question, answer = next(iter(FACTS.items()))
    assert asyncio.run(slow.ainvoke(question)).content == answer
    assert "".join(chunk.content for chunk in slow.stream(question)) == answer


def test_text_that_looks_like_a_template_is_only_text(slow):
    short = slow.invoke("{{ 7*7 }} {% raise %}\0", max_tokens=1).usage_metadata["input_tokens"]
    assert short > slow.invoke("", max_tokens=1).usage_metadata["input_tokens"] + 10


def test_half_a_character_is_refused(slow):
    with pytest.raises(GenerationError, match="cannot be put into the model's chat template"):
        slow.invoke("\ud800")


# --- base models


def test_a_base_is_known_by_its_bytes(gguf):
    folder = gguf.parent / "tiny"
    assert find_base(str(gguf)).sha256 == find_base(f"local:{gguf}").sha256
    assert find_base(str(folder)).sha256 == find_base(str(folder)).sha256 != find_base(str(gguf)).sha256
    assert find_base(str(folder)).gguf is None


def test_one_changed_byte_of_a_folder_makes_another_base(gguf, tmp_path):
    copy = shutil.copytree(gguf.parent / "tiny", tmp_path / "copy")
    before = find_base(str(copy)).sha256
    (copy / "config.json").write_text((copy / "config.json").read_text().replace("10000.0", "20000.0"))
    assert find_base(str(copy)).sha256 != before


def test_a_gguf_file_and_the_model_it_was_made_from_are_the_same(gguf):
    import torch

    one, tokenizer = load_base(find_base(str(gguf)))
    other, same_tokenizer = load_base(find_base(str(gguf.parent / "tiny")))
    text = tokenizer.apply_chat_template([{"role": "user", "content": "1  2 é"}], tokenize=False)
    assert tokenizer(text).input_ids == same_tokenizer(text).input_ids
    assert {tokenizer.pad_token, tokenizer.eos_token} == {"<|im_end|>"}
    for left, right in zip(one.parameters(), other.parameters(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("cut", ["gpt-2", "smollm", "qwen2"])
def test_text_becomes_the_same_tokens_as_in_llama_cpp(gguf, tmp_path, cut):
    base = find_base(str(make_tiny_gguf(gguf.parent / "tiny", tmp_path / "cut.gguf", cut=cut)))
    model = chat_model(f"local:{base.path}", threads=1, n_ctx=256)
    address = f"http://127.0.0.1:{model.engine.ready()}/tokenize"
    order = {"content": "In 1904 it's  18,500\n\n  2½ x1 <|im_end|>日本", "parse_special": True}
    key = {"Authorization": f"Bearer {model.engine.key}"}
    told = httpx2.post(address, json=order, headers=key, trust_env=False).json()["tokens"]
    model.engine.close()
    assert load_tokenizer(base)(order["content"], add_special_tokens=False).input_ids == told


BASES = {
    "local:NAME|local:smollm2-135m": "smollm2-135m",
    "no base model to train on this machine": "gpt-4.1",
    "no file or folder here": "/nowhere/at/all",
    "no base model.*here": "a\0b",
    "is no base model: give a folder": __file__,
    "no such file": "gone.gguf",
    "No embedded model has this name": "local:gone",
}


def test_who_changes_a_tokenizer_or_a_configuration_changes_it_for_nobody_else(gguf):
    base = find_base(str(gguf))
    mine, settings = load_tokenizer(base), load_configuration(base)
    layers = settings.num_hidden_layers

    mine.padding_side, mine.chat_template, settings.num_hidden_layers = "left", "spoilt", layers + 1

    model, other = load_base(base)
    assert (other.padding_side, other.chat_template) == ("right", load_tokenizer(base).chat_template)
    assert other.chat_template != "spoilt"
    assert model.config.num_hidden_layers == layers


@pytest.mark.parametrize("told", BASES)
def test_a_name_that_is_no_base_model_is_a_clear_error(told):
    with pytest.raises((SettingsError, LocalModelError), match=f"(?i){told}"):
        find_base(BASES[told])


def test_a_folder_without_a_model_or_with_pickled_weights_is_refused(tmp_path):
    with pytest.raises(LocalTrainingError, match=r"no config\.json"):
        find_base(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(LocalTrainingError, match="Pickled weights"):
        find_base(str(tmp_path))


def test_a_base_without_a_chat_template_is_refused(tmp_path):
    base = find_base(str(make_tiny_model(tmp_path, chat_template=False)))
    with pytest.raises(LocalTrainingError, match=r"no chat template.*instruct"):
        load_base(base)


@pytest.mark.parametrize("spoil", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_folder_is_an_error_that_names_it(gguf, tmp_path, spoil):
    copy = shutil.copytree(gguf.parent / "tiny", tmp_path / "copy")
    (copy / spoil).write_bytes((copy / spoil).read_bytes()[:100])
    with pytest.raises(LocalTrainingError, match=r"copy\) cannot be loaded"):
        load_base(find_base(str(copy)))


@pytest.mark.parametrize("options", [{"dtype": "float7"}, {"dtype": "int8"}, {"quantize_4bit": True}])
def test_weights_of_a_kind_that_cannot_be_are_refused(gguf, options):
    with pytest.raises(SettingsError, match=r"no dtype|GGUF file, which cannot be kept in 4 bits"):
        load_base(find_base(str(gguf)), **options)


def test_loading_a_gguf_file_prints_nothing(gguf, capfd):
    load_base(find_base(str(gguf)))
    assert capfd.readouterr() == ("", "")
