"""A batch as one row: logits and gradients of the padded batch, on models of each type it is for."""

import pytest
from tiny_model import make_tiny_model

TYPES = ("llama", "mistral", "qwen2", "qwen3")
PROMPT = [5, 6, 7, 8]
EXAMPLES = [([11, 12, 13], [21, 22]), ([14], [23]), ([11, 15, 16, 17, 18], [24, 25, 26, 2])]


@pytest.fixture
def model_of(tmp_path):
    import transformers

    def make(kind, attention="eager"):
        folder = make_tiny_model(tmp_path / "model", architecture=kind)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation=attention)
        return model.train()

    return make


def batch_of(examples, prompt):
    import torch

    from qagen.tuning.local.training.one_row import IGNORED

    rows = [[*prompt, *question, *answer] for question, answer in examples]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    inside = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    labels = torch.full(ids.shape, IGNORED)
    for at, (row, (_, answer)) in enumerate(zip(rows, examples, strict=True)):
        labels[at, len(row) - len(answer) : len(row)] = torch.tensor(answer)
    return ids, labels, inside


def one_by_one(model, examples, prompt):
    """Each example by itself, as plainly as can be."""
    import torch

    found = []
    for question, answer in examples:
        row = [*prompt, *question, *answer]
        found.append(model(input_ids=torch.tensor([row])).logits[0, -len(answer) - 1 : -1])
    return torch.cat(found)


def gradients(model, logits, wanted):
    import torch

    model.zero_grad()
    torch.nn.functional.cross_entropy(logits, wanted).backward()
    return torch.cat([weight.grad.flatten() for weight in model.parameters()])


def passes(model):
    """The shapes of what the model is given."""
    seen = []
    model.register_forward_pre_hook(
        lambda _module, _args, given: seen.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    return seen


def test_each_type_is_tried():
    from qagen.tuning.local.training import one_row

    assert set(TYPES) == one_row._TYPES


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("kind", TYPES)
def test_logits_and_gradients_are_those_of_each_example_by_itself(model_of, kind, attention):
    import torch

    from qagen.tuning.local.training.one_row import answer_logits

    model = model_of(kind, attention)
    wanted = torch.tensor([token for _, answer in EXAMPLES for token in answer])
    plain = one_by_one(model, EXAMPLES, PROMPT)
    expected = gradients(model, plain, wanted)
    seen = passes(model)
    found, tokens = answer_logits(model, *batch_of(EXAMPLES, PROMPT))
    assert seen == [(1, len(PROMPT) + 5 + 2 + 9)]
    assert tokens.tolist() == wanted.tolist()
    assert torch.allclose(found, plain, atol=1e-5)
    assert torch.allclose(gradients(model, found, tokens), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("examples", "prompt", "tokens"),
    [
        ([([1], [2]), ([3], [4])], [], 4),  # nothing in common
        ([([1], [2, 3]), ([1], [4])], [5], 1 + 3 + 2),  # what an answer follows is not shared
        ([([1, 2], [3])], [5], 4),  # one example
        ([([1], [3]), ([1], [3])], [5], 1 + 2 + 2),  # twice the same
    ],
)
def test_what_is_shared_ends_before_the_first_answer(model_of, examples, prompt, tokens):
    import torch

    from qagen.tuning.local.training.one_row import answer_logits

    model = model_of("llama")
    plain = one_by_one(model, examples, prompt)
    seen = passes(model)
    found, _ = answer_logits(model, *batch_of(examples, prompt))
    assert seen == [(1, tokens)]
    assert torch.allclose(found, plain, atol=1e-5)


@pytest.mark.parametrize("why", ["type", "long row"])
def test_elsewhere_the_batch_stays_as_it_is(model_of, why, monkeypatch):
    import torch

    from qagen.tuning.local.training import one_row
    from qagen.tuning.local.training.one_row import answer_logits

    model = model_of("gemma" if why == "type" else "llama")
    monkeypatch.setattr(one_row, "_TOKENS", 19 if why == "long row" else 20)
    plain = one_by_one(model, EXAMPLES, PROMPT)
    seen = passes(model)
    found, tokens = answer_logits(model, *batch_of(EXAMPLES, PROMPT))
    assert seen == [(3, 13)]
    assert tokens.tolist() == [21, 22, 23, 24, 25, 26, 2]
    assert torch.allclose(found, plain, atol=1e-5)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_multiplied_in_16_bits_it_is_the_same_but_for_their_rounding(model_of, attention):
    import torch

    from qagen.tuning.local.training.one_row import answer_logits

    model = model_of("llama", attention)
    with torch.autocast("cpu", torch.bfloat16):
        found, tokens = answer_logits(model, *batch_of(EXAMPLES, PROMPT))
        assert torch.isfinite(gradients(model, found.float(), tokens)).all()
    plain = one_by_one(model, EXAMPLES, PROMPT)
    assert 0 < (found - plain).abs().max() < 0.03 * plain.abs().max()
