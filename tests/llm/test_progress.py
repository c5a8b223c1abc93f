"""How far a run is: bars in a terminal, lines elsewhere, and in a notebook without widgets no word of it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time

import pytest

from qagen.llm.progress import Course, duration_text
from qagen.llm.running import Progress

# What tqdm looks for in a notebook; ipywidgets cannot be imported.
NOTEBOOK = """
import sys, types
shell = types.SimpleNamespace(get_ipython=lambda: None)
sys.modules |= {"ipykernel.zmqshell": shell, "IPython": shell, "ipywidgets": None}
"""


def said(code):
    """What a notebook that runs this says."""
    command = [sys.executable, "-W", "always", "-c", NOTEBOOK + code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_a_notebook_without_widgets_gets_the_plain_bar_and_no_warning():
    assert said("from qagen.llm.progress import bar_class; print(bar_class().__module__)") == "tqdm.asyncio\n"


def test_by_itself_the_import_would_warn():
    assert "IProgress not found" in said("from tqdm.auto import tqdm")


# --- without a terminal ---

STEPS = """
import time
from qagen.llm.progress import Course
from qagen.llm.running import Progress
from qagen.records import Usage
with Course(["gates", "review", "divide"], show=SHOWN) as course:
    course.expect({"gates": 60, "review": 240})
    for step, pieces in (("gates", 30), ("review", 0), ("divide", 2)):
        course.begin(step)
        with Progress(show=SHOWN, step=step, course=course) as bar:
            bar.expect(pieces)
            for _ in range(pieces):
                bar.ended()
            time.sleep(PAUSE)
"""


def steps(*, shown=True, pause=0):
    return STEPS.replace("SHOWN", str(shown)).replace("PAUSE", str(pause))


def test_a_file_gets_a_line_for_the_beginning_and_the_end_of_a_step_and_nothing_is_drawn_over():
    code = [sys.executable, "-c", steps()]
    told = subprocess.run(code, capture_output=True, check=True).stderr
    assert b"\r" not in told
    assert told.decode().splitlines() == [
        "step 1 of 3, gates: 0 of 30, about 5 min left",
        "step 1 of 3, gates: 30 of 30",
        "step 2 of 3, review: nothing to do",
        "step 3 of 3, divide: 0 of 2",
        "step 3 of 3, divide: 2 of 2",
    ]


def test_bars_of_other_kinds_are_lines_too_and_not_more_than_one_a_minute():
    code = """
from qagen.llm.progress import bar_class
with bar_class()(total=4_000_000, desc="model", unit="B", unit_scale=True) as bar:
    for _ in range(400):
        bar.update(10_000)
        bar.write("between")
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stderr
    assert told.splitlines() == ["model: 0.00B of 4.00MB", "model: 4.00MB of 4.00MB"]


# --- in a terminal ---


def test_a_terminal_gets_a_bar_with_a_total_below_one_over_all_and_both_are_gone_at_the_end():
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # 24 lines of 80 signs
    with subprocess.Popen([sys.executable, "-c", steps(pause=0.2)], stderr=theirs):
        os.close(theirs)
        told = b""
        while piece := read(ours):
            told += piece
    os.close(ours)
    shown = [line.strip() for line in re.split(r"\r\n?|\x1b\[A", told.decode())]
    assert any(re.match(r"step 1 of 3, about 5 min left +0%\|", line) for line in shown)
    assert any(re.match(r"gates: +0%\|.*\| 0/30 \[", line) for line in shown)
    assert any(re.match(r"divide: .*\| 0/2 \[", line) for line in shown)
    assert shown[-1] == ""
    assert max(map(len, shown)) < 80


def read(terminal):
    try:
        return os.read(terminal, 10_000)
    except OSError:  # the other end is closed
        return b""


def test_quiet_is_quiet():
    code = [sys.executable, "-c", steps(shown=False)]
    assert subprocess.run(code, capture_output=True, check=True).stderr == b""


# --- how long the rest takes ---


def test_the_time_left_follows_the_pace_that_was_seen():
    course = Course(["write", "review"], show=False)
    course.expect({"write": 0.1, "review": 100})
    assert course.seconds_left == pytest.approx(100.1, rel=0.01)
    course.begin("write")
    time.sleep(0.2)
    course.reached(2, 2, asked=2)  # took twice as long as expected
    assert course.title() == "step 1 of 2"
    assert course.seconds_left == pytest.approx(200, rel=0.2)


def test_what_is_answered_from_the_ledger_says_nothing_of_the_pace():
    course = Course(["write", "review"], show=False)
    course.expect({"write": 50, "review": 100})
    course.begin("write")
    course.reached(2, 2, asked=0)
    assert course.seconds_left == pytest.approx(100)


def test_of_questions_alone_no_time_is_told_until_one_was_asked():
    course = Course(["ask base", "ask with its passage", "ask tuned"], show=False)
    course.expect({"ask base": 10, "ask with its passage": 5, "ask tuned": 10}, in_seconds=False)
    course.begin("ask base")
    assert course.time_left() == ""
    course.reached(5, 10, asked=5)
    assert course.seconds_left > 0
    course.begin("ask tuned")  # the one between is left out
    course.reached(10, 10, asked=10)
    assert course.seconds_left == 0


def test_a_total_is_known_before_the_first_item_even_of_a_generator():
    with Progress(show=False) as bar:
        counted = bar.counted(str(number) for number in range(5))
        assert next(counted) == "0"
        assert bar.pieces == 5
        assert [*counted] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "1 s"), (7, "7 s"), (42, "40 s"), (57, "1 min"), (150, "2 min"), (7900, "2 h 10 min")],
)
def test_a_time_is_told_no_finer_than_it_is_known(seconds, text):
    assert duration_text(seconds) == text
