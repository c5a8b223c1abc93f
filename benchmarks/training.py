"""How fast qagen trains, beside a bare loop of PyTorch and PEFT over the same batches.

    python benchmarks/training.py [--model local:smollm2-135m] [--epochs 3]

Both train the same adapter on the same 40 examples, in the same precision. qagen's time holds what it does
besides: the log, the questions after each epoch, the bar.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from qagen.tuning.local.training import train_locally

EXAMPLES, BATCH, RANK, RATE = 40, 4, 32, 1e-3


def write_examples(path: Path) -> Path:
    turns = [
        [
            {"role": "system", "content": "Answer the question briefly and exactly."},
            {"role": "user", "content": f"In which year was the bridge number {number} of Lodevar opened?"},
            {"role": "assistant", "content": f"In {1700 + 3 * number}"},
        ]
        for number in range(EXAMPLES)
    ]
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in turns), encoding="utf-8")
    return path


def with_qagen(file: Path, model: str, epochs: int) -> tuple[float, str]:
    """Seconds a step, and the precision."""
    trained = train_locally(
        file,
        model=model,
        out=file.with_name("run"),
        n_epochs=epochs,
        rank=RANK,
        learning_rate=RATE,
        batch_size=BATCH,
        replay=None,
        stop_at_recall=None,
        device="cpu",
    )
    record = trained.record
    return record.details["training_seconds"] / record.details["steps"], record.hyperparameters["dtype"]


def bare(file: Path, model: str, epochs: int, dtype: str) -> float:
    """Seconds a step."""
    from peft import LoraConfig, get_peft_model

    from qagen.tuning.models import find_base, load_base

    base, tokenizer = load_base(find_base(model))
    lora = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear", task_type="CAUSAL_LM")
    network: Any = get_peft_model(base, lora)
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=RATE)
    rows = [json.loads(line)["messages"] for line in file.read_text(encoding="utf-8").splitlines()]
    start = time.perf_counter()
    steps = 0
    for _ in range(epochs):
        for place in range(0, len(rows), BATCH):
            ids, labels = batch(tokenizer, rows[place : place + BATCH])
            with torch.autocast("cpu", torch.bfloat16) if dtype == "bfloat16" else nullcontext():
                loss = network(input_ids=ids, labels=labels).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            steps += 1
    return (time.perf_counter() - start) / steps


def batch(tokenizer: Any, rows: list[Any]) -> tuple[torch.Tensor, torch.Tensor]:
    prompts = [
        tokenizer.apply_chat_template(row[:-1], add_generation_prompt=True, return_dict=False) for row in rows
    ]
    wholes = [tokenizer.apply_chat_template(row, return_dict=False) for row in rows]
    longest = max(map(len, wholes))
    ids = [whole + [tokenizer.pad_token_id] * (longest - len(whole)) for whole in wholes]
    labels = [
        [-100] * len(prompt) + whole[len(prompt) :] + [-100] * (longest - len(whole))
        for prompt, whole in zip(prompts, wholes, strict=True)
    ]
    return torch.tensor(ids), torch.tensor(labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="local:smollm2-135m")
    parser.add_argument("--epochs", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = write_examples(Path(folder) / "train.jsonl")
        ours, dtype = with_qagen(file, chosen.model, chosen.epochs)
        plain = bare(file, chosen.model, chosen.epochs, dtype)
    print(f"qagen      {ours:6.2f} s a step ({dtype})")
    print(f"bare loop  {plain:6.2f} s a step")
    print(f"qagen takes {ours / plain:.2f} times as long")


if __name__ == "__main__":
    main()
