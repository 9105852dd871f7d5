"""Whom to contact first: what contacting a customer is expected to bring, and why.

The expected recovery is the sum over what is overdue and may be asked for of amount × the chance that money of
that age is collected × the chance that it doesn't come by itself soon.  What may be asked for is what reminders
ask for: disputed, promised, planned and handed-over parts and what credits cover are no part of it.

The chance of an age is observed: of the company's own items that were still open at that age and whose fate is
known, the share that was paid in the end.  With fewer than :data:`ENOUGH_ITEMS` of them it is that of
:data:`DEFAULT_CHANCES`.  These are ours: round figures that fall with age, as every published series does, and
no more than a start.

Whether money comes by itself is read from the customer's own delays: of the items that it paid later than the
present one is late, those that came within :data:`SOON_DAYS` more days.  :data:`DOUBT` pseudo items that didn't
keep a thin record from meaning much.  So who always pays 9 days late and is 3 days late waits, and who is
later than ever before doesn't.

Reasons are codes with facts; whoever shows them puts them into words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from .money import Currency
from .reminder import Item, paused_part

ZERO, ONE = Decimal(), Decimal(1)
#: Ages by the first day overdue that belongs to them, oldest first, and the chance that such money is collected.
DEFAULT_CHANCES: Mapping[int, Decimal] = {
    366: Decimal("0.20"),
    181: Decimal("0.45"),
    91: Decimal("0.70"),
    61: Decimal("0.85"),
    31: Decimal("0.93"),
    1: Decimal("0.98"),
}
#: Items of an age with a known fate, from which on the company's own chance counts.
ENOUGH_ITEMS = 100
#: Days within which money "comes soon".
SOON_DAYS = 14
#: Pseudo items that don't come by themselves.
DOUBT = 2
#: Delays from which on a customer has a habit.
ENOUGH_DELAYS = 5
#: A customer pays so many of so many items by its usual delay.
USUAL, OF = 4, 5
#: A habit of paying later than this is no reason to wait.
LONGEST_HABIT = 30
#: Days of rest after a contact, by its result; after any other the next step is ours.
REST_DAYS: Mapping[str, int] = {"no_answer": 1, "left_message": 3, "will_pay": 7, "call_back": 1, "sent": 7}
#: Parts that aren't asked for, in the order in which they are told.
PAUSES = ("disputed", "promised", "planned", "handed_over", "no_followup")

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Owed:
    """What is overdue in one currency, and the ``credit`` there that isn't applied to any item, zero or more."""

    items: tuple[Item, ...]
    credit: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Broken:
    """The newest agreement that wasn't kept, a "promise" or a "plan": its last day, and what is still open of it."""

    day: date
    amount: Decimal
    kind: str = "promise"


@dataclass(frozen=True, slots=True)
class LastContact:
    """The last contact: its day, what came of it, and when the next one was agreed for, if it was."""

    day: date
    result: str
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A message to the customer that didn't arrive, and the code of the reason."""

    day: date
    code: str


@dataclass(frozen=True, slots=True)
class Step:
    """The next step: a code and its day, None if there is no day for it."""

    code: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """All that the place of a customer on the work list hangs on, as of ``day``; money in the company's currency.

    ``delays`` are the days beyond terms of its last paid items.  ``task_on`` is the day of a call that a reminder
    asked for.  ``agreed`` is the next day of a promise, an instalment or a dispute, ``next_due`` the next due day.
    ``put_off_until`` is the last day on which nobody is to do anything, put off on ``put_off_on``.
    """

    day: date
    currency: Currency
    owed: tuple[Owed, ...]
    delays: tuple[int, ...] = ()
    broken: Broken | None = None
    last_contact: LastContact | None = None
    failure: Failure | None = None
    task_on: date | None = None
    agreed: Step | None = None
    next_due: date | None = None
    put_off_until: date | None = None
    put_off_on: date | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a customer stands where it stands; amounts are texts of Decimals, days are ISO dates."""

    code: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """What of the expected recovery comes from the age that begins on ``first_day``, with the chance of that age."""

    first_day: int
    amount: Decimal
    chance: Decimal
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Priority:
    """Where a customer stands: ``state`` is "to_do", "waiting" or "nothing".

    ``wait_until`` is the first day on which it is to do again, None if it is now or there is nothing to do.
    ``is_appointment`` tells that the customer was told to be contacted by now: that comes first.
    """

    overdue: Decimal
    collectable: Decimal
    expected_recovery: Decimal
    oldest_days: int
    paused: Mapping[str, Decimal]
    shares: tuple[Share, ...]
    reasons: tuple[Reason, ...]
    step: Step
    state: str
    wait_until: date | None = None
    is_appointment: bool = False


def chances(fates: Mapping[int, tuple[int, int]]) -> dict[int, Decimal]:
    """Give the chance of each age from ``{first day: (items that reached it, items of those that were paid)}``."""
    found = {}
    for first_day, usual in DEFAULT_CHANCES.items():
        reached, paid = fates.get(first_day, (0, 0))
        found[first_day] = Decimal(paid) / reached if reached >= ENOUGH_ITEMS else usual
    return found


def age_of(days: int) -> int:
    """Give the first day of the age that an item ``days`` overdue, one or more, has."""
    return next(first_day for first_day in DEFAULT_CHANCES if days >= first_day)


def chance_by_itself(days: int, delays: Sequence[int]) -> Decimal:
    """Tell how likely an item that is ``days`` overdue is to be paid soon without being asked for."""
    later = [delay for delay in delays if delay > days]
    soon = sum(1 for delay in later if delay <= days + SOON_DAYS)
    return Decimal(soon) / (len(later) + DOUBT)


def usual_delay(delays: Sequence[int]) -> int | None:
    """Give the days beyond terms by which most items are paid, None without a habit."""
    if len(delays) < ENOUGH_DELAYS:
        return None
    return sorted(delays)[-(-len(delays) * USUAL // OF) - 1]


def prioritised(customer: Customer, chance_of: Mapping[int, Decimal]) -> Priority:
    """Say where ``customer`` stands on the work list, with ``chance_of`` each age as :func:`chances` gives them."""
    claims = [claim for owed in customer.owed for claim in _claims(owed, customer.currency)]
    paused: dict[str, Decimal] = {}
    for claim in claims:
        if claim.paused:
            paused[claim.pause_code] = paused.get(claim.pause_code, ZERO) + claim.paused
    shares = _shares(customer, [claim for claim in claims if claim.amount], chance_of)
    asked = [claim.days for claim in claims if claim.amount]
    collectable = sum((claim.amount for claim in claims), ZERO)
    oldest = max(asked or [claim.days for claim in claims], default=0)
    standing = _Standing(customer, collectable, oldest)
    state, wait_until, waits_for = standing.when()
    reasons = [*standing.reasons(len(asked)), *_left_out(paused)]
    return Priority(
        overdue=sum((claim.residual for claim in claims), ZERO),
        collectable=collectable,
        expected_recovery=customer.currency.rounded(sum((share.expected for share in shares), ZERO)),
        oldest_days=oldest,
        paused=paused,
        shares=tuple(
            Share(share.first_day, share.amount, share.chance, customer.currency.rounded(share.expected))
            for share in shares
        ),
        reasons=tuple([waits_for, *reasons] if waits_for else reasons),
        step=standing.step(state, wait_until, waits_for),
        state=state,
        wait_until=wait_until,
        is_appointment=state == "to_do" and standing.appointment is not None,
    )


@dataclass(frozen=True, slots=True)
class _Claim:
    """One item in the company's currency: all of it, what may be asked for, and what is left alone."""

    days: int
    residual: Decimal
    amount: Decimal
    paused: Decimal
    pause_code: str


def _claims(owed: Owed, currency: Currency) -> Iterator[_Claim]:
    """Net the items of one currency, the oldest first, as reminders do."""
    credit = owed.credit
    for item in sorted(owed.items, key=lambda item: (-item.days, item.key)):
        paused = paused_part(item)
        covered = min(item.residual - paused, credit)
        credit -= covered
        asked = item.residual - paused - covered
        yield _Claim(
            item.days,
            item.company_residual,
            currency.rounded(item.company_residual * asked / item.residual),
            currency.rounded(item.company_residual * paused / item.residual),
            item.pause_code,
        )


def _shares(customer: Customer, claims: Sequence[_Claim], chance_of: Mapping[int, Decimal]) -> list[Share]:
    """Add up by age what asking is expected to bring, unrounded; the youngest age first."""
    found: dict[int, tuple[Decimal, Decimal]] = {}
    for claim in claims:
        first_day = age_of(claim.days)
        amount, expected = found.get(first_day, (ZERO, ZERO))
        brought = claim.amount * chance_of[first_day] * (ONE - chance_by_itself(claim.days, customer.delays))
        found[first_day] = (amount + claim.amount, expected + brought)
    return [
        Share(first_day, found[first_day][0], chance_of[first_day], found[first_day][1]) for first_day in sorted(found)
    ]


def _left_out(paused: Mapping[str, Decimal]) -> list[Reason]:
    return [Reason(code, {"amount": str(paused[code])}) for code in PAUSES if paused.get(code)]


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is to be done about a customer, and when."""

    customer: Customer
    collectable: Decimal
    oldest: int

    @property
    def appointment(self) -> date | None:
        """The day, by now, for which another contact was agreed."""
        last = self.customer.last_contact
        return last.next_on if last and last.next_on and last.next_on <= self.customer.day else None

    @property
    def news_on(self) -> date | None:
        """The day of what ends every rest: a promise or plan that wasn't kept."""
        broken = self.customer.broken
        return broken.day + timedelta(1) if broken and broken.amount > 0 else None

    @property
    def missed(self) -> Step | None:
        """What was to happen by yesterday under a plan or a dispute, and didn't."""
        agreed = self.customer.agreed
        return agreed if agreed and agreed.day and agreed.day < self.customer.day else None

    def when(self) -> tuple[str, date | None, Reason | None]:
        """Tell the state, the day on which a rest ends, and the reason for it."""
        if self.appointment and not self._put_off():
            return "to_do", None, None
        if not self.collectable:
            return "to_do" if self.missed else "nothing", None, None
        for until, since, reason in self._rests():
            is_news = self.news_on is not None and self.news_on > since
            if until > self.customer.day and not is_news:
                return "waiting", until, reason
        return "to_do", None, None

    def reasons(self, count: int) -> list[Reason]:
        """List why to contact the customer, the strongest first."""
        customer, last = self.customer, self.customer.last_contact
        found = []
        if self.appointment:
            found.append(Reason("call_back", {"day": self.appointment.isoformat()}))
        broken = customer.broken
        if broken and broken.amount > 0:
            found.append(Reason(f"broken_{broken.kind}", {"amount": str(broken.amount), "day": broken.day.isoformat()}))
        if self.missed and self.missed.day:
            found.append(Reason(f"{self.missed.code}_late", {"day": self.missed.day.isoformat()}))
        if not self.collectable:
            return found
        if last and last.result in ("refused", "wrong_number"):
            found.append(Reason(last.result, {"day": last.day.isoformat()}))
        if customer.failure and (last is None or last.day <= customer.failure.day):
            found.append(
                Reason("message_failed", {"day": customer.failure.day.isoformat(), "failure": customer.failure.code})
            )
        if customer.task_on and customer.task_on <= customer.day:
            found.append(Reason("call_task", {"day": customer.task_on.isoformat()}))
        usual = usual_delay(customer.delays)
        if usual is not None and self.oldest > max(usual, 0):
            found.append(Reason("later_than_usual", {"usual": usual, "days": self.oldest}))
        found.append(Reason("overdue", {"amount": str(self.collectable), "days": self.oldest, "count": count}))
        if not last:
            found.append(Reason("never_contacted"))
        return found

    def step(self, state: str, wait_until: date | None, waits_for: Reason | None) -> Step:
        """Say what comes next."""
        customer, last = self.customer, self.customer.last_contact
        if state == "waiting" and waits_for:
            return Step("call_again" if waits_for.code == "agreed_contact" else "look_again", wait_until)
        if state == "nothing":
            later = [step for step in (customer.agreed, Step("due", customer.next_due)) if step and step.day]
            return min(later, key=lambda step: step.day or date.max) if later else Step("none")
        if self.appointment:
            return Step("call_back", self.appointment)
        if not self.collectable and self.missed:
            return self.missed
        if last and last.result == "wrong_number":
            return Step("find_number", customer.day)
        if last and last.result == "refused":
            return Step("decide", customer.day)
        return Step("call", customer.day)

    def _put_off(self) -> bool:
        """Tell whether it was put off, and nothing has happened since."""
        until, since = self.customer.put_off_until, self.customer.put_off_on or self.customer.day
        return until is not None and until >= self.customer.day and (self.news_on is None or self.news_on <= since)

    def _rests(self) -> Iterator[tuple[date, date, Reason]]:
        """List what is waited for: the first day after it, the day since which, and the reason."""
        customer, last = self.customer, self.customer.last_contact
        if customer.put_off_until:
            until = customer.put_off_until + timedelta(1)
            yield until, customer.put_off_on or customer.day, Reason("put_off", {"day": until.isoformat()})
        if last and last.next_on:
            yield last.next_on, last.day, Reason("agreed_contact", {"day": last.next_on.isoformat()})
        elif last:
            until = last.day + timedelta(REST_DAYS.get(last.result, 0))
            yield until, last.day, Reason("rests", {"day": last.day.isoformat(), "result": last.result})
        usual = usual_delay(customer.delays)
        if usual is not None and self.oldest <= usual <= LONGEST_HABIT:
            until = customer.day + timedelta(usual - self.oldest + 1)
            yield until, date.min, Reason("usual_delay", {"usual": usual, "days": self.oldest})
