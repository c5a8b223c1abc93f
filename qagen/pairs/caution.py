"""What is known of the models that wrote a dataset: one caution that stands wherever its figures stand."""

from __future__ import annotations

from collections.abc import Iterable

from qagen.llm.weights import TABLE
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
    names = {pair.model.removeprefix("local:") for pair in pairs if pair.model.startswith("local:")}
    said = [
        f"Written by the small embedded model {name}: {TABLE[name].wrong}."
        for name in sorted(names)
        if name in TABLE
    ]
    return (
        " ".join([*said, "Read the pairs before you rely on them, or let a strong model write."])
        if said
        else ""
    )
