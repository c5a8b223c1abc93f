"""The model that is tuned: where it lies, and how it is loaded to be trained or asked."""

from __future__ import annotations

import hashlib
import re
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from qagen.errors import LocalModelError, LocalTrainingError, MissingExtraError, SettingsError
from qagen.llm.embedded import TABLE, fetch_weights, file_sha256
from qagen.tuning.models.gguf_header import read_header

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

Kind = Literal["gguf", "folder", "hub"]

_LOCAL = "local:"
_GGUF = ".gguf"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# Everything that decides what a model in a folder answers.
_PARTS = (
    "config.json",
    "generation_config.json",
    "tokenizer*",
    "*.jinja",
    "*.model",
    "vocab.*",
    "merges.txt",
)
_WEIGHTS = "*.safetensors"
_HUB_SECONDS = 5.0
# What transformers raises for files that are damaged, or of a kind that it does not know.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, RuntimeError, NotImplementedError, struct.error)
# Those whose text llama.cpp (llama-vocab.cpp) cuts at \\p{N} and then as GPT-2 does.
_DIGIT_BY_DIGIT = {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"}


@dataclass(frozen=True)
class Base:
    """A model on this machine.

    Attributes:
        name: As it was given.
        kind: ``gguf``, ``folder``, or ``hub`` for a folder of the hub's cache.
        path: The GGUF file or the folder.
        sha256: Of the GGUF file, or over configuration, tokenizer and weights of the folder.
    """

    name: str
    kind: Kind
    path: Path
    sha256: str

    @property
    def gguf(self) -> Path | None:
        """The GGUF file, if it is one: what llama.cpp can load."""
        return self.path if self.kind == "gguf" else None


def find_base(
    name: str, *, home: Path | str | None = None, announce: Callable[[str], None] | None = None
) -> Base:
    """The base model of a name; its weights are fetched if they are not there.

    Args:
        name: ``local:NAME`` of the table of :mod:`qagen.llm.embedded.weights`, a path to a GGUF file (with
            ``local:`` before it or not), a folder with ``config.json``, or a name on the Hugging Face hub
            (``HuggingFaceTB/SmolLM2-135M-Instruct``).
        home: Where the weights of the table lie, see :func:`qagen.llm.embedded.weights.models_folder`.
        announce: Is told one line before a download.

    Raises:
        SettingsError: No model can have this name.
        LocalModelError: The weights are not there and could not be fetched.
        LocalTrainingError: The folder holds no model that can be loaded.
        MissingExtraError: The extra ``train`` is not installed (for a name on the hub).
    """
    plain = name.strip().removeprefix(_LOCAL)
    if plain in TABLE:
        if not name.strip().startswith(_LOCAL):
            raise SettingsError(f"{name!r} is a model of the local table: write {_LOCAL}{plain}.")
        return Base(name, "gguf", fetch_weights(plain, home=home, announce=announce), TABLE[plain].sha256)
    path = Path(plain).expanduser() if plain else None
    if path and _is(path.is_dir):
        return Base(name, "folder", path, folder_sha256(path))
    if path and (_is(path.is_file) or plain.endswith(_GGUF) or name.strip().startswith(_LOCAL)):
        file = fetch_weights(plain, home=home)  # a file of one's own is only looked up
        if file.suffix != _GGUF:
            raise SettingsError(f"{file} is no base model: give a folder with config.json, or a GGUF file.")
        return Base(name, "gguf", file, file_sha256(file))
    if _HUB_NAME.fullmatch(plain):
        folder = _from_hub(plain, announce)
        return Base(name, "hub", folder, folder_sha256(folder))
    raise SettingsError(
        f"{name!r} is no base model to train on this machine, and no file or folder here.",
        hint=f"Use "
        f"{', '.join(_LOCAL + one for one in TABLE)}, a path to a GGUF file, a folder with config.json, or a "
        "name on the Hugging Face hub (HuggingFaceTB/SmolLM2-135M-Instruct).",
    )


def _is(question: Callable[[], bool]) -> bool:
    """What cannot be a path (too long, a NUL) is none."""
    try:
        return question()
    except (OSError, ValueError):
        return False


def folder_sha256(folder: Path) -> str:
    """The sha256 over the files of a model folder that decide its answers, names included.

    Raises:
        LocalTrainingError: The folder holds no configuration or no safetensors weights, or cannot be read.
    """
    if not (folder / "config.json").is_file():
        raise LocalTrainingError(
            f"{folder} holds no model: there is no config.json.",
            hint="Give the folder that `save_pretrained` wrote, a GGUF file, or a name on the hub.",
        )
    weights = sorted(folder.glob(_WEIGHTS))
    if not weights:
        raise LocalTrainingError(
            f"{folder} holds no weights as safetensors (*.safetensors). Pickled weights (*.bin) can run code "
            "and are not loaded: save the model again with `save_pretrained`."
        )
    files = {*weights, *(file for part in _PARTS for file in folder.glob(part) if file.is_file())}
    digest = hashlib.sha256()
    try:
        for file in sorted(files):
            digest.update(f"{file.name}\0{file_sha256(file)}\n".encode())
    except OSError as error:
        raise LocalTrainingError(f"{folder} cannot be read: {error}") from error
    return digest.hexdigest()


def _from_hub(name: str, announce: Callable[[str], None] | None) -> Path:
    with _extra():
        import huggingface_hub as hub
    import httpx2

    patterns = [*_PARTS, _WEIGHTS, "*.safetensors.index.json"]
    try:
        with suppressed_output():
            return Path(hub.snapshot_download(name, allow_patterns=patterns, local_files_only=True))
    except (OSError, ValueError):
        pass  # not in the cache, or not whole
    try:
        # snapshot_download tries for long before it believes that the hub is out of reach.
        hub.get_hf_file_metadata(hub.hf_hub_url(name, "config.json"), timeout=_HUB_SECONDS)
        if announce:
            announce(f"Downloading {name} from the Hugging Face hub")
        return Path(hub.snapshot_download(name, allow_patterns=patterns, etag_timeout=_HUB_SECONDS))
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:400] or type(error).__name__
        raise LocalModelError(
            f"{name} could not be fetched from the Hugging Face hub: {reason}.",
            hint="Check the name, your access "
            "and the network, or give a folder or GGUF file that is on this machine, or local:smollm2-135m.",
        ) from error


def load_base(
    base: Base, *, dtype: str = "float32", quantize_4bit: bool = False, device: str | None = None
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load model and tokenizer with transformers; the weights of a GGUF file are unpacked.

    The tokenizer has a chat template and a padding token. On two cores SmolLM2-135M (GGUF) takes 15 s.

    Args:
        base: What to load.
        dtype: Of the weights: ``float32``, ``bfloat16`` or ``float16``.
        quantize_4bit: Keep the weights in 4 bits (NF4, bitsandbytes), to train an adapter on a GPU. Not for a
            GGUF file.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``; by default the CPU (4 bits: the first GPU).

    Raises:
        LocalTrainingError: It cannot be loaded, or has no chat template.
        SettingsError: The dtype does not exist, or 4 bits are asked for where they cannot be.
        MissingExtraError: The extra ``train`` is not installed.
    """
    with _extra():
        import torch
    kind = getattr(torch, dtype, None)
    if not isinstance(kind, torch.dtype) or not kind.is_floating_point:
        raise SettingsError(
            f"There is no dtype {dtype!r} for weights.", hint="Use 'float32', 'bfloat16' or 'float16'."
        )
    options = _quantized(base, kind, device) if quantize_4bit else {}
    tokenizer = load_tokenizer(base)
    model = _load("model", base, dtype=kind, config=load_configuration(base), **options)
    if device and not quantize_4bit:
        model = _to(model, device)
    return model, tokenizer


def load_tokenizer(base: Base) -> PreTrainedTokenizerBase:
    """The tokenizer of a base model, with its chat template and a padding token.

    Raises:
        LocalTrainingError: It cannot be loaded, or has no chat template.
        MissingExtraError: The extra ``train`` is not installed.
    """
    tokenizer: PreTrainedTokenizerBase = deepcopy(_read_once("tokenizer", base))
    if not tokenizer.chat_template:
        raise LocalTrainingError(
            f"{base.name} has no chat template, so it cannot be asked or trained as a chat model.",
            hint="Take its instruct or chat variant.",
        )
    if tokenizer.eos_token is None:
        raise LocalTrainingError(f"{base.name} has no token that ends an answer (eos_token).")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if base.gguf and read_header(base.gguf).get("tokenizer.ggml.pre") in _DIGIT_BY_DIGIT:
        _split_digits(tokenizer)
    return tokenizer


def load_configuration(base: Base) -> PreTrainedConfig:
    """The configuration of a base model.

    Raises:
        LocalTrainingError: It cannot be loaded.
        MissingExtraError: The extra ``train`` is not installed.
    """
    configuration: PreTrainedConfig = deepcopy(_read_once("configuration", base))
    return configuration


@lru_cache(maxsize=4)
def _read_once(what: Literal["configuration", "tokenizer"], base: Base) -> Any:
    """Each reading of a GGUF file's header takes transformers seconds; who takes this changes a copy."""
    return _load(what, base)


def _split_digits(tokenizer: Any) -> None:
    """Cut text as llama.cpp does for these vocabularies; transformers 5.23 knows it for others only."""
    from tokenizers import pre_tokenizers

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )


def _load(what: Literal["configuration", "model", "tokenizer"], base: Base, **options: Any) -> Any:
    with _extra():
        import torch  # noqa: F401 - transformers names its absence only later, and in other words
        from safetensors import SafetensorError
        from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GgufConfig
    kinds = {"configuration": AutoConfig, "model": AutoModelForCausalLM, "tokenizer": AutoTokenizer}
    kind: Any = kinds[what]
    place = base.path
    if base.gguf:
        place, options = base.path.parent, {**options, "gguf_file": base.path.name}
        if what == "model":
            options["quantization_config"] = GgufConfig(dequantize=True)
    try:
        with suppressed_output(), redirect_stderr(StringIO()):  # the bar of unpacking a GGUF file asks nobody
            loaded = kind.from_pretrained(place, local_files_only=True, trust_remote_code=False, **options)
    except ImportError as error:
        raise MissingExtraError("train", f"Loading {base.name}") from error
    except (*UNREADABLE, SafetensorError) as error:
        reason = " ".join(str(error).split())[:400] or type(error).__name__
        raise LocalTrainingError(
            f"The {what} of {base.name} ({base.path}) cannot be loaded: {reason}"
        ) from error
    return _unmarked(loaded) if what == "model" and base.gguf else loaded


def _unmarked(model: PreTrainedModel) -> PreTrainedModel:
    """Forget that the weights came from a GGUF file: unpacked, they can be trained and saved like any."""
    for name in ("hf_quantizer", "quantization_method", "is_quantized"):
        model.__dict__.pop(name, None)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    return model


def _quantized(base: Base, dtype: torch.dtype, device: str | None) -> dict[str, Any]:
    import torch
    from transformers import BitsAndBytesConfig

    if base.gguf:
        raise SettingsError(
            f"{base.name} is a GGUF file, which cannot be kept in 4 bits for training.",
            hint="Give the model's folder or its name on the hub, or train without quantize_4bit.",
        )
    if not torch.cuda.is_available():
        raise SettingsError("4-bit training needs a CUDA GPU, and none is here: leave quantize_4bit out.")
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_use_double_quant=True,
    )
    return {"quantization_config": config, "device_map": {"": device or "cuda:0"}}


def _to(model: Any, device: str) -> Any:
    try:
        return model.to(device)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts
        reason = str(error).strip().partition("\n")[0]
        raise LocalTrainingError(f"The model cannot be moved to {device!r}: {reason}") from error


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise MissingExtraError("train", "Training on this machine") from error


@contextmanager
def suppressed_output() -> Iterator[None]:
    """Let transformers show no bars and log only errors, and drop warnings of the libraries below it."""
    from transformers.utils import logging

    log: Any = logging  # annotated in part
    level, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    log.set_verbosity_error()
    log.disable_progress_bar()  # the hub's bars too
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.set_verbosity(level)
        if bars:
            log.enable_progress_bar()
