import json

import pytest
from regatta import about, documents
from scripted import replies
from stages import staged

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
    assert decided.conflicts == ()


def two_winners():
    """A question with two answers, and a pair of its own."""
    one, other, third = generate(None, 3)
    asked = "Who won the final of 1897 at Marrow Bridge?"
    rivals = [pair.model_copy(update={"question": asked}) for pair in (one, other)]
    conflict = Conflict(pairs=tuple(rivals), reason="two_answers")
    return QADataset([third], conflicts=[conflict]), rivals


def everything(dataset):
    aside = [pair for one in dataset.conflicts for pair in one.pairs]
    return sorted(pair.id for pair in (*dataset, *aside, *(one.pair for one in dataset.dropped)))


def test_accepting_one_side_of_a_conflict_drops_the_other():
    dataset, (one, other) = two_winners()
    decided = dataset.edit(one.id)
    assert one in [*decided]
    assert [(lost.pair.id, lost.reason) for lost in decided.dropped] == [(other.id, "conflict_decided")]
    assert everything(decided) == everything(dataset)
    again = decided.edit(other.id, reject=True)
    assert everything(again) == everything(dataset)


def test_rejecting_one_side_of_a_conflict_keeps_the_other():
    dataset, (one, other) = two_winners()
    decided = dataset.edit(one.id, reject=True)
    assert other in [*decided]
    assert [lost.reason for lost in decided.dropped] == ["rejected_by_a_person"]
    assert everything(decided) == everything(dataset)


def test_a_change_that_tells_two_pairs_apart_keeps_both():
    dataset, (one, other) = two_winners()
    decided = dataset.edit(one.id, question="Who won the final of 1898 at Marrow Bridge?")
    assert {one.id, other.id} <= {pair.id for pair in decided}
    assert (decided.conflicts, decided.dropped) == ((), ())


def test_two_edits_of_a_pair_add_up(tmp_path):
    first = generate(tmp_path)
    first.edit(first[0].id, question="Which boat won race 0 of the regatta in 1900?")
    first.edit(first[0].id, answer="Boat zero")
    again = generate(tmp_path)[0]
    assert (again.question, again.answer) == ("Which boat won race 0 of the regatta in 1900?", "Boat zero")


def test_an_edit_of_a_pair_that_is_no_more_is_told(tmp_path):
    (tmp_path / "edits.jsonl").write_text('{"id": "gone", "action": "reject"}\n')
    dataset = generate(tmp_path)
    assert [(one.source, one.passage, one.state) for one in dataset.failures] == [
        ("edits.jsonl", "gone", "unmatched_edit")
    ]


def test_a_fact_that_is_edited_takes_its_wordings_along():
    dataset = generate_pairs(
        documents(1), staged(write=lambda prompt: json.loads(about(prompt))), progress=False
    )
    canonical = dataset[0]
    assert len(dataset) > 5
    changed = dataset.edit(canonical.id, answer="Nobody")
    assert [pair.answer for pair in changed] == ["Nobody"]
    assert {one.reason for one in changed.dropped} >= {"of_an_edited_fact"}
    assert len(dataset.edit(canonical.id)) == len(dataset)


@pytest.mark.parametrize(
    ("how", "said"), [({"reject": True, "answer": "x"}, "either rejects"), ({"question": "  "}, "empty")]
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
