"""Writing training files, and checking them."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qagen import QA, QAPair, check_training_file, count_tokens, write_training_file
from qagen.errors import QAGenError, SettingsError, TrainingFileError
from qagen.tuning.file.writing import DEFAULT_SYSTEM_PROMPT

FORMATS = ["chat", "prompt-completion", "alpaca", "sharegpt"]
HARD = [
    'He said "no", then \\n and \\\\.',
    "two\nlines\r\nand\ra tab\t.",
    "emoji 👩🏽‍🚀 and flags 🇯🇵",
    "bare\u2028line\u2029ends\x85here",
    "שלום (right to left) \u202eabc",
    "byte order mark \ufeff inside, \ufffe, \U0010ffff",
    "第二次世界大戦。！？　全角",
    "{braces} <|eot_id|> <b>tags</b> </s>",
    "  spaces around  ",
    "2014-07-13",
    "long " * 100_000,
]


def pair(question="Q?", answer="A.", **more):
    return QAPair(
        id="p1",
        source="s",
        passage="s#0",
        fact="p1",
        prompt="qa@1",
        model="m",
        question=question,
        answer=answer,
        **more,
    )


def some_pairs(number):
    return (pair(f"Question {n}?", f"Answer {n}.") for n in range(number))


class Plain:
    """A question and an answer that nothing has validated."""

    def __init__(self, question, answer):
        self.question, self.answer = question, answer


def read(path):
    """Question, answer and system prompt of each line, as a trainer for the format finds them."""
    for line in path.read_bytes().decode().split("\n")[:-1]:
        yield fields(json.loads(line))


def fields(line):
    if "messages" in line:
        texts = {message["role"]: message["content"] for message in line["messages"]}
        return texts["user"], texts["assistant"], texts.get("system")
    if "conversations" in line:
        texts = {turn["from"]: turn["value"] for turn in line["conversations"]}
        return texts["human"], texts["gpt"], texts.get("system")
    if "instruction" in line:
        assert line["input"] == ""
        return line["instruction"], line["output"], line.get("system")
    return line["prompt"], line["completion"], None


def chat(*turns, **more):
    roles = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}
    return {"messages": [{"role": roles.get(who, who), "content": text} for who, text in turns], **more}


def good(number=0):
    return chat(("s", "Be brief."), ("u", f"Question {number}?"), ("a", f"Answer {number}."))


def dpo(number=0, **changes):
    line = {
        "input": {"messages": [{"role": "user", "content": f"Question {number}?"}]},
        "preferred_output": [{"role": "assistant", "content": "Yes."}],
        "non_preferred_output": [{"role": "assistant", "content": "No."}],
    }
    return {key: value for key, value in {**line, **changes}.items() if value is not ...}


def lines_to(path, lines):
    """Write lines: objects as JSON, text and bytes as they are."""
    with path.open("wb") as file:
        for line in lines:
            text = json.dumps(line) if isinstance(line, dict) else line
            file.write((text if isinstance(text, bytes) else text.encode()) + b"\n")
    return path


def check_among_good_ones(folder, line, make=good, **options):
    """Check a file of ten good examples with the line as its seventh; what is wrong with that line."""
    lines = [make(n) for n in range(10)]
    lines.insert(6, line)
    report = check_training_file(lines_to(folder / "train.jsonl", lines), **options)
    assert all(problem.line in {0, 7} for problem in report.problems), report
    return [(problem.severity, problem.code) for problem in report.problems if problem.line], report


# ---- writing


def test_a_chat_line_holds_the_messages_and_nothing_else(tmp_path):
    path = write_training_file(
        [pair('Who "won"?', "Ελλάδα\n🏆")], tmp_path / "train.jsonl", system_prompt="Be brief."
    )
    assert path == tmp_path / "train.jsonl"
    assert path.read_text("utf-8") == (
        '{"messages": [{"role": "system", "content": "Be brief."}, '
        '{"role": "user", "content": "Who \\"won\\"?"}, {"role": "assistant", "content": "Ελλάδα\\n🏆"}]}\n'
    )


def test_without_a_system_prompt_there_is_no_system_message(tmp_path):
    path = write_training_file([pair()], tmp_path / "train.jsonl", system_prompt=None)
    assert [message["role"] for message in json.loads(path.read_bytes())["messages"]] == ["user", "assistant"]


@pytest.mark.parametrize("shape", FORMATS)
def test_every_character_comes_back_through_json(tmp_path, shape):
    pairs = [Plain(text, text[::-1]) for text in HARD]
    path = write_training_file(pairs, tmp_path / "train.jsonl", format=shape)
    system = None if shape == "prompt-completion" else DEFAULT_SYSTEM_PROMPT
    assert list(read(path)) == [(one.question, one.answer, system) for one in pairs]


PRINTED = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t\n\r\x85"))


@given(st.lists(st.tuples(PRINTED, PRINTED), min_size=1, max_size=5), st.sampled_from(FORMATS))
def test_any_text_comes_back_through_json_whatever_reader_cuts_the_lines(tmp_path_factory, texts, shape):
    path = tmp_path_factory.mktemp("any") / "train.jsonl"
    write_training_file((Plain(*both) for both in texts), path, format=shape)
    assert [found[:2] for found in read(path)] == texts
    assert len(path.read_text("utf-8").splitlines()) == len(texts)


@pytest.mark.parametrize("shape", FORMATS)
def test_every_character_comes_back_through_datasets(tmp_path, shape):
    import datasets

    pairs = [Plain(text, text[::-1]) for text in HARD]
    path = write_training_file(pairs, tmp_path / "train.jsonl", format=shape)
    loaded = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert [fields(row)[:2] for row in loaded] == [(one.question, one.answer) for one in pairs]


UNFIT = {
    "Is it <|endoftext|>?": "<|endoftext|>",
    "Is it NUL \x00?": "U+0000",
    "Is it \x0crac?": "U+000C",
    "Is it \x9f?": "U+009F",
    "Is it DEL \x7f?": "U+007F",
}


@pytest.mark.parametrize(("text", "named"), UNFIT.items())
@pytest.mark.parametrize("side", ["question", "answer"])
def test_a_pair_that_services_refuse_is_left_out_and_told_and_the_others_are_written(
    tmp_path, text, named, side
):
    pairs = [*some_pairs(10), pair(**{side: text}), pair("Last?", "Yes.")]
    with pytest.warns(UserWarning, match="1 pair was left out") as told:
        path = write_training_file(pairs, tmp_path / "train.jsonl")
    assert f"Pair 11 (id p1) holds {named}" in str(told[0].message)
    assert [found[0] for found in read(path)] == [*(f"Question {n}?" for n in range(10)), "Last?"]
    assert not check_training_file(path).errors


def test_of_many_pairs_left_out_three_are_named_and_all_are_counted(tmp_path):
    pairs = [pair(), *(pair(f"{n} <|im_end|>?", "A.") for n in range(2000))]
    with pytest.warns(UserWarning, match=r"2,000 pairs were left out.*Pair 4 .*; and 1997 more") as told:
        write_training_file(pairs, tmp_path / "train.jsonl")
    assert len(str(told[0].message)) < 600


def test_where_every_pair_is_left_out_there_is_no_file_and_the_reason_is_told(tmp_path):
    with pytest.raises(TrainingFileError, match=r"no pair to write .*1 pair was left out.*U\+0000"):
        write_training_file([pair("Q?", "4\x0012")], tmp_path / "train.jsonl")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("item", [QA(question="Q?", answer="A."), pair("Q?", "A."), Plain("Q?", "A.")])
def test_anything_with_a_question_and_an_answer_is_written(tmp_path, item):
    assert list(read(write_training_file([item], tmp_path / "t.jsonl"))) == [
        ("Q?", "A.", DEFAULT_SYSTEM_PROMPT)
    ]


def test_pairs_are_read_one_at_a_time(tmp_path):
    """The first lines are on the disk before the last pair is made."""
    target, sizes = tmp_path / "train.jsonl", []

    def lazily():
        for one in islice(some_pairs(3000), 3000):
            sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
            yield one

    write_training_file(lazily(), target)
    assert 0 < sizes[1500] < sizes[-1] < target.stat().st_size


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([], ["no pair"]),
        ([pair(), pair("half \ud83d", "A.")], ["Pair 2", "id p1", "U+D83D"]),
        ([Plain("Q?", "A."), Plain("Q?", None)], ["Pair 2", "answer"]),
        ([{"question": "Q?", "answer": "A."}], ["Pair 1", "question"]),
        (["text"], ["Pair 1", "question"]),
    ],
)
def test_what_cannot_be_written_is_named_and_leaves_the_old_file(tmp_path, pairs, words):
    target = tmp_path / "train.jsonl"
    target.write_text("old")
    with pytest.raises(TrainingFileError) as caught:
        write_training_file(pairs, target)
    assert all(word in str(caught.value) for word in words)
    assert [file.name for file in tmp_path.iterdir()] == ["train.jsonl"]
    assert target.read_text() == "old"


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError("the source is gone"), QAGenError("stopped")])
def test_a_failing_source_leaves_no_file_and_keeps_its_own_error(tmp_path, failure):
    def failing():
        yield pair()
        raise failure

    with pytest.raises(failure if isinstance(failure, type) else type(failure)) as caught:
        write_training_file(failing(), tmp_path / "train.jsonl")
    assert not isinstance(caught.value, TrainingFileError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"format": "csv"}, {"system_prompt": ""}, {"system_prompt": " \n"}])
def test_settings_that_cannot_be_are_refused(tmp_path, options):
    with pytest.raises(SettingsError):
        write_training_file([pair()], tmp_path / "train.jsonl", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nowhere/train.jsonl", "folder", "x" * 300])
def test_a_place_that_cannot_be_written_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(TrainingFileError, match=name):
        write_training_file([pair()], tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_path_without_a_name_is_refused(name):
    with pytest.raises(TrainingFileError, match="not the name of a file"):
        write_training_file([pair()], name)


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are set the POSIX way")
def test_a_disk_that_is_full_is_an_error_and_leaves_nothing(tmp_path):
    code = """
import resource, sys
from qagen import QA, write_training_file
from qagen.errors import TrainingFileError
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    write_training_file((QA(question="Q?", answer="A.") for _ in range(10_000)), sys.argv[1])
except TrainingFileError as error:
    sys.exit(str(error))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "train.jsonl")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


# ---- checking


@pytest.mark.parametrize("shape", FORMATS)
def test_what_was_written_passes_the_check(tmp_path, shape):
    path = write_training_file(some_pairs(12), tmp_path / "train.jsonl", format=shape)
    report = check_training_file(path)
    assert report.ok, report
    assert (report.format, report.examples) == (shape, 12)
    assert [problem.code for problem in report.problems] == ([] if shape == "chat" else ["not-chat"])


def test_preference_pairs_pass_with_their_method(tmp_path):
    path = lines_to(tmp_path / "dpo.jsonl", map(dpo, range(10)))
    report = check_training_file(path, method="dpo")
    assert (report.ok, report.format, report.problems) == (True, "dpo", ())


CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
PARTS = [
    {"type": "text", "text": "Look:"},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
]


@pytest.mark.parametrize(
    "line",
    [
        chat(("u", "Q?"), ("a", "A.")),
        chat(("u", PARTS), ("a", "A.")),
        chat(("u", "Q?"), ("a", [{"type": "text", "text": "A."}])),
        chat(("u", "Q?"), ("a", [{"type": "refusal", "refusal": "No."}])),
        {
            "messages": [
                {"role": "user", "content": "Q?", "name": "ann"},
                {"role": "assistant", "tool_calls": [CALL], "weight": 0},
                {"role": "tool", "tool_call_id": "c1", "content": "1"},
                {"role": "assistant", "content": "A.", "weight": 1},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
            "parallel_tool_calls": False,
        },
        json.dumps(good(77)) + "\r",
        "  " + json.dumps(good(77), ensure_ascii=False) + "  ",
    ],
)
def test_a_good_line_is_left_alone(tmp_path, line):
    found, report = check_among_good_ones(tmp_path, line)
    assert (found, report.ok, report.examples) == ([], True, 11)


E = "error"
W = "warning"
BAD_LINES = [
    # the line by itself
    (b"", E, "blank-line"),
    (b"  \t", E, "blank-line"),
    (b'{"messages": [', E, "invalid-json"),
    (b"{", E, "invalid-json"),
    (b"{'messages': []}", E, "invalid-json"),
    (b'{"messages": [], }', E, "invalid-json"),
    (b'{"messages": NaN}', E, "invalid-json"),
    (b'{"messages": ' + b"9" * 5000 + b"}", E, "invalid-json"),
    (b'{"messages": ' + b"[" * 100_000, E, "invalid-json"),
    (b'{"a":' * 900 + b"1" + b"}" * 900, E, None),
    (json.dumps(good(77)).replace("?", "\n?", 1).replace("\n", "\x0b"), E, "invalid-json"),
    (json.dumps(good(77)) + json.dumps(good(78)), E, "more-than-one"),
    (json.dumps(good(77)) + ",", E, "more-than-one"),
    ("\ufeff" + json.dumps(good(77)), E, "invalid-json"),
    (b"[]", E, "json-array"),
    (b"12", E, "not-an-object"),
    (b'"text"', E, "not-an-object"),
    (b"null", E, "not-an-object"),
    (json.dumps(good(77)).encode().replace(b"Be", b"B\xe9"), E, "not-utf8"),
    (json.dumps(good(77)).encode().replace(b"Be", b"\xed\xa0\x80"), E, "not-utf8"),
    (json.dumps(good(77)).replace("Be", "Be\u2028"), W, "line-separator"),
    (chat(("u", "half \ud83d"), ("a", "A.")), E, "half-character"),
    # the object
    ({**good(77), "id": 7}, E, "unknown-key"),
    ({**good(77), "weight": 1}, E, "unknown-key"),
    ({}, E, "no-messages"),
    ({"messages": None}, E, "no-messages"),
    ({"messages": []}, E, "no-messages"),
    ({"messages": {"role": "user"}}, E, "no-messages"),
    ({"messages": ["Q?", "A."]}, E, "message-type"),
    ({**good(77), "tools": {}}, E, "tools"),
    ({**good(77), "tools": []}, E, "tools"),
    ({**good(77), "parallel_tool_calls": "no"}, E, "tools"),
    # the conversation
    (chat(("s", "Be brief."), ("u", "Q?")), E, "no-assistant"),
    (chat(("u", "Q?"), ("a", "A."), ("u", "And?")), W, "last-not-assistant"),
    (chat(("s", "Be brief."), ("a", "A.")), W, "no-user"),
    # a message
    (chat(("bot", "Q?"), ("u", "Q?"), ("a", "A.")), E, "role"),
    (chat(("User", "Q?"), ("u", "Q?"), ("a", "A.")), E, "role"),
    (chat(("developer", "Q?"), ("u", "Q?"), ("a", "A.")), E, "role"),
    ({"messages": [{"role": ["user"], "content": "Q?"}, *good(77)["messages"]]}, E, "role"),
    ({"messages": [{"content": "Q?"}, *good(77)["messages"]]}, E, "role"),
    (chat(("u", "Q?"), ("function", "1"), ("a", "A.")), W, "old-role"),
    (
        {"messages": [*good(77)["messages"][:-1], {"role": "assistant", "content": "A.", "id": 1}]},
        W,
        "unknown-message-key",
    ),
    ({"messages": [{"role": "tool", "content": "1"}, *good(77)["messages"]]}, E, "tool-call-id"),
    # the weight
    *(
        (
            {
                "messages": [
                    {"role": "user", "content": "Q?"},
                    {"role": "assistant", "content": "A.", "weight": w},
                ]
            },
            E,
            "weight",
        )
        for w in (2, -1, 0.5, 1.0, True, "1", None, [1])
    ),
    (
        {
            "messages": [
                {"role": "user", "content": "Q?", "weight": 1},
                {"role": "assistant", "content": "A."},
            ]
        },
        E,
        "weight",
    ),
    (
        {
            "messages": [
                {"role": "user", "content": "Q?"},
                {"role": "assistant", "content": "A.", "weight": 0},
            ]
        },
        W,
        "no-weight",
    ),
    # the content
    (chat(("u", ""), ("a", "A.")), E, "empty"),
    (chat(("u", "Q?"), ("a", " \n")), E, "empty"),
    (chat(("u", "Q?"), ("a", None)), E, "empty"),
    (chat(("u", "Q?"), ("a", [])), E, "empty"),
    (chat(("u", [{"type": "text", "text": ""}]), ("a", "A.")), E, "empty"),
    ({"messages": [{"role": "user"}, {"role": "assistant", "content": "A."}]}, E, "empty"),
    (chat(("u", "Q?"), ("a", 42)), E, "content-type"),
    (chat(("u", "Q?"), ("a", {"text": "A."})), E, "content-type"),
    (chat(("u", ["Q?"]), ("a", "A.")), E, "content-type"),
    (chat(("u", [{"type": "input_audio"}]), ("a", "A.")), E, "content-type"),
    (chat(("u", [{"type": ["text"]}]), ("a", "A.")), E, "content-type"),
    (chat(("u", "Q?"), ("a", PARTS[1:])), E, "content-type"),
    (
        {"messages": [{"role": "tool", "tool_call_id": "c", "content": PARTS[:1]}, *good(77)["messages"]]},
        W,
        "content-type",
    ),
    # the text
    (chat(("u", "Q?"), ("a", "A.<|endoftext|>")), E, "special-token"),
    (json.dumps(chat(("u", "Q?"), ("a", "<|im_start|>"))).replace("<", "\\u003c"), E, "special-token"),
    (chat(("u", PARTS[:1]), ("a", [{"type": "text", "text": "<|im_end|>"}])), E, "special-token"),
    (chat(("u", "Q?"), ("a", "<|eot_id|>")), W, "special-token-like"),
    (chat(("u", "Q?"), ("a", "4\x0012")), E, "control-character"),
    (chat(("u", "Is it \x0crac?"), ("a", "A.")), W, "control-character"),
    (chat(("u", "Q?"), ("a", "It\x92s")), W, "control-character"),
    (chat(("u", "Q?"), ("a", "word " * 65_536)), W, "too-long"),
]


@pytest.mark.parametrize(("line", "severity", "code"), BAD_LINES)
def test_a_bad_line_is_found_with_its_number(tmp_path, line, severity, code):
    found, report = check_among_good_ones(tmp_path, line)
    assert (severity, code) in found or (code is None and (severity in dict(found)))
    assert report.ok == (severity == W)
    assert "line 7: " in report.summary()


DPO_LINES = [
    (dpo(input=...), E, "no-input"),
    (dpo(input=[]), E, "no-input"),
    (dpo(input={}), E, "no-messages"),
    (dpo(input={"messages": []}), E, "no-messages"),
    (dpo(input={"messages": [{"role": "user", "content": "Q?"}], "n": 1}), E, "unknown-key"),
    (dpo(preferred_output=...), E, "no-messages"),
    (dpo(non_preferred_output=[]), E, "no-messages"),
    (dpo(preferred_output="Yes."), E, "no-messages"),
    (dpo(preferred_output=[{"role": "user", "content": "Yes."}]), E, "reply"),
    (dpo(preferred_output=[{"role": "assistant", "content": "Yes."}] * 2), E, "reply"),
    (dpo(non_preferred_output=[{"role": "assistant", "content": "Yes."}]), W, "same-reply"),
    (dpo(preferred_output=[{"role": "assistant", "content": "<|endoftext|>"}]), E, "special-token"),
    (dpo(chosen="Yes."), E, "unknown-key"),
    (good(), E, "no-input"),
]


@pytest.mark.parametrize(("line", "severity", "code"), DPO_LINES)
def test_a_bad_preference_is_found_with_its_number(tmp_path, line, severity, code):
    found, report = check_among_good_ones(tmp_path, line, lambda n: dpo(n + 100), method="dpo")
    assert (severity, code) in found
    assert report.ok == (severity == W)


def completion(number):
    return {"prompt": f"Question {number}?", "completion": f"Answer {number}."}


def alpaca(number):
    return {"instruction": f"Question {number}?", "input": "", "output": f"Answer {number}."}


def sharegpt(number):
    return {
        "conversations": [
            {"from": "human", "value": f"Question {number}?"},
            {"from": "gpt", "value": "Answer."},
        ]
    }


@pytest.mark.parametrize(
    ("make", "line", "severity", "code"),
    [
        (completion, {"prompt": "Q?"}, E, "content-type"),
        (completion, {"prompt": "Q?", "completion": ""}, E, "empty"),
        (completion, {"prompt": 1, "completion": "A."}, E, "content-type"),
        (completion, {"prompt": [], "completion": "A."}, E, "no-messages"),
        (completion, {"prompt": "Q?", "completion": "A.", "id": 1}, W, "unknown-key"),
        (completion, {"prompt": "Q?", "completion": [{"role": "bot", "content": "A."}]}, E, "role"),
        (completion, good(77), E, "content-type"),
        (alpaca, {"instruction": ["Q?"], "output": {"a": 1}}, E, "content-type"),
        (alpaca, {"instruction": "Q?", "input": ""}, E, "content-type"),
        (alpaca, {"instruction": " ", "output": "A."}, E, "empty"),
        (alpaca, {"instruction": "Q?", "input": None, "output": "A."}, E, "content-type"),
        (alpaca, {"instruction": "Q?", "output": "A.", "text": "x"}, W, "unknown-key"),
        (sharegpt, {"conversations": []}, E, "no-messages"),
        (sharegpt, {"conversations": ["Q?"]}, E, "message-type"),
        (sharegpt, {"conversations": [{"from": "human", "value": "Q?"}]}, E, "no-assistant"),
        (
            sharegpt,
            {"conversations": [{"from": "me", "value": "Q?"}, {"from": "gpt", "value": "A."}]},
            E,
            "role",
        ),
        (
            sharegpt,
            {"conversations": [{"from": [], "value": "Q?"}, {"from": "gpt", "value": "A."}]},
            E,
            "role",
        ),
        (sharegpt, {"conversations": [{"from": "human"}, {"from": "gpt", "value": "A."}]}, E, "content-type"),
        (
            sharegpt,
            {"conversations": [{"from": "human", "value": ""}, {"from": "gpt", "value": "A."}]},
            E,
            "empty",
        ),
        (
            sharegpt,
            {"conversations": [{"from": "human", "value": "Q?"}, {"from": "gpt", "value": "<|end|>"}]},
            E,
            "special-token",
        ),
    ],
)
def test_the_other_formats_are_checked_too(tmp_path, make, line, severity, code):
    found, report = check_among_good_ones(tmp_path, line, make)
    assert (severity, code) in found
    assert report.ok == (severity == W)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["role", "content", "messages", "weight", "type", "text", "from", "value"]),
                inner,
            )
        ),
    ),
    st.sampled_from(
        [
            "messages",
            "input",
            "preferred_output",
            "prompt",
            "completion",
            "output",
            "conversations",
            "tools",
            "other",
        ]
    ),
)
def test_no_shape_of_a_line_breaks_the_check(tmp_path_factory, value, key):
    path = tmp_path_factory.mktemp("shape") / "train.jsonl"
    report = check_training_file(lines_to(path, [{key: value}, {key: [value]}, {**good(), key: value}]))
    assert report.examples == 3
    assert not report.ok


# ---- the file as a whole


@pytest.mark.parametrize(
    ("content", "line", "code"),
    [
        (b"", 0, "too-few"),
        (b"\n", 1, "blank-line"),
        (b'[{"messages": []}]', 1, "json-array"),
        (b'\xef\xbb\xbf\n[\n  {"messages": []}\n]', 1, "json-array"),
        (b"\xef\xbb\xbf" + json.dumps(good()).encode(), 1, "bom"),
        (b'{"question": "Q?", "response": "A."}', 1, "unknown-format"),
        (json.dumps(good(), indent=1).encode(), 1, "invalid-json"),
        ("Ein Satz, ä.".encode("cp1252"), 1, "not-utf8"),
        (json.dumps(good()).encode() + b"\n\n", 2, "blank-line"),
    ],
)
def test_a_file_of_another_kind_is_recognised(tmp_path, content, line, code):
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)
    report = check_training_file(path)
    assert (line, code) in [(problem.line, problem.code) for problem in report.problems]
    assert not report.ok
    assert report.size == len(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("folder", "directory"),
        (json.dumps(good()).encode("utf-16"), "UTF-16"),
        (b"PAR1\x15\x04\x15\x00\x00", "binary"),
    ],
)
def test_what_cannot_be_read_at_all_is_an_error(tmp_path, content, words):
    path = tmp_path / "train.jsonl"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingFileError, match=words) as caught:
        check_training_file(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("examples", "ok"), [(9, False), (10, True)])
def test_ten_examples_are_the_least(tmp_path, examples, ok):
    assert check_training_file(lines_to(tmp_path / "t.jsonl", map(good, range(examples)))).ok is ok


@pytest.mark.parametrize(("size", "severity"), [(512 * 1024**2 + 1, W), (8 * 1024**3 + 1, E)])
def test_a_file_too_large_for_its_way_is_found(tmp_path, size, severity):
    """The array's first bracket ends the reading, so the hole behind it costs nothing."""
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"[" + b" " * 200_000)
    with path.open("r+b") as file:
        file.truncate(size)
    found = {problem.code: problem.severity for problem in check_training_file(path).problems}
    assert found["size"] == severity


@pytest.mark.parametrize(
    "again",
    [
        json.dumps(good(3)),
        json.dumps(good(3), separators=(",", ":")).replace("Q", "\\u0051"),
        json.dumps({"messages": [dict(reversed(message.items())) for message in good(3)["messages"]]}),
    ],
)
def test_the_same_example_twice_is_found_whatever_its_spelling(tmp_path, again):
    [problem] = check_training_file(lines_to(tmp_path / "t.jsonl", [*map(good, range(10)), again])).problems
    assert (problem.line, problem.severity, problem.code) == (11, W, "duplicate")
    assert "line 4." in problem.message


def test_another_answer_to_the_same_prompt_is_found(tmp_path):
    lines = [*map(good, range(10)), chat(("s", "Be brief."), ("u", "Question 3?"), ("a", "No."))]
    [problem] = check_training_file(lines_to(tmp_path / "t.jsonl", lines)).problems
    assert (problem.line, problem.severity, problem.code) == (11, W, "conflict")
    assert "Line 4 " in problem.message


def test_another_system_prompt_makes_another_prompt(tmp_path):
    lines = [*map(good, range(10)), chat(("s", "Be long."), ("u", "Question 3?"), ("a", "No."))]
    assert check_training_file(lines_to(tmp_path / "t.jsonl", lines)).problems == ()


def test_examples_of_the_validation_file_are_found(tmp_path):
    train = lines_to(tmp_path / "train.jsonl", map(good, range(10)))
    valid = lines_to(
        tmp_path / "valid.jsonl",
        [good(20), good(4), chat(("s", "Be brief."), ("u", "Question 5?"), ("a", "?"))],
    )
    report = check_training_file(train, validation_file=valid)
    found = [(problem.line, problem.severity, problem.code) for problem in report.problems]
    assert found == [(5, E, "in-validation"), (6, W, "prompt-in-validation")]
    assert f"line 2 of {valid}" in report.problems[0].message


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "no example"),
        ([completion(n) for n in range(3)], "prompt-completion"),
        ([good(20), "{", "{"], "2 errors, the first in line 2"),
    ],
)
def test_a_bad_validation_file_is_an_error(tmp_path, lines, words):
    train = lines_to(tmp_path / "train.jsonl", map(good, range(10)))
    [problem] = check_training_file(train, validation_file=lines_to(tmp_path / "v.jsonl", lines)).problems
    assert (problem.line, problem.severity, problem.code) == (0, E, "validation-file")
    assert words in problem.message


def test_a_missing_validation_file_is_named(tmp_path):
    train = lines_to(tmp_path / "train.jsonl", map(good, range(10)))
    with pytest.raises(TrainingFileError, match=r"v\.jsonl"):
        check_training_file(train, validation_file=tmp_path / "v.jsonl")


@pytest.mark.parametrize(("make", "method"), [(good, "dpo"), (dpo, "supervised")])
def test_the_method_must_fit_the_file(tmp_path, make, method):
    report = check_training_file(lines_to(tmp_path / "t.jsonl", map(make, range(10))), method=method)
    assert [(problem.severity, problem.code) for problem in report.problems] == [(E, "method")]


def test_only_the_first_problems_of_a_kind_are_listed_and_the_rest_are_counted(tmp_path):
    lines = [*map(good, range(10)), *["{"] * 50, *[good(0)] * 45]
    report = check_training_file(lines_to(tmp_path / "t.jsonl", lines))
    assert (report.errors, report.warnings) == (50, 45)
    assert report.omitted == (("duplicate", 25), ("invalid-json", 30))
    assert [problem.line for problem in report.problems] == [*range(11, 31), *range(61, 81)]
    assert "… and 30 more [invalid-json]" in str(report)


# ---- figures


def test_tokens_are_those_of_the_text_and_the_frame_around_it(tmp_path):
    texts = [("Be brief.", f"Question {n}?", f"Answer {n} " + "more " * n) for n in range(1, 21)]
    lines = (chat(("s", s), ("u", q), ("a", a)) for s, q, a in texts)
    report = check_training_file(lines_to(tmp_path / "t.jsonl", lines), model="gpt-4.1-mini")
    sizes = sorted(
        sum(
            3 + count_tokens(role) + count_tokens(text)
            for role, text in zip(("system", "user", "assistant"), of, strict=True)
        )
        + 3
        for of in texts
    )
    assert report.tokens == sum(sizes)
    assert (report.tokens_min, report.tokens_median) == (sizes[0], sizes[9])
    assert (report.tokens_p95, report.tokens_max) == (sizes[18], sizes[19])
    assert report.tokens_exact


def test_another_models_tokens_are_an_estimate(tmp_path):
    report = check_training_file(lines_to(tmp_path / "t.jsonl", map(good, range(10))), model="qwen3-8b")
    assert not report.tokens_exact
    assert f"tokens: about {report.tokens}" in report.summary()


@pytest.mark.parametrize("model", ["qwen3-8b", "gpt-5"])
def test_the_limit_of_an_example_is_that_of_the_4o_and_41_families(tmp_path, model):
    found, _ = check_among_good_ones(tmp_path, chat(("u", "Q?"), ("a", "word " * 65_536)), model=model)
    assert found == []


@pytest.mark.parametrize(
    ("examples", "epochs"),
    [(1, 25), (10, 10), (30, 4), (33, 4), (34, 3), (8333, 3), (8334, 2), (12_501, 1), (30_000, 1)],
)
def test_the_default_epochs_follow_the_documented_rule(tmp_path, examples, epochs):
    path = lines_to(tmp_path / "t.jsonl", (completion(n) for n in range(examples)))
    report = check_training_file(path)
    assert report.epochs == epochs
    assert report.billed_tokens == report.tokens * epochs


def test_the_cost_is_tokens_times_epochs_times_the_price_given(tmp_path):
    path = lines_to(tmp_path / "t.jsonl", map(good, range(10)))
    report = check_training_file(path, n_epochs=4, usd_per_million_tokens=25.0)
    assert report.cost == pytest.approx(report.tokens * 4 * 25 / 1e6)


def test_without_a_price_the_cost_is_unknown(tmp_path):
    report = check_training_file(
        lines_to(tmp_path / "t.jsonl", map(good, range(10))), model="gpt-4.1-2025-04-14"
    )
    assert report.cost is None
    assert "cost: unknown" in report.summary()


@pytest.mark.parametrize(
    "options",
    [
        {"n_epochs": 0},
        {"n_epochs": 51},
        {"n_epochs": "3"},
        {"n_epochs": 2.5},
        {"method": "rl"},
        {"usd_per_million_tokens": -1},
        {"usd_per_million_tokens": float("nan")},
    ],
)
def test_options_that_cannot_be_are_refused(tmp_path, options):
    path = lines_to(tmp_path / "t.jsonl", map(good, range(10)))
    with pytest.raises(SettingsError):
        check_training_file(path, **options)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("gpt-4.1-2025-04-14", "2027-01-14"),
        ("openai:ft:gpt-4o-mini-2024-07-18:org::id", "2027-01-06"),
        ("gpt-4.1-nano-2025-04-14", "has been shut down"),
        ("gpt-6-luna", "cannot be tuned"),
        ("gpt-5", None),
        ("qwen3-8b", None),
    ],
)
def test_a_model_that_is_closing_is_a_warning(tmp_path, model, words):
    report = check_training_file(lines_to(tmp_path / "t.jsonl", map(good, range(10))), model=model)
    assert report.ok
    assert [problem.code for problem in report.problems] == ([] if words is None else ["model"])
    assert words is None or words in report.problems[0].message


def test_a_format_openai_does_not_take_is_an_error_for_its_models(tmp_path):
    path = lines_to(tmp_path / "t.jsonl", map(alpaca, range(10)))
    assert not check_training_file(path, model="gpt-4.1").ok
    assert check_training_file(path, model="qwen3-8b").ok


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        (["2014-07-13"], ["not-chat", "only-dates"]),
        (["2014-07-13", "1998-07-12 21:00:05", "1998-07-12T21:00:05.5Z"], ["not-chat", "only-dates"]),
        (["2014-07-13", "13 July 2014"], ["not-chat"]),
    ],
)
def test_answers_that_datasets_would_turn_into_timestamps_are_a_warning(tmp_path, answers, codes):
    pairs = [pair(f"When was match {n}?", answers[n % len(answers)]) for n in range(12)]
    path = write_training_file(pairs, tmp_path / "train.jsonl", format="prompt-completion")
    assert [problem.code for problem in check_training_file(path).problems] == codes
    assert check_training_file(write_training_file(pairs, path)).problems == ()


def test_the_notebook_table_shows_hostile_text_as_text(tmp_path):
    found, report = check_among_good_ones(
        tmp_path, chat(("<script>alert(1)</script>", "Q?"), ("u", "Q?"), ("a", "A."))
    )
    assert found
    page = report._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.slow
def test_memory_stays_flat_while_checking(tmp_path):
    """Ten times the lines may cost their fingerprints (24 bytes each) and little more."""
    import tracemalloc

    def peak(examples):
        path = lines_to(tmp_path / "t.jsonl", (completion(n) for n in range(examples)))
        tracemalloc.start()
        check_training_file(path)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    count_tokens("load the vocabulary first")
    assert peak(10_000) < peak(1_000) + 9_000 * 60
