import threading
import time

import pytest
from langchain_core.messages import HumanMessage
from regatta import about, documents
from scripted import replies

from qagen import generate_pairs
from qagen.errors import BudgetError, SettingsError
from qagen.llm.budget import Budget
from qagen.llm.ledger import Ledger
from qagen.records import Usage

PROMPT = [HumanMessage("How many mills stand at the river?")]
CALL = Usage(calls=1, asked=1, input_tokens=10, output_tokens=90, cost=0.01)


def free(usage):
    return 0.0


def ask(budget, used=CALL):
    with budget.call(PROMPT, free) as spent:
        spent.append(used)


def test_calls_are_let_through_until_the_next_one_would_pass_the_cap():
    budget = Budget(max_tokens=1000, used=Usage())
    for _ in range(9):  # 900 tokens; the tenth is expected to take 8 for the prompt and 90 for the reply
        ask(budget)
    ask(budget)
    with pytest.raises(BudgetError, match=r"max_tokens=1,000.*1,000 tokens were used"):
        ask(budget)


def test_what_earlier_runs_used_counts():
    budget = Budget(max_tokens=1000, used=CALL.model_copy(update={"calls": 10, "output_tokens": 950}))
    with pytest.raises(BudgetError, match="960 tokens"):
        ask(budget)


def test_a_cost_is_capped_in_dollars():
    budget = Budget(max_cost=0.05, used=Usage())

    def price(usage):
        return 0.01

    for _ in range(5):
        with budget.call(PROMPT, price) as spent:
            spent.append(CALL)
    with pytest.raises(BudgetError, match=r"max_cost=0.05 US dollars.*\$0.0500"), budget.call(PROMPT, price):
        pass


def test_a_call_waits_for_one_in_flight_that_may_turn_out_cheaper():
    budget = Budget(max_tokens=700, used=Usage())  # room for one first call, taken to be 508 tokens, not two
    entered, done = threading.Event(), []

    def slow():
        with budget.call(PROMPT, free) as spent:
            entered.set()
            time.sleep(0.2)
            done.append("first")
            spent.append(CALL)

    thread = threading.Thread(target=slow)
    thread.start()
    entered.wait(5)
    ask(budget)
    done.append("second")
    thread.join(5)
    assert done == ["first", "second"]


def test_a_call_that_breaks_gives_its_room_back():
    budget = Budget(max_tokens=600, used=Usage())
    with pytest.raises(ZeroDivisionError), budget.call(PROMPT, free):
        _ = 1 / 0
    ask(budget)


@pytest.mark.parametrize("cap", [{"max_cost": 0}, {"max_tokens": -5}])
def test_a_cap_is_above_zero(cap):
    with pytest.raises(SettingsError, match="above 0"):
        Budget(**cap, used=Usage())


def test_a_run_stops_at_its_budget_and_goes_on_with_a_larger_one(tmp_path):
    model = replies(about)
    options = {"out": tmp_path, "preset": "classic", "progress": False, "max_concurrency": 2}
    first = generate_pairs(documents(40), model, max_tokens=8000, **options)
    used = first.usage.input_tokens + first.usage.output_tokens
    assert 0 < len(first) < 40
    assert 5000 < used < 8000 * 1.1
    left = [one for one in first.failures if one.state == "not_asked"]
    assert len(left) == 40 - len(first)
    assert "run again with a larger budget" in left[0].detail
    assert model.calls == len(first)

    again = generate_pairs(documents(40), model, max_tokens=8000, **options)
    assert (len(again), model.calls) == (len(first), len(first))
    assert len(generate_pairs(documents(40), model, max_tokens=1_000_000, **options)) == 40
    assert model.calls == 40


def test_a_cost_cap_without_a_known_price_is_refused_before_anything_is_asked():
    model = replies(about)
    with pytest.raises(SettingsError, match=r"scripted is not known.*max_tokens"):
        generate_pairs(documents(2), model, max_cost=1.0, preset="classic", progress=False)
    assert model.calls == 0


def test_a_ledger_without_a_budget_lets_everything_through():
    with Ledger() as ledger:
        assert ledger.budget is None
