"""A customer's payment score: five components of points, each with its reason.

The score is of 100 points: timeliness 40, overdue now 25, regularity 15, trend 10, record 10.  It
says how this customer pays, not whether it is solvent.  A customer about whom nothing is known gets
no score rather than a guessed one.

A thin record is drawn towards the portfolio: timeliness and regularity are averaged with
``pseudo_items`` items that behave as the company's customers do on the whole.  So one lucky or
unlucky invoice moves a new customer a little, and a known one not at all.

Reasons are codes with facts; whoever shows them puts them into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from .aging import BUCKETS
from .payment_behaviour import INDEX_POINTS, PaymentFacts, Stored, payment_index
from .scorecard import SCORECARD, Scorecard

NOT_RATED = "none"

ReasonFacts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """How the company's customers pay on the whole; None where there is no evidence yet."""

    days_beyond_terms: Decimal | None = None
    punctual_share: Decimal | None = None

    def as_stored(self) -> dict[str, str | None]:
        """Give plain JSON values, decimals as text."""
        return {
            "portfolio_days": None if self.days_beyond_terms is None else str(self.days_beyond_terms),
            "portfolio_punctual_share": None if self.punctual_share is None else str(self.punctual_share),
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> Portfolio:
        """Give back the portfolio that :meth:`as_stored` gave; ``stored`` may hold other values too."""
        days, share = stored["portfolio_days"], stored["portfolio_punctual_share"]
        return cls(None if days is None else Decimal(days), None if share is None else Decimal(share))


@dataclass(frozen=True, slots=True)
class Component:
    """Points that one aspect of paying earned, and why."""

    code: str
    points: Decimal
    max_points: int
    reason_code: str
    facts: ReasonFacts


@dataclass(frozen=True, slots=True)
class CreditScore:
    """The outcome: ``points`` (one decimal) is None and ``components`` empty for the level "none"."""

    points: Decimal | None
    level: str
    certainty: str
    components: tuple[Component, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Improvement:
    """What would lift the score: ``points`` more when the item ``number``, ``days`` overdue, is settled today.

    ``number`` is empty where everything overdue (``count`` items, ``amount``) has to be settled for it.
    """

    number: str
    days: int
    count: int
    amount: Decimal
    points: Decimal


def _one_decimal(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def score(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard = SCORECARD) -> CreditScore:
    """Score one customer; the same facts and portfolio always give the same score."""
    if not facts.settled_count and not facts.overdue_count:
        return CreditScore(None, NOT_RATED, "low", (), scorecard.version)
    components = (
        _timeliness(facts, portfolio, scorecard),
        _overdue_now(facts, scorecard),
        _regularity(facts, portfolio, scorecard),
        _trend(facts, scorecard),
        _record(facts, scorecard),
    )
    points = sum((component.points for component in components), Decimal())
    return CreditScore(points, level(points, scorecard), certainty(facts, scorecard), components, scorecard.version)


def level(points: Decimal, scorecard: Scorecard = SCORECARD) -> str:
    """Give the best level that ``points`` reach."""
    return next(code for code, at_least in scorecard.levels if points >= at_least)


def certainty(facts: PaymentFacts, scorecard: Scorecard = SCORECARD) -> str:
    """Tell how far the record can be relied on: "high", "medium" or "low"."""
    return next(
        code for code, items, days in scorecard.certainties if facts.paid_count >= items and facts.history_days >= days
    )


def portfolio_of(customers: Iterable[PaymentFacts]) -> Portfolio:
    """Give what ``customers`` do on the whole, each weighing by its number of items.

    By amounts, or with days beyond the ends of the index, one large lost debt would stand for them all.
    """
    items = punctual = paid_or_stale = 0
    item_days = Decimal()
    for facts in customers:
        days = facts.days_beyond_terms
        if days is not None:
            count = facts.settled_count + facts.overdue_count
            items += count
            item_days += count * min(max(days, Decimal(INDEX_POINTS[0][0])), Decimal(INDEX_POINTS[-1][0]))
        punctual += facts.punctual_count
        paid_or_stale += facts.paid_count + facts.stale_count
    return portfolio_from_sums(items, item_days, punctual, paid_or_stale)


def portfolio_from_sums(items: int, item_days: Decimal, punctual: int, paid_or_stale: int) -> Portfolio:
    """Give the portfolio from sums over its customers; ``item_days`` is Σ number of items × days.

    In whole days and hundredths: a finer portfolio would move every thin score a little every day.
    """
    return Portfolio(
        Decimal(_whole(item_days / items)) if items else None,
        (Decimal(punctual) / paid_or_stale).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
        if paid_or_stale
        else None,
    )


def improvement(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard = SCORECARD) -> Improvement | None:
    """Tell what settling would lift the score, or None when nothing would.

    That is the heaviest overdue item if it brings at least half of what settling all of them does.
    """
    if not facts.overdue_count:
        return None
    points = score(facts, portfolio, scorecard).points or Decimal()

    def gained(settled: PaymentFacts) -> Decimal:
        return (score(settled, portfolio, scorecard).points or Decimal()) - points

    by_one = gained(_with_heaviest_settled(facts, scorecard))
    by_all = gained(_with_all_settled(facts))
    if by_one > 0 and by_one >= by_all / 2:
        return Improvement(facts.heaviest_number, facts.heaviest_days, 1, facts.heaviest_amount, by_one)
    if by_all > 0:
        return Improvement("", facts.oldest_days, facts.overdue_count, facts.overdue_amount, by_all)
    return None


def _with_heaviest_settled(facts: PaymentFacts, scorecard: Scorecard) -> PaymentFacts:
    """Give the facts as they would be had the heaviest overdue item been paid today."""
    days = facts.heaviest_days
    bucket = next(bucket.code for bucket in BUCKETS if bucket.holds(days))
    settled = _with_settled(
        facts, 1, int(days <= scorecard.punctual_days), facts.heaviest_amount, facts.heaviest_amount * days
    )
    return replace(settled, **{bucket: getattr(facts, bucket) - facts.heaviest_amount})


def _with_all_settled(facts: PaymentFacts) -> PaymentFacts:
    """Give the facts as they would be had everything overdue been paid today."""
    punctual = facts.overdue_count - facts.stale_count
    settled = _with_settled(facts, facts.overdue_count, punctual, facts.overdue_amount, facts.overdue_amount_days)
    return replace(settled, days_1_30=Decimal(), days_31_60=Decimal(), days_61_90=Decimal(), over_90=Decimal())


def _with_settled(
    facts: PaymentFacts, count: int, punctual: int, amount: Decimal, amount_days: Decimal
) -> PaymentFacts:
    """Move ``count`` overdue items, so many of them punctual, to what is settled; their buckets are the caller's."""
    return replace(
        facts,
        settled_amount=facts.settled_amount + amount,
        settled_amount_days=facts.settled_amount_days + amount_days,
        settled_count=facts.settled_count + count,
        paid_count=facts.paid_count + count,
        punctual_count=facts.punctual_count + punctual,
        recent_amount=facts.recent_amount + amount,
        recent_amount_days=facts.recent_amount_days + amount_days,
        recent_settlements=facts.recent_settlements + count,
        first_paid_on=facts.first_paid_on or facts.day,
        open_amount=facts.open_amount - amount,
        open_count=facts.open_count - count,
        overdue_amount_days=facts.overdue_amount_days - amount_days,
        overdue_count=facts.overdue_count - count,
        stale_count=facts.stale_count - (count - punctual),
    )


def _drawn(own: Decimal | None, count: int, portfolio: Decimal | None, scorecard: Scorecard) -> Decimal | None:
    """Average ``own`` of ``count`` items with the pseudo items of the portfolio; None when neither is known."""
    if own is None or portfolio is None:
        return portfolio if own is None else own
    return (own * count + portfolio * scorecard.pseudo_items) / (count + scorecard.pseudo_items)


def _timeliness(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard) -> Component:
    own = facts.days_beyond_terms
    days = _drawn(own, facts.settled_count + facts.overdue_count, portfolio.days_beyond_terms, scorecard) or Decimal()
    reach = scorecard.best_index - scorecard.worst_index
    points = scorecard.timeliness * (payment_index(days) - scorecard.worst_index) / reach
    shown = _whole(own or Decimal())
    if not facts.settled_count:
        reason = "nothing_paid"
    elif shown > 0:
        reason = "pays_late"
    else:
        reason = "pays_early" if shown < 0 else "pays_on_time"
    return _component(
        "timeliness",
        points,
        scorecard.timeliness,
        reason,
        {"days": abs(shown), "count": facts.settled_count + facts.overdue_count},
    )


def _overdue_now(facts: PaymentFacts, scorecard: Scorecard) -> Component:
    if not facts.overdue_count:
        reason = "nothing_overdue" if facts.open_count else "nothing_open"
        return _component("overdue_now", Decimal(scorecard.overdue_now), scorecard.overdue_now, reason, {})
    lost = sum((getattr(facts, code) * share for code, share in scorecard.share_lost.items()), Decimal())
    return _component(
        "overdue_now",
        scorecard.overdue_now * (1 - lost / facts.open_amount),
        scorecard.overdue_now,
        "overdue",
        {
            "amount": str(facts.overdue_amount),
            "share": _whole(100 * facts.overdue_amount / facts.open_amount),
            "days": facts.oldest_days,
            "count": facts.overdue_count,
        },
    )


def _regularity(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard) -> Component:
    count = facts.paid_count + facts.stale_count
    share = _drawn(facts.punctual_share, count, portfolio.punctual_share, scorecard)
    return _component(
        "regularity",
        scorecard.regularity * (Decimal("0.5") if share is None else share),
        scorecard.regularity,
        "punctual" if count else "regularity_unknown",
        {"punctual": facts.punctual_count, "count": count, "days": scorecard.punctual_days} if count else {},
    )


def _trend(facts: PaymentFacts, scorecard: Scorecard) -> Component:
    neutral = Decimal(scorecard.trend) / 2
    if min(facts.recent_settlements, facts.earlier_settlements) < scorecard.trend_settlements:
        return _component("trend", neutral, scorecard.trend, "trend_unknown", {})
    recent = facts.recent_amount_days / facts.recent_amount
    earlier = facts.earlier_amount_days / facts.earlier_amount
    # Early is as good as on time here: only delay can get worse or better.
    delay, delay_before = max(recent, Decimal()), max(earlier, Decimal())
    # Who pays on time has nothing left to improve, so the neutral half is made whole near zero days.
    on_time = max(1 - delay / scorecard.on_time_days, Decimal())
    points = neutral + neutral * (delay_before - delay) / scorecard.trend_days + neutral * on_time
    now, before = _whole(recent), _whole(earlier)
    if max(now, before) <= 0:
        reason = "trend_on_time"
    elif now == before:
        reason = "trend_steady"
    else:
        reason = "trend_better" if now < before else "trend_worse"
    return _component("trend", points, scorecard.trend, reason, {"days": now, "days_before": before})


def _record(facts: PaymentFacts, scorecard: Scorecard) -> Component:
    half = Decimal(scorecard.record) / 2
    months = min(facts.history_days, scorecard.window_days) / Decimal(scorecard.window_days)
    items = min(facts.paid_count, scorecard.record_items) / Decimal(scorecard.record_items)
    return _component(
        "record",
        half * months + half * items,
        scorecard.record,
        "record" if facts.settled_count else "record_none",
        {"months": facts.history_days * 12 // 365, "count": facts.paid_count} if facts.settled_count else {},
    )


def _component(code: str, points: Decimal, max_points: int, reason_code: str, facts: ReasonFacts) -> Component:
    within = min(max(_one_decimal(points), Decimal("0.0")), _one_decimal(Decimal(max_points)))
    return Component(code, within, max_points, reason_code, facts)
