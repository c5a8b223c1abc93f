"""Short documents about a regatta, and what a scripted model writes about each."""

from conftest import pairs_json
from langchain_core.documents import Document


def documents(number, text="Boat {n} won race {n} of the regatta in 19{n:02}."):
    return [
        Document(text.format(n=n), metadata={"source": f"{n}.txt", "theme": "Regatta"}) for n in range(number)
    ]


def about(prompt):
    """One pair about the target text of the default prompt, with the text as its quote."""
    text = prompt.split("<target_text>\n")[1].split("\n</target_text>")[0]
    return pairs_json((f"What is said of {text[:30]}?", text[:20], text))
