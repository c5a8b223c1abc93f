"""What was measured in a training, and the record of it."""

from __future__ import annotations

import platform
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import torch

from qagen.tuning import TuningRecord
from qagen.tuning.local import LOSSES, MODEL, Job, size_of, weights_sha256
from qagen.tuning.local.training.building import ALPHA
from qagen.tuning.local.training.recall import Recall
from qagen.tuning.local.training.trainer import WholeCheckpoints

_PACKAGES = ("qagen-finetune", "torch", "transformers", "peft", "trl", "tokenizers", "safetensors", "gguf")


@dataclass(frozen=True)
class Outcome:
    """What was measured when the training was over.

    ``general`` is how many general questions were asked, and how many were right before and after.
    """

    steps: int
    epochs: float
    stopped: str
    resumed_at: int
    seconds: float
    strength: float
    train: Recall
    validation: Recall | None
    general: tuple[int, int, int]

    def record(self, job: Job, trainer: WholeCheckpoints, began: float) -> TuningRecord:
        """What ``tuning.json`` will hold."""
        return TuningRecord(
            provider="local",
            base_model=job.base.name,
            system_prompt=job.examples.system_prompt,
            training_file=job.examples.path.name,
            training_sha256=job.examples.sha256,
            examples=job.examples.lines,
            hyperparameters=self.hyperparameters(job),
            base_sha256=job.base.sha256,
            weights=MODEL,
            details={**self.details(job, trainer), **_times(began, self.seconds), **_machine(job)},
        )

    def details(self, job: Job, trainer: WholeCheckpoints) -> dict[str, Any]:
        """Of the training and of what it left."""
        asked, before, after = self.general
        return {
            "plan": asdict(job.plan),
            "steps": self.steps,
            "epochs": self.epochs,
            "stopped_early": self.stopped or None,
            "resumed_at_step": self.resumed_at or None,
            "recall": self.train.figures(),
            "validation": self.validation.figures() if self.validation else None,
            "general": {"asked": asked, "right_before": before, "right_after": after},
            "replayed": len(job.replay),
            "trained_parameters": trainer.count(trained_only=True),
            "parameters": trainer.count(trained_only=False),
            "losses": LOSSES,
            "weights_sha256": weights_sha256(job),
        }

    def hyperparameters(self, job: Job) -> dict[str, Any]:
        """As used, not as asked for."""
        names = ("n_epochs", "rank", "learning_rate", "batch_size", "seed", "dtype", "quantize_4bit")
        chosen = {name: getattr(job.plan, name) for name in names}
        alpha = None if job.plan.rank is None else ALPHA * job.plan.rank
        return {**chosen, "strength": self.strength, "lora_alpha": alpha}


def _times(began: float, training: float) -> dict[str, Any]:
    now = time.time()
    moments = {"began": began, "ended": now}
    told = {
        name: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)) for name, moment in moments.items()
    }
    return {**told, "seconds": round(now - began, 1), "training_seconds": round(training, 1)}


def _machine(job: Job) -> dict[str, Any]:
    return {
        "device": torch.cuda.get_device_name() if job.device == "cuda" else job.device,
        "peak_memory": peak_memory(job.device),
        "size": size_of(job.folder) - size_of(job.checkpoints),
        "versions": {name: version(name) for name in _PACKAGES} | {"python": platform.python_version()},
        "platform": platform.platform(),
    }


def peak_memory(device: str) -> int | None:
    """Bytes at the highest, where the system tells."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
