"""The chat model of a tuned model: of a job, of a name, or of a run folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from qagen.errors import RunFolderError, SettingsError
from qagen.llm import chat_model
from qagen.tuning import TuningRecord
from qagen.tuning.tuned.hosted_model import HostedModel
from qagen.tuning.tuned.local_weights import LocalWeights, llama_cpp_can, run_with_record
from qagen.tuning.tuned.wish import TRAINED_WITH, Engine, Wish

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted import Client


@runtime_checkable
class TunedHere(Protocol):
    """What :func:`qagen.train_locally` returns."""

    @property
    def folder(self) -> Path:
        """The run folder."""


def tuned_model(
    model: FineTuningJob | TunedHere | str | os.PathLike[str],
    *,
    client: Client | None = None,
    system_prompt: str | None = TRAINED_WITH,
    engine: Engine = "auto",
    deployment: str | None = None,
    base_url: str | None = None,
    home: Path | str | None = None,
    announce: Callable[[str], None] | None = None,
    **params: Any,
) -> BaseChatModel:
    """The chat model of a fine-tuning job, of a tuned model's name, or of a run folder.

    The system prompt of the training file precedes messages that have no system message. It is known for a
    run folder (``tuning.json``) and for a job that qagen started (its metadata). For a bare name it is looked
    up in the last 1,000 jobs, which needs ``client``; without one, a name is asked with no system prompt
    unless ``system_prompt`` is given.

    Args:
        model: A job (or its id, ``ftjob-...``, with ``client``), a name (``ft:gpt-4.1-mini-...``, or whatever
            the service calls it), a run folder with ``tuning.json``, or what :func:`qagen.train_locally`
            returned.
        client: The ``openai`` client to ask through, for hosted models. Without one the model is made as
            :func:`qagen.chat_model` makes it, with the key of the environment or ``api_key``.
        system_prompt: Another one, or ``None`` for none.
        engine: For a model tuned on this machine: ``llama.cpp`` (needs the extra ``local`` and a GGUF base),
            ``transformers`` (needs the extra ``train``), or ``auto`` for the first that can.
        deployment: On Azure, the name under which the tuned model was deployed; on Nebius, where a job names
            no model, the name under which its weights were registered.
        base_url: Of a service that speaks the OpenAI wire, where neither client nor folder says it.
        home: Where the weights of the local table lie, see :func:`qagen.llm.embedded.weights.models_folder`.
        announce: Is told one line before a download.
        **params: For the chat model: ``temperature``, ``max_tokens``, ``api_key``, ...; for transformers
            ``max_tokens``, ``device`` and ``dtype``.

    Raises:
        SettingsError: It is neither job, name nor folder; or on Azure the deployment is missing.
        FineTuningError: The job has not ended, or ended without a model.
        RunFolderError: The folder is not there, or its ``tuning.json`` is missing or damaged.
        AdapterError: The trained weights are missing, half-written, or made for another base model.
        LocalModelError: The base model is not there, or cannot be started.
        ServiceError: The job or the list of jobs cannot be read.
        ModelError: The hosted model cannot be used, for lack of a key, say.
        MissingExtraError: The packages of the engine are not installed.
    """
    wish = Wish(client, system_prompt, engine, deployment, base_url, home, announce, params)
    wish.check()
    if isinstance(model, TunedHere):
        return _model_of_folder(Path(model.folder), wish)
    if isinstance(model, os.PathLike):
        return _model_of_folder(Path(model), wish)
    if isinstance(model, str):
        return _model_of_text(model, wish)
    if hasattr(model, "fine_tuned_model") and hasattr(model, "status"):
        return HostedModel.of_job(model, wish).chat_model(wish)
    raise SettingsError(
        f"A {type(model).__name__} is no tuned model.",
        hint="Give a fine-tuning job, the name of a tuned model, or a run folder.",
    )


def base_chat_model(
    record: TuningRecord,
    base: str | None = None,
    *,
    client: Client | None = None,
    home: Path | str | None = None,
    announce: Callable[[str], None] | None = None,
    **params: Any,
) -> BaseChatModel:
    """The model that was tuned, before it was, or another in its place; with the same system prompt.

    Args:
        record: ``tuning.json`` of a run folder.
        base: Another model: hosted, a name at the same service (on Azure a deployment); of a model tuned on
            this machine, any name that :func:`qagen.chat_model` takes, a folder or a name on the hub.
        client: The ``openai`` client to ask through, where the model was tuned at a service. Without one it
            is asked with the key of the environment.
        home: Where the weights of the local table lie.
        announce: Is told one line before a download.
        **params: For the chat model: ``max_tokens``, ...

    Raises:
        SettingsError: No model can have this name.
        LocalModelError: It is not on this machine, or cannot be started.
        ModelError: The hosted model cannot be used.
        MissingExtraError: The packages of the engine are not installed.
    """
    name, prompt = base or record.base_model, record.system_prompt
    if record.provider != "local":
        wish = Wish(client, prompt, "auto", name, record.base_url, home, announce, params)
        return HostedModel(name, prompt, record.base_url).chat_model(wish)
    if name == "local" or name.startswith("local:") or (base is not None and ":" in name):
        place = None if home is None else Path(home)
        return chat_model(name, home=place, announce=announce, system_prompt=prompt, **params)
    from qagen.tuning.models import find_base, load_chat_model

    found = find_base(name, home=home, announce=announce)
    if found.gguf is not None and llama_cpp_can(found):  # the engine that its tuned model is asked with
        return chat_model(f"local:{found.gguf}", system_prompt=prompt, **params)
    return load_chat_model(found, name=name, system_prompt=prompt, **params)


def _model_of_text(text: str, wish: Wish) -> BaseChatModel:
    if not text.strip():
        raise SettingsError("The model's name is empty: give the name of a tuned model, or a run folder.")
    if _is_folder(text):
        return _model_of_folder(Path(text).expanduser(), wish)
    if text.startswith(("/", "./", "../", "~", "\\")) or text.endswith(("/", "\\")):
        raise RunFolderError(f"There is no run folder {text}. `qagen tune` makes one.")
    if text == "local" or text.startswith("local:"):
        raise SettingsError(f"{text!r} is a base model, not a tuned one: ask it with chat_model({text!r}).")
    if text.startswith("ftjob-"):
        return HostedModel.of_job_id(text, wish).chat_model(wish)
    return HostedModel.of_name(text.removeprefix("openai:"), wish).chat_model(wish)


def _is_folder(text: str) -> bool:
    try:
        return Path(text).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):  # what cannot be a path: too long, a NUL, ~nobody
        return False


def _model_of_folder(folder: Path, wish: Wish) -> BaseChatModel:
    if not folder.is_dir():
        raise RunFolderError(f"There is no run folder {folder}. `qagen tune` makes one.")
    run, record = run_with_record(folder)
    if record.provider != "local":
        return HostedModel.of_record(run, record, wish).chat_model(wish)
    return LocalWeights.of(run, record, wish).chat_model()
