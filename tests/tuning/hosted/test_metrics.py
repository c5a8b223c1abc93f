from __future__ import annotations

import base64
import subprocess
import sys

import pandas as pd
import pytest
from tuning_server import LIFE, STUCK, TuningServer

from qagen import fine_tuning_metrics, list_checkpoints, plot_metrics
from qagen.errors import ServiceError, SettingsError

COLUMNS = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
HEADER = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n"


@pytest.fixture
def server():
    with TuningServer() as server:
        yield server


def done(server, *contents):
    """A finished job with these result files."""
    job = server.add_job()
    job.results[:] = [
        server.add_file(
            one.encode() if isinstance(one, str) else one, "step_metrics.csv", purpose="fine-tune-results"
        ).id
        for one in contents
    ]
    return job


def metrics_of(server, *contents):
    return fine_tuning_metrics(server.client(), done(server, *contents).id)


@pytest.mark.parametrize("in_base64", [True, False])
def test_metrics_are_read_from_base64_and_from_plain_csv(server, in_base64):
    server.result_base64 = in_base64
    table = fine_tuning_metrics(server.client(), server.add_job().id)
    assert list(table.columns) == COLUMNS
    assert set(table.dtypes) == {pd.Series(dtype="float64").dtype}
    assert table["step"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert table["train_loss"][0] == 2.0
    assert table["valid_loss"].notna().tolist() == [False, False, True] * 3


def test_a_job_is_as_good_as_its_id(server):
    client = server.client()
    waiting = server.add_job(life=LIFE)
    early = client.fine_tuning.jobs.retrieve(waiting.id)
    while waiting.status != "succeeded":
        server.advance(waiting.id)
    assert len(fine_tuning_metrics(client, early)) == 9
    finished = client.fine_tuning.jobs.retrieve(waiting.id)
    before = len(server.requests)
    fine_tuning_metrics(client, finished)
    assert len(server.requests) == before + 1  # its file only


@pytest.mark.parametrize("wrap", [76, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_base64_in_lines_and_other_line_ends_are_read(server, wrap, end):
    text = base64.b64encode((HEADER + "1,2.5,0.5,,\n2,1.5,0.7,2,0.6\n").replace("\n", end).encode()).decode()
    table = metrics_of(server, end.join(text[at : at + wrap] for at in range(0, len(text), wrap)) + end)
    assert table["train_loss"].tolist() == [2.5, 1.5]


def test_a_byte_order_mark_blank_lines_and_words_for_nothing_are_read(server):
    text = "\ufeff" + HEADER + "\n 1 , 2.5,nan,NaN,null\n,,,,\n2,1.5,,None,n/a\n\n"
    table = metrics_of(server, text)
    assert table["train_loss"].tolist() == [2.5, 1.5]
    assert table[["train_accuracy", "valid_loss", "valid_mean_token_accuracy"]].isna().all(axis=None)


def test_missing_columns_are_there_and_empty_and_more_columns_are_kept(server):
    table = metrics_of(server, "step,train_loss,full_valid_loss\n1,2.5,3\n")
    assert list(table.columns) == [*COLUMNS, "full_valid_loss"]
    assert table["valid_loss"].isna().all()
    assert table["full_valid_loss"].tolist() == [3.0]


def test_the_names_azure_uses_are_understood(server):
    header = "step,train_loss,train_mean_token_accuracy,valid_loss,validation_mean_token_accuracy\n"
    table = metrics_of(server, header + "1,2.5,0.5,2.6,0.4\n")
    assert list(table.columns) == COLUMNS
    assert table.iloc[0].tolist() == [1, 2.5, 0.5, 2.6, 0.4]


def test_several_result_files_are_joined_by_step(server):
    first = HEADER + "3,1.0,,,\n1,2.5,,,\n2,1.5,,,\n"
    second = "step,valid_loss\n2,9\n3,1.25\n"
    third = HEADER + "3,0.9,,,\n4,0.5,,,\n"
    table = metrics_of(server, first, base64.b64encode(second.encode()), third)
    assert table["step"].tolist() == [1, 2, 3, 4]
    assert table["train_loss"].tolist() == [2.5, 1.5, 0.9, 0.5]
    assert table["valid_loss"].tolist()[1:3] == [9, 1.25]


def test_a_result_file_with_a_header_only_is_an_empty_table(server):
    table = metrics_of(server, HEADER)
    assert list(table.columns) == COLUMNS
    assert len(table) == 0


def test_a_job_without_a_result_file_yet_says_what_to_do(server):
    waiting = server.add_job(life=STUCK)
    with pytest.raises(ServiceError, match=r"no result file \(status: queued\).*wait_for_fine_tuning"):
        fine_tuning_metrics(server.client(), waiting.id)


def test_a_service_that_keeps_no_result_file_is_told(server):
    with pytest.raises(ServiceError, match=r"keeps none for it.*checkpoints.*list_checkpoints"):
        metrics_of(server)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "first line should name 'step'"),
        ("<html><title>Sign in, please</title></html>", "begins with '<html>"),
        ("SGVsbG8gd29ybGQ=", "first line should name"),
        ("!!!not base64!!!", "begins with '!!!not"),
        (base64.b64encode(bytes(range(256))), "no text"),
        (b"\x80\x81,\xff", "no text"),
        ("step\n1\n", "first line should name"),
        ("step,step\n1,2\n", "first line should name"),
        ("train_loss,valid_loss\n1,2\n", "first line should name"),
        (HEADER + "1,2,3,4,5,6\n", "line 2 .*6 values for 5 columns"),
        (HEADER + "1,2\n2,much\n", "line 3 .*train_loss is 'much'"),
        (HEADER + ",2\n", "step is ''"),
        (HEADER + "nan,2\n", "step is 'nan'"),
        (HEADER + "inf,2\n", "step is 'inf'"),
        (HEADER + "1," + "9" * 200_000 + "\n", "field larger"),
        ('{"error": {"message": "no, not this"}}', "first line should name"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_result_file_full_of_nonsense_is_a_clear_error(server, content, complaint):
    job = done(server, content)
    with pytest.raises(ServiceError, match=rf"{job.results[0]}.*{complaint}"):
        fine_tuning_metrics(server.client(), job.id)


@pytest.mark.parametrize(
    "trouble", [{"status": 404, "message": "No such File object"}, {"status": 500}, {"drop": True}], ids=str
)
def test_a_result_file_that_cannot_be_read_is_a_service_error(server, trouble):
    server.fail("GET", "/files/*/content", times=9, **trouble)
    with pytest.raises(ServiceError, match=r"The result file file-\d+ could not be read: .+\. [A-Z]"):
        metrics_of(server, HEADER)


@pytest.mark.parametrize("bad", ["", None, 7, object()])
def test_what_is_no_job_is_refused_before_anything_is_sent(server, bad):
    with pytest.raises(SettingsError, match="no id of a job"):
        fine_tuning_metrics(server.client(), bad)
    assert not server.requests


# The plot


LOSSES = pd.DataFrame(
    {"step": [1, 2, 3, 4], "train_loss": [2.0, 1.0, 0.6, 0.5], "valid_loss": [None, 1.2, None, 0.8]}
)


def lines(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def test_both_losses_are_drawn_and_the_checkpoints_marked(server, tmp_path):
    client, job = server.client(), server.add_job()
    axes = plot_metrics(fine_tuning_metrics(client, job.id), checkpoints=list_checkpoints(client, job.id))
    assert len(lines(axes)["training"].get_xdata()) == 9
    assert lines(axes)["validation"].get_xdata().tolist() == [3, 6, 9]
    assert lines(axes)["checkpoint"].get_xdata()[0] == 3
    assert {text.get_text() for text in axes.texts} == {"3", "6", "9"}
    axes.figure.savefig(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_losses_of_local_training_are_drawn_too():
    axes = plot_metrics(LOSSES, checkpoints=[2, 4.0])
    assert lines(axes)["training"].get_ydata().tolist() == [2.0, 1.0, 0.6, 0.5]
    assert lines(axes)["validation"].get_ydata().tolist() == [1.2, 0.8]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
    assert axes.get_ylim()[0] == 0


def test_a_table_without_validation_has_one_curve():
    axes = plot_metrics(LOSSES[["step", "train_loss"]])
    assert set(lines(axes)) == {"training"}


def test_axes_of_ones_own_are_drawn_on():
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert plot_metrics(LOSSES, ax=axes) is axes


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(),
        pd.DataFrame({"step": [1, 2]}),
        pd.DataFrame({"train_loss": [1.0, 2.0]}),
        pd.DataFrame({"step": [1.0], "train_loss": [float("nan")]}),
        pd.DataFrame({"step": [1.0], "train_loss": [float("inf")]}),
        LOSSES[:0],
    ],
    ids=["nothing", "no loss", "no step", "no number", "infinite", "no rows"],
)
def test_a_table_with_nothing_to_draw_is_a_clear_error(table):
    with pytest.raises(SettingsError, match="no loss to draw"):
        plot_metrics(table)


ALONE = """
import sys
import pandas as pd
from qagen import plot_metrics
plot_metrics(pd.DataFrame({"step": [1, 2], "train_loss": [2, 1]})).figure.savefig(sys.argv[1])
assert "matplotlib.pyplot" not in sys.modules
"""


def test_drawing_never_loads_pyplot(tmp_path):
    subprocess.run([sys.executable, "-c", ALONE, str(tmp_path / "loss.png")], check=True, timeout=60)
    assert (tmp_path / "loss.png").stat().st_size > 5000
