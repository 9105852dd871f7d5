"""The exact search of sums against trying all of them."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.subset import MOST_COMPLETE, MOST_FOR_FOURS, MOST_FOR_PAIRS, MOST_FOUND, exact_sets


def all_sets(values: list[int], target: int, most: int) -> set[tuple[int, ...]]:
    places = range(len(values))
    sets = (chosen for count in range(2, most + 1) for chosen in combinations(places, count))
    return {chosen for chosen in sets if sum(values[place] for place in chosen) == target}


@given(st.lists(st.integers(-30, 60), max_size=9), st.integers(-40, 150))
def test_every_set_is_found_and_no_other(values: list[int], target: int) -> None:
    found, expected = exact_sets(values, target), all_sets(values, target, len(values))
    assert found.is_complete is (len(expected) <= MOST_FOUND)
    assert set(found.sets) == expected or (len(found.sets) == MOST_FOUND and set(found.sets) < expected)
    assert list(found.sets) == sorted(found.sets, key=lambda each: (len(each), each))


@given(st.lists(st.integers(1, 10**6), min_size=23, max_size=25), st.data())
def test_of_more_items_sets_of_up_to_four_are_found_and_proved_where_few_are_small_enough(
    values: list[int], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(values))), min_size=2, max_size=4, unique=True))
    target = sum(values[place] for place in chosen)
    found = exact_sets(values, target)
    kept = sum(value < target for value in values)
    assert found.is_complete is (kept <= MOST_COMPLETE) or len(found.sets) == MOST_FOUND
    assert tuple(sorted(chosen)) in found.sets or len(found.sets) == MOST_FOUND
    assert all(sum(values[place] for place in each) == target for each in found.sets)


def powers(count: int) -> list[int]:
    """Values of which no two sets have the same sum."""
    return [1 << place for place in range(count)]


def test_a_set_is_proved_to_be_the_only_one_up_to_twenty_two_items() -> None:
    def searched(count: int, last: int) -> tuple[tuple[tuple[int, ...], ...], bool]:
        found = exact_sets(powers(count), sum(1 << place for place in (1, 3, 5, 7, last)))
        return found.sets, found.is_complete

    assert searched(MOST_COMPLETE, MOST_COMPLETE - 1) == (((1, 3, 5, 7, MOST_COMPLETE - 1),), True)
    assert searched(MOST_COMPLETE + 1, MOST_COMPLETE) == ((), False)
    assert searched(MOST_COMPLETE + 50, MOST_COMPLETE - 1) == (((1, 3, 5, 7, MOST_COMPLETE - 1),), True)


def test_what_all_items_together_do_not_reach_has_no_set() -> None:
    found = exact_sets([5] * 40, 201)
    assert (found.sets, found.is_complete) == ((), True)
    assert exact_sets([5] * 40, 200).sets == (tuple(range(40)),)


def test_of_many_items_smaller_sets_are_looked_at() -> None:
    def found(count: int, *first: int) -> bool:
        places = (*first, count - 1)
        return places in exact_sets(powers(count), sum(1 << place for place in places)).sets

    assert found(MOST_FOR_FOURS, 1, 3, 5)
    assert not found(MOST_FOR_FOURS + 1, 1, 3, 5)
    assert found(MOST_FOR_PAIRS, 1)
    assert not found(MOST_FOR_PAIRS + 1, 1)


def test_no_item_is_counted_twice() -> None:
    many = powers(MOST_COMPLETE + 1)
    assert exact_sets(many, 1 + 2 * 32).sets == ((0, 6),)
    assert exact_sets(many, 1 + 2 * 32 + 512).sets == ((0, 6, 9),)
    assert exact_sets(many[1:], 2 + 2 * 2).sets == ((0, 1),)


def test_the_first_items_of_any_number_are_tried_together() -> None:
    values = powers(MOST_FOR_PAIRS + 100)
    assert exact_sets(values, sum(values[:40])).sets == (tuple(range(40)),)


def test_one_item_is_no_set() -> None:
    assert exact_sets([5], 5).sets == ()
    assert exact_sets([5, 0], 5).sets == ((0, 1),)


def test_credit_notes_are_taken_off() -> None:
    assert exact_sets([100, -30, 50], 70).sets == ((0, 1),)


def test_equal_amounts_end_the_search_and_prove_nothing() -> None:
    found = exact_sets([7] * MOST_COMPLETE, 77)
    assert (len(found.sets), found.is_complete) == (MOST_FOUND, False)
    assert len(exact_sets([7] * 60, 28).sets) == MOST_FOUND
