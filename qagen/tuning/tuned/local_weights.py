"""A model that was trained on this machine: its weights in a run folder, and the base they are put on."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from qagen.errors import AdapterError, LocalModelError, MissingExtraError, SettingsError
from qagen.tuning import TUNING, TuningRecord, read_record
from qagen.tuning.tuned.wish import Wish

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from qagen.tuning.models import Base

_GGUF_ADAPTER = "adapter.gguf"
_MODEL_FOLDER = "model"


def refuse_unfinished(folder: Path) -> None:
    """A training that was begun and not ended has no model.

    Raises:
        AdapterError: That is what the folder holds.
    """
    if (folder / _MODEL_FOLDER).is_dir() and not (folder / TUNING).exists():
        raise AdapterError(
            f"{folder} is half-written: its training did not finish (there is no {TUNING}).",
            hint="Give the same command or call again: it goes on where it was.",
        )


def llama_cpp_can(base: Base) -> bool:
    """Whether an adapter of this base can be asked with llama.cpp here."""
    from qagen.tuning.models import takes_adapter

    return find_spec("xllamacpp") is not None and takes_adapter(base)


@dataclass(frozen=True)
class LocalWeights:
    """What training on this machine left in a run folder, and how it is to be asked."""

    name: str
    folder: Path
    record: TuningRecord
    wish: Wish

    @classmethod
    def of(cls, folder: Path, record: TuningRecord, wish: Wish) -> LocalWeights:
        """The weights that a record names; the record may lie with them.

        Raises:
            SettingsError: The wish has what only a hosted model takes.
        """
        here = folder.resolve()
        lies_with_weights = here.name == record.weights and not (folder / record.weights).exists()
        run = here.parent if lies_with_weights else folder
        for name in ("client", "deployment", "base_url"):
            if getattr(wish, name) is not None:
                raise SettingsError(f"{run} was tuned on this machine and is asked here: leave out {name}=.")
        base_name = record.base_model.removeprefix("local:").rpartition("/")[2]
        weights = run / (record.weights or _MODEL_FOLDER)
        return cls(f"{base_name}+{run.resolve().name}", weights, record, wish)

    @property
    def is_full(self) -> bool:
        """A whole model, not an adapter."""
        return (self.folder / "config.json").is_file()

    @property
    def prompt(self) -> str | None:
        """The system prompt to ask with."""
        return self.wish.prompt(self.record.system_prompt)

    def chat_model(self) -> BaseChatModel:
        """Ready to be asked, with the engine that is wished for, or the first that can.

        Raises:
            AdapterError: The weights are missing, damaged, or made for another base.
            LocalModelError: The base is not there, or cannot be started.
            SettingsError: The engine cannot ask it.
            MissingExtraError: The packages of the engine are not installed.
        """
        if self.is_full:
            return self.whole_model()
        sha256 = self.adapter_sha256()
        base, engine = self.base(), self.wish.engine
        if engine == "transformers" or (engine == "auto" and not llama_cpp_can(base)):
            from qagen.tuning.models import load_chat_model

            options = {"system_prompt": self.prompt, **self.wish.params}
            return load_chat_model(
                base, name=self.name, adapter=self.folder, adapter_sha256=sha256, **options
            )
        return self.through_llama_cpp(base, sha256)

    def whole_model(self) -> BaseChatModel:
        """All weights, which transformers asks."""
        from qagen.tuning.models import find_base, load_chat_model

        if self.wish.engine == "llama.cpp":
            raise SettingsError(
                f"{self.folder} is a full model, not an adapter: it is asked with engine='transformers'."
            )
        options = {"system_prompt": self.prompt, **self.wish.params}
        return load_chat_model(find_base(str(self.folder)), name=self.name, **options)

    def adapter_sha256(self) -> str:
        """Of the adapter's weights, which are there and whole."""
        from qagen.llm.embedded import file_sha256
        from qagen.tuning.models import ADAPTER_WEIGHTS, read_adapter_config

        if not self.folder.is_dir():
            raise AdapterError(
                f"{self.folder} is missing: the trained weights of {self.record.base_model} are not there.",
                hint="Copy the whole run folder, or train again.",
            )
        read_adapter_config(self.folder)
        return file_sha256(self.folder / ADAPTER_WEIGHTS)

    def base(self) -> Base:
        """The very base model that it was trained on."""
        from qagen.tuning.models import find_base

        record = self.record
        try:
            base = find_base(record.base_model, home=self.wish.home, announce=self.wish.announce)
        except SettingsError as error:
            raise LocalModelError(
                f"The base model {record.base_model} of {self.folder} is not on this machine: {error}"
            ) from error
        if record.base_sha256 and base.sha256 != record.base_sha256:
            raise AdapterError(
                f"{self.folder} was trained on another base model: {record.base_model} had the sha256 "
                f"{record.base_sha256[:12]}…, and {base.path} has {base.sha256[:12]}….",
                hint="Bring back those weights, or train again.",
            )
        return base

    def through_llama_cpp(self, base: Base, sha256: str) -> BaseChatModel:
        """The base as the embedded model is asked, with the adapter on it."""
        if find_spec("xllamacpp") is None:
            raise MissingExtraError("local", "The llama.cpp engine")
        if base.gguf is None:
            raise SettingsError(
                f"{base.name} is no GGUF file, so llama.cpp cannot load it: use engine='transformers'."
            )
        from qagen.llm.embedded import TABLE, local_model

        in_table = base.name.removeprefix("local:")  # its sha256 is known: the file need not be read for it
        model = local_model(
            in_table if in_table in TABLE else str(base.gguf),
            home=self.wish.home,
            lora=self.gguf_adapter(base, sha256),
            system_prompt=self.prompt,
            **self.wish.params,
        )
        return cast("BaseChatModel", model.model_copy(update={"local_name": self.name}))

    def gguf_adapter(self, base: Base, sha256: str) -> Path:
        """The adapter for llama.cpp; it is written where it is missing or older than the weights."""
        from qagen.tuning.models import ADAPTER_KEY, BASE_KEY, read_header, write_gguf_adapter

        file = self.folder / _GGUF_ADAPTER
        if file.is_file():
            try:
                header = read_header(file)
            except LocalModelError:  # damaged: it is written anew
                header = {}
            if header.get(BASE_KEY) == base.sha256 and header.get(ADAPTER_KEY) == sha256:
                return file
        return write_gguf_adapter(self.folder, base, file)


def run_with_record(folder: Path) -> tuple[Path, TuningRecord]:
    """The run folder of a folder that was given, and its record; the folder of the weights will do too.

    Raises:
        AdapterError: Its training did not finish.
        RunFolderError: It holds no record.
    """
    if not (folder / TUNING).exists() and (folder.parent / TUNING).exists():
        folder = folder.parent
    refuse_unfinished(folder)
    return folder, read_record(folder)
