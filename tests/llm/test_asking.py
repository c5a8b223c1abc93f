import json
import re
import socket

import httpx2
import openai
import pytest
from conftest import GOOD
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field
from scripted import replies

from qagen import QAGenerator, chat_model
from qagen.errors import GenerationError, LocalModelError, ModelError
from qagen.llm.asking import Asked, Question, ask, key
from qagen.llm.ledger import Ledger
from qagen.llm.replies.parsing import OutputFixingParser, PlainReader
from qagen.llm.replies.wire import wire_schema
from qagen.llm.sending import send
from qagen.records import QACollection, Usage

SECRET = "sk-" + "abcdefghijklmnopqrstuvwxyz123456"


def ask_model(model, question, **options):
    return ask(Asked.of(model), question, **options)


def model_key(model, question):
    return key(Asked.of(model), question)


def question(text="the text", **changes):
    values = {
        "messages": [SystemMessage("rules"), HumanMessage(text)],
        "parser": OutputFixingParser(pydantic_object=QACollection),
        "stage": "write",
        "source": "a.txt",
        "passage": "a.txt#0-8",
        "prompt": "write-pairs@1",
    }
    return Question(**(values | changes))


def chat(handler, **options):
    client = httpx2.Client(transport=httpx2.MockTransport(handler))
    values = {"model": "gpt-x", "api_key": SECRET, "http_client": client, "max_retries": 0} | options
    return ChatOpenAI(**values)


def answering(status, body, requests=None):
    def handle(request):
        if requests is not None:
            requests.append(json.loads(request.content))
        return httpx2.Response(status, json=body)

    return handle


def completion(content, finish_reason="stop"):
    message = {"role": "assistant", "content": content}
    usage = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-x",
        "choices": [choice],
        "usage": usage,
    }


def test_a_second_call_with_the_same_inputs_asks_nothing():
    model = replies(GOOD)
    with Ledger() as ledger:
        first = ask_model(model, question(), ledger=ledger)
        second = ask_model(model, question(), ledger=ledger)
    assert model.calls == 1
    assert first.value == second.value
    assert (first.usage.asked, second.usage.asked) == (1, 0)
    assert (first.usage.calls, second.usage) == (1, Usage())
    assert first.usage.input_tokens > 0


def test_another_attempt_is_asked_although_the_first_is_known_and_is_found_again_itself(tmp_path):
    model = replies(GOOD, GOOD)
    for _ in range(2):
        with Ledger(tmp_path / "ledger.sqlite") as ledger:
            answers = [ask_model(model, question(attempt=attempt), ledger=ledger) for attempt in (1, 2)]
            assert sum((one.usage for one in answers), Usage()).input_tokens == ledger.usage().input_tokens
    assert model.calls == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"text": "another text"},
        {"stage": "review"},
        {"prompt": "write-pairs@2"},
        {"schema": wire_schema(QACollection)},
        {"parser": OutputFixingParser(pydantic_object=type("Other", (QACollection,), {}))},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_decides_the_answer_changes_the_key(changes):
    model = replies()
    assert model_key(model, question()) != model_key(model, question(**changes))


def test_the_model_its_parameters_and_its_server_are_part_of_the_key_and_its_secrets_are_not():
    def keyed(**options):
        values = {"model": "gpt-x", "api_key": SECRET} | options
        return model_key(ChatOpenAI(**values), question())

    assert keyed() == keyed(api_key="sk-another", default_headers={"Authorization": "secret"}, max_retries=9)
    different = {
        keyed(),
        keyed(model="gpt-y"),
        keyed(temperature=0.5),
        keyed(max_tokens=100),
        keyed(base_url="http://127.0.0.1:1/v1"),
        keyed(base_url="http://127.0.0.1:2/v1"),
    }
    assert len(different) == 6


def test_where_a_text_stands_does_not_change_the_key():
    model = replies()
    assert model_key(model, question()) == model_key(model, question(source="b.txt", passage="b.txt#0-8"))


def test_no_key_reaches_the_ledger(tmp_path):
    error = {"error": {"message": f"Incorrect API key provided: {SECRET}.", "code": "x", "type": "y"}}
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        answer = ask_model(chat(answering(400, error)), question(), ledger=ledger)
        with pytest.raises(ModelError) as raised:
            ask_model(chat(answering(401, error)), question("2"), ledger=ledger)
        ask_model(chat(answering(200, completion(GOOD))), question("3"), ledger=ledger)
    assert answer.state == "failed"
    assert SECRET not in answer.error
    assert SECRET not in str(raised.value)
    for file in tmp_path.iterdir():
        assert SECRET.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, "invalid_api_key", "key is wrong"),
        (403, "unsupported_country_region_territory", "refused"),
        (404, "model_not_found", "not found"),
        (429, "insufficient_quota", "quota"),
        (429, "credit_balance_exhausted", "quota"),
        (429, "project_spend_limit_exceeded", "quota"),
    ],
)
def test_an_error_that_does_not_get_better_is_a_model_error(status, code, says):
    model = chat(answering(status, {"error": {"message": "no", "code": code, "type": "t"}}))
    with pytest.raises(ModelError, match=says) as raised:
        ask_model(model, question())
    assert isinstance(raised.value.__cause__, openai.APIStatusError)


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, "rate_limit_exceeded"), (500, None), (503, None), (400, "context_length_exceeded")],
)
def test_an_error_of_one_call_ends_in_the_state_failed(status, code):
    model = chat(answering(status, {"error": {"message": "try later", "code": code, "type": "t"}}))
    answer = ask_model(model, question())
    assert (answer.state, answer.value) == ("failed", None)
    assert "try later" in answer.error


def test_a_mistake_in_a_program_is_not_swallowed():
    with pytest.raises(AssertionError, match="call 1"):
        ask_model(replies(), question())


def test_the_provider_is_given_the_schema_in_its_strict_form():
    requests = []
    model = chat(answering(200, completion(GOOD), requests))
    ask_model(model, question(schema=wire_schema(QACollection)))
    wire = requests[0]["response_format"]["json_schema"]
    assert wire["strict"] is True
    item = wire["schema"]["$defs"]["QA"]
    assert item["required"] == ["question", "answer", "quote"]
    assert item["additionalProperties"] is False
    assert "default" not in item["properties"]["quote"]


def test_a_schema_with_an_open_object_is_not_called_strict():
    class Item(BaseModel):
        question: str
        answer: str
        more: dict[str, str] = Field(default_factory=dict)

    class Open(BaseModel):
        pairs: list[Item]

    requests = []
    model = chat(
        answering(200, completion('{"pairs": [{"question": "q", "answer": "a", "more": {}}]}'), requests)
    )
    parser = OutputFixingParser(pydantic_object=Open)
    ask_model(model, question(schema=wire_schema(Open), parser=parser))
    assert requests[0]["response_format"]["json_schema"]["strict"] is False


def test_a_reply_cut_off_under_a_schema_is_salvaged_from_the_error_that_hides_it():
    model = chat(answering(200, completion(GOOD[:-20], "length")))
    answer = ask_model(model, question(schema=wire_schema(QACollection)))
    assert answer.cut_off
    assert [pair.answer for pair in answer.value.question_answer_pairs] == ["Tilda Vance"]
    assert answer.usage.output_tokens == 5


def test_a_reply_filtered_under_a_schema_is_a_refusal():
    model = chat(answering(200, completion("", "content_filter")))
    assert ask_model(model, question(schema=wire_schema(QACollection))).state == "refused"


def test_a_repair_is_counted_and_sees_the_passage():
    model = replies("certainly! here are the pairs", GOOD)
    answer = ask_model(model, question("THE PASSAGE"))
    assert answer.state == "done"
    assert answer.usage.asked == 2
    assert "THE PASSAGE" in model.prompts[-1]
    assert "certainly! here are the pairs" in model.prompts[-1]


def test_an_interrupted_call_gives_its_claim_back(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        with pytest.raises(KeyboardInterrupt):
            ask_model(replies(KeyboardInterrupt()), question(), ledger=ledger)
        assert ledger.states() == {}


def test_send_gives_the_message_itself():
    message = send(replies(AIMessage("hello")), [HumanMessage("hi")])
    assert message.text == "hello"


def test_send_explains_what_a_service_says():
    with pytest.raises(GenerationError, match="ConnectionError: gone") as raised:
        send(replies(ConnectionError("gone")), [HumanMessage("hi")])
    assert raised.value.state == "failed"


def test_where_nobody_listens_the_address_is_told_without_its_login():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = chat_model(
        "openai:any", base_url=f"http://reader:word@127.0.0.1:{port}/v1", api_key="k", max_retries=0
    )
    with pytest.raises(
        GenerationError, match=rf"asked: http://127\.0\.0\.1:{port}; is the address right"
    ) as raised:
        send(model, [HumanMessage("hi")])
    assert "word" not in str(raised.value)


def test_an_error_without_a_request_is_told_by_its_words():
    with pytest.raises(GenerationError, match=r"ConnectError: gone\.$"):
        send(replies(httpx2.ConnectError("gone")), [HumanMessage("hi")])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Incorrect API key provided.", "Incorrect API key provided."),
        ("Incorrect API key provided: sk-proj-ab12cd34ef", "Incorrect API key provided: sk-***"),
        ("the key 0f9e8d7c6b is unknown", "the key-*** is unknown"),
        ("Bearer a1b2c3d4e5 refused", "Bearer-*** refused"),
    ],
)
def test_keys_are_masked_and_words_are_not(said, told):
    with pytest.raises(GenerationError, match=re.escape(told)) as raised:
        send(replies(RuntimeError(said)), [HumanMessage("hi")])
    assert str(raised.value).rstrip(".").endswith(told.rstrip("."))


def test_of_a_web_page_only_its_words_are_told():
    page = "<html><head><style>p {color: red}</style></head><body><h1>502 Bad Gateway</h1>" + "<p>nginx" * 500
    with pytest.raises(GenerationError, match="RuntimeError: 502 Bad Gateway nginx") as raised:
        send(replies(RuntimeError(page)), [HumanMessage("hi")])
    assert len(str(raised.value)) < 400
    with pytest.raises(GenerationError, match="expected <str>"):
        send(replies(RuntimeError("expected <str>")), [HumanMessage("hi")])


def test_an_error_of_our_own_stays_what_it_is():
    with pytest.raises(LocalModelError, match="engine"):
        ask_model(replies(LocalModelError("the engine cannot start")), question())


def test_callbacks_see_the_call_with_its_stage_and_passage():
    from langchain_core.callbacks import BaseCallbackHandler

    seen = []

    class Watch(BaseCallbackHandler):
        def on_chat_model_start(self, serialized, messages, **kwargs):
            seen.append((kwargs["name"], kwargs["metadata"]["qagen_passage"], kwargs["metadata"]["mine"]))

    ask_model(replies(GOOD), question(), config={"callbacks": [Watch()], "metadata": {"mine": 1}})
    assert seen == [("qagen.write", "a.txt#0-8", 1)]


def silent(message, *, tokens=400):
    """A service that pays for thinking and gives this message."""

    def handle(request):
        asked.append(json.loads(request.content))
        body = completion(None)
        body["choices"][0]["message"] = {"role": "assistant", **message}
        body["usage"]["completion_tokens"] = tokens
        return httpx2.Response(200, json=body)

    asked = []
    return chat(handle), asked


IN_REASONING = {"content": None, "reasoning_content": '{"question_answer_pairs": []}'}


def test_a_model_that_never_says_a_word_is_not_asked_on_and_the_reason_is_told(tmp_path):
    model, requests = silent(IN_REASONING)
    documents = [Document(f"Town {n} has {n} souls.", metadata={"source": f"{n}.txt"}) for n in range(40)]
    generator = QAGenerator(model, structured="prompt", max_concurrency=2)
    with pytest.raises(ModelError, match=r"reasoning_content.*thinking off.*max_tokens"):
        generator.generate(documents, out=tmp_path / "run", progress=False)
    assert len(requests) <= 4
    with Ledger(tmp_path / "run" / "ledger.sqlite") as ledger:
        assert ledger.usage().output_tokens == 400 * len(requests)


def test_a_single_silent_passage_is_empty_and_says_why():
    model, requests = silent(IN_REASONING)
    answer = ask_model(
        model, question(parser=OutputFixingParser(pydantic_object=QACollection, max_repairs=9))
    )
    assert answer.state == "empty"
    assert "1,200 tokens" in answer.error
    assert len(requests) == 3


def test_thinking_that_takes_all_tokens_counts_as_silence():
    model = replies(*[AIMessage("<think>Hm", usage_metadata=USED)] * 3)
    asked = Asked.of(model)
    for n in range(2):
        ask(
            asked,
            question(f"text {n}", parser=OutputFixingParser(pydantic_object=QACollection, max_repairs=0)),
        )
    with pytest.raises(ModelError, match="3 empty replies in a row, which used 150 tokens"):
        ask(asked, question("text 2"))


USED = {"input_tokens": 9, "output_tokens": 50, "total_tokens": 59}
UNUSED = {"input_tokens": 9, "output_tokens": 0, "total_tokens": 9}


@pytest.mark.parametrize(
    "reply", [AIMessage("", usage_metadata=UNUSED), AIMessage("oops", usage_metadata=USED)]
)
def test_replies_that_used_nothing_or_say_something_do_not_stop_a_model(reply):
    asked = Asked.of(replies(*[reply] * 60))
    for n in range(20):
        once = OutputFixingParser(pydantic_object=QACollection)
        answer = ask(asked, question(f"text {n}", parser=once))
        assert answer.value is None


def test_a_few_silent_passages_among_others_do_not_stop_a_model():
    empty = AIMessage("", usage_metadata=USED)
    asked = Asked.of(replies(*[GOOD, empty, empty, empty, empty, empty, empty] * 3))
    for n in range(9):
        ask(asked, question(f"text {n}"))


def test_plain_answers_may_all_be_empty():
    asked = Asked.of(replies(*[AIMessage("", usage_metadata=USED)] * 20))
    states = [ask(asked, question(f"text {n}", parser=PlainReader())).state for n in range(20)]
    assert states == ["done"] * 20
