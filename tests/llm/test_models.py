import httpx2
import pytest
from langchain_openai import ChatOpenAI
from scripted import replies

from qagen import chat_model
from qagen.errors import ModelError, SettingsError
from qagen.llm.models import has_native_schema, identity, model_name, pricing
from qagen.records import Usage

TOKENS = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def test_a_chat_model_is_taken_as_it_is():
    model = replies()
    assert chat_model(model) is model


def test_a_hosted_model_has_its_name_and_waits_for_passing_trouble(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    model = chat_model("openai:gpt-6-luna")
    assert model_name(model) == "gpt-6-luna"
    assert model.max_retries == 5
    assert model.temperature is None


def test_a_tuned_model_needs_no_provider_in_its_name():
    model = chat_model("ft:gpt-4.1-mini-2025-04-14:org::abc", api_key="sk-test")
    assert model_name(model) == "ft:gpt-4.1-mini-2025-04-14:org::abc"


def test_a_server_of_ones_own_needs_no_key():
    model = chat_model("llama3.2", base_url="http://127.0.0.1:11434/v1", temperature=0)
    assert isinstance(model, ChatOpenAI)
    assert identity(model)["server"] == "127.0.0.1:11434/v1"
    assert model.use_responses_api is False


@pytest.mark.parametrize("name", ["gpt", "nobody:gpt", ""])
def test_a_name_nobody_knows_is_a_clear_error(name):
    with pytest.raises((SettingsError, ModelError), match=r"provider:model|package|empty"):
        chat_model(name)


def test_the_address_from_the_environment_is_part_of_the_identity(monkeypatch):
    plain = identity(ChatOpenAI(model="gpt-x", api_key="sk-test"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:7/v1")
    assert identity(ChatOpenAI(model="gpt-x", api_key="sk-test")) != plain
    assert pricing(ChatOpenAI(model="gpt-4.1-mini", api_key="sk-test"))(TOKENS) is None


def test_a_missing_key_says_what_to_do(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        chat_model("openai:gpt-6-luna")


@pytest.mark.parametrize("name", ["gpt-4.1-mini", "gpt-6-luna"])
def test_a_known_price_is_told(name):
    price = pricing(ChatOpenAI(model=name, api_key="sk-test"))(TOKENS)
    assert price is not None
    assert 0 < price < 100


def test_cached_tokens_are_cheaper():
    model = ChatOpenAI(model="gpt-4.1-mini", api_key="sk-test")
    cost = pricing(model)
    assert cost(Usage(input_tokens=1000, cached_tokens=900)) < cost(Usage(input_tokens=1000))


def test_counts_that_contradict_each_other_have_no_price():
    cost = pricing(ChatOpenAI(model="gpt-4.1-mini", api_key="sk-test"))
    assert cost(Usage(input_tokens=10, cached_tokens=900)) is None


def test_an_unknown_price_is_unknown():
    assert pricing(ChatOpenAI(model="nobody-knows-7", api_key="sk-test"))(TOKENS) is None
    server = ChatOpenAI(model="gpt-4.1-mini", api_key="sk-test", base_url="http://127.0.0.1:9/v1")
    assert pricing(server)(TOKENS) is None
    assert pricing(replies())(TOKENS) is None


def test_native_schemas_are_used_only_where_they_are_known():
    assert has_native_schema(ChatOpenAI(model="gpt-4.1-mini", api_key="sk-test"))
    assert not has_native_schema(ChatOpenAI(model="my-own-model", api_key="sk-test"))


def test_used_up_credit_is_not_waited_for():
    """The SDK would retry every 429 five times; one that never clears is asked once."""
    from qagen.llm import models

    requests = []

    def handle(request):
        requests.append(request)
        return httpx2.Response(429, json={"error": {"message": "no", "code": code, "type": "t"}})

    for refusal, expected in (("insufficient_quota", 1), ("rate_limit_exceeded", 3)):
        requests.clear()
        code = refusal
        client = httpx2.Client(
            transport=httpx2.MockTransport(handle), event_hooks={"response": [models._do_not_wait_in_vain]}
        )
        model = ChatOpenAI(model="gpt-x", api_key="sk-test", http_client=client, max_retries=2)
        with pytest.raises(Exception, match="429"):
            model.invoke("hi")
        assert len(requests) == expected


def test_the_identity_of_a_model_can_be_written_down_and_holds_no_secret():
    model = ChatOpenAI(
        model="gpt-x",
        api_key="sk-secret",
        base_url="https://user:sk-secret@example.com/v1?key=sk-secret",
        default_headers={"x": "sk-secret"},
        extra_body={"a": 1},
    )
    assert "sk-secret" not in str(identity(model))
    assert identity(model)["server"] == "example.com:/v1"


@pytest.mark.parametrize("address", ["htp://x", "127.0.0.1:8000/v1", "http://", "localhost"])
def test_an_address_that_is_none_is_refused_at_once(address):
    with pytest.raises(SettingsError, match="no address"):
        chat_model("llama3.2", base_url=address)
