"""The files of a job: on this machine or at the service, checked, brought there, known by content."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qagen.errors import ServiceError, SettingsError
from qagen.tuning.file import Contents, check_files, check_training_file, contents_of, contents_of_file
from qagen.tuning.hosted import answered, bring, content_of, explained

if TYPE_CHECKING:
    from qagen.tuning.file import TrainingFileReport
    from qagen.tuning.hosted import Client, Service
    from qagen.tuning.hosted.starting.settings import Settings


@dataclass(frozen=True, slots=True)
class ServiceFile:
    """A file at the service, what it holds where that is known, and whether this call brought it there."""

    id: str
    contents: Contents | None
    uploaded: bool

    @property
    def mark(self) -> str:
        """What tells it from other files: its content, otherwise its id."""
        return self.contents.sha256 if self.contents else self.id

    @classmethod
    def found_at(cls, client: Client, file_id: str, service: Service) -> ServiceFile:
        """One that was there; its content, unless it is very large or the service keeps it to itself."""
        import openai
        from openai.types import FileObject

        what = f"The file {file_id} could not be looked at"
        with explained(what):
            file = answered(client.files.retrieve(file_id), FileObject, what=what)
        if (file.bytes or 0) > service.files_limit:
            return cls(file_id, None, uploaded=False)
        try:
            with explained(what), closing(content_of(client, file_id)) as chunks:
                return cls(file_id, contents_of(chunks), uploaded=False)
        except ServiceError as error:
            if isinstance(error.__cause__, openai.APIStatusError):
                return cls(file_id, None, uploaded=False)
            raise


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as it was given: the path of one on this machine, or the id of one that was uploaded."""

    given: str
    path: Path | None

    @classmethod
    def of(cls, given: str | Path) -> GivenFile:
        """A string is a path if such a file is there, or if it looks like one.

        Raises:
            SettingsError: It is empty.
        """
        if isinstance(given, Path):
            return cls(str(given), given)
        if not given.strip():
            raise SettingsError(
                "The name of a file is empty.", hint="Give a path, or the id of an uploaded file."
            )
        looks = "/" in given or "\\" in given or given.lower().endswith(".jsonl")
        return cls(given, Path(given) if looks or _is_file(given) else None)

    def at_service(self, client: Client, service: Service, *, progress: bool) -> ServiceFile:
        """The file at the service; one of this machine is brought there, unless it is there.

        Raises:
            ServiceError: It cannot be looked at.
            UploadError: It cannot be uploaded.
        """
        if self.path is None:
            return ServiceFile.found_at(client, self.given, service)
        contents = contents_of_file(self.path)
        file_id, is_new = bring(client, self.path, service, progress=progress)
        return ServiceFile(file_id, contents, uploaded=is_new)


@dataclass(frozen=True, slots=True)
class JobFiles:
    """Training and validation file of a job."""

    training: GivenFile
    validation: GivenFile | None

    @classmethod
    def of(cls, training: str | Path, validation: str | Path | None) -> JobFiles:
        """Of what was given.

        Raises:
            SettingsError: They are one and the same, or a name is empty.
        """
        if validation is not None and str(training) == str(validation):
            raise SettingsError(
                f"validation_file is the training file ({training}): it would measure what was trained.",
                hint="Use another file, or None.",
            )
        return cls(GivenFile.of(training), None if validation is None else GivenFile.of(validation))

    def reports(self, settings: Settings) -> list[TrainingFileReport]:
        """What is found in those that are on this machine, the validation file first.

        Raises:
            TrainingFileError: One cannot be read.
        """
        training, validation = self.training.path, self.validation.path if self.validation else None
        model, method = settings.model, settings.method
        if training is not None:
            report, other = check_files(training, validation, model=model, method=method)
            return [report] if other is None else [other, report]
        if validation is not None:
            return [check_training_file(validation, model=model, method=method)]
        return []


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:  # no name a file can have
        return False
