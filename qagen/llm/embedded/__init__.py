"""The models that run inside this program: where their weights come from, and the engine that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.llm.embedded.chat import engines_of_its_own as engines_of_its_own
    from qagen.llm.embedded.chat import local_model as local_model
    from qagen.llm.embedded.engine import Engine as Engine
    from qagen.llm.embedded.engine import Settings as Settings
    from qagen.llm.embedded.engine import available_memory as available_memory
    from qagen.llm.embedded.engine import usable_threads as usable_threads
    from qagen.llm.embedded.fetch_job import Patience as Patience
    from qagen.llm.embedded.fetch_job import one_line as one_line
    from qagen.llm.embedded.pip import ask_index as ask_index
    from qagen.llm.embedded.table import DEFAULT as DEFAULT
    from qagen.llm.embedded.table import TABLE as TABLE
    from qagen.llm.embedded.table import Weights as Weights
    from qagen.llm.embedded.weights import fetch_weights as fetch_weights
    from qagen.llm.embedded.weights import file_sha256 as file_sha256
    from qagen.llm.embedded.weights import find_weights as find_weights
    from qagen.llm.embedded.weights import list_weights as list_weights
    from qagen.llm.embedded.weights import models_folder as models_folder
    from qagen.llm.embedded.weights import unfinished_weights as unfinished_weights
    from qagen.llm.embedded.workers import workers_for as workers_for
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "chat": "engines_of_its_own local_model",
            "engine": "Engine Settings available_memory usable_threads",
            "fetch_job": "Patience one_line",
            "pip": "ask_index",
            "table": "DEFAULT TABLE Weights",
            "weights": "fetch_weights file_sha256 find_weights list_weights models_folder unfinished_weights",
            "workers": "workers_for",
        },
    )
