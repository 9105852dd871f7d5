"""How much a customer may owe, how much of that is used, and what limit its record speaks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from .credit_score import NOT_RATED

NOTHING = Decimal(0)
FULLY_USED = Decimal(100)
MAX_UTILISATION = Decimal(9999)


@dataclass(frozen=True, slots=True)
class CreditPosition:
    """What a customer may owe one company and what is at stake, in that company's currency.

    Parts are signed: a payment that no invoice has taken up makes ``open_items`` negative, so that what was
    paid in advance gives room for an order.

    :ivar limit: the approved limit without securities; None is "no limit was ever set", which is not 0
    :ivar limit_valid_until: last day of the limit; a day in the past doesn't make it void, it makes it expired
    :ivar secured: insurance, guarantees and deposits valid today; they raise the limit if there is one
    :ivar open_items: residual of posted receivable lines, credit notes and unapplied payments netted
    :ivar uncleared: registered payments that the bank has not confirmed: they have reduced ``open_items`` but
        may still be returned
    :ivar orders: confirmed orders, as far as no invoice, posted or draft, has taken them up
    :ivar drafts: draft customer invoices
    :ivar unconverted: amounts that are in no other part as there is no rate to convert them, by currency code
    """

    limit: Decimal | None = None
    limit_valid_until: date | None = None
    secured: Decimal = NOTHING
    open_items: Decimal = NOTHING
    uncleared: Decimal = NOTHING
    orders: Decimal = NOTHING
    drafts: Decimal = NOTHING
    unconverted: tuple[tuple[str, Decimal], ...] = ()

    @property
    def exposure(self) -> Decimal:
        """What would be lost if the customer never paid again; negative if it has paid ahead."""
        return self.open_items + self.uncleared + self.orders + self.drafts

    @property
    def total_limit(self) -> Decimal | None:
        """The limit with what is secured."""
        return None if self.limit is None else self.limit + self.secured

    @property
    def headroom(self) -> Decimal | None:
        """What may still be added; negative over the limit, None without a limit."""
        return None if self.total_limit is None else self.total_limit - self.exposure

    @property
    def utilisation(self) -> Decimal | None:
        """Percent of the limit that is used, from 0 to ``MAX_UTILISATION``; None without a limit.

        Any exposure on a limit of nothing is ``MAX_UTILISATION``.  It is above 100 just when headroom is negative.
        """
        if self.total_limit is None:
            return None
        if self.exposure <= 0:
            return NOTHING
        if self.total_limit * MAX_UTILISATION <= self.exposure * FULLY_USED:
            return MAX_UTILISATION
        return self.exposure * FULLY_USED / self.total_limit

    @property
    def is_complete(self) -> bool:
        """Whether every amount is counted."""
        return not self.unconverted

    def is_expired(self, day: date) -> bool:
        """Tell whether the limit has run out before ``day``; its last day still counts."""
        return self.limit_valid_until is not None and self.limit_valid_until < day


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What a customer's record says about the limit it needs; amounts in the company's currency.

    :ivar level: credit level, or "none"
    :ivar invoice_count: invoices that were ever posted
    :ivar history_months: whole months since the first of them
    :ivar peak_balance: highest receivable balance at the end of a month in the last ``peak_months``
    :ivar peak_invoiced: most invoiced in one of these months, credit notes deducted
    """

    level: str
    invoice_count: int = 0
    history_months: int = 0
    peak_balance: Decimal = NOTHING
    peak_invoiced: Decimal = NOTHING
    peak_months: int = 12


@dataclass(frozen=True, slots=True)
class LevelTerms:
    """What one credit level allows.

    :ivar factor: how many times its peak a customer may owe
    :ivar cap: the highest limit at this level; None for no cap
    """

    factor: Decimal
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """How a company grants credit.

    :ivar levels: terms by level; a level without terms gets nothing
    :ivar starter: limit of customers that are not rated or whose record is thin
    :ivar cap: the highest limit at all; None for no cap
    """

    levels: Mapping[str, LevelTerms]
    starter: Decimal = NOTHING
    cap: Decimal | None = None
    min_invoices: int = 3
    min_months: int = 3


@dataclass(frozen=True, slots=True)
class LimitReason:
    """One step on the way to a limit: a code, and its facts as they are stored."""

    code: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class LimitProposal:
    """A limit and why it is this one, step by step."""

    amount: Decimal
    reasons: tuple[LimitReason, ...]


def proposed_limit(facts: LimitFacts, policy: LimitPolicy) -> LimitProposal:
    """Give the limit that ``policy`` allows a customer with these ``facts``.

    The need is the highest of what was owed or invoiced, times the level's factor, rounded up to two figures;
    nothing exceeds a cap.  A thin record speaks for no need: it gets the starter limit, and less of it at a
    level whose factor is below one.
    """
    reasons: list[LimitReason] = []
    terms = policy.levels.get(facts.level)
    if facts.level == NOT_RATED:
        amount, cap = policy.starter, None
        reasons.append(LimitReason("not_rated", {"starter": str(policy.starter)}))
    elif terms is None or terms.factor <= 0:
        return LimitProposal(NOTHING, (LimitReason("level_gets_nothing", {"level": facts.level}),))
    elif facts.invoice_count < policy.min_invoices or facts.history_months < policy.min_months:
        amount, cap = policy.starter * min(terms.factor, Decimal(1)), terms.cap
        reasons.append(
            LimitReason(
                "thin_record",
                {
                    "invoices": facts.invoice_count,
                    "months": facts.history_months,
                    "level": facts.level,
                    "amount": str(amount),
                },
            )
        )
    else:
        reasons.append(_peak_reason(facts))
        amount, cap = rounded_up(_peak(facts) * terms.factor), terms.cap
        reasons.append(
            LimitReason("factor", {"level": facts.level, "factor": str(terms.factor), "amount": str(amount)})
        )
    for code, highest in (("level_cap", cap), ("cap", policy.cap)):
        if highest is not None and amount > highest:
            amount = highest
            reasons.append(LimitReason(code, {"cap": str(highest)}))
    return LimitProposal(amount, tuple(reasons))


def rounded_up(amount: Decimal) -> Decimal:
    """Round up to two leading figures, but at least to whole units: 12,345 to 13,000."""
    if amount <= 0:
        return NOTHING
    step = Decimal(1).scaleb(max(amount.adjusted() - 1, 0))
    return (amount / step).to_integral_value(rounding=ROUND_CEILING) * step


def _peak(facts: LimitFacts) -> Decimal:
    return max(facts.peak_balance, facts.peak_invoiced, NOTHING)


def _peak_reason(facts: LimitFacts) -> LimitReason:
    if _peak(facts) == NOTHING:
        return LimitReason("no_peak", {"months": facts.peak_months})
    code = "peak_balance" if facts.peak_balance >= facts.peak_invoiced else "peak_invoiced"
    return LimitReason(code, {"amount": str(_peak(facts)), "months": facts.peak_months})
