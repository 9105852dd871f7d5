"""Which reminder an open item deserves on a day, why it gets none, and what goes into one message.

A policy is a list of steps by days from the due day; negative days are before it.  An item starts at the
highest step that its age has reached, gets each step once and never an earlier one afterwards.  What is
paused (disputed, promised, …) and what unapplied credits cover is not asked for: credits cover the oldest
items first.  Amounts are compared with minimums in the company's currency, and netted in the item's own.

Reason codes: "not_due_step" (no step reached), "already_sent", the code of what pauses the item, "netted",
"too_small", the code of what holds the customer, "too_soon".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .credit_hold import LEVELS

GOOD_LEVELS, BAD_LEVELS = frozenset("ab"), frozenset("de")
ZERO = Decimal()
SATURDAY = 5

#: Codes of items that no run needs to tell of: they wait for their next step.
WAITING = frozenset(("not_due_step", "already_sent"))


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a policy, ``days`` after the due day.

    It applies to customers from level ``best`` to level ``worst``, each empty for no bound; who isn't rated
    has only the steps without bounds.  ``min_amount`` is in the company's currency.
    """

    key: int
    days: int
    channel: str
    min_amount: Decimal = ZERO
    best: str = ""
    worst: str = ""

    def applies_to(self, level: str) -> bool:
        """Tell whether customers of ``level`` get this step."""
        return in_levels(level, self.best, self.worst)


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps, and how they are used.

    Good payers get the steps after the due day ``later_days`` later, bad ones ``earlier_days`` earlier, at
    the earliest on the day after the due day.  Between two messages to a customer lie ``gap_days``, at least
    one.  Who owes less than ``min_amount`` on all items that have reached a step gets none.
    """

    key: int
    steps: tuple[Step, ...]
    min_amount: Decimal = ZERO
    gap_days: int = 1
    later_days: int = 0
    earlier_days: int = 0

    def steps_for(self, level: str) -> tuple[tuple[int, Step], ...]:
        """List the steps of a customer of ``level`` with the day each one comes, in their order."""
        shift = self.later_days if level in GOOD_LEVELS else -self.earlier_days if level in BAD_LEVELS else 0
        applying = sorted((step for step in self.steps if step.applies_to(level)), key=lambda step: step.days)
        return tuple((max(step.days + shift, 1) if step.days > 0 else step.days, step) for step in applying)


@dataclass(frozen=True, slots=True)
class Item:
    """An open item with a positive residual, ``days`` after its due day.

    ``paused`` of the residual is left alone for the reason ``pause_code``, None for all of it.
    ``last_days`` are the days of the last step that was sent for it, None if there was none.
    """

    key: int
    days: int
    residual: Decimal
    company_residual: Decimal
    paused: Decimal | None = ZERO
    pause_code: str = ""
    last_days: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The open items of a customer in one currency.

    ``credit`` is what isn't applied to any item, zero or more.  ``hold_code`` holds the whole customer.
    ``days_since_last`` counts from the last message, None if there was none.
    """

    items: tuple[Item, ...]
    level: str = "none"
    credit: Decimal = ZERO
    hold_code: str = ""
    days_since_last: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What an item gets: ``code`` is empty if it is reminded of ``amount``, in its own currency.

    ``step`` is the one it has reached, None if there is none.  ``paused`` and ``pause_code`` tell of the
    part that isn't asked for.
    """

    item: Item
    step: Step | None
    code: str
    amount: Decimal
    paused: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message asks for, with the days of its oldest item."""

    amount: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Message:
    """One message to a customer: its step, with its channel, is the highest of what goes out, else of what is left out.

    ``code`` is empty if it goes out, else the reason of the item that is overdue for longest; the claim is then
    what is open.
    """

    step: Step
    code: str
    claim: Claim
    decisions: tuple[Decision, ...]


def in_levels(level: str, best: str, worst: str) -> bool:
    """Tell whether ``level`` lies between ``best`` and ``worst``, each empty for no bound."""
    if not best and not worst:
        return True
    return level in LEVELS and (best or LEVELS[0]) <= level <= (worst or LEVELS[-1])


def overlapping(steps: Iterable[Step]) -> tuple[Step, Step] | None:
    """Find two steps of the same day that one customer would get both of."""
    earlier: dict[int, list[Step]] = {}
    for step in steps:
        same_day = earlier.setdefault(step.days, [])
        for other in same_day:
            if any(step.applies_to(level) and other.applies_to(level) for level in (*LEVELS, "none")):
                return other, step
        same_day.append(step)
    return None


def decide(policy: Policy, account: Account) -> tuple[Decision, ...]:
    """Decide about each item of ``account``, oldest first."""
    steps = policy.steps_for(account.level)
    credit, found = account.credit, []
    for item in sorted(account.items, key=lambda item: (-item.days, item.key)):
        decision, credit = _about_item(steps, item, credit)
        found.append(decision)
    return tuple(_held_back(policy, account, found))


def message_of(decisions: Sequence[Decision]) -> Message | None:
    """Make the one message that a customer gets in one currency, of all that doesn't wait; None if all does.

    It takes the channel of its step, whatever other channels its items' own steps have: nobody is called about one
    invoice and written to about another on the same day.
    """
    group = [decision for decision in decisions if decision.step is not None and decision.code not in WAITING]
    if not group:
        return None
    going = [decision for decision in group if not decision.code]
    step = max((decision.step for decision in going or group if decision.step), key=lambda step: step.days)
    if going:
        return Message(step, "", claim_of(decisions, step.days), tuple(group))
    open_amount = sum((decision.item.residual for decision in group), ZERO)
    return Message(step, group[0].code, Claim(open_amount, group[0].item.days), tuple(group))


def claim_of(decisions: Iterable[Decision], step_days: int) -> Claim:
    """Add up what a message at a step asks a customer for, in whatever channel items were reminded of before.

    After the due day it is what is overdue; before it, what isn't due yet: its text says that this will be due.
    """
    asked = [decision for decision in decisions if _is_claimed(decision, step_days)]
    return Claim(
        sum((decision.amount for decision in asked), ZERO), max((decision.item.days for decision in asked), default=0)
    )


def _is_claimed(decision: Decision, step_days: int) -> bool:
    overdue = decision.item.days > 0
    if decision.code == "already_sent":
        return overdue == (step_days > 0)
    return not decision.code and (overdue or step_days <= 0)


def paused_part(item: Item) -> Decimal:
    """Tell how much of what is open on ``item`` is left alone."""
    return item.residual if item.paused is None else min(item.paused, item.residual)


def is_quiet(moment: datetime, hour_from: float, hour_until: float, weekend: bool) -> bool:
    """Tell whether nothing is sent at ``moment``, local time.

    Messages go out from ``hour_from`` on and before ``hour_until``; with ``weekend`` not on Saturdays and
    Sundays.
    """
    if weekend and moment.weekday() >= SATURDAY:
        return True
    return not _at(hour_from) <= moment.hour * 60 + moment.minute < _at(hour_until)


def _at(hour: float) -> int:
    return round(hour * 60)


def _about_item(steps: Sequence[tuple[int, Step]], item: Item, credit: Decimal) -> tuple[Decision, Decimal]:
    """Decide about ``item`` alone; give what is left of ``credit`` too."""
    reached = [step for day, step in steps if day <= item.days]
    paused = paused_part(item)
    open_part = item.residual - paused
    covered = min(open_part, credit)
    amount = open_part - covered
    if not reached:
        return Decision(item, None, "not_due_step", amount, paused), credit - covered
    in_company = item.company_residual * amount / item.residual
    allowed = [step for step in reached if step.min_amount <= in_company]
    step = allowed[-1] if allowed else reached[-1]
    code = ""
    if not open_part:
        code = item.pause_code
    elif not amount:
        code = "netted"
    elif not allowed:
        code = "too_small"
    elif item.last_days is not None and step.days <= item.last_days:
        code = "already_sent"
    return Decision(item, step, code, amount, paused), credit - covered


def _held_back(policy: Policy, account: Account, found: list[Decision]) -> Iterable[Decision]:
    """Apply what holds the customer as a whole to the items that would be reminded of."""
    asked_for = sum(
        (
            decision.item.company_residual * decision.amount / decision.item.residual
            for decision in found
            if decision.code in ("", "already_sent")
        ),
        ZERO,
    )
    since = account.days_since_last
    code = account.hold_code
    if not code and asked_for < policy.min_amount:
        code = "too_small"
    if not code and since is not None and since < max(policy.gap_days, 1):
        code = "too_soon"
    if not code:
        return found
    return [
        decision if decision.code else Decision(decision.item, decision.step, code, decision.amount, decision.paused)
        for decision in found
    ]
