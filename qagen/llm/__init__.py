"""Talking to a model: parsing, asking, the ledger, models by name, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.llm.asker import Asker as Asker
    from qagen.llm.asking import Answer as Answer
    from qagen.llm.asking import Question as Question
    from qagen.llm.asking import ask as ask
    from qagen.llm.budget import Budget as Budget
    from qagen.llm.ledger import Ledger as Ledger
    from qagen.llm.models import chat_model as chat_model
    from qagen.llm.models import cost_text as cost_text
    from qagen.llm.models import greedy_model as greedy_model
    from qagen.llm.models import greedy_params as greedy_params
    from qagen.llm.models import is_local as is_local
    from qagen.llm.models import model_name as model_name
    from qagen.llm.models import never_clears as never_clears
    from qagen.llm.progress import Course as Course
    from qagen.llm.progress import bar_class as bar_class
    from qagen.llm.progress import duration_text as duration_text
    from qagen.llm.prompting import as_line as as_line
    from qagen.llm.prompting import prompt_id as prompt_id
    from qagen.llm.prompting import prompt_messages as prompt_messages
    from qagen.llm.running import WRITE as WRITE
    from qagen.llm.running import Progress as Progress
    from qagen.llm.running import in_order as in_order
    from qagen.llm.running import read_ahead as read_ahead
    from qagen.llm.sending import send as send
    from qagen.llm.system_prompt import ClientChatOpenAI as ClientChatOpenAI
    from qagen.llm.system_prompt import with_system_prompt as with_system_prompt
    from qagen.llm.tokens import count_tokens as count_tokens
    from qagen.llm.tokens import encode as encode
    from qagen.llm.tokens import encoding as encoding
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "asker": "Asker",
            "asking": "Answer Question ask",
            "budget": "Budget",
            "ledger": "Ledger",
            "models": "chat_model cost_text greedy_model greedy_params is_local model_name never_clears",
            "progress": "Course bar_class duration_text",
            "prompting": "as_line prompt_id prompt_messages",
            "running": "Progress WRITE in_order read_ahead",
            "sending": "send",
            "system_prompt": "ClientChatOpenAI with_system_prompt",
            "tokens": "count_tokens encode encoding",
        },
    )
