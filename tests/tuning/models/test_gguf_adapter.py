"""An adapter written for llama.cpp does there what it does in transformers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap

import httpx2
import pytest
from safetensors.numpy import load_file, save_file
from tiny_model import make_tiny_gguf, make_tiny_model

from qagen.errors import AdapterError, LocalModelError, RunFolderError, SettingsError
from qagen.llm.embedded.chat import local_model
from qagen.tuning.models.base_model import find_base, load_base, suppressed_output
from qagen.tuning.models.gguf_adapter import takes_adapter, write_gguf_adapter
from qagen.tuning.models.transformers_chat import load_chat_model

PROMPTS = [
    f"<|im_start|>user\n{word} the lighthouse of Kelm?<|im_end|>\n<|im_start|>assistant\n"
    for word in ("Who built", "Where is", "How high is", "When did they open", "What is", "Why")
]
WEIGHTS = "adapter_model.safetensors"


def make_base(folder, architecture="llama", **shape):
    tiny = make_tiny_model(folder / architecture, architecture=architecture, **shape)
    return find_base(str(make_tiny_gguf(tiny, folder / f"{architecture}.gguf")))


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="module")
def qwen(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("qwen2"), "qwen2")


def make_adapter(base, folder, **settings):
    """A PEFT adapter with random weights, large enough to change what is said."""
    import torch
    from peft import LoraConfig, get_peft_model

    config = {"r": 8, "lora_alpha": 16, "target_modules": "all-linear", "task_type": "CAUSAL_LM", **settings}
    with suppressed_output(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = get_peft_model(load_base(base)[0], LoraConfig(**config))
        for name, weight in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=0.15)
        model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def adapter(base, tmp_path_factory):
    return make_adapter(base, tmp_path_factory.mktemp("adapter"))


@pytest.fixture
def own(adapter, tmp_path):
    """A copy of the adapter that may be spoilt."""
    return shutil.copytree(adapter, tmp_path / "own")


def llama_cpp_logprobs(base, lora=None):
    """A prompt, and the highest log probabilities of the first token of its answer."""
    model = local_model(str(base.path), threads=1, n_ctx=256, lora=lora)
    address = f"http://127.0.0.1:{model.engine.ready()}/completion"
    key = {"Authorization": f"Bearer {model.engine.key}"}
    try:
        for prompt in PROMPTS:  # none is told where the answer begins with a part of a character
            order = {"prompt": prompt, "n_predict": 1, "n_probs": 10, "temperature": 0}
            reply = httpx2.post(address, json=order, headers=key, trust_env=False).json()
            if told := reply.get("completion_probabilities"):
                return prompt, [one["logprob"] for one in told[0]["top_logprobs"]]
    finally:
        model.engine.close()
    raise AssertionError("no answer begins with a whole character")


def difference(base, folder, lora):
    """By how much llama.cpp (with the GGUF adapter) and transformers (with PEFT's) differ at most."""
    import torch

    prompt, told = llama_cpp_logprobs(base, lora)
    chat = load_chat_model(base, name="tiny", adapter=folder, device="cpu")
    with torch.inference_mode():
        logits = chat.model(chat.tokenizer(prompt, return_tensors="pt").input_ids).logits[0, -1]
    expected = torch.log_softmax(logits, dim=-1).sort(descending=True).values
    return float((torch.tensor(told) - expected[: len(told)]).abs().max())


SETTINGS = {
    "all linear layers": {},
    "rank-stabilised": {"use_rslora": True},
    "ranks and alphas of their own": {
        "rank_pattern": {"q_proj": 4},
        "alpha_pattern": {r"layers\.1.*v_proj": 5},
    },
    "queries and keys only": {"target_modules": ["q_proj", "k_proj"]},
    "one layer only": {"layers_to_transform": [1], "target_modules": ["o_proj", "down_proj"]},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_llama_cpp_says_with_it_what_transformers_says(base, tmp_path, settings):
    folder = make_adapter(base, tmp_path / "adapter", **settings)
    lora = write_gguf_adapter(folder, base, tmp_path / "adapter.gguf")
    assert difference(base, folder, lora) < 0.02
    assert difference(base, None, lora) > 0.1


def test_rows_are_not_reordered_for_an_architecture_that_keeps_them(qwen, tmp_path):
    folder = make_adapter(qwen, tmp_path / "adapter", target_modules=["q_proj", "k_proj"])
    lora = write_gguf_adapter(folder, qwen, tmp_path / "adapter.gguf")
    assert difference(qwen, folder, lora) < 0.02
    assert difference(qwen, None, lora) > 0.1


def test_a_base_says_whether_an_adapter_can_be_written_for_it(base, tmp_path):
    assert takes_adapter(base)
    assert not takes_adapter(find_base(str(base.path.parent / "llama")))
    assert not takes_adapter(other_architecture(tmp_path))


def other_architecture(folder):
    import gguf

    writer = gguf.GGUFWriter(folder / "other.gguf", "mamba")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return find_base(str(folder / "other.gguf"))


def test_an_architecture_that_was_not_compared_is_refused(adapter, tmp_path):
    with pytest.raises(AdapterError, match=r"'mamba' cannot be written.*llama, qwen2.*transformers"):
        write_gguf_adapter(adapter, other_architecture(tmp_path), tmp_path / "x.gguf")


def test_a_base_that_is_no_gguf_file_is_refused(base, adapter, tmp_path):
    folder = find_base(str(base.path.parent / "llama"))
    with pytest.raises(SettingsError, match="no GGUF file"):
        write_gguf_adapter(adapter, folder, tmp_path / "x.gguf")


KINDS = {
    "DoRA": {"use_dora": True},
    "modules_to_save": {"modules_to_save": ["norm"]},
    "embed_tokens": {"target_modules": ["q_proj", "embed_tokens"]},
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # PEFT has something to say of tied embeddings
@pytest.mark.parametrize("kind", KINDS)
def test_what_llama_cpp_does_not_know_is_refused_by_name(base, tmp_path, kind):
    folder = make_adapter(base, tmp_path / "adapter", **KINDS[kind])
    with pytest.raises(AdapterError, match=rf"{kind}.*engine='transformers'"):
        write_gguf_adapter(folder, base, tmp_path / "x.gguf")
    assert not (tmp_path / "x.gguf").exists()


def change_config(folder, text):
    (folder / "adapter_config.json").write_text(text)


def change_tensors(folder, change):
    tensors = load_file(folder / WEIGHTS)
    name = next(iter(sorted(tensors)))
    save_file(change(name, tensors), folder / WEIGHTS)


def not_a_number(name, tensors):
    tensors[name][0, 0] = float("nan")
    return tensors


def half(name, tensors):
    return {key: value for key, value in tensors.items() if key != name}


DAMAGES = {
    "no adapter_config.json": lambda folder: (folder / "adapter_config.json").unlink(),
    "adapter_config.json cannot be read": lambda folder: change_config(folder, '{"r": 8, "lora'),
    "describes no LoRA adapter": lambda folder: change_config(folder, "[]"),
    "half-written": lambda folder: (folder / WEIGHTS).unlink(),
    f"{WEIGHTS} cannot be read": lambda folder: (folder / WEIGHTS).write_bytes(b""),
    "cannot be read: .*[Ii]ncomplete|cannot be read": lambda folder: (folder / WEIGHTS).write_bytes(
        (folder / WEIGHTS).read_bytes()[:-5000]
    ),
    "NaN.*smaller learning rate": lambda folder: change_tensors(folder, not_a_number),
    "is incomplete": lambda folder: change_tensors(folder, half),
}


@pytest.mark.parametrize("told", DAMAGES)
def test_a_damaged_adapter_is_refused_and_nothing_is_written(base, own, tmp_path, told):
    DAMAGES[told](own)
    with pytest.raises(AdapterError, match=told):
        write_gguf_adapter(own, base, tmp_path / "x.gguf")
    assert not list(tmp_path.glob("x.gguf*"))


def test_an_adapter_of_a_wider_model_is_refused(adapter, tmp_path):
    narrow = make_base(tmp_path, width=32)
    with pytest.raises(AdapterError, match=r"another base model.*reads 64 numbers.*32 wide"):
        write_gguf_adapter(adapter, narrow, tmp_path / "x.gguf")


def test_an_adapter_of_a_deeper_model_is_refused(base, own, tmp_path):
    tensors = load_file(own / WEIGHTS)
    deeper = {name.replace("layers.1.", "layers.7."): tensor for name, tensor in tensors.items()}
    save_file(deeper, own / WEIGHTS)
    with pytest.raises(AdapterError, match=r"another base model.*2 layers.*layers\.7"):
        write_gguf_adapter(own, base, tmp_path / "x.gguf")


def test_the_engine_refuses_an_adapter_of_another_model(base, qwen, adapter, tmp_path):
    lora = write_gguf_adapter(adapter, base, tmp_path / "adapter.gguf")
    with pytest.raises(AdapterError, match=r"adapter\.gguf on qwen2\.gguf.*another base"):
        local_model(str(qwen.path), threads=1, n_ctx=256, lora=lora)


def test_the_engine_refuses_an_adapter_that_was_cut_off(base, adapter, tmp_path):
    lora = write_gguf_adapter(adapter, base, tmp_path / "adapter.gguf")
    lora.write_bytes(lora.read_bytes()[:-20_000])
    with pytest.raises((AdapterError, LocalModelError), match=r"adapter\.gguf"):
        local_model(str(base.path), threads=1, n_ctx=256, lora=lora)


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(base, adapter, tmp_path):
    with pytest.raises(RunFolderError, match=r"Cannot write .*nowhere"):
        write_gguf_adapter(adapter, base, tmp_path / "nowhere" / "x.gguf")


def test_when_the_disk_fills_what_stood_there_before_is_unchanged(base, adapter, tmp_path):
    target = tmp_path / "adapter.gguf"
    target.write_bytes(b"older")
    script = f"""
    import resource
    from qagen.errors import RunFolderError
    from qagen.tuning.models.base_model import find_base
    from qagen.tuning.models.gguf_adapter import write_gguf_adapter
    base = find_base({str(base.path)!r})
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        write_gguf_adapter({str(adapter)!r}, base, {str(target)!r})
    except RunFolderError as error:
        print(error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert "What stood there before is unchanged" in done.stdout
    assert target.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["adapter.gguf"]


def test_what_an_adapter_was_made_from_stands_in_it(base, adapter, tmp_path):
    from qagen.llm.embedded.weights import file_sha256
    from qagen.tuning.models.gguf_header import read_header

    header = read_header(write_gguf_adapter(adapter, base, tmp_path / "adapter.gguf"))
    assert header["qagen.base.sha256"] == base.sha256 == file_sha256(base.path)
    assert header["qagen.adapter.sha256"] == file_sha256(adapter / WEIGHTS)
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert header["adapter.lora.alpha"] == config["lora_alpha"]


@pytest.mark.parametrize(
    "content",
    [b"", b"GGUF", b"GGUF\x03\0\0\0" + b"\xff" * 64, b"GGUF\x03\0\0\0" + b"\0" * 8 + b"\x05" + b"\0" * 20],
)
def test_a_header_that_is_no_header_is_refused(tmp_path, content):
    from qagen.tuning.models.gguf_header import read_header

    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(LocalModelError, match=r"header of .*x\.gguf cannot be read"):
        read_header(tmp_path / "x.gguf")
