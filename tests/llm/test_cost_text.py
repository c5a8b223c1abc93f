"""What calls cost is told in one way, and never as $0.0000."""

import pytest

from qagen.llm.models import cost_text


@pytest.mark.parametrize(
    ("cost", "tokens", "said"),
    [
        (1234.5678, 9, "$1,234.57"),
        (1.0, 9, "$1.00"),
        (0.4211, 9, "$0.4211"),
        (0.00012, 9, "$0.0001"),
        (0.0000999, 9, "under $0.0001"),
        (0.0, 9, "free"),
        (0.0, 0, "–"),
        (None, 9, "unknown"),
        (None, 0, "unknown"),
    ],
)
def test_a_cost_reads_as_a_price_only_where_there_is_one(cost, tokens, said):
    assert cost_text(cost, tokens=tokens) == said
