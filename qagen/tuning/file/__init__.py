"""The training file: written, read, checked and reported on, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.file.checking import check_files as check_files
    from qagen.tuning.file.checking import check_training_file as check_training_file
    from qagen.tuning.file.contents import Contents as Contents
    from qagen.tuning.file.contents import contents_of as contents_of
    from qagen.tuning.file.contents import contents_of_file as contents_of_file
    from qagen.tuning.file.contents import is_text as is_text
    from qagen.tuning.file.file_rules import MIN_EXAMPLES as MIN_EXAMPLES
    from qagen.tuning.file.report import Problem as Problem
    from qagen.tuning.file.report import TrainingFileReport as TrainingFileReport
    from qagen.tuning.file.writing import DEFAULT_SYSTEM_PROMPT as DEFAULT_SYSTEM_PROMPT
    from qagen.tuning.file.writing import Format as Format
    from qagen.tuning.file.writing import check_settings as check_settings
    from qagen.tuning.file.writing import write_training_file as write_training_file
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "checking": "check_files check_training_file",
            "contents": "Contents contents_of contents_of_file is_text",
            "file_rules": "MIN_EXAMPLES",
            "report": "Problem TrainingFileReport",
            "writing": "DEFAULT_SYSTEM_PROMPT Format check_settings write_training_file",
        },
    )
