"""The command ``qagen tune``: from a training file to a tuned model, here or at a service."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qagen.cli.services import (
    BaseUrl,
    Hosted,
    Provider,
    client_at,
    confirm,
    finish_job,
    keep_record,
    tell_next,
    watched_job,
)
from qagen.cli.status import tell_caution
from qagen.cli.terminal import (
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    TRAIN,
    AsJson,
    Debug,
    Quiet,
    Run,
    add_row,
    announce,
    answering,
    command,
    is_given,
    new_table,
    screen,
)
from qagen.cli.values import tuned_value
from qagen.errors import RunFolderError, SettingsError, TuningClosedError

if TYPE_CHECKING:
    import openai

    from qagen.tuning.file import TrainingFileReport
    from qagen.tuning.hosted import Service
    from qagen.tuning.hosted.starting import JobFiles, Settings

VALIDATION = "validation.jsonl"
_IDLE_AT_A_SERVICE = frozenset({"device", "quantize_4bit", "merge", "overwrite"})  # no setting of a training


def tune(
    context: typer.Context,
    run: Run,
    provider: Annotated[
        Provider, typer.Option(help="Where to train: on this machine, or at a service.")
    ] = "local",
    base_url: BaseUrl = None,
    model: Annotated[
        str | None,
        typer.Option(help="The model to tune; local: a name of the table, GGUF, folder or hub name."),
    ] = None,
    n_epochs: Annotated[
        int | None, typer.Option(min=1, help="Times each example is seen; by default decided.")
    ] = None,
    suffix: Annotated[str | None, typer.Option(help="Hosted: part of the tuned model's name.")] = None,
    wait: Annotated[bool, typer.Option(help="Hosted: wait until the job has ended.")] = True,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Hosted: do not ask before money is spent.")
    ] = False,
    price: Annotated[
        float | None,
        typer.Option(help="Hosted: US dollars for a million trained tokens, to foresee the cost."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Hosted: start a job even if the same one is there.")
    ] = False,
    rank: Annotated[int, typer.Option(min=1, help="Local: rank of the LoRA adapter.")] = 32,
    learning_rate: Annotated[
        float | None, typer.Option(help="Local: by default 2e-4 (small models 1e-3), with --full 2e-5.")
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Local: examples a step.")] = 4,
    seed: Annotated[int, typer.Option(help="Local: of order and first weights.")] = 0,
    device: Annotated[str, typer.Option(help="Local: auto, cpu, cuda or mps.")] = "auto",
    full: Annotated[bool, typer.Option("--full", help="Local: train all weights, not an adapter.")] = False,
    quantize_4bit: Annotated[
        bool, typer.Option("--quantize-4bit", help="Local: keep the base model in 4 bits (GPU).")
    ] = False,
    replay: Annotated[
        str, typer.Option(help="Local: general, none, or a chat file of general examples.")
    ] = "general",
    strength: Annotated[
        float, typer.Option(help="Local: what the trained adapter is multiplied by; less forgets less.")
    ] = 0.85,
    merge: Annotated[
        bool, typer.Option("--merge", help="Local: write base and adapter as one model too.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Local: replace a model made with other settings.")
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Make a model from a run folder's training file, on this machine or at a service.

    Run the same command again to go on after an interruption: nothing is trained or paid for twice.
    """
    with answering(as_json) as answer:
        _look_at_options_of_the_other_kind(context, provider)
        file = run / TRAIN
        if not file.is_file():
            written = command("generate", "SOURCE", "-o", run)
            raise SettingsError(f"{file} is not there.", hint=f"Write it with `{written}`.")
        tell_caution(run)
        if provider != "local":
            from qagen.tuning.hosted.starting import Settings

            if model is None:
                raise SettingsError(
                    f"Which model is to be tuned at {provider}?",
                    hint="Give --model, such as "
                    "gpt-4.1-mini-2025-04-14 at OpenAI; your service lists those it tunes.",
                )
            settings = Settings(model, suffix=suffix, n_epochs=n_epochs or "auto")
            tuning = HostedTuning.of(run, (provider, base_url), settings, price)
            tuning.show_cost()
            if not yes:
                confirm(f"Start the job at {tuning.service.title}?")
            tuning.start(again=again, wait=wait, progress=not quiet)
        else:
            options: dict[str, Any] = {
                "n_epochs": n_epochs or "auto",
                "rank": rank,
                "learning_rate": "auto" if learning_rate is None else learning_rate,
                "batch_size": batch_size,
                "seed": seed,
                "device": device,
                "full": full,
                "quantize_4bit": quantize_4bit,
                "replay": None if replay == "none" else replay,
                "strength": strength,
                "merge": _merges(merge=merge, full=full),
                "overwrite": overwrite,
                "progress": not quiet,
            }
            _tune_here(run, options if model is None else {**options, "model": model})
        answer(tuned_value(run))


def _merges(*, merge: bool, full: bool) -> bool:
    if merge and full:
        announce("--merge does nothing with --full: all weights are trained, and lie in one model already.")
    return merge and not full


def _look_at_options_of_the_other_kind(context: typer.Context, provider: Provider) -> None:
    """A remark on an option that does nothing there.

    Raises:
        SettingsError: Money would be spent on a training that is not what the option asks for.
    """
    of, idle = ("Hosted", None) if provider == "local" else ("Local", _IDLE_AT_A_SERVICE)
    for option in context.command.params:
        name = option.name or ""
        is_other = str(getattr(option, "help", "")).startswith(of) or (
            provider == "local" and name == "base_url"
        )
        if not is_other or not is_given(context, name):
            continue
        told = f"{option.opts[0]} does nothing with --provider {provider}"
        if idle is not None and name not in idle:
            raise SettingsError(f"{told}, and what is paid for would not be what it asks for: leave it out.")
        announce(f"{told}.")


# --- on this machine


def validation_file(run: Path, *, hosted: bool) -> Path | None:
    """The validation file of a run, unless it is shorter than services take."""
    from qagen.tuning.file import MIN_EXAMPLES

    file = run / VALIDATION
    if not file.is_file():
        return None
    if not hosted:
        return file
    examples = sum(bool(line.strip()) for line in file.read_bytes().splitlines())
    if examples >= MIN_EXAMPLES:
        return file
    announce(f"{file} holds {examples} of the {MIN_EXAMPLES} examples that a service wants: it is left out.")
    return None


def _tune_here(run: Path, options: dict[str, Any]) -> None:
    from qagen.tuning.local.training import train_locally

    validation = validation_file(run, hosted=False)
    try:
        trained = train_locally(
            run / TRAIN, out=run, validation_file=validation, announce=announce, **options
        )
    except KeyboardInterrupt:
        announce(
            f"\nStopped. What was trained up to the last checkpoint is kept in {run} (one is written every "
            "minute); run the same command again to go on from there."
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None
    details = trained.record.details
    table = new_table("Trained")
    known, general = details["recall"], details["general"]
    add_row(table, "training questions", f"{known['recalled']} of {known['asked']} answered word for word")
    if unseen := details["validation"]:
        add_row(
            table, "validation questions", f"{unseen['recalled']} of {unseen['asked']} answered word for word"
        )
    change = f"{general['right_before']} of {general['asked']} right before, {general['right_after']} after"
    add_row(table, "general questions", change)
    add_row(table, "general items mixed in", str(details["replayed"]))
    add_row(table, "epochs", f"{details['epochs']:g}")
    if details["stopped_early"]:
        add_row(table, "stopped early", details["stopped_early"])
    add_row(table, "time", f"{details['seconds']:,.0f} s on {details['device']}")
    add_row(table, "model", str(trained.weights))
    screen().print(table)
    tell_next(run)


# --- at a service


@dataclass(frozen=True)
class HostedTuning:
    """A training at a service, looked at before anything is sent or paid for."""

    run: Path
    service: Service
    client: openai.OpenAI
    settings: Settings
    files: JobFiles
    report: TrainingFileReport
    validation: TrainingFileReport | None

    @classmethod
    def of(
        cls, run: Path, place: tuple[Hosted, str | None], settings: Settings, price: float | None
    ) -> HostedTuning:
        """Look at the run folder and its files; each file is read and checked once.

        Raises:
            SettingsError: An option cannot be, or there is no key for the service.
            TrainingFileError: A file cannot be read.
            RunFolderError: The run folder cannot be written.
        """
        from qagen.tuning.file import check_files
        from qagen.tuning.hosted import SERVICES
        from qagen.tuning.hosted.starting import JobFiles

        provider, base_url = place
        client, service = client_at(provider, base_url), SERVICES[provider]
        _check_writable(run)
        settings.check(service)
        training, validation = run / TRAIN, validation_file(run, hosted=True)
        report, other = check_files(
            training,
            validation,
            model=settings.model,
            n_epochs=settings.n_epochs,
            usd_per_million_tokens=price,
        )
        return cls(run, service, client, settings, JobFiles.of(training, validation), report, other)

    @property
    def reports(self) -> list[TrainingFileReport]:
        """Of both files, the validation file first."""
        return [self.report] if self.validation is None else [self.validation, self.report]

    def show_cost(self) -> None:
        """What the training takes, and what is wrong with the training file.

        Raises:
            TrainingFileError: The service would refuse a file.
        """
        table = new_table(f"To be trained: {self.settings.model}")
        facts = dict(self.report.facts())
        if self.settings.n_epochs == "auto":
            facts["epochs"] = f"about {facts['epochs']}, by OpenAI's default rule"
            for name in ("billed tokens", "cost"):
                facts[name] = f"about {facts[name].removeprefix('about ')}, with these epochs"
        for name in ("file", "examples", "tokens", "epochs", "billed tokens", "cost"):
            unknown = name == "cost" and self.report.cost is None
            add_row(table, name, "unknown: give --price" if unknown else facts[name])
        screen().print(table)
        self.refuse_files()
        for finding in self.report.findings():
            told = finding.removeprefix("error: ")
            announce(
                f"! {finding}" if told == finding else f"! against OpenAI's rules, sent all the same: {told}"
            )

    def refuse_files(self) -> None:
        """The decision is that of the start, which gives the warnings too."""
        import warnings

        from qagen.tuning.hosted import Verdict

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            for report in self.reports:
                Verdict(self.service, report, self.settings.method).enforce()

    def start(self, *, again: bool, wait: bool, progress: bool) -> None:
        """Start the job, keep its id in the run folder, and watch it to its end if that is wanted."""
        from qagen.tuning.hosted.starting import start_checked

        try:
            job = start_checked(
                self.client,
                self.files,
                self.reports,
                self.settings,
                self.service,
                again=again,
                progress=progress,
            )
        except TuningClosedError as error:
            _offer_deletion(self.client, error)
            raise
        # Before anything can go wrong here: without its id a job that costs money is lost from sight.
        print(f"{job.id} is {job.status} at {self.service.title}.", flush=True)
        keep_record(self.client, job, self.run, self.service)
        if wait:
            ended = watched_job(self.client, job, self.service, progress=progress)
            finish_job(self.client, ended, self.run, self.service)
        else:
            print(f"Watch it: {command('jobs', 'watch', self.run)}")


def _check_writable(run: Path) -> None:
    """Before anything is sent: the folder is where the job's id is kept."""
    from tempfile import TemporaryFile

    from qagen.tuning import TUNING

    try:
        with TemporaryFile(dir=run):
            pass
        if (run / TUNING).exists():
            with (run / TUNING).open("rb"):
                pass
    except OSError as error:
        raise RunFolderError(
            f"{run / TUNING}, where the job is kept, cannot be written ({error.strerror or error}): nothing "
            "was sent.",
            hint="Make the folder writable, or copy it to another place.",
        ) from error


def _offer_deletion(client: openai.OpenAI, error: TuningClosedError) -> None:
    from qagen.tuning.hosted import delete_file

    if not error.file_ids or not sys.stdin.isatty():
        return
    announce(f"qagen: {error}")
    for file_id in error.file_ids:
        if typer.confirm(f"Delete the uploaded file {file_id}?"):
            delete_file(client, file_id)
            announce(f"{file_id} is deleted")
    raise typer.Exit(EXIT_ERROR)
