"""What a job is started with, checked before anything is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from qagen.errors import SettingsError
from qagen.tuning.file.contents import is_text
from qagen.tuning.hosted.services import Service
from qagen.tuning.hosted.uploading import Method

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
    suffix: str | None
    n_epochs: int | str
    batch_size: int | str
    learning_rate_multiplier: float | str
    method: Method
    seed: int | None
    metadata: dict[str, str]
    extra_body: dict[str, Any]

    def hyperparameters(self) -> dict[str, Any]:
        """Those that were chosen: what is ``auto`` need not be sent."""
        return {name: getattr(self, name) for name in _HYPERPARAMETERS if getattr(self, name) != "auto"}

    def digest(self, validation: str | None) -> str:
        """A short hash of everything that decides what becomes of a file, but for the file."""
        chosen = [self.model, self.suffix, self.hyperparameters(), self.method, self.seed, validation]
        text = json.dumps([*chosen, self.extra_body], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_settings(settings: Settings, service: Service) -> None:
    """Refuse what the specification or the service does not take (:class:`~qagen.errors.SettingsError`)."""
    if not settings.model.strip():
        raise SettingsError("model is empty. Give the name of a model that the service can tune.")
    if settings.method not in {"supervised", "dpo"}:
        raise SettingsError(f"There is no method {settings.method!r}. Use 'supervised' or 'dpo'.")
    if settings.method == "dpo" and service.top_level_hyperparameters:
        raise SettingsError(f"Drop method='dpo': {service.title} takes no method and trains supervised only.")
    if settings.suffix is not None and not is_text(settings.suffix):
        raise SettingsError(f"suffix is {settings.suffix!r}. Use text of 1 to {_SUFFIX} characters, or None.")
    if settings.suffix is not None and not 1 <= len(settings.suffix) <= _SUFFIX:
        raise SettingsError(f"suffix has {len(settings.suffix)} characters. Use 1 to {_SUFFIX}, or None.")
    _check_whole("n_epochs", settings.n_epochs, _EPOCHS)
    _check_whole("batch_size", settings.batch_size, _BATCH)
    if settings.seed is not None:
        _check_whole("seed", settings.seed, _SEEDS)
    _check_rate(settings.learning_rate_multiplier)
    _check_metadata(settings.metadata, service)
    _check_extra_body(settings.extra_body, service)


def _check_whole(name: str, value: object, bounds: range) -> None:
    if (value == "auto" and name != "seed") or (type(value) is int and value in bounds):
        return
    other = "None" if name == "seed" else "'auto'"
    raise SettingsError(
        f"{name} is {value!r}. Use a whole number from {bounds[0]:,} to {bounds[-1]:,}, or {other}."
    )


def _check_rate(value: object) -> None:
    if value == "auto" or (type(value) in {int, float} and 0 < cast("float", value) < float("inf")):
        return
    raise SettingsError(f"learning_rate_multiplier is {value!r}. Use a number over 0, or 'auto'.")


def _check_metadata(metadata: Mapping[str, str], service: Service) -> None:
    if metadata and not service.keeps_metadata:
        raise SettingsError(
            f"Drop metadata: a job of {service.title} keeps none. suffix can tell jobs apart."
        )
    if len(metadata) > _PAIRS - _OWN:
        raise SettingsError(
            f"metadata has {len(metadata)} pairs. A job can have {_PAIRS}, and qagen adds up to {_OWN}: "
            f"use {_PAIRS - _OWN} at most."
        )
    for key, value in metadata.items():
        if not (is_text(key) and is_text(value)):
            raise SettingsError(f"metadata[{key!r}] is {value!r}. Keys and values must be strings of text.")
        if not 1 <= len(key) <= _KEY:
            raise SettingsError(f"A key of the metadata has {len(key)} characters. Use 1 to {_KEY}: {key!r}.")
        if len(value) > VALUE_LENGTH:
            raise SettingsError(f"metadata[{key!r}] has {len(value)} characters. Use {VALUE_LENGTH} at most.")
        if key in {RUN, SHA256, SETTINGS, SYSTEM_PROMPT}:
            raise SettingsError(f"metadata[{key!r}] is one of qagen's own. Use another key.")


def _check_extra_body(extra: Mapping[str, Any], service: Service) -> None:
    try:
        json.dumps(extra, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(f"extra_body cannot be sent as JSON: {error}.") from error
    top_level = service.top_level_hyperparameters
    more = as_mapping("extra_body['hyperparameters']", extra.get("hyperparameters", {})) if top_level else {}
    ours = _FIELDS | set(_HYPERPARAMETERS) | (set() if top_level else {"hyperparameters"})
    refused = sorted((ours & extra.keys()) | (set(_HYPERPARAMETERS) & more.keys()))
    if refused:
        raise SettingsError(
            f"extra_body has what qagen sends itself ({', '.join(refused)}). Use the arguments for that."
        )


def as_mapping(name: str, value: object) -> dict[str, Any]:
    """The value as a new dictionary, or an error that names the argument."""
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name} is {value!r}. Use a mapping of names to values.")
    return dict(value)
