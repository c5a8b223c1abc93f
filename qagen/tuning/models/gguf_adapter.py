"""A LoRA adapter of PEFT, written as a GGUF file that llama.cpp puts on top of the base model.

It does what llama.cpp's ``convert_lora_to_gguf.py`` does, for the architectures in which it has been compared
with transformers here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.errors import AdapterError, MissingExtraError, SettingsError
from qagen.files import explained, whole_path
from qagen.llm.embedded import file_sha256
from qagen.tuning.models.base_model import Base
from qagen.tuning.models.gguf_header import Value, read_header

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
BASE_KEY = "qagen.base.sha256"
"""In the GGUF adapter: the sha256 of the base model's file."""
ADAPTER_KEY = "qagen.adapter.sha256"
"""In the GGUF adapter: the sha256 of the PEFT weights it was made from."""

# Of these architectures llama.cpp changes the order of rows in the projections named here, and nothing else
# that an adapter touches (conversion/llama.py and conversion/qwen.py of llama.cpp).
_REORDERED: Mapping[str, Mapping[str, str]] = {
    "llama": {"q_proj": "attention.head_count", "k_proj": "attention.head_count_kv"},
    "qwen2": {},
}
_MODULE = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")
_FROM_WIDTH = ("attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up")  # what reads the model's own width
_OTHERWISE = "It can still be asked through transformers: tuned_model(run, engine='transformers')."


@dataclass(frozen=True)
class _Pair:
    """The two small matrices that are added to one of the base model's: A is rank x in, B is out x rank."""

    module: str
    a: Matrix
    b: Matrix


def takes_adapter(base: Base) -> bool:
    """Whether an adapter for this base can be written for llama.cpp.

    Raises:
        LocalModelError: The base's header cannot be read.
    """
    return base.gguf is not None and read_header(base.gguf).get("general.architecture") in _REORDERED


def write_gguf_adapter(adapter_folder: Path | str, base: Base, target: Path | str) -> Path:
    """Write a PEFT adapter as a GGUF adapter of 32-bit numbers, whole or not at all.

    Args:
        adapter_folder: With ``adapter_config.json`` and ``adapter_model.safetensors``, of LoRA on linear
            layers (rsLoRA and patterns of rank and alpha included).
        base: The GGUF file it was trained on, of the architecture ``llama`` or ``qwen2``.
        target: The file to write; an existing one is replaced.

    Returns:
        The target.

    Raises:
        AdapterError: The adapter is missing, damaged, of another base model, or of a kind that llama.cpp or
            this function does not know.
        SettingsError: The base is no GGUF file.
        LocalModelError: The base's header cannot be read.
        RunFolderError: The file cannot be written.
        MissingExtraError: The extra ``train`` is not installed.
    """
    folder, file = Path(adapter_folder), Path(target)
    if base.gguf is None:
        raise SettingsError(f"{base.name} is no GGUF file, so llama.cpp cannot serve it. {_OTHERWISE}")
    header = read_header(base.gguf)
    config = read_adapter_config(folder)
    _refuse_unknown_kinds(folder, config, str(header.get("general.architecture")))
    pairs = _pairs(folder / ADAPTER_WEIGHTS)
    tensors = [tensor for pair in pairs for tensor in _tensors(pair, config, header)]
    marks = {BASE_KEY: base.sha256, ADAPTER_KEY: file_sha256(folder / ADAPTER_WEIGHTS)}
    _write(file, tensors, header, float(config["lora_alpha"]), marks)
    return file


def read_adapter_config(folder: Path) -> dict[str, Any]:
    """The configuration of a PEFT adapter.

    Raises:
        AdapterError: It is missing or damaged, or the weights are missing.
    """
    try:
        config = json.loads((folder / ADAPTER_CONFIG).read_bytes())
        known = isinstance(config, dict) and config.get("r") and config.get("lora_alpha")
    except FileNotFoundError as error:
        raise AdapterError(
            f"{folder} holds no adapter: there is no {ADAPTER_CONFIG}.", hint="Train again."
        ) from error
    except (OSError, ValueError) as error:
        raise AdapterError(
            f"{folder / ADAPTER_CONFIG} cannot be read: {error}.", hint="Train again."
        ) from error
    if not known:
        raise AdapterError(f"{folder / ADAPTER_CONFIG} describes no LoRA adapter.")
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise AdapterError(f"{folder} is half-written: there is no {ADAPTER_WEIGHTS}.", hint="Train again.")
    return dict(config)


def _refuse_unknown_kinds(folder: Path, config: Mapping[str, Any], architecture: str) -> None:
    if architecture not in _REORDERED:
        raise AdapterError(
            f"An adapter for the architecture {architecture!r} cannot be written as GGUF; known are "
            f"{', '.join(_REORDERED)}. {_OTHERWISE}"
        )
    strange = {
        "DoRA": config.get("use_dora"),
        "biases": config.get("bias", "none") != "none",
        "fully trained modules (modules_to_save)": config.get("modules_to_save"),
        "weights turned around (fan_in_fan_out)": config.get("fan_in_fan_out"),
        f"the method {config.get('peft_type')}": config.get("peft_type", "LORA") != "LORA",
    }
    for kind, present in strange.items():
        if present:
            raise AdapterError(f"{folder} uses {kind}, which llama.cpp does not know. {_OTHERWISE}")


def _pairs(file: Path) -> list[_Pair]:
    sides: dict[str, dict[str, Matrix]] = {}
    for name, matrix in _matrices(file):
        found = _MODULE.fullmatch(name)
        if not found:
            raise AdapterError(f"{file} holds {name}, which llama.cpp does not know. {_OTHERWISE}")
        sides.setdefault(found["module"], {})[found["side"]] = matrix
    halves = [module for module, both in sides.items() if len(both) != len("AB")]
    if halves or not sides:
        raise AdapterError(
            f"{file} is damaged: {halves[0] if halves else 'it'} is incomplete.", hint="Train again."
        )
    return [_Pair(module, both["A"], both["B"]) for module, both in sides.items()]


def _matrices(file: Path) -> Iterator[tuple[str, Matrix]]:
    try:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise MissingExtraError("train", "Writing an adapter for llama.cpp") from error
    try:
        loaded = load_file(file)
    except (SafetensorError, OSError) as error:
        raise AdapterError(f"{file} cannot be read: {error}.", hint="Train again.") from error
    for name, tensor in loaded.items():
        if not torch.isfinite(tensor).all():
            raise AdapterError(
                f"{file} holds numbers that are none (NaN or infinite) in {name}: the training went astray.",
                hint="Train again with a smaller learning rate.",
            )
        yield name, tensor.to(torch.float32).numpy()


def _tensors(
    pair: _Pair, config: Mapping[str, Any], header: Mapping[str, Value]
) -> Iterator[tuple[str, Matrix]]:
    architecture = str(header["general.architecture"])
    name = _gguf_name(pair.module, architecture, _number(header, "block_count"))
    width = _number(header, "embedding_length")
    if name.endswith(_FROM_WIDTH) and pair.a.shape[1] != width:
        raise AdapterError(
            f"The adapter is for another base model: {pair.module} reads {pair.a.shape[1]:,} numbers, and "
            f"this model is {width:,} wide."
        )
    b = pair.b * _correction(pair, config)
    heads = _REORDERED[architecture].get(pair.module.rpartition(".")[2])
    if heads:
        b = _reorder(b, _number(header, heads))
    yield f"{name}.weight.lora_a", pair.a
    yield f"{name}.weight.lora_b", b


def _number(header: Mapping[str, Value], key: str) -> int:
    value = header.get(f"{header['general.architecture']}.{key}")
    if not isinstance(value, int):
        raise AdapterError(f"The base model's file does not say its {key}.", hint="Fetch it again.")
    return value


def _gguf_name(module: str, architecture: str, layers: int) -> str:
    try:
        import gguf
    except ImportError as error:
        raise MissingExtraError("train", "Writing an adapter for llama.cpp") from error
    kinds = {name: kind for kind, name in gguf.MODEL_ARCH_NAMES.items()}
    name = gguf.get_tensor_name_map(kinds[architecture], layers).get_name(module)
    if name is None:
        raise AdapterError(
            f"The adapter is for another base model: this one has {layers} layers of the architecture "
            f"{architecture}, and no {module}."
        )
    if not name.startswith("blk."):
        raise AdapterError(
            f"The adapter changes {module}, outside the layers: llama.cpp would not do it. {_OTHERWISE}"
        )
    return name


def _correction(pair: _Pair, config: Mapping[str, Any]) -> float:
    """By what B differs: llama.cpp multiplies by alpha / rank, with one alpha for the whole adapter."""
    rank = pair.a.shape[0]
    alpha = _by_pattern(config.get("alpha_pattern"), pair.module, config["lora_alpha"])
    wanted = alpha / (sqrt(rank) if config.get("use_rslora") else rank)
    return float(wanted / (config["lora_alpha"] / rank))


def _by_pattern(patterns: Mapping[str, float] | None, module: str, default: float) -> float:
    # As PEFT looks them up: a key is the end of a module's name, and may be a regular expression.
    for key, value in (patterns or {}).items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return default


def _reorder(b: Matrix, heads: int) -> Matrix:
    """Rows of a head as llama.cpp's rotary embedding wants them: pairs side by side, not half and half."""
    reordered: Matrix = b.reshape(heads, 2, -1, b.shape[1]).swapaxes(1, 2).reshape(b.shape)
    return reordered


def _write(
    file: Path,
    tensors: list[tuple[str, Matrix]],
    header: Mapping[str, Value],
    alpha: float,
    marks: Mapping[str, str],
) -> None:
    import gguf

    with whole_path(file) as temporary, explained(file), ExitStack() as clean_up:
        writer = gguf.GGUFWriter(temporary, str(header["general.architecture"]))
        clean_up.callback(writer.close)
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", alpha)
        for key, value in marks.items():
            writer.add_string(key, value)
        for name, matrix in tensors:
            writer.add_tensor(name, matrix)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
