from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.ar_enhanced.engine.netting import Credit, Debt, Use, netted

DAY = date(2026, 3, 2)


def debt(key, amount, *, due=0, account=1, discounted=False):
    return Debt(key, Decimal(amount), DAY + timedelta(due), account, key * 10, discounted)


def credit(key, amount, *, day=0, account=1, document=None):
    return Credit(key, Decimal(amount), DAY + timedelta(day), account, document)


def test_the_oldest_credit_settles_what_is_due_first():
    debts = [debt(1, "100", due=9), debt(2, "50", due=1)]
    credits = [credit(8, "30", day=5), credit(9, "40", day=1)]
    assert netted(debts, credits) == (
        Use(9, 2, Decimal(40)),
        Use(8, 2, Decimal(10)),
        Use(8, 1, Decimal(20)),
    )


def test_a_credit_note_first_settles_the_invoice_that_it_credits():
    debts = [debt(1, "100", due=9), debt(2, "50", due=1)]
    assert netted(debts, [credit(9, "120", document=10)]) == (Use(9, 1, Decimal(100)), Use(9, 2, Decimal(20)))


def test_a_credit_goes_where_no_discount_is_lost():
    debts = [debt(1, "100", due=1, discounted=True), debt(2, "50", due=9)]
    assert netted(debts, [credit(9, "60")]) == (Use(9, 2, Decimal(50)), Use(9, 1, Decimal(10)))


def test_a_credit_on_another_account_settles_nothing():
    assert netted([debt(1, "100", account=2)], [credit(9, "60", account=1)]) == ()


def test_without_debts_or_credits_nothing_is_used():
    assert netted([], [credit(9, "60")]) == netted([debt(1, "60")], []) == netted([debt(1, "0")], [credit(9, "5")])


amounts = st.decimals("0", "500", places=2)
debts_of = st.lists(st.tuples(amounts, st.integers(0, 9), st.integers(1, 2), st.booleans()), max_size=6)
credits_of = st.lists(
    st.tuples(amounts, st.integers(0, 9), st.integers(1, 2), st.sampled_from([None, 10, 20])), max_size=6
)


@given(debts_of, credits_of)
def test_nothing_is_used_beyond_what_is_open_and_pairs_matched_in_order_come_to_the_same(debts_given, credits_given):
    debts = [debt(n, amount, due=due, account=on, discounted=d) for n, (amount, due, on, d) in enumerate(debts_given)]
    credits = [
        credit(n, amount, day=day, account=on, document=of) for n, (amount, day, on, of) in enumerate(credits_given)
    ]
    uses = netted(debts, credits)
    owed = {each.key: each.amount for each in debts}
    left = {each.key: each.amount for each in credits}
    for use in uses:
        assert use.amount == min(owed[use.debt], left[use.credit]) > 0
        owed[use.debt] -= use.amount
        left[use.credit] -= use.amount
    for account in (1, 2):
        rest_owed = sum(owed[each.key] for each in debts if each.account == account)
        rest_left = sum(left[each.key] for each in credits if each.account == account)
        assert not (rest_owed and rest_left)
    assert uses == netted(debts[::-1], credits[::-1])
