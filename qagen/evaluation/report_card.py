"""The report card: what was asked, what was answered, and the figures that follow."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qagen.errors import RunFolderError
from qagen.evaluation.figures import Answers
from qagen.files import whole_file

if TYPE_CHECKING:
    from rich.console import RenderableType

    from qagen.evaluation.figures import Caution

EVALUATION = "evaluation.json"
"""The name of a report card in a run folder."""


class ReportCard(Answers):
    """What models know of the documents: the figures of every answer, and what they come to in words.

    Figures are of the answers kept here and nothing else; shares go from 0 to 1, differences are in
    percentage points, intervals are at 95 % and count facts, not questions. A card is kept in one file, and
    shown in a terminal, a notebook and on the page.

    Attributes:
        format: Of the file.
        probes: What was asked.
        results: What was answered, one for each model, condition and probe.
        models: Names, in the order in which they are shown.
        base: The one of them that was tuned, before it was; ``None`` when not known.
        tuned: The tuned one; ``None`` when not known.
        conditions: What models were given: ``closed`` nothing, ``passage``, ``retrieval``.
        leaks: Probes that say the same as a trained pair although they were held out; ``None``: not checked.
        judge: The model that judged what words do not decide, if one did.
        audit: A person's labels against what counted here, if there are some.
        identity: A hash of what tells the tuned model from others in the ledger: another training has another
            one. Empty where there is no tuned model, or it is not known.
        usage: What asking and judging has used.
        run: The run folder, if there is one.
        created: When, in ISO 8601.
        training: What is known of the training, as ``epochs``, ``strength``, ``replayed``, ``base_model``.
        writers: The models that wrote the trained facts, by name; empty where that is not known.
        withheld: How many facts were withheld from training; ``None`` where that is not known.
        notes: What else is to be known about this evaluation, a sentence each.
    """

    def save(self, path: str | Path) -> Path:
        """Write the card as JSON, whole or not at all; returns the file.

        Args:
            path: The file, or a run folder, which gets ``evaluation.json``.

        Raises:
            RunFolderError: It cannot be written; what stood there is unchanged.
        """
        file = _card_file(path)
        with whole_file(file) as writer:
            writer.write(self.model_dump_json(indent=1) + "\n")
        return file

    @classmethod
    def load(cls, path: str | Path) -> ReportCard:
        """Read a card that was saved.

        Args:
            path: The file, or a run folder.

        Raises:
            RunFolderError: There is none, it cannot be read, or it is not a card of this version.
        """
        file = _card_file(path)
        if file.suffix != ".json" and not file.exists():
            file /= EVALUATION  # so a run folder was meant
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError as error:
            raise RunFolderError(
                f"there is no report card {file}: make one with `qagen evaluate {file.parent}`"
            ) from error
        except OSError as error:
            raise RunFolderError(f"{file} cannot be read: {error.strerror or error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"])) or "the file"
            raise RunFolderError(
                f"{file} is not a report card of this version ({field}: {first['msg']}). Make it anew with "
                f"`qagen evaluate {file.parent}`: what the ledger has answers to is not asked again."
            ) from error

    @cached_property
    def sentence(self) -> str:
        """What the figures come to, in plain words."""
        from qagen.evaluation.figures import sentence

        return sentence(self)

    @cached_property
    def warnings(self) -> tuple[Caution, ...]:
        """What stands against trusting the figures, or the tuned model; ``str`` of each is a sentence."""
        from qagen.evaluation.figures import cautions

        return cautions(self)

    def __str__(self) -> str:
        from qagen.evaluation.showing import as_text, card_sheet

        return as_text(card_sheet(self))

    def __rich__(self) -> RenderableType:
        from qagen.evaluation.showing import card_sheet, renderable

        return renderable(card_sheet(self))

    def _repr_html_(self) -> str:
        from qagen.evaluation.showing import as_html, card_sheet

        return as_html(card_sheet(self))


def _card_file(path: str | Path) -> Path:
    place = Path(path)
    return place / EVALUATION if place.is_dir() else place
