import pytest
from scripted import replies
from test_generation import about, documents

from qagen import QADataset, generate_pairs
from qagen.errors import SettingsError
from qagen.files import RecordError
from qagen.records import Conflict

PLAIN = {"preset": "classic", "progress": False}


def generate(out, number=4):
    return generate_pairs(documents(number), replies(about), out=out, **PLAIN)


def test_a_changed_question_stays_changed_on_every_following_run(tmp_path):
    first = generate(tmp_path)
    edited = first.edit(
        first[1].id, question="Which boat won race 1 of the regatta in 1901?", answer="Boat 1"
    )
    assert (edited[1].question, edited[1].answer) == (
        "Which boat won race 1 of the regatta in 1901?",
        "Boat 1",
    )
    assert first[1].question != edited[1].question
    for _ in range(2):
        again = generate(tmp_path)
        assert [*again] == [*edited]
    assert [*QADataset.load(tmp_path)] == [*edited]


def test_a_rejected_pair_is_dropped_with_the_persons_note(tmp_path):
    first = generate(tmp_path)
    assert len(first.edit(first[0].id, reject=True, note="nobody asks this")) == 3
    again = generate(tmp_path)
    [dropped] = again.dropped
    assert (dropped.pair, dropped.reason, dropped.detail) == (
        first[0],
        "rejected_by_a_person",
        "nobody asks this",
    )
    assert len(again) == 3


def test_a_dropped_pair_that_is_accepted_comes_back(tmp_path):
    first = generate(tmp_path)
    without = first.edit(first[2].id, reject=True)
    back = without.edit(first[2].id)
    assert first[2] in [*back]
    assert back.dropped == ()
    assert len(generate(tmp_path)) == 4


def test_the_last_edit_of_a_pair_counts(tmp_path):
    first = generate(tmp_path)
    first.edit(first[0].id, reject=True)
    first.edit(first[0].id, answer="Boat zero")
    assert generate(tmp_path)[0].answer == "Boat zero"


def test_a_pair_in_conflict_is_decided_by_an_edit():
    dataset = generate(None)
    conflict = Conflict(pairs=(dataset[0], dataset[1]), reason="two_answers")
    disputed = dataset.replace(dataset[2:], conflicts=(conflict,))
    decided = disputed.edit(dataset[0].id)
    assert dataset[0] in [*decided]
    assert decided.conflicts == []


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"reject": True, "answer": "x"}, "either rejects"),
        ({"question": "  "}, "empty"),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused(tmp_path, how, said):
    dataset = generate(tmp_path)
    with pytest.raises(SettingsError, match=said):
        dataset.edit(dataset[0].id, **how)
    assert not (tmp_path / "edits.jsonl").exists()


def test_an_edit_of_a_pair_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="no pair 'nobody'"):
        generate(tmp_path).edit("nobody")


def test_a_broken_line_of_edits_is_named_before_anything_is_asked(tmp_path):
    (tmp_path / "edits.jsonl").write_text('{"id": "a", "action": "accept"}\n{"id": "b", "action": "burn"}\n')
    model = replies(about)
    with pytest.raises(RecordError, match=r"edits.jsonl, record 2.*action"):
        generate_pairs(documents(2), model, out=tmp_path, **PLAIN)
    assert model.calls == 0


def test_edits_written_by_hand_count(tmp_path):
    first = generate(tmp_path)
    (tmp_path / "edits.jsonl").write_text(
        f'{{"id": "{first[3].id}", "action": "change", "answer": "Boat III"}}\n'
    )
    assert generate(tmp_path)[3].answer == "Boat III"
