"""How often llama.cpp and transformers give the same answer to the training questions, and how fast.

    python benchmarks/serving.py run/ [--file train.jsonl] [--questions 40] [--threads 2]

Both give the likeliest answer. transformers has the base model in 32 bits (a GGUF file unpacked), llama.cpp
the GGUF file as it is; both have the adapter of the run folder. Calls are made one after the other.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen import tuned_model
from qagen.tuning import read_record

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

MAX_TOKENS = 64


def examples(file: Path, number: int) -> Mapping[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    turns = [json.loads(line)["messages"] for line in lines]
    return {messages[-2]["content"]: messages[-1]["content"] for messages in turns[:number]}


def ask(model: BaseChatModel, questions: Mapping[str, str]) -> tuple[list[str], float, float]:
    """The answers, and how many answers and tokens a second."""
    model.invoke("Hello")  # what is done once
    start = time.perf_counter()
    replies: list[Any] = [model.invoke(question) for question in questions]
    seconds = time.perf_counter() - start
    tokens = sum(reply.usage_metadata["output_tokens"] for reply in replies)
    return [reply.text.strip() for reply in replies], len(replies) / seconds, tokens / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--file", type=Path, help="the training file, where it is not in the run folder")
    options = parser.parse_args()
    file = options.file or options.run / read_record(options.run).training_file
    wanted = examples(file, options.questions)
    given, speed = {}, {}
    for engine in ("transformers", "llama.cpp"):
        start = time.perf_counter()
        more: dict[str, Any] = {"threads": options.threads} if engine == "llama.cpp" else {}
        if engine == "transformers" and options.threads:
            import torch

            torch.set_num_threads(options.threads)
        model = tuned_model(options.run, engine=engine, max_tokens=MAX_TOKENS, **more)
        loading = time.perf_counter() - start
        given[engine], speed[engine], tokens = ask(model, wanted)
        right = sum(answer == taught for answer, taught in zip(given[engine], wanted.values(), strict=True))
        print(
            f"{engine:12}  loaded in {loading:5.1f} s  {speed[engine]:6.2f} answers/s  {tokens:6.1f} tokens/s"
            f"  {right} of {len(wanted)} as taught"
        )
    both = list(zip(wanted, given["transformers"], given["llama.cpp"], strict=True))
    equal = sum(one == other for _, one, other in both)
    print(f"equal answers: {equal} of {len(both)} ({100 * equal / len(both):.1f} %)")
    print(f"llama.cpp is {speed['llama.cpp'] / speed['transformers']:.1f} times as fast")
    for question, one, other in both:
        if one != other:
            print(f"  {question}\n    transformers: {one}\n    llama.cpp:    {other}")


if __name__ == "__main__":
    main()
