"""Replies made into values: thoughts and fences taken off, JSON found and mended, shapes fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.llm.replies.controls import CONTROL as CONTROL
    from qagen.llm.replies.controls import named_control as named_control
    from qagen.llm.replies.controls import without_eaten_escapes as without_eaten_escapes
    from qagen.llm.replies.parsing import OutputFixingParser as OutputFixingParser
    from qagen.llm.replies.parsing import PlainReader as PlainReader
    from qagen.llm.replies.parsing import Reading as Reading
    from qagen.llm.replies.parsing import ReplyError as ReplyError
    from qagen.llm.replies.parsing import ReplyReader as ReplyReader
    from qagen.llm.replies.shape import shape_of as shape_of
    from qagen.llm.replies.shaping import readable as readable
    from qagen.llm.replies.silence import Silence as Silence
    from qagen.llm.replies.wire import wire_schema as wire_schema
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "controls": "CONTROL named_control without_eaten_escapes",
            "parsing": "OutputFixingParser PlainReader Reading ReplyError ReplyReader",
            "shape": "shape_of",
            "shaping": "readable",
            "silence": "Silence",
            "wire": "wire_schema",
        },
    )
