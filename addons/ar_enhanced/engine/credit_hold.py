"""Whether a customer's new order or invoice must wait, why, and what a release of that covers.

Rules look at the facts of one customer in one company, in the company's currency.  Each rule that is
broken gives a violation: a reason code with what was measured and what is allowed.  Everything is
monotone: a larger exposure, more overdue, older debt, a worse level or one more broken promise never
takes a violation away.

A release covers the reasons that were known, up to an exposure, an overdue amount and a day.  News
beyond that makes it lapse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

#: Levels from the best to the worst; a customer that isn't rated has none of them.
LEVELS = ("a", "b", "c", "d", "e")

#: Key of what a person ordered, where a rule's key would stand.
BY_HAND = 0

#: Kinds whose outcome hangs on the amount of the document itself.
AMOUNT_KINDS = ("utilisation",)

ReasonFacts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Overdue:
    """The sum of a customer's open items that are overdue for so many days (1 or more)."""

    days: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A promise to pay that was broken so many days ago, with what is still open of it."""

    days: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CreditFacts:
    """What is known of a customer; ``exposure`` is without the documents that are being checked.

    ``limit`` is None where none was ever set, which is not a limit of zero.  ``drafts`` is what draft invoices
    have put into the exposure, where they count.
    """

    exposure: Decimal = Decimal()
    drafts: Decimal = Decimal()
    limit: Decimal | None = None
    limit_valid_until: date | None = None
    overdue: tuple[Overdue, ...] = ()
    level: str = "none"
    broken_promises: tuple[BrokenPromise, ...] = ()
    held_by_hand: bool = False

    @property
    def firm_exposure(self) -> Decimal:
        """What releases go by: the same for an order, where drafts count, and for an invoice, where they don't."""
        return self.exposure - self.drafts

    @property
    def overdue_amount(self) -> Decimal:
        """All that is overdue."""
        return sum((item.amount for item in self.overdue), Decimal())


@dataclass(frozen=True, slots=True)
class Rule:
    """When a customer's documents must wait.

    ``threshold`` is a percentage of the limit, an amount, or a number of days or promises, as ``kind`` says;
    what equals it is still allowed.  ``level`` is the best level that is held.  An item counts as overdue,
    a promise as broken and a limit as expired only after ``grace_days`` more; ``grace_amount`` is let
    through on top of what is allowed.
    """

    key: int
    kind: str
    threshold: Decimal = Decimal()
    level: str = ""
    grace_days: int = 0
    grace_amount: Decimal = Decimal()


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that is broken: ``measured`` grows as it gets worse."""

    key: int
    code: str
    measured: Decimal
    facts: ReasonFacts

    def as_stored(self) -> dict[str, object]:
        """Give plain JSON values, decimals as text."""
        return {"key": self.key, "code": self.code, "measured": str(self.measured), "facts": dict(self.facts)}


@dataclass(frozen=True, slots=True)
class Release:
    """What a person let through: the reasons known then by key, with what was measured, and up to where."""

    measured: Mapping[int, Decimal]
    exposure_up_to: Decimal
    overdue_up_to: Decimal
    valid_until: date


def violations(rules: Iterable[Rule], facts: CreditFacts, added: Decimal, day: date) -> tuple[Violation, ...]:
    """List what holds a customer whose exposure would grow by ``added`` on ``day``, in the order of the rules."""
    by_hand = (Violation(BY_HAND, "by_hand", Decimal(), {}),) if facts.held_by_hand else ()
    found = (_CHECKS[rule.kind](rule, facts, added, day) for rule in rules)
    return by_hand + tuple(violation for violation in found if violation is not None)


def lapse_reason(
    release: Release, found: Iterable[Violation], facts: CreditFacts, added: Decimal, day: date
) -> str | None:
    """Tell why ``release`` doesn't cover ``found``, or None when it does.

    Debt gets older by itself, so that days overdue don't count here: the amount overdue does.
    """
    if day > release.valid_until:
        return "date_passed"
    if facts.overdue_amount > release.overdue_up_to:
        return "more_overdue"
    if facts.firm_exposure + added > release.exposure_up_to:
        return "more_exposure"
    for violation in found:
        if violation.key not in release.measured:
            return "other_reason"
        if violation.code in ("level", "broken_promise") and violation.measured > release.measured[violation.key]:
            return "got_worse"
    return None


def _over_limit(rule: Rule, facts: CreditFacts, added: Decimal, day: date) -> Violation | None:
    if facts.limit is None:
        return None
    exposure = facts.exposure + added
    allowed = facts.limit * rule.threshold / 100
    if exposure <= allowed + rule.grace_amount:
        return None
    reason = {
        "exposure": str(exposure),
        "limit": str(facts.limit),
        "allowed": str(allowed),
        "percent": str(rule.threshold),
    }
    return Violation(rule.key, "over_limit", exposure, reason)


def _overdue_amount(rule: Rule, facts: CreditFacts, added: Decimal, day: date) -> Violation | None:
    amount = sum((item.amount for item in facts.overdue if item.days > rule.grace_days), Decimal())
    if amount <= rule.threshold + rule.grace_amount:
        return None
    return Violation(rule.key, "overdue_amount", amount, {"amount": str(amount), "allowed": str(rule.threshold)})


def _overdue_days(rule: Rule, facts: CreditFacts, added: Decimal, day: date) -> Violation | None:
    too_old = [item for item in facts.overdue if item.days > rule.threshold + rule.grace_days]
    amount = sum((item.amount for item in too_old), Decimal())
    if not too_old or amount <= rule.grace_amount:
        return None
    days = max(item.days for item in too_old)
    reason: dict[str, str | int] = {"days": days, "allowed": int(rule.threshold), "amount": str(amount)}
    return Violation(rule.key, "overdue_days", Decimal(days), reason)


def _level(rule: Rule, facts: CreditFacts, added: Decimal, day: date) -> Violation | None:
    if facts.level not in LEVELS or LEVELS.index(facts.level) < LEVELS.index(rule.level):
        return None
    measured = Decimal(LEVELS.index(facts.level))
    return Violation(rule.key, "level", measured, {"level": facts.level, "held_from": rule.level})


def _limit_expired(rule: Rule, facts: CreditFacts, added: Decimal, day: date) -> Violation | None:
    if facts.limit_valid_until is None:
        return None
    days = (day - facts.limit_valid_until).days
    if days <= rule.grace_days:
        return None
    return Violation(rule.key, "limit_expired", Decimal(days), {"valid_until": str(facts.limit_valid_until)})


def _broken_promise(rule: Rule, facts: CreditFacts, added: Decimal, day: date) -> Violation | None:
    broken = [promise for promise in facts.broken_promises if promise.days > rule.grace_days]
    amount = sum((promise.amount for promise in broken), Decimal())
    if len(broken) <= rule.threshold or amount <= rule.grace_amount:
        return None
    return Violation(rule.key, "broken_promise", Decimal(len(broken)), {"count": len(broken), "amount": str(amount)})


_CHECKS = {
    "utilisation": _over_limit,
    "overdue_amount": _overdue_amount,
    "overdue_days": _overdue_days,
    "level": _level,
    "limit_expired": _limit_expired,
    "broken_promise": _broken_promise,
}
