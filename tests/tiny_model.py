"""A chat model of a hundred thousand parameters, made in the test: it knows nothing, but can be trained."""

from __future__ import annotations

import json
from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CORPUS = (
    "Who built the lighthouse? What is the capital? When was the bridge opened, and by whom? How high is it?",
    "Answer the question briefly and exactly. It was built by Mira Tolsk in 1904; it cost 18,500 crowns.",
    "system user assistant Where does the river rise? In the northern hills near the old town of Kelm.",
)


def make_tiny_model(
    folder: Path, *, architecture: str = "llama", seed: int = 0, chat_template: bool = True, width: int = 64
) -> Path:
    """Save a model with random weights, about 100,000 of them, and its tokenizer, and return the folder.

    The architecture is a type of model as transformers names it, as ``llama`` or ``qwen2``.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = _tokenizer(chat_template=chat_template)
    begin, end = tokenizer.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"])
    config = AutoConfig.for_model(
        architecture,
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=end,
        initializer_range=0.1,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config)
        # transformers makes the row of the padding token zeros; this one also ends an answer, and an adapter
        # could never teach the model to say it.
        torch.nn.init.normal_(model.get_input_embeddings().weight.data[end], std=config.initializer_range)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Path(folder)


def _tokenizer(*, chat_template: bool):
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(CORPUS, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner)
    tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token = SPECIAL[1], SPECIAL[2], SPECIAL[2]
    tokenizer.chat_template = TEMPLATE if chat_template else None
    return tokenizer


def make_tiny_gguf(folder: Path, target: Path, *, cut: str = "gpt-2") -> Path:
    """Write the model that lies in ``folder`` as a GGUF file of 32-bit numbers, and return its path.

    ``cut`` is llama.cpp's name for the way in which text is cut before it becomes tokens.
    """
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    architecture = config["model_type"]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH[architecture.upper()], config["num_hidden_layers"])
    writer = gguf.GGUFWriter(target, architecture)
    _write_shape(writer, config)
    _write_vocabulary(writer, json.loads((folder / "tokenizer.json").read_text()), config, cut)
    for name, tensor in tensors.items():
        heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}.get(name.split(".")[-2])
        if heads and architecture == "llama":  # there llama.cpp has the halves of each head side by side
            pairs = tensor.reshape(config[heads], 2, -1, tensor.shape[1])
            tensor = pairs.swapaxes(1, 2).reshape(tensor.shape)  # noqa: PLW2901 - the same tensor, reordered
        writer.add_tensor(names.get_name(name, (".weight", ".bias")), tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def _write_shape(writer, config):
    import gguf

    writer.add_name("tiny")
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _write_vocabulary(writer, tokenizer, config, cut):
    import gguf

    vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    tokens = [token for token, _ in vocabulary]
    kinds = [gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    merges = tokenizer["model"]["merges"]
    writer.add_token_merges([" ".join(merge) for merge in merges])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(value=False)
    writer.add_chat_template(TEMPLATE)
