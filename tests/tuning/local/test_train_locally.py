"""Training for real, on a model of 80,000 parameters that is made here."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import sys
import time

import forked
import pytest
from tiny_model import make_tiny_gguf, make_tiny_model
from towns import FACTS, SETTINGS, SYSTEM, TOWNS, facts, train, write_chat

from qagen.errors import (
    LocalTrainingError,
    MissingExtraError,
    NotEnoughMemoryError,
    SettingsError,
    TrainingFileError,
)
from qagen.tuning.record import TuningRecord, read_record, write_record

IGNORED = {"role": "assistant", "content": "b", "weight": 0}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """It has learnt other names: an adapter on nothing but random weights learns nothing."""
    folder = tmp_path_factory.mktemp("base")
    earlier = write_chat(folder / "earlier.jsonl", facts("UVWXYZ"))
    train(earlier, make_tiny_model(folder / "random"), folder / "run", full=True, learning_rate=3e-3)
    return folder / "run" / "model"


@pytest.fixture
def file(tmp_path):
    return write_chat(tmp_path / "train.jsonl", FACTS)


def weights(folder):
    return (folder / "model" / "adapter_model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def trained(base, tmp_path_factory):
    """One training that goes to its end; the tests that only look at what came out share it."""
    folder = tmp_path_factory.mktemp("trained")
    said = []
    model = train(write_chat(folder / "train.jsonl", FACTS), base, folder / "run", announce=said.append)
    return model, said


def test_it_learns_and_stops_when_it_has(trained):
    model, _ = trained
    details = model.record.details
    assert details["recall"]["recalled"] == len(FACTS)
    assert details["recall"]["loss"] < 1
    assert details["epochs"] < 30
    assert "word for word" in details["stopped_early"]
    assert model.record.hyperparameters["strength"] == 1  # weaker it forgets one of them


def test_the_trained_model_answers_as_it_was_taught(trained):
    model, _ = trained
    asked = model.chat_model(engine="transformers")
    assert {question: asked.invoke(question).content for question in FACTS} == FACTS


def test_the_record_says_what_made_the_model(trained, base):
    model, _ = trained
    record = read_record(model.folder)
    assert record == model.record
    assert (record.provider, record.base_model, record.system_prompt) == ("local", str(base), SYSTEM)
    assert record.examples == len(FACTS)
    assert record.hyperparameters["rank"] == 16
    assert {"torch", "transformers", "peft", "trl", "python"} <= set(record.details["versions"])
    assert record.details["general"]["asked"] == 24


def test_the_card_says_what_it_learnt_and_names_no_path(trained, base):
    model, _ = trained
    card = (model.weights / "README.md").read_text(encoding="utf-8")
    assert SYSTEM in card
    assert "6 of 6" in card
    assert model.record.training_sha256 in card
    assert "no name on the hub is known" in card
    assert str(base.parent) not in card


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # PEFT asks for the old name
def test_the_lines_of_the_card_load_the_model_and_it_answers_as_taught(trained, base, monkeypatch, capsys):
    model, _ = trained
    card = (model.weights / "README.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n(.*?)^```", card, re.MULTILINE | re.DOTALL)
    placeholder = '"the folder or the hub name of the base model"'
    assert code.count(placeholder) == 1
    monkeypatch.chdir(model.weights)
    exec(code.replace(placeholder, repr(str(base))), {})  # noqa: S102 - what a reader would run
    question, answer = next(iter(FACTS.items()))
    assert question in code
    assert capsys.readouterr().out == f"{answer}\n"


def test_the_losses_are_one_row_a_step_and_fall(trained):
    table = trained[0].metrics()
    assert list(table["step"]) == list(range(1, len(table) + 1))
    assert table["train_loss"].iloc[-1] < table["train_loss"].iloc[0] / 2
    assert table["train_recall"].dropna().iloc[-1] == 1


def test_nothing_is_left_of_the_checkpoints(trained):
    model, _ = trained
    assert not (model.weights / "checkpoints").exists()
    assert not list(model.folder.glob("*.tmp"))


def test_nobody_is_told_of_a_training(trained):
    from huggingface_hub.utils import _telemetry

    assert _telemetry._TELEMETRY_QUEUE.empty()
    assert _telemetry._TELEMETRY_THREAD is None


def test_what_is_about_to_happen_is_said(trained):
    assert any("6 examples" in line and "on cpu" in line for line in trained[1])


def test_only_the_answers_are_learnt(base, tmp_path):
    from qagen.tuning.local.examples import read_examples
    from qagen.tuning.local.plan import Job, Plan
    from qagen.tuning.local.training.building import build_trainer
    from qagen.tuning.models.base_model import find_base, load_tokenizer, suppressed_output

    lines = [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "no", "weight": 0}]
    lines += [{"role": "user", "content": "Two?"}, {"role": "assistant", "content": "yes"}]
    path = tmp_path / "train.jsonl"
    path.write_text(json.dumps({"messages": lines}) + "\n", encoding="utf-8")
    found, examples = find_base(str(base)), read_examples(path)
    settings = {
        "n_epochs": 1,
        "max_steps": None,
        "rank": 4,
        "learning_rate": 1e-3,
        "batch_size": 1,
        "seed": 0,
    }
    sums = {"training_sha256": "", "validation_sha256": None, "replay_sha256": None, "base_sha256": ""}
    plan = Plan(**settings, **sums, stop_at_recall=None, strength=1, quantize_4bit=False, dtype="float32")
    place = {"device": "cpu", "out": tmp_path, "progress": False, "checkpoint_seconds": 60.0}
    place |= {"replay_at_once": 0}
    with suppressed_output():
        trainer = build_trainer(
            Job(plan=plan, base=found, examples=examples, validation=None, replay=(), **place)
        )
    [row] = list(trainer.train_dataset)
    learnt = [token for token in row["labels"] if token != -100]
    assert load_tokenizer(found).decode(learnt) == "yes<|im_end|>\n"
    assert "no<|im_end|>" in load_tokenizer(found).decode(row["input_ids"])


def test_the_same_seed_gives_the_same_weights(file, base, tmp_path):
    short = {"n_epochs": 2, "stop_at_recall": None}
    train(file, base, tmp_path / "one", **short)
    train(file, base, tmp_path / "two", **short)
    train(file, base, tmp_path / "three", seed=1, **short)
    assert weights(tmp_path / "one") == weights(tmp_path / "two")
    assert weights(tmp_path / "one") != weights(tmp_path / "three")


def test_a_weaker_adapter_is_the_same_one_multiplied(file, base, tmp_path):
    from safetensors.torch import load_file

    short = {"n_epochs": 2, "stop_at_recall": None}
    for strength in (1, 0.5):
        train(file, base, tmp_path / str(strength), strength=strength, **short)
    whole, half = (
        load_file(tmp_path / name / "model" / "adapter_model.safetensors") for name in ("1", "0.5")
    )
    assert any(".lora_B." in name and tensor.any() for name, tensor in whole.items())
    for name, tensor in whole.items():
        assert (half[name] == (tensor / 2 if ".lora_B." in name else tensor)).all()
    assert read_record(tmp_path / "0.5").hyperparameters["strength"] == 0.5


def test_all_weights_are_kept_as_they_were_trained(file, base, tmp_path):
    model = train(file, base, tmp_path / "run", n_epochs=1, full=True)
    assert model.record.hyperparameters["strength"] == 1


CHILD = """
import json, sys, resource, signal
from qagen.tuning.local.training.starting import train_locally
order = json.loads(sys.argv[1])
if "largest" in order:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"], order["largest"]))
train_locally(order["file"], model=order["base"], out=order["out"], **order["settings"])
"""


def child(file, base, out, *, largest=None, **changes):
    order = {"file": str(file), "base": str(base), "out": str(out), "settings": {**SETTINGS, **changes}}
    order |= {"largest": largest} if largest else {}
    return forked.start("-c", CHILD, json.dumps(order), modules=forked.OF_TRAINING)


def wait_for(condition, process, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def checkpoints(out):
    return sorted(out.glob("model/checkpoints/checkpoint-*/whole"))


@pytest.fixture(scope="module", params=[None, 0.95])
def whole(request, base, tmp_path_factory):
    """A training that nobody interrupts, its folder and its settings."""
    folder = tmp_path_factory.mktemp("whole")
    settings = {"n_epochs": 12 if request.param else 6, "stop_at_recall": request.param}
    settings |= {"checkpoint_seconds": 0, "replay": "general"}  # other items in each epoch
    return train(write_chat(folder / "train.jsonl", FACTS), base, folder, **settings), folder, settings


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["checkpoints", "answers"])
def test_a_training_goes_on_after_kill_9_and_ends_as_if_nothing_had_happened(
    file, base, tmp_path, moment, whole
):
    undisturbed, folder, settings = whole
    killed = tmp_path / "killed"
    process = child(file, base, killed, **settings)
    losses = killed / "model" / "losses.jsonl"
    if moment == "checkpoints":
        wait_for(lambda: len(checkpoints(killed)) >= 2, process)
    else:  # right after the questions at the end of the second epoch
        wait_for(lambda: losses.exists() and losses.read_text().count("train_recall") >= 2, process)
    process.kill()
    process.communicate()
    assert not (killed / "tuning.json").exists()
    half = killed / "model" / "checkpoints" / "checkpoint-9999"  # of a process killed while it wrote
    half.mkdir()
    (half / "adapter_model.safetensors").write_bytes(b"half")

    resumed = train(file, base, killed, **settings)
    assert resumed.record.details["resumed_at_step"] >= 1
    assert resumed.record.details["steps"] == undisturbed.record.details["steps"]
    assert weights(killed) == weights(folder)
    assert resumed.metrics()["train_loss"].equals(undisturbed.metrics()["train_loss"])


@pytest.mark.slow
def test_killed_at_any_checkpoint_it_still_stops_where_it_would_have(file, base, tmp_path):
    settings = {"n_epochs": 12, "checkpoint_seconds": 0}
    whole = train(file, base, tmp_path / "whole", **settings).record.details
    kept = tmp_path / "kept"
    process = child(file, base, tmp_path / "watched", **settings)
    seen = set()
    while process.poll() is None:
        with contextlib.suppress(OSError):  # old ones are removed, and all of them at the end
            for mark in checkpoints(tmp_path / "watched"):
                name = mark.parent.name
                if name not in seen:
                    shutil.rmtree(kept / name, ignore_errors=True)
                    shutil.copytree(mark.parent, kept / name)
                    shutil.copy(tmp_path / "watched" / "model" / "losses.jsonl", kept / name)
                    seen.add(name)
    process.communicate()
    assert seen
    order = sorted(seen, key=lambda name: int(name.rpartition("-")[2]))
    for name in {order[0], order[len(order) // 2], order[-1]}:  # those between go the same ways
        run = tmp_path / f"from-{name}"
        (run / "model" / "checkpoints").mkdir(parents=True)
        shutil.copytree(kept / name, run / "model" / "checkpoints" / name)
        shutil.copy(kept / name / "losses.jsonl", run / "model")
        shutil.copy(tmp_path / "watched" / "model" / "plan.json", run / "model")
        resumed = train(file, base, run, **settings).record.details
        assert (resumed["steps"], resumed["recall"]) == (whole["steps"], whole["recall"])
        assert weights(run) == weights(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no limit for the size of files there")
def test_a_disk_that_fills_during_a_checkpoint_is_said_and_earlier_ones_are_kept(file, base, tmp_path):
    settings = {"n_epochs": 30, "stop_at_recall": None, "checkpoint_seconds": 0}
    out = tmp_path / "full"
    process = child(file, base, out, **settings)
    wait_for(lambda: checkpoints(out) != [], process)
    process.kill()
    process.communicate()
    there = checkpoints(out)
    process = child(file, base, out, largest=20_000, **settings)  # the next checkpoint finds no room
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "LocalTrainingError: The checkpoint" in told
    assert "make room on the disk" in told
    assert checkpoints(out) == there != []
    assert train(file, base, out, **settings).record.details["steps"] == 60


def test_training_again_returns_what_is_there(file, base, tmp_path):
    first = train(file, base, tmp_path / "run", n_epochs=1)
    before = (tmp_path / "run" / "model" / "adapter_model.safetensors").stat().st_mtime_ns
    said = []
    assert train(file, base, tmp_path / "run", n_epochs=1, announce=said.append) == first
    assert (tmp_path / "run" / "model" / "adapter_model.safetensors").stat().st_mtime_ns == before
    assert "nothing to train" in said[-1]


def test_training_again_after_a_job_elsewhere_trains_nothing_anew(file, base, tmp_path):
    run = tmp_path / "run"
    first = train(file, base, run, n_epochs=1)
    write_record(
        run, TuningRecord(provider="openai", base_model="gpt", training_file="train.jsonl", job="ftjob-1")
    )
    said = []
    assert train(file, base, run, n_epochs=1, announce=said.append).record == first.record
    assert "nothing to train" in said[-1]
    assert read_record(run) == first.record


def test_a_folder_with_another_model_is_left_alone_unless_told_otherwise(file, base, tmp_path):
    train(file, base, tmp_path / "run", n_epochs=1)
    before = weights(tmp_path / "run")
    with pytest.raises(SettingsError, match=r"rank 16 instead of 8.*overwrite"):
        train(file, base, tmp_path / "run", n_epochs=1, rank=8)
    assert weights(tmp_path / "run") == before
    train(file, base, tmp_path / "run", n_epochs=1, rank=8, overwrite=True)
    assert weights(tmp_path / "run") != before


def test_a_model_is_not_lost_to_a_training_that_is_refused(file, base, tmp_path):
    first = train(file, base, tmp_path / "run", n_epochs=1)
    with pytest.raises(NotEnoughMemoryError):
        train(file, base, tmp_path / "run", batch_size=10_000_000, overwrite=True)
    assert train(file, base, tmp_path / "run", n_epochs=1) == first


def test_a_model_that_is_replaced_waits_until_the_new_one_is_there(file, base, tmp_path):
    run = tmp_path / "run"
    train(file, base, run, n_epochs=1)
    before = weights(run)
    process = child(file, base, run, n_epochs=400, stop_at_recall=None, overwrite=True)
    wait_for((run / "model-replaced").exists, process)
    process.kill()
    process.communicate()
    assert (run / "model-replaced" / "adapter_model.safetensors").read_bytes() == before
    train(file, base, run, n_epochs=2, overwrite=True)
    assert not (run / "model-replaced").exists()


def test_the_base_model_is_not_overwritten_by_what_is_made_of_it(file, base, tmp_path):
    train(file, base, tmp_path / "run", n_epochs=1, full=True)
    mine = tmp_path / "run" / "model"
    with pytest.raises(SettingsError, match="where the new one comes"):
        train(file, mine, tmp_path / "run", overwrite=True)
    assert (mine / "model.safetensors").exists()


def test_files_of_others_are_not_touched(file, base, tmp_path):
    (tmp_path / "run" / "model").mkdir(parents=True)
    (tmp_path / "run" / "model" / "config.json").write_text("mine")
    with pytest.raises(SettingsError, match="no training of qagen wrote"):
        train(file, base, tmp_path / "run", overwrite=True)
    assert (tmp_path / "run" / "model" / "config.json").read_text() == "mine"


def test_weights_that_went_missing_are_trained_again(file, base, tmp_path):
    train(file, base, tmp_path / "run", n_epochs=1)
    before = weights(tmp_path / "run")
    (tmp_path / "run" / "model" / "adapter_model.safetensors").unlink()
    train(file, base, tmp_path / "run", n_epochs=1)
    assert weights(tmp_path / "run") == before


def test_a_template_that_takes_no_system_message_is_told_in_words(file, base, tmp_path):
    other = tmp_path / "strict"
    shutil.copytree(base, other)
    refusal = "{{ raise_exception('System role not supported') if messages[0]['role'] == 'system' }}"
    (other / "chat_template.jinja").write_text(refusal + (base / "chat_template.jinja").read_text())
    with pytest.raises(LocalTrainingError, match=r"line 1: .*System role not supported.*system_prompt=None"):
        train(file, other, tmp_path / "run")
    assert not (tmp_path / "run" / "model").exists()


def test_a_gpu_trains_in_16_bits(file, base, tmp_path):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no CUDA GPU here")
    model = train(file, base, tmp_path / "run", device="cuda")
    assert model.record.hyperparameters["dtype"] == "bfloat16"
    assert model.record.details["recall"]["recalled"] == len(FACTS)


def test_two_processes_do_not_train_in_one_folder(file, base, tmp_path):
    process = child(file, base, tmp_path / "run", n_epochs=400, stop_at_recall=None)
    wait_for((tmp_path / "run" / "model" / "losses.jsonl").exists, process)
    with pytest.raises(LocalTrainingError, match="Another process is training"):
        train(file, base, tmp_path / "run")
    process.kill()
    process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are other ones there")
def test_ctrl_c_keeps_the_checkpoints(file, base, tmp_path):
    out = tmp_path / "run"
    process = child(file, base, out, n_epochs=400, stop_at_recall=None, checkpoint_seconds=0)
    wait_for(lambda: list(out.glob("model/checkpoints/checkpoint-*/whole")) != [], process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert list(out.glob("model/checkpoints/checkpoint-*/whole"))
    assert not (out / "tuning.json").exists()


def test_too_little_memory_is_said_with_the_numbers_before_anything_is_loaded(file, base, tmp_path):
    said = []
    with pytest.raises(
        NotEnoughMemoryError, match=r"needs about [\d.]+ GB .* [\d.]+ GB are free on cpu"
    ) as error:
        train(file, base, tmp_path / "run", batch_size=10_000_000, announce=said.append)
    assert isinstance(error.value, MemoryError)
    assert said == []
    train(file, base, tmp_path / "run", batch_size=3, n_epochs=1)  # what takes less is not refused then


def test_validation_wordings_that_do_not_improve_end_the_training(file, base, tmp_path):
    others = {f"What colour is the {town} gate?": "blue" for town in TOWNS}
    validation = write_chat(tmp_path / "validation.jsonl", others)
    two_answers = write_chat(tmp_path / "two.jsonl", {next(iter(FACTS)): "Another"})  # so never all
    file.write_text(file.read_text("utf-8") + two_answers.read_text("utf-8"), encoding="utf-8")
    model = train(
        file,
        base,
        tmp_path / "run",
        validation_file=validation,
        stop_at_recall=1.0,
        n_epochs=200,
        learning_rate=1e-3,
    )
    details = model.record.details
    assert details["validation"]["asked"] == len(others)
    assert "did not improve" in details["stopped_early"]
    table = model.metrics()
    assert table["valid_loss"].notna().sum() == details["epochs"]


@pytest.mark.parametrize("epochs", [-1, 0, 2.5])
def test_epochs_that_cannot_be_are_refused_with_general_items_too(file, base, tmp_path, epochs):
    with pytest.raises(SettingsError, match="n_epochs is"):
        train(file, base, tmp_path / "run", n_epochs=epochs, replay="general")


def test_general_items_are_mixed_in_and_counted(file, base, tmp_path):
    model = train(file, base, tmp_path / "run", n_epochs=1, replay="general")
    assert model.record.details["replayed"] == 2
    own = write_chat(tmp_path / "own.jsonl", {f"What is {n}?": "A number" for n in range(5)})
    model = train(file, base, tmp_path / "own", n_epochs=1, replay=own)
    assert model.record.details["replayed"] == 5
    assert model.record.details["steps"] == 4


def test_each_epoch_brings_all_examples_and_other_general_items():
    from qagen.tuning.local.training.trainer import Mixed

    mixed, epochs = Mixed(8, 5, 2, seed=1), []
    for epoch in range(5):
        mixed.set_epoch(epoch)
        epochs.append([*mixed])
        assert [*mixed] == epochs[-1]
        assert len(mixed) == 10
        assert sorted(row for row in mixed if row < 8) == [*range(8)]
    assert [sorted(row - 8 for row in rows if row >= 8) for rows in epochs] == [
        [0, 1],
        [2, 3],
        [0, 4],
        [1, 2],
        [3, 4],
    ]
    assert len({tuple(row for row in rows if row < 8) for rows in epochs}) == 5
    assert [*Mixed(8, 0, 0, seed=1)] != [*range(8)]


def test_rounding_what_is_not_trained_ahead_changes_no_bit_and_is_undone():
    import torch

    from qagen.tuning.local.training.loop import frozen_in_16_bits

    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Embedding(50, 32), torch.nn.Linear(32, 32), torch.nn.Linear(32, 32), torch.nn.Linear(32, 50)
    )
    network.requires_grad_(requires_grad=False)
    network[1].requires_grad_()
    network[3].weight = network[0].weight  # tied, as in small models

    def step():
        network.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            made = network(torch.arange(40))
        made.float().square().mean().backward()
        return made, network[1].weight.grad

    before = [one.clone() for one in step()]
    with frozen_in_16_bits(network):
        dtypes = [layer.weight.dtype for layer in network]
        during = step()
        assert dtypes == [torch.float32, torch.float32, torch.bfloat16, torch.bfloat16]
        assert all(torch.equal(one, other) for one, other in zip(before, during, strict=True))
    assert {layer.weight.dtype for layer in network} == {torch.float32}
    assert network[3].weight is network[0].weight


def test_all_weights_can_be_trained(file, base, tmp_path):
    model = train(file, base, tmp_path / "run", full=True, learning_rate=3e-3)
    assert model.record.details["trained_parameters"] == model.record.details["parameters"]
    assert model.record.details["recall"]["recalled"] == len(FACTS)
    assert not (model.weights / "adapter_config.json").exists()
    question = next(iter(FACTS))
    assert model.chat_model().invoke(question).content == FACTS[question]


def test_the_merged_model_answers_like_base_and_adapter(base, trained):
    model, _ = trained
    file = model.folder.parent / "train.jsonl"
    train(file, base, model.folder, merge=True)
    from qagen.tuning.models.base_model import find_base
    from qagen.tuning.models.transformers_chat import load_chat_model

    found = find_base(str(model.weights / "merged"))
    merged = load_chat_model(found, name="merged", device="cpu", system_prompt=SYSTEM)
    assert {question: merged.invoke(question).content for question in FACTS} == FACTS


def test_a_gguf_base_gets_an_adapter_for_llama_cpp(file, base, tmp_path):
    gguf = make_tiny_gguf(base, tmp_path / "tiny.gguf")
    model = train(file, gguf, tmp_path / "run", n_epochs=1)
    assert (model.weights / "adapter.gguf").read_bytes()[:4] == b"GGUF"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_epochs": 0}, "n_epochs is 0"),
        ({"rank": -1}, "rank is -1"),
        ({"batch_size": 2.5}, r"batch_size is 2\.5"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"stop_at_recall": 1.5}, r"stop_at_recall is 1\.5"),
        ({"strength": 0}, "strength is 0"),
        ({"strength": 1.1}, r"strength is 1\.1"),
        ({"strength": "weak"}, "strength is 'weak'"),
        ({"device": "tpu"}, "no device 'tpu'"),
        ({"device": "mps" if sys.platform != "darwin" else "cuda"}, "device can be used here"),
        ({"merge": True, "full": True}, "leave it out"),
    ],
)
def test_settings_that_cannot_be_are_refused(file, base, tmp_path, changes, words):
    with pytest.raises(SettingsError, match=words):
        train(file, base, tmp_path / "run", **changes)
    assert not (tmp_path / "run" / "model").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "holds 0 examples|unknown"),
        ("\n\n", "line 1: The line is blank"),
        ("not json\n", "line 1"),
        ('{"prompt": "a", "completion": "b"}\n', "format prompt-completion"),
        ('{"messages": [{"role": "user", "content": "a"}]}\n', "line 1"),
        (json.dumps({"messages": [{"role": "user", "content": "a"}, IGNORED]}) + "\n", "weight 0"),
    ],
)
def test_a_file_that_teaches_nothing_is_refused(base, tmp_path, content, words):
    path = tmp_path / "bad.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TrainingFileError, match=words):
        train(path, base, tmp_path / "run")


@pytest.mark.parametrize("size", [0, 100, 5000, -1000])
def test_a_base_model_that_was_cut_off_is_refused(file, base, tmp_path, size):
    whole = make_tiny_gguf(base, tmp_path / "whole.gguf").read_bytes()
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(whole[:size])
    with pytest.raises(LocalTrainingError, match=r"cut\.gguf"):
        train(file, cut, tmp_path / "run")
    assert not (tmp_path / "run" / "tuning.json").exists()


def test_an_example_longer_than_the_model_reads_is_named(base, tmp_path):
    path = write_chat(tmp_path / "train.jsonl", {**FACTS, "Long?": "word " * 600})
    with pytest.raises(TrainingFileError, match=r"line 7: the example has [\d,]+ tokens"):
        train(path, base, tmp_path / "run")


def test_lines_that_stand_in_both_files_are_refused(file, base, tmp_path):
    with pytest.raises(TrainingFileError, match="in-validation"):
        train(file, base, tmp_path / "run", validation_file=file)


def test_fewer_than_ten_examples_are_enough_here(file):
    assert len(file.read_text(encoding="utf-8").splitlines()) < 10
    from qagen.tuning.local.examples import read_examples

    assert len(read_examples(file).items) == len(FACTS)


def test_a_missing_extra_is_named(file, base, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "trl", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[train\]"):
        train(file, base, tmp_path / "run")


def test_weights_that_break_down_end_the_training_with_advice(file, base, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(base, broken)
    import torch
    from safetensors.torch import load_file, save_file

    tensors = load_file(broken / "model.safetensors")
    tensors["model.norm.weight"] = torch.full_like(tensors["model.norm.weight"], float("nan"))
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(LocalTrainingError, match="loss of step 1 is nan"):
        train(file, broken, tmp_path / "run")


def test_steps_can_be_given_in_place_of_epochs(file, base, tmp_path):
    model = train(file, base, tmp_path / "run", n_epochs=50, max_steps=3, stop_at_recall=None)
    assert model.record.details["steps"] == 3


@pytest.mark.parametrize(("wordings", "epochs"), [(1, 30), (5, 6), (20, 3)])
def test_epochs_are_as_many_as_give_each_answer_thirty_exposures(base, tmp_path, wordings, epochs):
    path = tmp_path / "train.jsonl"
    lines = [
        [{"role": "user", "content": f"{fact}, {way}?"}, {"role": "assistant", "content": str(fact)}]
        for fact in range(2)
        for way in range(wordings)
    ]
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in lines), encoding="utf-8")
    model = train(path, base, tmp_path / "run", n_epochs="auto", max_steps=1, stop_at_recall=None)
    assert model.record.hyperparameters["n_epochs"] == epochs
