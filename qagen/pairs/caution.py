"""What is known of the models that wrote a dataset: one caution that stands wherever its figures stand."""

from __future__ import annotations

from collections.abc import Iterable

from qagen.llm.embedded import TABLE
from qagen.records import QAPair


def find_caution(pairs: Iterable[QAPair]) -> str:
    """How far pairs can be trusted that an embedded model wrote; empty for other writers.

    Coverage, gates and report cards tell whether pairs were kept and learnt, not whether they are true. Of
    the embedded models it was counted how many are not, and whoever sees a figure has to know that too.

    Args:
        pairs: The pairs of a dataset; their ``model`` is looked at.

    Returns:
        One sentence for each embedded model that wrote some of them, then what to do; or ``""``.
    """
    return caution_of(pair.model for pair in pairs)


def caution_of(models: Iterable[str]) -> str:
    """The same, from the names of the models that wrote the pairs."""
    said = [
        f"Written by the small embedded model {name}: {TABLE[name].wrong}." for name in embedded_of(models)
    ]
    return (
        " ".join([*said, "Read the pairs before you rely on them, or let a strong model write."])
        if said
        else ""
    )


def embedded_of(models: Iterable[str]) -> list[str]:
    """The embedded models among these, by their names in the table."""
    names = {model.removeprefix("local:") for model in models if model.startswith("local:")}
    return sorted(names & TABLE.keys())


def wrong_share(name: str) -> str:
    """How many pairs of an embedded model are wrong, as a clause without what was counted."""
    return TABLE[name].wrong.partition(" (")[0]
