import json
import threading
import time

import pytest
from conftest import GOOD, TEXT, pairs_json
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import AIMessage
from regatta import about, documents
from scripted import replies

from qagen import QADataset, QAGenerator, generate_pairs
from qagen.errors import DocumentError, GenerationError, ModelError, SettingsError
from qagen.llm.running import in_order


def test_every_pair_points_at_its_words_in_the_document(document):
    pairs = QAGenerator(replies(GOOD)).invoke(document)
    assert [pair.answer for pair in pairs] == ["Tilda Vance", "6:02"]
    for pair in pairs:
        assert document.page_content[pair.start : pair.end] == pair.quote
        assert (pair.source, pair.passage) == ("final.txt", f"final.txt#0-{len(TEXT)}")
        assert (pair.fact, pair.form, pair.part, pair.prompt) == (
            pair.id,
            "canonical",
            "train",
            "write-pairs@1",
        )
        assert pair.model == "scripted"


def test_a_quote_that_is_nowhere_has_no_offsets(document):
    [pair] = QAGenerator(replies(pairs_json(("Who?", "Odo", "Odo Pym came second")))).invoke(document)
    assert (pair.start, pair.end) == (None, None)


def test_a_bad_reply_is_repaired_with_the_passage_in_view(document):
    model = replies("sorry, here you go", GOOD)
    assert len(QAGenerator(model).invoke(document)) == 2
    assert document.page_content in model.prompts[-1]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (AIMessage("", additional_kwargs={"refusal": "I cannot help with that."}), "refused"),
        ("", "empty"),
        ('{"question_answer_pairs": []}', "no_pairs"),
        ("no pairs here", "invalid"),
        (ConnectionError("gone"), "failed"),
    ],
)
def test_each_way_to_fail_has_its_own_state(document, reply, state):
    with pytest.raises(GenerationError, match=r"final\.txt#0-") as raised:
        QAGenerator(replies(lambda _: reply)).invoke(document)
    assert raised.value.state == state


def test_generate_never_stops_at_one_bad_passage():
    def answer(prompt):
        return ConnectionError("gone") if "race 3" in prompt else about(prompt)

    dataset = QAGenerator(replies(answer)).generate(documents(8), progress=False)
    assert [pair.source for pair in dataset] == [f"{n}.txt" for n in (0, 1, 2, 4, 5, 6, 7)]
    [failure] = dataset.failures
    assert (failure.source, failure.state) == ("3.txt", "failed")
    assert "gone" in failure.detail
    assert dataset.passages == 8


def test_pairs_come_in_the_order_of_the_documents_whatever_the_order_of_the_replies():
    def answer(prompt):
        time.sleep(0.05 if "race 0 " in prompt else 0)
        return about(prompt)

    dataset = QAGenerator(replies(answer), max_concurrency=8).generate(documents(20), progress=False)
    assert [pair.source for pair in dataset] == [f"{n}.txt" for n in range(20)]


def test_exact_repeats_are_dropped_with_a_reason():
    same = lambda _: pairs_json(("Who won?", "Tilda Vance"))  # noqa: E731
    dataset = QAGenerator(replies(same)).generate(documents(3), progress=False)
    assert len(dataset) == 1
    assert [(one.pair.source, one.reason) for one in dataset.dropped] == [
        ("1.txt", "duplicate"),
        ("2.txt", "duplicate"),
    ]


def test_a_second_run_asks_nothing_and_gives_the_same_files(tmp_path):
    model = replies(about)
    first = generate_pairs(documents(5), model, out=tmp_path, progress=False, preset="classic")
    files = {name: (tmp_path / name).read_bytes() for name in ("pairs.jsonl", "dropped.jsonl")}
    second = generate_pairs(documents(5), model, out=tmp_path, progress=False, preset="classic")
    assert model.calls == 5
    assert list(first) == list(second)
    assert files == {name: (tmp_path / name).read_bytes() for name in files}
    assert (first.usage.asked, second.usage.asked) == (5, 0)


def test_only_a_changed_passage_is_asked_again(tmp_path):
    model = replies(about)
    generate_pairs(documents(5), model, out=tmp_path, progress=False, preset="classic")
    changed = documents(5)
    changed[2] = Document("Something else entirely.", metadata=changed[2].metadata)
    dataset = generate_pairs(changed, model, out=tmp_path, progress=False, preset="classic")
    assert model.calls == 6
    assert dataset[2].quote == "Something else entirely."


def test_a_failed_passage_is_tried_again_by_the_next_run(tmp_path):
    down = True

    def answer(prompt):
        return ConnectionError("gone") if down and "race 1 " in prompt else about(prompt)

    model = replies(answer)
    assert (
        len(generate_pairs(documents(3), model, out=tmp_path, progress=False, preset="classic").failures) == 1
    )
    down = False
    dataset = generate_pairs(documents(3), model, out=tmp_path, progress=False, preset="classic")
    assert (len(dataset), dataset.failures, model.calls) == (3, (), 4)
    assert QADataset.load(tmp_path).failures == ()


def test_a_model_that_cannot_be_used_stops_the_run_at_once_and_keeps_what_is_finished(tmp_path):
    class NoCreditError(Exception):
        status_code = 402

    def answer(prompt):
        if "race 5 " in prompt:
            raise NoCreditError("pay")
        return about(prompt)

    model = replies(answer)
    with pytest.raises(ModelError, match="no credit"):
        generate_pairs(
            documents(500), model, out=tmp_path, progress=False, max_concurrency=2, preset="classic"
        )
    assert model.calls < 50  # of 500: what the other worker asks until it hears of it
    assert [pair.source for pair in QADataset.load(tmp_path)][:5] == [f"{n}.txt" for n in range(5)]
    asked = model.calls
    again = replies(about)
    assert len(generate_pairs(documents(500), again, out=tmp_path, progress=False, preset="classic")) == 500
    assert again.calls + asked - 1 == 500


def test_ctrl_c_keeps_the_calls_in_flight_and_the_pairs_so_far(tmp_path):
    def watch(pair):
        if pair.source == "10.txt":
            raise KeyboardInterrupt

    model = replies(about)
    with pytest.raises(KeyboardInterrupt):
        generate_pairs(
            documents(300),
            model,
            out=tmp_path,
            progress=False,
            max_concurrency=4,
            on_pair=watch,
            preset="classic",
        )
    stored = QADataset.load(tmp_path)
    assert [pair.source for pair in stored] == [f"{n}.txt" for n in range(10)]
    more = replies(about)
    assert len(generate_pairs(documents(300), more, out=tmp_path, progress=False, preset="classic")) == 300
    assert model.calls + more.calls == 300
    assert not list(tmp_path.glob("*.tmp"))


def test_an_early_end_leaves_the_files_of_an_earlier_run_alone(tmp_path):
    generate_pairs(documents(5), replies(about), out=tmp_path, progress=False, preset="classic")
    before = (tmp_path / "pairs.jsonl").read_bytes()

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate_pairs(
            documents(9), replies(about), out=tmp_path, progress=False, on_pair=stop, preset="classic"
        )
    assert (tmp_path / "pairs.jsonl").read_bytes() == before


LONG = "".join(f"Boat {n} came in at place {n} of the long race at Marrow Bridge. " for n in range(40))


def test_after_a_reply_that_was_cut_off_the_rest_is_asked():
    def answer(prompt):
        text = prompt.split("<target_text>\n")[1].split("\n</target_text>")[0]
        sentences = [part.strip() + "." for part in text.split(".") if part.strip()]
        full = pairs_json(*((f"Where did {s[:8]} come in?", s.split("place ")[1][:2], s) for s in sentences))
        if len(sentences) <= 7:
            return full
        six = full.index(f'"{sentences[6]}"')
        return AIMessage(full[:six], response_metadata={"finish_reason": "length"})

    model = replies(answer)
    dataset = QAGenerator(model).generate([Document(LONG)], progress=False)
    assert [pair.quote for pair in dataset] == [
        part.strip() + "." for part in LONG.split(". ") if part.strip()
    ]
    assert all(LONG[pair.start : pair.end] == pair.quote for pair in dataset)
    assert model.calls == 7
    assert dataset.failures == ()


def test_a_cut_off_reply_without_a_single_pair_is_asked_in_halves():
    def answer(prompt):
        text = prompt.split("<target_text>\n")[1].split("\n</target_text>")[0]
        if len(text) > len(LONG) / 3:
            return AIMessage(
                '{"question_answer_pairs": [{"question": "Wh', response_metadata={"finish_reason": "length"}
            )
        return pairs_json((f"What of {text[:30]}?", text[:9]))

    dataset = QAGenerator(replies(answer)).generate([Document(LONG)], progress=False)
    places = [tuple(map(int, pair.passage.split("#")[1].split("-"))) for pair in dataset]
    assert "".join(LONG[start:end] for start, end in places) == LONG
    assert len(places) == 4


def test_a_passage_that_is_cut_off_however_short_is_a_failure():
    cut = AIMessage('{"question_answer_pairs": [', response_metadata={"finish_reason": "length"})
    dataset = QAGenerator(replies(lambda _: cut)).generate([Document("Boat 1 won.")], progress=False)
    assert [failure.state for failure in dataset.failures] == ["cut_off"]


def test_a_reply_cut_off_after_a_quote_of_the_last_sentence_is_asked_in_halves():
    def answer(prompt):
        text = prompt.split("<target_text>\n")[1].split("\n</target_text>")[0]
        last = text.strip().split(". ")[-1]
        whole = pairs_json((f"What of {last[:8]}?", "it came in", last))
        cut = AIMessage(whole[:-2] + ', {"question": "Wh', response_metadata={"finish_reason": "length"})
        return cut if len(text) > len(LONG) / 3 else whole

    dataset = QAGenerator(replies(answer)).generate([Document(LONG)], progress=False)
    assert len(dataset) == 4
    assert dataset.failures == ()


def test_a_second_run_over_cut_off_replies_asks_nothing(tmp_path):
    def answer(prompt):
        text = prompt.split("<target_text>\n")[1].split("\n</target_text>")[0]
        if len(text) > len(LONG) / 3:
            return AIMessage(
                '{"question_answer_pairs": [{"question": "Wh', response_metadata={"finish_reason": "length"}
            )
        return pairs_json((f"What of {text[:30]}?", text[:9]))

    model = replies(answer)
    first = list(generate_pairs(LONG, model, out=tmp_path, progress=False, preset="classic"))
    calls = model.calls
    assert list(generate_pairs(LONG, model, out=tmp_path, progress=False, preset="classic")) == first
    assert model.calls == calls


def test_the_generator_is_a_runnable(document):
    generator = QAGenerator(replies(about))
    assert [len(pairs) for pairs in generator.batch([document, document])] == [1, 1]
    chain = generator | (lambda pairs: [pair.answer for pair in pairs])
    assert chain.invoke(document) == ["Tilda Vance won the"]


async def _ainvoke(generator, document):
    return await generator.ainvoke(document)


def test_the_generator_can_be_awaited(document):
    import asyncio

    assert len(asyncio.run(_ainvoke(QAGenerator(replies(GOOD)), document))) == 2


def test_tracing_sees_the_passages_and_the_model_calls(document):
    events = []

    class Watch(BaseCallbackHandler):
        def on_chain_start(self, serialized, inputs, **kwargs):
            events.append(("chain", kwargs["name"], kwargs["parent_run_id"] is None))

        def on_chat_model_start(self, serialized, messages, **kwargs):
            events.append(("model", kwargs["name"], kwargs["parent_run_id"] is None))

    QAGenerator(replies(GOOD)).invoke(document, {"callbacks": [Watch()]})
    assert events == [("chain", "QAGenerator", True), ("model", "qagen.write", False)]
    QAGenerator(replies(GOOD)).generate([document], progress=False, config={"callbacks": [Watch()]})
    assert events[2][:2] == ("model", "qagen.write")


def test_no_more_calls_than_max_concurrency_are_in_flight():
    flying, most, mutex = 0, 0, threading.Lock()

    def answer(prompt):
        nonlocal flying, most
        with mutex:
            flying += 1
            most = max(most, flying)
        time.sleep(0.01)
        with mutex:
            flying -= 1
        return about(prompt)

    QAGenerator(replies(answer), max_concurrency=3).generate(documents(30), progress=False)
    assert most == 3


def test_nothing_is_asked_about_white_space():
    model = replies(about)
    text = "Boat 1 won." + "\n" * 4000 + "Boat 2 lost."
    dataset = QAGenerator(model, chunk_size=16).generate([Document(text)], progress=False)
    assert model.calls == dataset.passages == 2


def test_limit_bounds_the_passages():
    model = replies(about)
    dataset = QAGenerator(model).generate(documents(30), limit=4, progress=False)
    assert (model.calls, dataset.passages) == (4, 4)


def test_documents_are_read_as_they_are_needed():
    taken = 0

    def endless():
        nonlocal taken
        for document in documents(100_000):
            taken += 1
            yield document

    QAGenerator(replies(about)).generate(endless(), limit=10, progress=False)
    assert taken < 100


def test_the_language_asked_for_reaches_the_prompt_and_the_pair(document):
    model = replies(GOOD)
    [first, _] = QAGenerator(model, language="Japanese").invoke(document)
    assert "answers in Japanese" in model.prompts[0]
    assert first.language == "Japanese"


def test_the_normalised_text_can_be_had_back(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"\xef\xbb\xbfBoat 1 won.\r\nBoat 2 lost.\r\n")
    dataset = generate_pairs(path, replies(about), out=tmp_path / "run", progress=False, preset="classic")
    assert dataset.document(dataset[0].source) == "Boat 1 won.\nBoat 2 lost.\n"


def test_documents_that_cannot_be_read_are_among_the_failures(tmp_path):
    (tmp_path / "good.txt").write_text("Boat 1 won the race.")
    (tmp_path / "empty.txt").write_text("")
    dataset = generate_pairs(tmp_path, replies(about), progress=False, preset="classic")
    assert len(dataset) == 1
    assert [failure.state for failure in dataset.failures] == ["empty"]
    assert dataset.failures[0].source.endswith("empty.txt")


def test_a_source_without_any_text_is_an_error_before_the_model_is_made(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DocumentError, match=r"empty\.txt"):
        generate_pairs(tmp_path, "no-such-provider:model", progress=False, preset="classic")


@pytest.mark.parametrize(
    "options", [{"max_concurrency": -1}, {"chunk_size": -5}, {"chunk_size": 10, "chunk_overlap": 10}]
)
def test_numbers_that_cannot_be_are_refused(options, document):
    with pytest.raises(SettingsError):
        QAGenerator(replies(), **options).invoke(document)


def test_a_model_name_without_a_provider_is_refused():
    with pytest.raises(SettingsError, match="provider:model"):
        QAGenerator("mystery-model-7")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 8))
def test_work_done_in_threads_keeps_its_order(items, workers):
    assert list(in_order(lambda item: item * 2, items, workers=workers)) == [item * 2 for item in items]


def test_a_pair_is_one_json_object_a_line(tmp_path):
    odd = 'He said "yes"\nand\u2028left 🙂'
    dataset = QAGenerator(replies(pairs_json((odd, odd)))).generate(
        [Document("x y z.")], out=tmp_path, progress=False
    )
    [line] = (tmp_path / "pairs.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line)["question"] == odd
    assert dataset[0].answer == odd
