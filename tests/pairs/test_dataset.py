import pytest
from regatta import about, documents
from scripted import replies

from qagen import QADataset, generate_pairs, read_pairs, write_pairs
from qagen.errors import RunFolderError
from qagen.files import RecordError, whole_file
from qagen.records import Failure


@pytest.fixture
def dataset():
    return generate_pairs([*documents(4), *documents(1)], replies(about), progress=False, preset="classic")


def test_a_dataset_is_a_sequence(dataset):
    assert len(dataset) == 4
    assert dataset[-1].source == "3.txt"
    assert [pair.source for pair in dataset[1:3]] == ["1.txt", "2.txt"]
    assert dataset[0] in dataset


def test_saving_and_loading_gives_back_everything(dataset, tmp_path):
    failing = QADataset(
        dataset,
        dropped=dataset.dropped,
        failures=[Failure(source="x", state="empty", detail="d")],
        passages=5,
    )
    loaded = QADataset.load(failing.save(tmp_path / "run"))
    assert list(loaded) == list(dataset)
    assert list(loaded.dropped) == list(dataset.dropped)
    assert loaded.failures == failing.failures
    assert loaded.passages == 5


def test_saving_a_dataset_over_its_own_files_keeps_it(dataset, tmp_path):
    loaded = QADataset.load(dataset.save(tmp_path))
    loaded.save(tmp_path)
    assert list(QADataset.load(tmp_path)) == list(dataset)


def test_pairs_are_written_and_read(dataset, tmp_path):
    pairs = read_pairs(write_pairs(dataset, tmp_path / "p.jsonl"))
    assert list(pairs) == list(dataset)
    assert pairs[2] == dataset[2]
    assert pairs[-1] == dataset[-1]
    with pytest.raises(IndexError):
        pairs[4]


def test_a_table_has_a_row_for_each_pair(dataset):
    table = dataset.to_pandas()
    assert list(table["source"]) == ["0.txt", "1.txt", "2.txt", "3.txt"]
    assert list(dataset.to_hf()["answer"]) == [pair.answer for pair in dataset]


def test_an_empty_dataset_still_has_its_columns():
    assert "question" in QADataset(()).to_pandas().columns
    assert "question" in QADataset(()).to_hf().column_names


def test_the_notebook_table_escapes_what_a_document_says(dataset):
    hostile = QADataset([dataset[0].model_copy(update={"question": "<script>alert(1)</script>"})])
    assert "<script>" not in hostile._repr_html_()
    assert "&lt;script&gt;" in hostile._repr_html_()


def test_a_line_that_is_no_pair_is_named(dataset, tmp_path):
    path = write_pairs(dataset, tmp_path / "p.jsonl")
    lines = path.read_text("utf-8").split("\n")
    lines[1] = '{"question": "only this"}'
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(RecordError, match=r"p\.jsonl, record 2: not a QAPair \(id"):
        list(read_pairs(path))


def test_a_folder_without_pairs_is_an_error(tmp_path):
    with pytest.raises(RunFolderError, match=r"pairs\.jsonl"):
        QADataset.load(tmp_path)


def test_a_dataset_in_memory_keeps_its_documents(dataset):
    assert dataset.document("0.txt") == documents(1)[0].page_content
    assert set(dataset.texts()) == {"0.txt", "1.txt", "2.txt", "3.txt"}


def test_pairs_alone_have_no_documents(dataset):
    with pytest.raises(RunFolderError, match="out="):
        QADataset([*dataset]).document("0.txt")


def test_an_unknown_document_is_an_error(tmp_path):
    dataset = generate_pairs(documents(1), replies(about), out=tmp_path, progress=False, preset="classic")
    with pytest.raises(RunFolderError, match=r"no document '9\.txt'"):
        dataset.document("9.txt")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(f"new {1 / 0}")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_file_on_a_full_disk_is_a_clear_error():
    from pathlib import Path

    with pytest.raises(RunFolderError, match="/proc/none"), whole_file(Path("/proc/none")) as file:
        file.write("x")
