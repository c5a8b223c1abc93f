"""The statistics of the report card, by hand, against other libraries, and by simulation."""

from math import comb, isfinite, sqrt

import numpy as np
import pytest

from qagen.errors import SettingsError
from qagen.evaluation.figures.statistics import (
    Group,
    bootstrap,
    difference,
    effective_number,
    kappa,
    mcnemar,
    wilson,
    wilson_by_fact,
)

Z = 1.959963984540054


def by_formula(right, asked):
    """Wilson 1927, as it stands in the textbooks."""
    share = right / asked
    middle = share + Z**2 / (2 * asked)
    spread = Z * sqrt(share * (1 - share) / asked + Z**2 / (4 * asked**2))
    return [(middle - spread) / (1 + Z**2 / asked), (middle + spread) / (1 + Z**2 / asked)]


@pytest.mark.parametrize(
    ("right", "asked"), [(0, 1), (1, 1), (0, 20), (20, 20), (83, 100), (7, 200), (1, 10_000)]
)
def test_an_interval_is_wilsons(right, asked):
    assert [*wilson(right, asked)] == pytest.approx(by_formula(right, asked), abs=1e-12)


def test_two_hundred_questions_give_seven_points_at_most_and_sixty_thirteen():
    assert 100 * wilson(100, 200).half_width == pytest.approx(6.9, abs=0.05)
    assert 100 * wilson(30, 60).half_width == pytest.approx(12.3, abs=0.1)


@pytest.mark.parametrize(("right", "asked"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_share_has_no_interval(right, asked):
    with pytest.raises(SettingsError, match="share"):
        wilson(right, asked)


def test_no_question_has_no_interval():
    with pytest.raises(SettingsError, match="at least one"):
        wilson_by_fact([])


@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 1), (5, 0), (3, 12), (12, 3), (40, 61), (7, 7)])
def test_mcnemar_is_the_sum_of_binomials(before, after):
    changed = before + after
    tail = sum(comb(changed, k) for k in range(min(before, after) + 1)) / 2**changed
    assert mcnemar(before, after) == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


@pytest.mark.parametrize(("before", "after"), [(0, 9), (3, 12), (40, 61), (7, 7)])
def test_mcnemar_is_that_of_statsmodels(before, after):
    from statsmodels.stats import contingency_tables as tables

    theirs = tables.mcnemar([[50, before], [after, 20]], exact=True).pvalue
    assert mcnemar(before, after) == pytest.approx(theirs, rel=1e-9)


def test_mcnemar_counts_no_negative_questions():
    with pytest.raises(SettingsError, match="negative"):
        mcnemar(-1, 3)


def test_kappa_by_hand():
    """Cohen 1960: 35 of 50 agree (.7); by chance .5 x .6 + .5 x .4 = .5; so kappa is .4."""
    a = [1] * 25 + [0] * 25
    b = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    found = kappa(a, b)
    assert (found.asked, found.same, found.share) == (50, 35, 0.7)
    assert found.kappa == pytest.approx(0.4)
    low, high = wilson(35, 50)
    assert (found.low, found.high) == pytest.approx(((low - 0.5) / 0.5, (high - 0.5) / 0.5))


def test_kappa_is_that_of_statsmodels():
    from statsmodels.stats import inter_rater as rater

    theirs = rater.cohens_kappa([[45, 15], [25, 15]])
    a = [0] * 60 + [1] * 40
    b = [0] * 45 + [1] * 15 + [0] * 25 + [1] * 15
    found = kappa(a, b)
    assert found.kappa == pytest.approx(theirs.kappa)
    assert found.high - found.low == pytest.approx(theirs.kappa_upp - theirs.kappa_low, rel=0.1)


@pytest.mark.parametrize("labels", [[], [1, 1, 1]])
def test_kappa_of_one_label_only_is_none(labels):
    found = kappa(labels, labels)
    assert found.kappa is found.low is found.high is None
    assert found.same == len(labels)


def test_kappa_of_perfect_agreement_has_an_interval_with_a_width():
    found = kappa([1, 0] * 10, [1, 0] * 10)
    assert found.kappa == 1.0
    assert found.low < 0.8


def test_kappa_takes_two_judgements_of_each_answer():
    with pytest.raises(SettingsError, match="same answers"):
        kappa([1, 0], [1])


# --- several questions about one fact


def test_facts_with_one_question_each_are_independent_questions():
    groups = [Group(1, 1)] * 17 + [Group(0, 1)] * 3
    assert wilson_by_fact(groups) == wilson(17, 20)


def test_facts_that_are_known_or_not_as_a_whole_count_once():
    """Ten facts asked four times each: forty questions tell as much as ten."""
    groups = [Group(4, 4)] * 6 + [Group(0, 4)] * 4
    assert effective_number(groups) == pytest.approx(10, rel=0.15)
    assert wilson_by_fact(groups).half_width > 1.7 * wilson(24, 40).half_width


def test_all_right_is_no_more_certain_for_asking_the_same_facts_again():
    assert effective_number([Group(5, 5)] * 12) == pytest.approx(12)
    assert [*wilson_by_fact([Group(5, 5)] * 12)] == pytest.approx([*wilson(12, 12)])
    assert [*wilson_by_fact([Group(3, 3)])] == pytest.approx([*wilson(1, 1)])


def test_questions_of_a_fact_never_count_for_more_than_themselves():
    assert effective_number([Group(1, 2)] * 30) == 60  # less than chance apart


def answers(rng, facts, wordings, share, likeness):
    """Questions a fact and right ones, drawn so that answers of one fact are correlated by ``likeness``."""
    asked = rng.integers(1, 2 * wordings, facts)
    if likeness == 0:
        return rng.binomial(asked, share), asked
    scale = (1 - likeness) / likeness
    return rng.binomial(asked, rng.beta(share * scale, (1 - share) * scale, facts)), asked


@pytest.mark.parametrize(("share", "asked"), [(0.5, 20), (0.85, 60), (0.95, 200), (0.04, 60)])
def test_wilsons_interval_holds_the_truth_as_often_as_it_says(share, asked):
    """Exactly: the probability of each number of right answers whose interval holds the share."""
    chance = [comb(asked, k) * share**k * (1 - share) ** (asked - k) for k in range(asked + 1)]
    held = sum(
        p for k, p in enumerate(chance) if p > 1e-9 and wilson(k, asked).low <= share <= wilson(k, asked).high
    )
    assert 0.92 <= held <= 0.98


@pytest.mark.parametrize(
    ("facts", "wordings", "share", "likeness"),
    [(20, 3, 0.85, 0.6), (60, 3, 0.85, 0.6), (60, 3, 0.05, 0.5), (150, 2, 0.5, 0.8), (60, 3, 0.9, 0.0)],
)
def test_the_interval_by_fact_holds_the_truth_and_by_question_it_would_not(facts, wordings, share, likeness):
    rng = np.random.default_rng(7)
    draws, held, held_by_question = 500, 0, 0
    for _ in range(draws):
        right, asked = answers(rng, facts, wordings, share, likeness)
        groups = [Group(int(k), int(n)) for k, n in zip(right, asked, strict=True)]
        low, high = wilson_by_fact(groups)
        held += low <= share <= high
        low, high = by_formula(right.sum(), asked.sum())
        held_by_question += low <= share <= high
    assert 0.92 <= held / draws <= 0.995
    if likeness:
        assert held_by_question / draws < 0.86


# --- differences


@pytest.mark.parametrize(
    ("both", "lost", "gained", "neither", "ends"),
    [
        (36, 2, 12, 0, (0.0569, 0.3404)),
        (20, 2, 12, 16, (0.0562, 0.3292)),
        (18, 0, 14, 18, (0.1441, 0.3963)),
        (54, 0, 0, 0, (-0.0664, 0.0664)),
    ],
)
def test_a_paired_difference_is_newcombes(both, lost, gained, neither, ends):
    """His examples for method 10, in Statistics in Medicine 17, 2635-2650 (1998)."""
    right, wrong = [Group(1, 1)], [Group(0, 1)]
    before = right * (both + lost) + wrong * (gained + neither)
    after = right * both + wrong * lost + right * gained + wrong * neither
    assert [*difference(after, before, paired=True)] == pytest.approx(ends, abs=5e-5)


def test_a_difference_of_other_facts_by_hand():
    """Newcombe's square-and-add interval for two independent shares: 56/70 and 48/80 (his example)."""
    found = difference(
        [Group(1, 1)] * 56 + [Group(0, 1)] * 14, [Group(1, 1)] * 48 + [Group(0, 1)] * 32, paired=False
    )
    assert [*found] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_a_difference_where_all_are_alike_still_has_a_width():
    low, high = difference([Group(1, 1)] * 12, [Group(0, 1)] * 12, paired=True)
    assert low < 0.8
    assert high == 1.0


def test_a_paired_difference_needs_the_same_questions():
    with pytest.raises(SettingsError, match="same questions"):
        difference([Group(1, 1)], [Group(1, 2)], paired=True)


@pytest.mark.parametrize(("before", "after"), [(0.05, 0.85), (0.9, 0.9), (0.02, 0.98)])
def test_the_interval_of_a_difference_holds_the_truth(before, after):
    rng = np.random.default_rng(11)
    draws, held = 300, 0
    for _ in range(draws):
        one, asked = answers(rng, 60, 2, before, 0.5)
        scale = 1.0
        other = rng.binomial(asked, rng.beta(after * scale, (1 - after) * scale, 60))
        groups = [
            [Group(int(k), int(n)) for k, n in zip(right, asked, strict=True)] for right in (other, one)
        ]
        low, high = difference(*groups, paired=True)
        held += low <= after - before <= high
    assert held / draws >= 0.91


# --- the bootstrap


def share_of(sums):
    return sums[0] / sums[1]


def test_a_bootstrap_is_the_same_every_time_and_another_with_another_seed():
    rows = [(at % 4, 3 + at % 7) for at in range(50)]
    assert bootstrap(share_of, rows) == bootstrap(share_of, rows)
    assert bootstrap(share_of, rows) != bootstrap(share_of, rows, seed=1)


def test_a_bootstrap_is_about_the_normal_interval_where_that_is_right():
    rows = [(1, 1)] * 240 + [(0, 1)] * 160
    low, high = bootstrap(share_of, rows)
    spread = Z * sqrt(0.6 * 0.4 / 400)
    assert (low, high) == pytest.approx((0.6 - spread, 0.6 + spread), abs=0.006)


def test_two_samples_are_drawn_on_their_own():
    rows, control = [(1, 1)] * 30 + [(0, 1)] * 10, [(1, 1)] * 5 + [(0, 1)] * 15

    def gap(one, other):
        return one[0] / one[1] - other[0] / other[1]

    low, high = bootstrap(gap, rows, control)
    spread = Z * sqrt(0.75 * 0.25 / 40 + 0.25 * 0.75 / 20)
    assert (low, high) == pytest.approx((0.5 - spread, 0.5 + spread), abs=0.03)


@pytest.mark.parametrize("rows", [[], [(1, 2)], [(2, 2)] * 9], ids=["none", "one fact", "all alike"])
def test_a_bootstrap_that_tells_nothing_is_none(rows):
    assert bootstrap(share_of, rows) is None


def test_draws_without_a_value_are_left_out_and_too_many_are_no_interval():
    def of_known(sums):
        with np.errstate(invalid="ignore"):
            return np.where(sums[1] > 0, sums[0] / sums[1], np.nan)

    assert bootstrap(of_known, [(1, 1), (0, 0), (0, 0), (0, 0)]) is None
    found = bootstrap(of_known, [(1, 1)] * 8 + [(0, 1)] * 4 + [(0, 0)] * 2)
    assert all(isfinite(end) for end in found)


def test_a_bootstrap_of_a_ratio_by_fact_holds_the_truth():
    """As recovery: what two wordings of each of 60 facts give, with answers of a fact alike."""
    rng = np.random.default_rng(5)
    draws, held, truth = 120, 0, (0.7 - 0.1) / (0.9 - 0.1)

    def recovered(sums):
        base, tuned, ceiling = sums
        return (tuned - base) / (ceiling - base)

    for _ in range(draws):
        known = rng.random(60)
        rows = [
            [
                2.0 * (at < share) if rng.random() < 0.7 else rng.binomial(2, share)
                for share in (0.1, 0.7, 0.9)
            ]
            for at in known
        ]
        low, high = bootstrap(recovered, rows, resamples=400)
        held += low <= truth <= high
    assert held / draws >= 0.88
