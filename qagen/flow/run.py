"""generate_pairs: from documents to a dataset and its files, in one call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qagen.documents import Source, nothing_read, stream_documents
from qagen.errors import ModelError, SettingsError
from qagen.flow.estimate import foresee_steps
from qagen.flow.files import check_folder, keep_dataset, write_files
from qagen.flow.finished import finished_dataset
from qagen.flow.first_pass import FirstPass
from qagen.flow.options import check_options
from qagen.flow.recipe import Preset, Recipe, divided, make_generator
from qagen.flow.state import Shared, State
from qagen.flow.steps import Run
from qagen.llm import Asker, Budget, Course, Ledger
from qagen.pairs import LEDGER, PAIRS, Provenance, QADataset, call_text, keep_provenance, read_edits
from qagen.records import Failure, QAPair, Usage
from qagen.tuning.file import DEFAULT_SYSTEM_PROMPT, Format, check_settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig


def generate_pairs(
    source: Source | Iterable[Source],
    llm: str | BaseChatModel = "local",
    *,
    preset: Preset = "default",
    theme: str | None = None,
    glob: str = "**/*",
    out: str | Path | None = None,
    limit: int | None = None,
    progress: bool = True,
    config: RunnableConfig | None = None,
    on_pair: Callable[[QAPair], None] | None = None,
    format: Format = "chat",  # noqa: A002 - the word a user looks for
    system_prompt: str | None = DEFAULT_SYSTEM_PROMPT,
    command: str | None = None,
    **options: Any,
) -> QADataset:
    """From a source to a dataset that can be trained on and tested with, in one call.

    The steps: write pairs, fill the gaps, check them by code, review them, write other wordings, divide by
    fact, write the files. Each can be switched off and set by the options of
    :class:`qagen.flow.recipe.Recipe`. When the same is asked again with the same run folder, only what is
    missing is asked.

    Args:
        source: A path, a folder, a URL, a string of text, LangChain documents, or a mix of these.
        llm: A model's name or any LangChain chat model. ``"local"`` is the embedded one: no key, no network.
        preset: ``"default"``; ``"classic"``, the plain recipe of one call a passage; ``"thorough"``, more
            wordings. Options that are given come before those of the preset.
        theme: The title of the documents; by default the first heading or the file's stem.
        glob: Which files of a folder.
        out: The run folder, which also gets the training file and the report; ``None`` keeps everything in
            memory.
        limit: At most so many passages.
        progress: Show progress bars.
        config: LangChain's configuration (callbacks, tags, metadata).
        on_pair: Called with each pair as it is first written, in order; later steps may drop it.
        format: Of the training file; see :func:`qagen.write_training_file`.
        system_prompt: The system message of every example; ``None`` for none.
        command: The line that asked for this, for the page; by default this call.
        **options: Those of :class:`qagen.flow.recipe.Recipe` and of :class:`qagen.QAGenerator`.

    Raises:
        DocumentError: The source yields nothing that can be read.
        SettingsError: An option cannot be used, or ``out`` holds files of these names and is no run folder;
            nothing was asked.
        ModelError: A model cannot be used; what was finished is kept in the run folder.
        KeyboardInterrupt: After Ctrl-C, when the calls in flight have been stored.
        QAGenError: What :class:`QAGenerator` raises.
    """
    check_options(options)
    said = {"preset": preset, "theme": theme, "glob": glob, "out": out, "limit": limit, **options}
    recipe, rest = divided(preset, options)
    check_settings(format, system_prompt)
    unread: list[Failure] = []
    documents = stream_documents(source, glob=glob, theme=theme, failures=unread)
    first = [*islice(documents, 1)]  # a mistyped path is told before a model is made or fetched
    if not first:
        raise nothing_read(unread)
    folder = None if out is None else Path(out)
    check_folder(folder)
    reached = deque([State()], maxlen=1)  # what there is, also after Ctrl-C
    with Ledger(folder / LEDGER if folder else None) as ledger:  # and so is a folder that cannot be used
        shared = Shared(
            recipe=recipe,
            generator=make_generator(llm, recipe, rest),
            ledger=ledger,
            edits=read_edits(folder),
            course=Course(recipe.steps, show=progress),
            asker_of=_asker_maker(ledger, config, rest),
            foresee=partial(foresee_steps, recipe, base_url=rest.get("base_url")),
            keep=reached.append,
            config=config,
            progress=progress,
            on_pair=on_pair,
        )
        _set_out(shared, command or call_text(generate_pairs, (source, llm), said))
        run = Run.of(shared, FirstPass(shared, chain(first, documents), limit, unread))
        try:
            run(State())
        except (KeyboardInterrupt, ModelError):
            if folder and reached[0].pairs and not (folder / PAIRS).exists():
                finished_dataset(reached[0], shared, folder).keep(folder, ledger)
            raise
        dataset = finished_dataset(reached[0], shared, folder)
        kept = folder is not None and keep_dataset(dataset, folder, ledger)
    if folder and kept:
        write_files(dataset, folder, format=format, system_prompt=system_prompt, divided=recipe.divide)
    return dataset


def _asker_maker(
    ledger: Ledger, config: RunnableConfig | None, options: Mapping[str, Any]
) -> Callable[[str | BaseChatModel], Asker]:
    """Makes the asker of another model, at the same server and in the same language as the writing one."""
    named = {
        name: options[name]
        for name in ("base_url", "announce", "max_concurrency", "language")
        if name in options
    }
    return lambda llm: Asker.of(llm, ledger=ledger, config=config, **named)


def _set_out(shared: Shared, command: str) -> None:
    """Make the models, keep what the run is made with, and set its cap: before anything is asked."""
    askers, ledger = shared.askers(), shared.ledger
    ledger.budget = _folder_budget(shared.recipe, askers.values(), ledger)
    made = Provenance(
        command=command,
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        version=version("qagen-finetune"),
        models={step: asker.asked.name for step, asker in askers.items()},
    )
    keep_provenance(ledger, made)


def _folder_budget(recipe: Recipe, askers: Iterable[Asker], ledger: Ledger) -> Budget | None:
    """The cap on the whole run folder, or ``None``.

    Raises:
        SettingsError: A cost is capped, and a model's price is not known.
    """
    if recipe.max_cost is None and recipe.max_tokens is None:
        return None
    probe = Usage(input_tokens=1000, output_tokens=1000)
    unknown = sorted({one.asked.name for one in askers if one.asked.cost(probe) is None})
    if recipe.max_cost is not None and unknown:
        raise SettingsError(
            f"max_cost needs prices, and that of {', '.join(unknown)} is not known: give max_tokens instead"
        )
    return Budget(max_cost=recipe.max_cost, max_tokens=recipe.max_tokens, used=ledger.usage())
