"""Training on this machine: the plan, memory, the loop, its checkpoints, and the card of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qagen.faces import face

if TYPE_CHECKING:
    from qagen.tuning.local.card import model_card as model_card
    from qagen.tuning.local.examples import Example as Example
    from qagen.tuning.local.examples import ExampleFiles as ExampleFiles
    from qagen.tuning.local.examples import Examples as Examples
    from qagen.tuning.local.examples import General as General
    from qagen.tuning.local.examples import Message as Message
    from qagen.tuning.local.examples import ask as ask
    from qagen.tuning.local.examples import examples_sha256 as examples_sha256
    from qagen.tuning.local.examples import general_items as general_items
    from qagen.tuning.local.examples import read_examples as read_examples
    from qagen.tuning.local.examples import replayed as replayed
    from qagen.tuning.local.examples import replayed_at_once as replayed_at_once
    from qagen.tuning.local.hub_names import hub_name as hub_name
    from qagen.tuning.local.loss_log import LossLog as LossLog
    from qagen.tuning.local.loss_log import losses_table as losses_table
    from qagen.tuning.local.loss_log import newest_checkpoint as newest_checkpoint
    from qagen.tuning.local.loss_log import size_of as size_of
    from qagen.tuning.local.memory import COPIES as COPIES
    from qagen.tuning.local.memory import FOUR_BITS as FOUR_BITS
    from qagen.tuning.local.memory import free_memory as free_memory
    from qagen.tuning.local.memory import needed as needed
    from qagen.tuning.local.memory import refuse_too_much as refuse_too_much
    from qagen.tuning.local.memory import shape_of as shape_of
    from qagen.tuning.local.plan import ADAPTER_GGUF as ADAPTER_GGUF
    from qagen.tuning.local.plan import CARD as CARD
    from qagen.tuning.local.plan import LOSSES as LOSSES
    from qagen.tuning.local.plan import MERGED as MERGED
    from qagen.tuning.local.plan import MODEL as MODEL
    from qagen.tuning.local.plan import REPLACED as REPLACED
    from qagen.tuning.local.plan import WHOLE as WHOLE
    from qagen.tuning.local.plan import Job as Job
    from qagen.tuning.local.plan import Plan as Plan
    from qagen.tuning.local.plan import finished_record as finished_record
    from qagen.tuning.local.plan import only_one as only_one
    from qagen.tuning.local.plan import prepare_folder as prepare_folder
    from qagen.tuning.local.plan import refuse_own_base as refuse_own_base
    from qagen.tuning.local.plan import weights_sha256 as weights_sha256
else:
    __getattr__, __dir__, __all__ = face(
        __name__,
        {
            "card": "model_card",
            "examples": (
                "Example ExampleFiles Examples General Message ask examples_sha256 general_items "
                "read_examples replayed replayed_at_once"
            ),
            "hub_names": "hub_name",
            "loss_log": "LossLog losses_table newest_checkpoint size_of",
            "memory": "COPIES FOUR_BITS free_memory needed refuse_too_much shape_of",
            "plan": (
                "ADAPTER_GGUF CARD Job LOSSES MERGED MODEL Plan REPLACED WHOLE finished_record only_one "
                "prepare_folder refuse_own_base weights_sha256"
            ),
        },
    )
