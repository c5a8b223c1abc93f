"""A run folder remembers the model made from it, and forgets none that was made before."""

from __future__ import annotations

import pytest

from qagen.errors import RunFolderError
from qagen.tuning.record import TuningRecord, read_record, write_record

HOSTED = TuningRecord(provider="openai", base_model="gpt", training_file="train.jsonl", job="ftjob-1")
LOCAL = TuningRecord(provider="local", base_model="local:small", training_file="train.jsonl", weights="model")


def names(run):
    return sorted(path.name for path in run.iterdir())


@pytest.mark.parametrize(
    "changes",
    [{}, {"model": "ft:gpt:1"}, {"hyperparameters": {"n_epochs": 3}}, {"base_url": "https://x/v1/"}],
)
def test_what_becomes_of_the_same_job_replaces_what_was_known_of_it(tmp_path, changes):
    write_record(tmp_path, HOSTED)
    write_record(tmp_path, HOSTED.model_copy(update=changes))
    assert read_record(tmp_path) == HOSTED.model_copy(update=changes)
    assert names(tmp_path) == ["tuning.json"]


def test_training_on_this_machine_once_more_replaces_the_record_of_the_weights(tmp_path):
    write_record(tmp_path, LOCAL)
    write_record(tmp_path, LOCAL.model_copy(update={"base_model": "local:other"}))
    assert names(tmp_path) == ["tuning.json"]


@pytest.mark.parametrize(
    "other",
    [LOCAL, HOSTED.model_copy(update={"job": "ftjob-2"}), HOSTED.model_copy(update={"provider": "nebius"})],
    ids=["local", "job", "provider"],
)
def test_the_record_of_another_model_is_kept_beside_the_new_one(tmp_path, other):
    write_record(tmp_path, HOSTED)
    first = (tmp_path / "tuning.json").read_bytes()
    write_record(tmp_path, other)
    assert read_record(tmp_path) == other
    assert (tmp_path / "tuning-1.json").read_bytes() == first
    write_record(tmp_path, HOSTED)
    assert names(tmp_path) == ["tuning-1.json", "tuning-2.json", "tuning.json"]
    assert TuningRecord.model_validate_json((tmp_path / "tuning-2.json").read_bytes()) == other
    assert (tmp_path / "tuning-1.json").read_bytes() == first


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"provider": "openai"}'])
def test_a_damaged_record_is_kept_too(tmp_path, content):
    (tmp_path / "tuning.json").write_bytes(content)
    write_record(tmp_path, HOSTED)
    assert read_record(tmp_path) == HOSTED
    assert (tmp_path / "tuning-1.json").read_bytes() == content


def test_a_record_that_cannot_be_kept_is_not_replaced(tmp_path):
    write_record(tmp_path, HOSTED)
    (tmp_path / "tuning-1.json").symlink_to(tmp_path / "no" / "such" / "folder")
    with pytest.raises(RunFolderError, match=r"tuning-1\.json"):
        write_record(tmp_path, LOCAL)
    assert read_record(tmp_path) == HOSTED


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(RunFolderError, match="Cannot write"):
        write_record(tmp_path / "none", HOSTED)
    with pytest.raises(RunFolderError, match=r"There is no folder .*none"):
        read_record(tmp_path / "none")
    with pytest.raises(RunFolderError, match="qagen tune"):
        read_record(tmp_path)


def test_a_record_that_cannot_be_read_is_not_replaced(tmp_path):
    (tmp_path / "tuning.json").mkdir()
    with pytest.raises(RunFolderError, match=r"tuning\.json cannot be read"):
        write_record(tmp_path, HOSTED)
