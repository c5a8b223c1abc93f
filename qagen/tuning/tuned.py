"""Asking a tuned model, wherever it was tuned."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Protocol, cast, runtime_checkable

from qagen.errors import (
    AdapterError,
    FineTuningError,
    LocalModelError,
    MissingExtraError,
    RunFolderError,
    ServiceError,
    SettingsError,
)
from qagen.llm.models import chat_model
from qagen.tuning.record import TUNING, TuningRecord, read_record

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted.services import Client, Name
    from qagen.tuning.models.base_model import Base

Engine = Literal["auto", "llama.cpp", "transformers"]

TRAINED_WITH = "<the system prompt it was trained with>"
"""Stands for the system prompt of the training file."""

_ENGINES = ("auto", "llama.cpp", "transformers")
_GGUF_ADAPTER = "adapter.gguf"
_JOBS_SEARCHED = 1000
_MODEL_FOLDER = "model"
_DEPLOY = (
    "A model tuned on Azure must be deployed before it can be asked: deploy it in the Foundry portal or with "
    "`az cognitiveservices account deployment create`, then pass deployment='THE NAME YOU GAVE IT'."
)


@runtime_checkable
class TunedHere(Protocol):
    """What :func:`qagen.train_locally` returns."""

    @property
    def folder(self) -> Path:
        """The run folder."""


@dataclass(frozen=True)
class _Wish:
    """How a model is to be asked."""

    client: Client | None
    system_prompt: str | None
    engine: Engine
    deployment: str | None
    base_url: str | None
    home: Path | str | None
    announce: Callable[[str], None] | None
    params: Mapping[str, Any] = field(default_factory=dict)

    def prompt(self, trained: str | None) -> str | None:
        return trained if self.system_prompt is TRAINED_WITH else self.system_prompt


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
    _check(engine, system_prompt)
    wish = _Wish(client, system_prompt, engine, deployment, base_url, home, announce, params)
    if isinstance(model, TunedHere):
        return _of_folder(Path(model.folder), wish)
    if isinstance(model, os.PathLike):
        return _of_folder(Path(model), wish)
    if isinstance(model, str):
        return _of_text(model, wish)
    if hasattr(model, "fine_tuned_model") and hasattr(model, "status"):
        return _of_job(model, wish)
    raise SettingsError(
        f"A {type(model).__name__} is no tuned model. Give a fine-tuning job, the name of a tuned model, or "
        "a run folder."
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
        wish = _Wish(client, prompt, "auto", name, record.base_url, home, announce, params)
        return _hosted(name, wish, prompt=prompt, base_url=record.base_url)
    if name == "local" or name.startswith("local:") or (base is not None and ":" in name):
        return chat_model(name, home=_path(home), announce=announce, system_prompt=prompt, **params)
    from qagen.tuning.models.base_model import find_base
    from qagen.tuning.models.transformers_chat import load_chat_model

    found = find_base(name, home=home, announce=announce)
    if found.gguf is not None and _llama_cpp_can(found):  # the engine that its tuned model is asked with
        return chat_model(f"local:{found.gguf}", system_prompt=prompt, **params)
    return load_chat_model(found, name=name, system_prompt=prompt, **params)


def _path(home: Path | str | None) -> Path | None:
    return None if home is None else Path(home)


def _check(engine: str, system_prompt: str | None) -> None:
    if engine not in _ENGINES:
        raise SettingsError(f"There is no engine {engine!r}. Use one of: {', '.join(_ENGINES)}.")
    if system_prompt is not None and not system_prompt.strip():
        raise SettingsError("The system prompt is empty. Pass system_prompt=None to have no system message.")


def _of_text(text: str, wish: _Wish) -> BaseChatModel:
    if not text.strip():
        raise SettingsError("The model's name is empty: give the name of a tuned model, or a run folder.")
    if _is_folder(text):
        return _of_folder(Path(text).expanduser(), wish)
    if text.startswith(("/", "./", "../", "~", "\\")) or text.endswith(("/", "\\")):
        raise RunFolderError(f"There is no run folder {text}. `qagen tune` makes one.")
    if text == "local" or text.startswith("local:"):
        raise SettingsError(f"{text!r} is a base model, not a tuned one: ask it with chat_model({text!r}).")
    if text.startswith("ftjob-"):
        return _of_job(_retrieve(text, wish.client), wish)
    name = text.removeprefix("openai:")
    trained = _prompt_of_name(name, wish.client) if wish.system_prompt is TRAINED_WITH else None
    return _hosted(name, wish, prompt=wish.prompt(trained), base_url=wish.base_url)


def _is_folder(text: str) -> bool:
    try:
        return Path(text).expanduser().is_dir()
    except (OSError, ValueError, RuntimeError):  # what cannot be a path: too long, a NUL, ~nobody
        return False


# --- hosted


def _retrieve(job_id: str, client: Client | None) -> FineTuningJob:
    from qagen.tuning.hosted.jobs import read_job

    if client is None:
        raise SettingsError(f"{job_id} is the id of a job: pass client= as well, or the tuned model's name.")
    return read_job(client, job_id)


def _of_job(job: FineTuningJob, wish: _Wish) -> BaseChatModel:
    if not job.fine_tuned_model:
        _refuse_job(job)
    return _hosted(job.fine_tuned_model, wish, prompt=wish.prompt(_prompt_of(job)), base_url=wish.base_url)


def _prompt_of(job: FineTuningJob) -> str | None:
    from qagen.tuning.hosted.jobs import metadata_of
    from qagen.tuning.hosted.settings import SYSTEM_PROMPT

    return metadata_of(job).get(SYSTEM_PROMPT)


def _refuse_job(job: FineTuningJob) -> NoReturn:
    error = job.error if job.error and job.error.code else None  # the SDK's empty error is truthy
    ended = {
        "failed": "failed" + (f": {error.message} ({error.code})" if error else ""),
        "cancelled": "was cancelled",
        "succeeded": "succeeded, but the service names no model",
    }
    advice = {
        "failed": "Start another one with start_fine_tuning.",
        "cancelled": "Start another one with start_fine_tuning.",
        "succeeded": f"{_take_weights(job.id)} Or look again later with list_fine_tuning(client).",
    }
    how = ended.get(job.status, f"has not ended (status {job.status})")
    raise FineTuningError(
        f"The job {job.id} {how}. "
        + advice.get(job.status, f"Wait for it: wait_for_fine_tuning(client, {job.id!r})."),
        job_id=job.id,
        code=error.code if error else None,
        message=error.message if error else None,
        param=error.param if error else None,
    )


def _take_weights(job_id: str | None) -> str:
    return (
        f"The weights are in its checkpoints: take them (list_checkpoints(client, {job_id or 'JOB'!r}) names "
        "their result_files), or register one as a model at the service and pass its name."
    )


def _prompt_of_name(name: str, client: Client | None) -> str | None:
    """The system prompt in the metadata of the job that made the model; ``None`` where no job tells."""
    import openai
    from openai.types.fine_tuning import FineTuningJob

    from qagen.tuning.hosted.services import listed

    if client is None:
        return None
    fetch = client.fine_tuning.jobs.with_raw_response.list
    what = "The system prompt of the model could not be looked up (or pass system_prompt=)"
    try:
        for job in islice(listed(fetch, FineTuningJob, what=what), _JOBS_SEARCHED):
            made = job.fine_tuned_model
            if made and (name == made or name.startswith(f"{made}:ckpt-")):
                return _prompt_of(job)
    except ServiceError as error:
        if not isinstance(error.__cause__, openai.NotFoundError):  # a service without jobs
            raise
    return None


def _hosted(name: str, wish: _Wish, *, prompt: str | None, base_url: str | None) -> BaseChatModel:
    if wish.deployment is None and _is_azure(wish.client, base_url):
        raise SettingsError(f"{name}: {_DEPLOY}")
    name = wish.deployment or name
    if wish.client is not None:
        from qagen.llm.system_prompt import ClientChatOpenAI

        return ClientChatOpenAI.of(name, wish.client, system_prompt=prompt, **wish.params)
    return chat_model(f"openai:{name}", base_url=base_url, system_prompt=prompt, **wish.params)


def _is_azure(client: Client | None, base_url: str | None) -> bool:
    from urllib.parse import urlsplit

    from qagen.tuning.hosted.services import service_of

    if client is not None:
        return service_of(client).name == "azure"
    return (urlsplit(base_url or "").hostname or "").endswith(".azure.com")


# --- a run folder


def _of_folder(folder: Path, wish: _Wish) -> BaseChatModel:
    if not folder.is_dir():
        raise RunFolderError(f"There is no run folder {folder}. `qagen tune` makes one.")
    if not (folder / TUNING).exists() and (folder.parent / TUNING).exists():
        folder = folder.parent  # the folder of the weights was given
    _refuse_unfinished(folder)
    record = read_record(folder)
    if record.provider != "local":
        return _of_record(folder, record, wish)
    here = folder.resolve()
    lies_with_weights = here.name == record.weights and not (folder / record.weights).exists()
    return _local(here.parent if lies_with_weights else folder, record, wish)


def _refuse_unfinished(folder: Path) -> None:
    if (folder / _MODEL_FOLDER).is_dir() and not (folder / TUNING).exists():
        raise AdapterError(
            f"{folder} is half-written: its training did not finish (there is no {TUNING}). Give the same "
            "command or call again: it goes on where it was."
        )


def _of_record(folder: Path, record: TuningRecord, wish: _Wish) -> BaseChatModel:
    name = record.model or (None if _names_model(record) else wish.deployment)
    if name is None:
        _refuse_nameless(folder, record)
    if record.provider == "azure" and wish.deployment is None:
        raise SettingsError(f"{name}: {_DEPLOY}")
    base_url = wish.base_url or record.base_url
    if record.provider == "azure" and wish.client is None and not base_url:
        raise SettingsError(f"{folder} was tuned on Azure: pass client=openai.AzureOpenAI(...) to ask it.")
    return _hosted(name, wish, prompt=wish.prompt(record.system_prompt), base_url=base_url)


def _names_model(record: TuningRecord) -> bool:
    from qagen.tuning.hosted.services import SERVICES

    service = SERVICES.get(cast("Name", record.provider))
    return service is None or service.names_model


def _refuse_nameless(folder: Path, record: TuningRecord) -> NoReturn:
    job = f"the job {record.job}" if record.job else "its job"
    if _names_model(record):
        text = (
            f"{folder} has no tuned model yet: {job} had not ended when {TUNING} was written. Wait for it "
            f"with wait_for_fine_tuning, or `qagen tune {quote(str(folder))}` again."
        )
    else:
        text = (
            f"{folder} has no tuned model to ask: the service names none. Once {job} has succeeded: "
            f"{_take_weights(record.job)} With deployment='THE NAME' the system prompt is the one it was "
            "trained with."
        )
    raise FineTuningError(text, job_id=record.job)


@dataclass(frozen=True)
class _Trained:
    """What training on this machine left in a run folder."""

    name: str
    weights: Path
    record: TuningRecord
    prompt: str | None

    @property
    def is_full(self) -> bool:
        return (self.weights / "config.json").is_file()


def _local(folder: Path, record: TuningRecord, wish: _Wish) -> BaseChatModel:
    _refuse_hosted_arguments(folder, wish)
    weights = folder / (record.weights or _MODEL_FOLDER)
    base_name = record.base_model.removeprefix("local:").rpartition("/")[2]
    name = f"{base_name}+{folder.resolve().name}"
    trained = _Trained(name, weights, record, wish.prompt(record.system_prompt))
    if trained.is_full:
        return _full(trained, wish)
    sha256 = _adapter_sha256(trained)
    base = _base_of(trained, wish)
    if wish.engine == "transformers" or (wish.engine == "auto" and not _llama_cpp_can(base)):
        from qagen.tuning.models.transformers_chat import load_chat_model

        options = {"system_prompt": trained.prompt, **wish.params}
        return load_chat_model(base, name=name, adapter=weights, adapter_sha256=sha256, **options)
    return _through_llama_cpp(trained, base, sha256, wish)


def _refuse_hosted_arguments(folder: Path, wish: _Wish) -> None:
    for name in ("client", "deployment", "base_url"):
        if getattr(wish, name) is not None:
            raise SettingsError(f"{folder} was tuned on this machine and is asked here: leave out {name}=.")


def _llama_cpp_can(base: Base) -> bool:
    from qagen.tuning.models.gguf_adapter import takes_adapter

    return find_spec("xllamacpp") is not None and takes_adapter(base)


def _full(trained: _Trained, wish: _Wish) -> BaseChatModel:
    from qagen.tuning.models.base_model import find_base
    from qagen.tuning.models.transformers_chat import load_chat_model

    if wish.engine == "llama.cpp":
        raise SettingsError(
            f"{trained.weights} is a full model, not an adapter: it is asked with engine='transformers'."
        )
    options = {"system_prompt": trained.prompt, **wish.params}
    return load_chat_model(find_base(str(trained.weights)), name=trained.name, **options)


def _adapter_sha256(trained: _Trained) -> str:
    from qagen.llm.embedded.weights import file_sha256
    from qagen.tuning.models.gguf_adapter import ADAPTER_WEIGHTS, read_adapter_config

    if not trained.weights.is_dir():
        raise AdapterError(
            f"{trained.weights} is missing: the trained weights of {trained.record.base_model} are not "
            "there. Copy the whole run folder, or train again."
        )
    read_adapter_config(trained.weights)
    return file_sha256(trained.weights / ADAPTER_WEIGHTS)


def _base_of(trained: _Trained, wish: _Wish) -> Base:
    from qagen.tuning.models.base_model import find_base

    record = trained.record
    try:
        base = find_base(record.base_model, home=wish.home, announce=wish.announce)
    except SettingsError as error:
        raise LocalModelError(
            f"The base model {record.base_model} of {trained.weights} is not on this machine: {error}"
        ) from error
    if record.base_sha256 and base.sha256 != record.base_sha256:
        raise AdapterError(
            f"{trained.weights} was trained on another base model: {record.base_model} had the sha256 "
            f"{record.base_sha256[:12]}…, and {base.path} has {base.sha256[:12]}…. Bring back those weights, "
            "or train again."
        )
    return base


def _through_llama_cpp(trained: _Trained, base: Base, sha256: str, wish: _Wish) -> BaseChatModel:
    if find_spec("xllamacpp") is None:
        raise MissingExtraError("local", "The llama.cpp engine")
    if base.gguf is None:
        raise SettingsError(
            f"{base.name} is no GGUF file, so llama.cpp cannot load it: use engine='transformers'."
        )
    from qagen.llm.embedded.chat import local_model
    from qagen.llm.embedded.table import TABLE

    in_table = base.name.removeprefix("local:")  # its sha256 is known: the file need not be read for it
    model = local_model(
        in_table if in_table in TABLE else str(base.gguf),
        home=wish.home,
        lora=_gguf_adapter(trained, base, sha256),
        system_prompt=trained.prompt,
        **wish.params,
    )
    return cast("BaseChatModel", model.model_copy(update={"local_name": trained.name}))


def _gguf_adapter(trained: _Trained, base: Base, sha256: str) -> Path:
    """The adapter for llama.cpp; it is written where it is missing or older than the weights."""
    from qagen.tuning.models.gguf_adapter import ADAPTER_KEY, BASE_KEY, write_gguf_adapter
    from qagen.tuning.models.gguf_header import read_header

    file = trained.weights / _GGUF_ADAPTER
    if file.is_file():
        try:
            header = read_header(file)
        except LocalModelError:  # damaged: it is written anew
            header = {}
        if header.get(BASE_KEY) == base.sha256 and header.get(ADAPTER_KEY) == sha256:
            return file
    return write_gguf_adapter(trained.weights, base, file)
