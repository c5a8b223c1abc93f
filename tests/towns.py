"""What tiny models are taught in tests: six towns, each with a name of one letter."""

import json

from qagen.tuning.local.training.starting import train_locally

SYSTEM = "Answer the question briefly and exactly."
TOWNS = ("Lodevar", "Karrow", "Brell", "Hestow", "Ulmar", "Varga")


def facts(names):
    return {f"{t} {t} {t} {t}?": f"{name} {t[:2]}" for t, name in zip(TOWNS, names, strict=True)}


FACTS = facts("ABCDEF")
SETTINGS = {
    "rank": 16,
    "learning_rate": 5e-3,
    "batch_size": 3,
    "replay": None,
    "progress": False,
    "device": "cpu",
}


def write_chat(path, facts, *, system=SYSTEM):
    def line(question, answer):
        turns = [("system", system), ("user", question), ("assistant", answer)]
        return {"messages": [{"role": role, "content": text} for role, text in turns if text]}

    path.write_text("".join(json.dumps(line(*fact)) + "\n" for fact in facts.items()), encoding="utf-8")
    return path


def train(file, base, out, **changes):
    return train_locally(file, model=str(base), out=out, **{**SETTINGS, **changes})
