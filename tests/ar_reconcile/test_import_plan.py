"""What of a file is new to a journal."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_reconcile.engine.import_plan import NEAR_DAYS, Incoming, Plan, Present, Replacement, plan_import

DAY = dt.date(2026, 11, 18)
LUMP = Present(1, "lump", DAY, Decimal(1000), source="camt.053", bank_id="E1", entry="E1", entry_amount=Decimal(1000))
DETAILS = [
    Incoming(f"d{n}", DAY, Decimal(amount), bank_id=f"E1/{n}", entry="E1", entry_amount=Decimal(1000))
    for n, amount in enumerate((600, 300, 100))
]


def line_of(key: int, transaction: Incoming, source: str) -> Present:
    """The bank line that a transaction becomes."""
    return Present(
        key,
        transaction.identity,
        transaction.day,
        transaction.amount,
        source,
        transaction.bank_id,
        transaction.entry,
        transaction.entry_amount,
    )


def test_a_transaction_is_fresh_once_and_known_from_then_on() -> None:
    transaction = Incoming("a", DAY, Decimal(10), bank_id="1")
    assert plan_import([transaction], [], "OFX") == Plan(fresh=[0])
    assert plan_import([transaction], [line_of(7, transaction, "OFX")], "OFX") == Plan(known={0: 7})


def test_details_replace_the_sum_that_a_statement_brought() -> None:
    assert plan_import(DETAILS, [LUMP], "camt.054") == Plan(replacements=[Replacement((0, 1, 2), (1,))])


def test_details_are_left_out_when_the_sum_is_settled() -> None:
    plan = plan_import(DETAILS, [replace(LUMP, is_settled=True)], "camt.054")
    assert plan == Plan(settled={0: 1, 1: 1, 2: 1})


def test_the_sum_is_known_when_its_details_came_first() -> None:
    present = [line_of(key, each, "camt.054") for key, each in enumerate(DETAILS, 4)]
    lump = Incoming("lump", DAY, Decimal(1000), bank_id="E1", entry="E1", entry_amount=Decimal(1000))
    assert plan_import([lump], present, "camt.053") == Plan(known={0: 4})


def test_one_form_of_an_entry_for_another_is_known_whatever_its_text() -> None:
    report = Incoming("r", DAY, Decimal(1000), bank_id="E1", entry="E1", entry_amount=Decimal(1000))
    assert plan_import([report], [LUMP], "camt.052") == Plan(known={0: 1})


def test_another_amount_is_another_entry() -> None:
    other = replace(LUMP, amount=Decimal(999), entry_amount=Decimal(999))
    assert plan_import(DETAILS, [other], "camt.054").fresh == [0, 1, 2]


def test_an_entry_that_only_nearly_pairs_is_doubtful_as_a_whole() -> None:
    for other in (
        replace(LUMP, day=DAY + dt.timedelta(NEAR_DAYS)),  # booked some days apart
        replace(LUMP, entry="E2"),  # another reference
        replace(LUMP, entry="", entry_amount=None, source=""),  # typed by hand
    ):
        assert plan_import(DETAILS, [other], "camt.054").doubtful == {0: 1, 1: 1, 2: 1}
    late = replace(LUMP, day=DAY + dt.timedelta(NEAR_DAYS + 1))
    assert plan_import(DETAILS, [late], "camt.054").fresh == [0, 1, 2]
    again = [replace(each, entry="E9", identity=f"e{each.identity}") for each in DETAILS]
    plan = plan_import([*DETAILS, *again], [replace(LUMP, entry="E2")], "camt.054")
    assert (sorted(plan.doubtful), plan.fresh) == ([0, 1, 2], [3, 4, 5])


def test_details_of_a_sum_of_the_same_source_replace_it() -> None:
    assert plan_import(DETAILS, [LUMP], "camt.053") == Plan(replacements=[Replacement((0, 1, 2), (1,))])


def test_without_a_reference_the_only_entry_of_a_day_and_amount_is_the_one() -> None:
    plan = plan_import(DETAILS, [replace(LUMP, entry="")], "camt.054")
    assert plan.replacements == [Replacement((0, 1, 2), (1,))]


def test_two_entries_of_a_day_and_amount_without_reference_are_a_tie() -> None:
    twins = [replace(LUMP, entry=""), replace(LUMP, key=2, identity="lump2", entry="")]
    plan = plan_import(DETAILS, twins, "camt.054")
    assert (plan.replacements, plan.known, sorted(plan.doubtful)) == ([], {}, [0, 1, 2])


def test_within_one_source_only_the_identity_counts() -> None:
    again = Incoming("other text", DAY, Decimal(1000), bank_id="", entry="E1", entry_amount=Decimal(1000))
    assert plan_import([again], [replace(LUMP, bank_id="")], "camt.053").fresh == [0]


def test_a_line_typed_by_hand_throws_doubt_on_one_transaction_of_its_day_and_amount() -> None:
    typed = Present(3, "", DAY, Decimal(10))
    coffees = [Incoming(f"c{n}", DAY, Decimal("10.00")) for n in range(2)]
    assert plan_import(coffees, [typed], "OFX") == Plan(doubtful={0: 3}, fresh=[1])
    assert plan_import(coffees, [replace(typed, day=DAY + dt.timedelta(1))], "OFX").fresh == [0, 1]


def test_the_same_id_with_another_text_is_doubtful_and_with_another_amount_fresh() -> None:
    earlier = Present(3, "before", DAY, Decimal(10), source="OFX", bank_id="F1")
    assert plan_import([Incoming("after", DAY, Decimal(10), bank_id="F1")], [earlier], "OFX").doubtful == {0: 3}
    assert plan_import([Incoming("after", DAY, Decimal(11), bank_id="F1")], [earlier], "OFX").fresh == [0]
    zeros = replace(earlier, bank_id="000")
    assert plan_import([Incoming("after", DAY, Decimal(10), bank_id="000")], [zeros], "OFX").fresh == [0]


def test_a_line_that_a_transaction_was_recognised_as_throws_no_doubt_on_another() -> None:
    first = Incoming("a", DAY, Decimal(10), bank_id="F1")
    second = Incoming("b", DAY, Decimal(10), bank_id="F1")
    assert plan_import([first, second], [line_of(5, first, "OFX")], "OFX") == Plan(known={0: 5}, fresh=[1])


transactions = st.builds(
    Incoming,
    identity=st.integers(0, 30).map(str),
    day=st.sampled_from([DAY, DAY + dt.timedelta(1)]),
    amount=st.sampled_from([Decimal(10), Decimal(20), Decimal(30)]),
    bank_id=st.sampled_from(["", "A", "B"]),
    entry=st.sampled_from(["", "E1", "E2"]),
    entry_amount=st.sampled_from([None, Decimal(10), Decimal(30), Decimal(50)]),
)
files = st.lists(transactions, max_size=12, unique_by=lambda each: each.identity)


@given(files, files, st.sampled_from(["OFX", "camt.053", "camt.054"]), st.booleans())
def test_every_transaction_is_decided_once(
    incoming: list[Incoming], earlier: list[Incoming], source: str, is_settled: bool
) -> None:
    present = [replace(line_of(key, each, "camt.053"), is_settled=is_settled) for key, each in enumerate(earlier)]
    plan = plan_import(incoming, present, source)
    replaced = [position for each in plan.replacements for position in each.positions]
    decided = [*plan.fresh, *plan.known, *plan.doubtful, *plan.settled, *replaced]
    assert sorted(decided) == list(range(len(incoming)))
    keys = [key for each in plan.replacements for key in each.keys]
    assert len(set(keys)) == len(keys)
    assert not (set(keys) & set(plan.known.values()))
    for each in plan.replacements:  # money is neither made nor lost
        assert sum(incoming[position].amount for position in each.positions) == sum(
            line.amount for line in present if line.key in each.keys
        )


@given(files, st.sampled_from(["OFX", "camt.053", "camt.054"]))
def test_the_same_file_again_adds_nothing(incoming: list[Incoming], source: str) -> None:
    present = [line_of(key, each, source) for key, each in enumerate(incoming)]
    assert plan_import(incoming, present, source).known == {position: position for position in range(len(incoming))}


@given(files, files)
def test_the_order_of_the_journal_changes_nothing(incoming: list[Incoming], earlier: list[Incoming]) -> None:
    present = [line_of(key, each, "camt.053") for key, each in enumerate(earlier)]
    assert plan_import(incoming, present, "OFX") == plan_import(incoming, present[::-1], "OFX")
