"""What is asked in an evaluation: unseen wordings, other formats, twins without an answer, withheld facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.evaluation.probes.making import find_probe_leaks as find_probe_leaks
    from qagen.evaluation.probes.making import general_probes as general_probes
    from qagen.evaluation.probes.making import make_probes as make_probes
    from qagen.evaluation.probes.making import read_probes as read_probes
    from qagen.evaluation.probes.making import write_probes as write_probes
else:
    __getattr__, __dir__, __all__ = face(
        __name__, {"making": "find_probe_leaks general_probes make_probes read_probes write_probes"}
    )
