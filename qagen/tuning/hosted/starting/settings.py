"""What a job is started with, checked before anything is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from qagen.errors import SettingsError
from qagen.tuning.file import is_text
from qagen.tuning.hosted import Method, Service

RUN, SHA256, SETTINGS, SYSTEM_PROMPT = "qagen_run", "qagen_sha256", "qagen_settings", "qagen_system_prompt"
"""The keys under which a job's metadata say what it was started with."""
# The bounds of OpenAI's specification, read 2026-11-22.
_EPOCHS = range(1, 51)
_BATCH = range(1, 257)
_SEEDS = range(2**31)
_SUFFIX = 64
_KEY, VALUE_LENGTH, _PAIRS = 64, 512, 16
_OWN = 4
_HYPERPARAMETERS = ("n_epochs", "batch_size", "learning_rate_multiplier")
_FIELDS = frozenset({"model", "training_file", "validation_file", "suffix", "seed", "metadata", "method"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a job is started with, but for its files."""

    model: str
    suffix: str | None = None
    n_epochs: int | Literal["auto"] = "auto"
    batch_size: int | str = "auto"
    learning_rate_multiplier: float | str = "auto"
    method: Method = "supervised"
    seed: int | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    extra_body: dict[str, Any] = field(default_factory=dict)

    def hyperparameters(self) -> dict[str, Any]:
        """Those that were chosen: what is ``auto`` need not be sent."""
        return {name: getattr(self, name) for name in _HYPERPARAMETERS if getattr(self, name) != "auto"}

    def digest(self, validation: str | None) -> str:
        """A short hash of everything that decides what becomes of a file, but for the file."""
        chosen = [self.model, self.suffix, self.hyperparameters(), self.method, self.seed, validation]
        text = json.dumps([*chosen, self.extra_body], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def check(self, service: Service) -> None:
        """Refuse what the specification or the service does not take.

        Raises:
            SettingsError: The message names the argument.
        """
        if not self.model.strip():
            raise SettingsError("model is empty.", hint="Give the name of a model that the service can tune.")
        if self.method not in {"supervised", "dpo"}:
            raise SettingsError(f"There is no method {self.method!r}.", hint="Use 'supervised' or 'dpo'.")
        if self.method == "dpo" and service.top_level_hyperparameters:
            raise SettingsError(
                f"Drop method='dpo': {service.title} takes no method and trains supervised only."
            )
        self.check_suffix()
        Bounds("n_epochs", _EPOCHS).check(self.n_epochs)
        Bounds("batch_size", _BATCH).check(self.batch_size)
        Bounds("seed", _SEEDS, otherwise=None).check(self.seed)
        rate = self.learning_rate_multiplier
        if rate != "auto" and not (type(rate) in {int, float} and 0 < cast("float", rate) < float("inf")):
            raise SettingsError(
                f"learning_rate_multiplier is {rate!r}.", hint="Use a number over 0, or 'auto'."
            )
        self.check_metadata(service)
        self.check_extra_body(service)

    def check_suffix(self) -> None:
        """Part of a name."""
        if self.suffix is not None and not is_text(self.suffix):
            raise SettingsError(
                f"suffix is {self.suffix!r}.", hint=f"Use text of 1 to {_SUFFIX} characters, or None."
            )
        if self.suffix is not None and not 1 <= len(self.suffix) <= _SUFFIX:
            raise SettingsError(
                f"suffix has {len(self.suffix)} characters.", hint=f"Use 1 to {_SUFFIX}, or None."
            )

    def check_metadata(self, service: Service) -> None:
        """Few pairs of short texts, under keys that are not qagen's own."""
        if self.metadata and not service.keeps_metadata:
            raise SettingsError(
                f"Drop metadata: a job of {service.title} keeps none. suffix can tell jobs apart."
            )
        if len(self.metadata) > _PAIRS - _OWN:
            raise SettingsError(
                f"metadata has {len(self.metadata)} pairs. A job can have {_PAIRS}, and qagen adds up to "
                f"{_OWN}: use {_PAIRS - _OWN} at most."
            )
        for key, value in self.metadata.items():
            if not (is_text(key) and is_text(value)):
                raise SettingsError(
                    f"metadata[{key!r}] is {value!r}. Keys and values must be strings of text."
                )
            if not 1 <= len(key) <= _KEY:
                raise SettingsError(
                    f"A key of the metadata has {len(key)} characters.", hint=f"Use 1 to {_KEY}: {key!r}."
                )
            if len(value) > VALUE_LENGTH:
                raise SettingsError(
                    f"metadata[{key!r}] has {len(value)} characters.", hint=f"Use {VALUE_LENGTH} at most."
                )
            if key in {RUN, SHA256, SETTINGS, SYSTEM_PROMPT}:
                raise SettingsError(f"metadata[{key!r}] is one of qagen's own.", hint="Use another key.")

    def check_extra_body(self, service: Service) -> None:
        """JSON, without what is sent already."""
        extra, top_level = self.extra_body, service.top_level_hyperparameters
        try:
            json.dumps(extra, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise SettingsError(f"extra_body cannot be sent as JSON: {error}.") from error
        more = (
            as_mapping("extra_body['hyperparameters']", extra.get("hyperparameters", {})) if top_level else {}
        )
        ours = _FIELDS | set(_HYPERPARAMETERS) | (set() if top_level else {"hyperparameters"})
        refused = sorted((ours & extra.keys()) | (set(_HYPERPARAMETERS) & more.keys()))
        if refused:
            raise SettingsError(
                f"extra_body has what qagen sends itself ({', '.join(refused)}).",
                hint="Use the arguments for that.",
            )


@dataclass(frozen=True, slots=True)
class Bounds:
    """The whole numbers that an argument can be, and what it can be otherwise."""

    name: str
    numbers: range
    otherwise: str | None = "auto"

    def check(self, value: object) -> None:
        """Refuse anything else.

        Raises:
            SettingsError: It is.
        """
        if value == self.otherwise or (type(value) is int and value in self.numbers):
            return
        low, high = self.numbers[0], self.numbers[-1]
        raise SettingsError(
            f"{self.name} is {value!r}.",
            hint=f"Use a whole number from {low:,} to {high:,}, or {self.otherwise!r}.",
        )


def as_mapping(name: str, value: object) -> dict[str, Any]:
    """The value as a new dictionary, or an error that names the argument."""
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name} is {value!r}.", hint="Use a mapping of names to values.")
    return dict(value)
