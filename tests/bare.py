"""A pair that says no more than a pair must."""

from qagen.records import QAPair


def pair(question, answer="a", number=0):
    return QAPair(
        id=str(number),
        question=question,
        answer=answer,
        source="s",
        passage="s#0-1",
        fact=str(number),
        prompt="p@1",
        model="m",
    )
