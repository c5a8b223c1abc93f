"""Base models and adapters: found, loaded, asked, and written for llama.cpp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.models.base_model import UNREADABLE as UNREADABLE
    from qagen.tuning.models.base_model import Base as Base
    from qagen.tuning.models.base_model import find_base as find_base
    from qagen.tuning.models.base_model import load_base as load_base
    from qagen.tuning.models.base_model import load_configuration as load_configuration
    from qagen.tuning.models.base_model import load_tokenizer as load_tokenizer
    from qagen.tuning.models.base_model import suppressed_output as suppressed_output
    from qagen.tuning.models.gguf_adapter import ADAPTER_KEY as ADAPTER_KEY
    from qagen.tuning.models.gguf_adapter import ADAPTER_WEIGHTS as ADAPTER_WEIGHTS
    from qagen.tuning.models.gguf_adapter import BASE_KEY as BASE_KEY
    from qagen.tuning.models.gguf_adapter import read_adapter_config as read_adapter_config
    from qagen.tuning.models.gguf_adapter import takes_adapter as takes_adapter
    from qagen.tuning.models.gguf_adapter import write_gguf_adapter as write_gguf_adapter
    from qagen.tuning.models.gguf_header import read_header as read_header
    from qagen.tuning.models.transformers_chat import load_chat_model as load_chat_model
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "base_model": (
                "Base UNREADABLE find_base load_base load_configuration load_tokenizer suppressed_output"
            ),
            "gguf_adapter": (
                "ADAPTER_KEY ADAPTER_WEIGHTS BASE_KEY read_adapter_config takes_adapter write_gguf_adapter"
            ),
            "gguf_header": "read_header",
            "transformers_chat": "load_chat_model",
        },
    )
