"""A model that was tuned on this machine, answered by transformers, as a LangChain chat model."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field, PrivateAttr

from qagen.errors import AdapterError, GenerationError, MissingExtraError, SettingsError
from qagen.llm import with_system_prompt
from qagen.tuning.models.base_model import Base, load_base, suppressed_output

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForLLMRun
    from transformers import PreTrainedModel

# llama.cpp (llama-vocab.cpp) ends an answer at any of these; so both engines end at the same place.
_ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|eom_id|>", "<EOT>")
_NOT_ASKED = ("temperature", "seed")  # greedy answers depend on neither
_MISSING = "missing adapter keys"


class TransformersChatModel(BaseChatModel):
    """A model in this process. It gives the likeliest answer, one call at a time.

    It is made by :func:`qagen.tuned_model`. What identifies it is the sha256 of base and adapter, the dtype
    and the settings.
    """

    local_name: str
    weights_sha256: str
    adapter_sha256: str | None = None
    system_prompt: str | None = None
    max_tokens: int = Field(default=1024, gt=0)
    dtype: str
    device: str
    model: Any = Field(exclude=True, repr=False)
    tokenizer: Any = Field(exclude=True, repr=False)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Weights in memory cannot be written down."""
        return False

    @property
    def _llm_type(self) -> str:
        return "qagen-transformers"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        names = ("local_name", "weights_sha256", "adapter_sha256", "system_prompt", "max_tokens", "dtype")
        return {name: getattr(self, name) for name in names}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        return LangSmithParams(**{**params, "ls_model_name": self.local_name, "ls_provider": "qagen"})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - LangChain passes it
        **kwargs: Any,
    ) -> ChatResult:
        max_tokens = _max_tokens(self.max_tokens, kwargs)
        prompt = self._prompt(messages)
        with self._lock:
            tokens = self._answer(prompt, self._room(len(prompt), max_tokens))
        ended = bool(tokens) and tokens[-1] in self._ends()
        text, stopped = _cut(self.tokenizer.decode(tokens, skip_special_tokens=True).strip(), stop)
        used = UsageMetadata(
            input_tokens=len(prompt), output_tokens=len(tokens), total_tokens=len(prompt) + len(tokens)
        )
        told = {"model_name": self.local_name, "finish_reason": "stop" if ended or stopped else "length"}
        message = AIMessage(text, usage_metadata=used, response_metadata=told)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _prompt(self, messages: Sequence[BaseMessage]) -> list[int]:
        import jinja2

        turns = [_turn(message) for message in with_system_prompt(messages, self.system_prompt)]
        try:
            text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            tokens: list[int] = self.tokenizer(text, add_special_tokens=False).input_ids
        except (jinja2.TemplateError, TypeError, ValueError) as error:  # half a character: TypeError
            raise GenerationError(
                f"{self.local_name}: the messages cannot be put into the model's chat template: {error}",
                state="failed",
            ) from error
        return tokens

    def _room(self, read: int, max_tokens: int) -> int:
        """How many tokens the answer may have."""
        context = getattr(self.model.config, "max_position_embeddings", None) or read + max_tokens
        if read >= context:
            raise GenerationError(
                f"{self.local_name}: the prompt has {read:,} tokens, and the model reads {context:,}.",
                hint="Shorten what is asked.",
                state="failed",
            )
        return min(max_tokens, context - read)

    def _ends(self) -> list[int]:
        known = self.tokenizer.get_vocab()
        own = self.tokenizer.eos_token_id
        return sorted({own, *(known[token] for token in _ENDS if token in known)})

    def _answer(self, prompt: list[int], max_tokens: int) -> list[int]:
        import torch
        from transformers import GenerationConfig

        ids = torch.tensor([prompt], device=self.model.device)
        # Not the model's own settings, which are for chatting: sampling, a repetition penalty.
        config = GenerationConfig(
            do_sample=False,
            max_new_tokens=max_tokens,
            eos_token_id=self._ends(),
            pad_token_id=self.tokenizer.pad_token_id,
        )
        self.model.generation_config = config
        try:
            with torch.inference_mode():
                whole = self.model.generate(ids, attention_mask=torch.ones_like(ids))
        except torch.OutOfMemoryError as error:
            raise GenerationError(
                f"{self.local_name}: not enough memory for a prompt of {len(prompt):,} tokens: {error}",
                state="failed",
            ) from error
        tokens: list[int] = whole[0, len(prompt) :].tolist()
        return tokens


def _max_tokens(default: int, asked: dict[str, Any]) -> int:
    known = {"max_tokens", *_NOT_ASKED}
    strange = sorted(name for name, value in asked.items() if name not in known and value is not None)
    if strange:
        raise SettingsError(
            f"A model asked through transformers takes max_tokens and stop, not {', '.join(strange)}. The "
            "llama.cpp engine knows more: tuned_model(run, engine='llama.cpp')."
        )
    number = asked.get("max_tokens") or default
    if not isinstance(number, int) or number < 1:
        raise SettingsError(f"max_tokens is {number!r}.", hint="Use a whole number above 0.")
    return number


def _turn(message: BaseMessage) -> dict[str, str]:
    role = message.role if isinstance(message, ChatMessage) else None
    turn = convert_to_openai_messages(message)
    return {"role": role or str(turn["role"]), "content": message.text}


def _cut(text: str, stop: Sequence[str] | None) -> tuple[str, bool]:
    """The text up to the first of the stop words, and whether there was one."""
    places = [place for word in stop or () if (place := text.find(word)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def load_chat_model(
    base: Base,
    *,
    name: str,
    adapter: Path | None = None,
    adapter_sha256: str | None = None,
    dtype: str | None = None,
    device: str | None = None,
    **options: Any,
) -> TransformersChatModel:
    """Load a base model and, on top of it, an adapter, to be asked.

    Args:
        base: The model.
        name: What people call the result.
        adapter: The folder of a PEFT adapter.
        adapter_sha256: Of its weights.
        dtype: By default 32 bits on the CPU, and bfloat16 on a GPU.
        device: By default the first GPU, else the CPU.
        **options: ``system_prompt``, ``max_tokens`` and what else a LangChain chat model takes.

    Raises:
        AdapterError: The adapter is damaged, or for another model.
        LocalTrainingError: The base cannot be loaded.
        SettingsError: An option does not exist.
        MissingExtraError: The extra ``train`` is not installed.
    """
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("train", "Asking a model through transformers") from error
    unknown = sorted(set(options) - set(TransformersChatModel.model_fields))
    if unknown:
        raise SettingsError(f"A model asked through transformers has no option {', '.join(unknown)}.")
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = dtype or ("float32" if device == "cpu" else "bfloat16")
    loaded, tokenizer = load_base(base, dtype=dtype, device=device)
    model: Any = loaded
    if adapter:
        model = _with_adapter(model, adapter, merge=dtype == "float32")
    return TransformersChatModel(
        local_name=name,
        weights_sha256=base.sha256,
        adapter_sha256=adapter_sha256,
        dtype=dtype,
        device=device,
        model=model.eval(),
        tokenizer=tokenizer,
        **options,
    )


def _with_adapter(model: PreTrainedModel, folder: Path, *, merge: bool) -> Any:
    """Put the adapter on the model; in 32 bits it is added to the weights, which halves the work."""
    try:
        from peft import PeftModel
        from safetensors import SafetensorError
    except ImportError as error:
        raise MissingExtraError("train", "Asking a model through transformers") from error
    try:
        with suppressed_output(), warnings.catch_warnings():
            warnings.filterwarnings("error", message=f".*{_MISSING}")
            tuned = PeftModel.from_pretrained(model, str(folder), local_files_only=True)
            return tuned.merge_and_unload() if merge else tuned
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError, UserWarning) as error:
        reason = " ".join(str(error).split())[:400]
        raise AdapterError(
            f"The adapter in {folder} cannot be put on its base model: {reason}. It is damaged, or made for "
            "another base: train again, or give the model it was trained on."
        ) from error
