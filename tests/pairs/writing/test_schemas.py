import pytest
from langchain_core.documents import Document
from pydantic import BaseModel
from scripted import replies

from qagen import QAGenerator
from qagen.errors import SchemaError


class Rule(BaseModel):
    question: str
    answer: str
    article: int
    tags: list[str] = []


class Rules(BaseModel):
    rules: list[Rule]


class NoAnswer(BaseModel):
    question: str


class Two(BaseModel):
    one: list[Rule]
    two: list[Rule]


class Lacking(BaseModel):
    items: list[NoAnswer]


class Plain(BaseModel):
    items: list[str]


def test_the_further_fields_of_a_users_schema_travel_with_the_pair():
    model = replies('{"rules": [{"question": "q?", "answer": "a", "article": 7, "tags": ["x"]}]}')
    [pair] = QAGenerator(model, schema=Rules).invoke(Document("Article 7 says a."))
    assert (pair.question, pair.answer, pair.quote) == ("q?", "a", "")
    assert pair.extra == {"article": 7, "tags": ["x"]}
    assert '"article"' in model.prompts[0]


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        (Rule, "exactly one field that is a list"),
        (Two, "and has 2"),
        (Plain, "and has 0"),
        (Lacking, "lack the field answer"),
        (dict, "pydantic model class"),
        ("Rules", "pydantic model class"),
    ],
)
def test_a_schema_that_cannot_hold_pairs_is_refused(schema, says):
    with pytest.raises(SchemaError, match=says):
        QAGenerator(replies(), schema=schema)
