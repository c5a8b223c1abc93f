"""What a training leaves: the weights, the adapter for llama.cpp, and both in one model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from peft import PeftModel
from safetensors import SafetensorError

from qagen.errors import LocalTrainingError
from qagen.tuning.local import ADAPTER_GGUF, MERGED, Job, hub_name
from qagen.tuning.local.training.quiet import quiet_libraries
from qagen.tuning.local.training.trainer import WholeCheckpoints
from qagen.tuning.models import load_base, takes_adapter, write_gguf_adapter


def save_model(job: Job, trainer: WholeCheckpoints) -> None:
    """Write the weights, and the adapter for llama.cpp where it can be.

    Raises:
        LocalTrainingError: They cannot be written; the checkpoints are kept.
    """
    model = trainer.network
    tokenizer: Any = trainer.processing_class
    draft = job.folder / "draft"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        model.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
        if job.plan.rank is not None:
            _name_the_base(draft / "adapter_config.json", job)
            if takes_adapter(job.base):
                write_gguf_adapter(draft, job.base, draft / ADAPTER_GGUF)
        for file in draft.iterdir():
            file.replace(job.folder / file.name)
        draft.rmdir()
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise LocalTrainingError(
            f"The model could not be written to {job.folder}: {error}. Checkpoints are kept: make room on "
            "the disk, and the same command goes on from the last one."
        ) from error


def _name_the_base(path: Path, job: Job) -> None:
    """For other programs: which base model the adapter belongs to."""
    config = json.loads(path.read_bytes())
    config["base_model_name_or_path"] = hub_name(job.base) or str(job.base.path)
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def write_merged(job: Job) -> None:
    """Write base and adapter as one model into ``model/merged``.

    Raises:
        LocalTrainingError: It cannot be loaded or written.
    """
    draft = job.folder / f"{MERGED}.draft"
    with quiet_libraries():
        model, tokenizer = load_base(job.base, dtype="float32")
        model.name_or_path = model.config._name_or_path = ""  # noqa: SLF001 - where transformers keeps it
        try:
            whole: Any = PeftModel.from_pretrained(model, job.folder).merge_and_unload()
            shutil.rmtree(draft, ignore_errors=True)
            whole.save_pretrained(draft)
            tokenizer.save_pretrained(draft)
            draft.rename(job.folder / MERGED)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise LocalTrainingError(f"The merged model could not be made or written: {error}") from error
