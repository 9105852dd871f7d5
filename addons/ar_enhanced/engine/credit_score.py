"""A customer's credit score: components that share a hundred points, each with its reason.

The score says how this customer pays, not whether it is solvent.  A customer about whom nothing is
known gets no score rather than a guessed one.  Weights, bands and levels are a :class:`Scorecard`.

A thin record is drawn towards the portfolio: timeliness and regularity are averaged with
``pseudo_items`` items that behave as the company's customers do on the whole.  So one lucky or
unlucky invoice moves a new customer a little, and a known one not at all.

Points are whole tenths and every ratio is one of whole numbers: the same facts give the same score
on every machine, and in every unit of the currency.

Reasons are codes with facts; whoever shows them puts them into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, NamedTuple

from .payment_behaviour import INDEX_POINTS, PaymentFacts, Stored
from .scorecard import FORMULA, SCORECARD, Scorecard

NOT_RATED = "none"
BEST_INDEX, WORST_INDEX = INDEX_POINTS[0][1], INDEX_POINTS[-1][1]

ReasonFacts = Mapping[str, str | int]


class Portfolio(NamedTuple):
    """How the company's customers pay on the whole; None where there is no evidence yet."""

    days_beyond_terms: Decimal | None = None
    punctual_share: Decimal | None = None
    late_share: Decimal | None = None

    def as_stored(self) -> dict[str, str]:
        """Give plain JSON values, decimals as text; what is unknown is left out."""
        known = zip(_PORTFOLIO_KEYS, self, strict=True)
        return {key: str(value) for key, value in known if value is not None}

    @classmethod
    def from_stored(cls, stored: Stored) -> Portfolio:
        """Give back the portfolio that :meth:`as_stored` gave; ``stored`` may hold other values too."""
        return cls(*(None if stored.get(key) is None else Decimal(str(stored[key])) for key in _PORTFOLIO_KEYS))


_PORTFOLIO_KEYS = ("portfolio_days", "portfolio_punctual_share", "portfolio_late_share")


class Component(NamedTuple):
    """Tenths of points that one aspect of paying earned, of how many, and why."""

    code: str
    tenths: int
    max_tenths: int
    reason_code: str
    facts: ReasonFacts

    @property
    def points(self) -> float:
        """Points, with one decimal."""
        return self.tenths / 10

    def as_text(self) -> str:
        """Give the component as JSON: a list of code, tenths, max_tenths, reason_code and the facts if there are any.

        Written by hand and short, for a general encoder takes as long as scoring does, and the database as long again
        for names that are the same in every row.  Codes and facts are plain ASCII without quotes.
        """
        if not self.facts:
            return _plain_text(self.code, self.tenths, self.max_tenths, self.reason_code)
        facts = str(self.facts).replace("'", '"')
        return f'["{self.code}", {self.tenths}, {self.max_tenths}, "{self.reason_code}", {facts}]'


def components_from_stored(stored: Iterable[Any]) -> list[dict[str, Any]]:
    """Give components, stored as :meth:`CreditScore.components_text` writes them, with names.

    :param stored: lists of code, tenths, max_tenths, reason_code and facts; what an earlier release stored has its
        names already
    :return: code, points, max_points, reason_code and facts of each
    """
    return [dict(each) if isinstance(each, dict) else _named(*each) for each in stored]


def _named(
    code: str, tenths: int, max_tenths: int, reason_code: str, facts: ReasonFacts = MappingProxyType({})
) -> dict[str, Any]:
    return {
        "code": code,
        "points": tenths / 10,
        "max_points": max_tenths / 10,
        "reason_code": reason_code,
        "facts": dict(facts),
    }


class CreditScore(NamedTuple):
    """The outcome: ``tenths`` of points is None and ``components`` empty for the level "none"."""

    tenths: int | None
    level: str
    certainty: str
    components: tuple[Component, ...]
    version: str = FORMULA

    @property
    def points(self) -> float:
        """Points from 0 to 100, with one decimal; 0 where there is no score."""
        return (self.tenths or 0) / 10

    def components_text(self) -> str:
        """Give the components as a JSON list."""
        return f"[{', '.join([component.as_text() for component in self.components])}]"


class Improvement(NamedTuple):
    """A single step that would lift the score by ``tenths`` of points today.

    :ivar kind: "settle_item" (``number``, ``days`` overdue), "settle_all" (``items`` of them) or "utilisation" (bring
        the use of the limit down to ``percent``); ``amount``, in smallest units, is what has to be paid
    """

    kind: str
    tenths: int
    amount: int
    number: str = ""
    days: int = 0
    items: int = 0
    percent: int = 0


def score(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard = SCORECARD) -> CreditScore:
    """Score one customer; the same facts and portfolio always give the same score."""
    has_rating = facts.external_rating is not None and 0 <= facts.external_age <= scorecard.external_days
    if not facts.settled_count and not facts.overdue_count and not has_rating:
        return CreditScore(None, NOT_RATED, "low", ())
    maxima = scorecard.maxima[facts.credit_limit is not None, has_rating]
    components = tuple(
        [
            make(facts, portfolio, scorecard, most)
            for make, most in zip(_MAKERS, maxima, strict=True)
            if most or make not in _OPTIONAL_MAKERS
        ]
    )
    tenths = sum([component.tenths for component in components])
    return CreditScore(tenths, level(tenths, scorecard), certainty(facts, scorecard), components)


def level(tenths: int, scorecard: Scorecard = SCORECARD) -> str:
    """Give the best level that so many tenths of points reach."""
    for code, at_least in scorecard.levels:
        if tenths >= 10 * at_least:
            return code
    return scorecard.levels[-1][0]


def certainty(facts: PaymentFacts, scorecard: Scorecard = SCORECARD) -> str:
    """Tell how far the record can be relied on: "high", "medium" or "low"."""
    for code, items, days in scorecard.certainties:
        if facts.paid_count >= items and facts.history_days >= days:
            return code
    return "low"


def portfolio_of(customers: Iterable[PaymentFacts]) -> Portfolio:
    """Give what ``customers`` do on the whole, each weighing by its number of items.

    By amounts, or with days beyond the ends of the index, one large lost debt would stand for them all.
    """
    items = punctual = paid_or_stale = late = judged = 0
    item_days = Decimal()
    for facts in customers:
        days = facts.days_beyond_terms
        if days is not None:
            count = facts.settled_count + facts.overdue_count
            items += count
            item_days += count * min(max(days, Decimal(INDEX_POINTS[0][0])), Decimal(INDEX_POINTS[-1][0]))
        punctual += facts.punctual_count
        paid_or_stale += facts.paid_count + facts.stale_count
        late += facts.late_count
        judged += facts.paid_count + facts.overdue_late
    return portfolio_from_sums(items, item_days, punctual, paid_or_stale, late, judged)


def portfolio_from_sums(
    items: int, item_days: Decimal, punctual: int, paid_or_stale: int, late: int, judged: int
) -> Portfolio:
    """Give the portfolio from sums over its customers; ``item_days`` is Σ number of items × days.

    In whole days and hundredths: a finer portfolio would move every thin score a little every day.
    """

    def share(part: int, whole: int, places: str) -> Decimal | None:
        return (Decimal(part) / whole).quantize(Decimal(places), rounding=ROUND_HALF_UP) if whole else None

    return Portfolio(
        Decimal(_whole(item_days / items)) if items else None,
        share(punctual, paid_or_stale, "0.01"),
        share(late, judged, "0.001"),
    )


def improvements(
    facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard = SCORECARD
) -> tuple[Improvement, ...]:
    """Tell which single steps would lift the score, the one to ask for first.

    That is settling the heaviest overdue item if it brings at least half of what settling all of them does, else
    what brings most; the others follow by what they bring.
    """
    tenths = score(facts, portfolio, scorecard).tenths
    if tenths is None:
        return ()

    def gained(then: PaymentFacts) -> int:
        return (score(then, portfolio, scorecard).tenths or 0) - tenths

    steps = []
    if facts.overdue_count:
        amount, days = facts.heaviest_amount, facts.heaviest_days
        gain = gained(_with_heaviest_settled(facts, scorecard))
        steps.append(Improvement("settle_item", gain, amount, facts.heaviest_number, days, 1))
    if facts.overdue_count > 1:
        gain = gained(_with_all_settled(facts))
        steps.append(
            Improvement("settle_all", gain, facts.overdue_amount, days=facts.oldest_days, items=facts.overdue_count)
        )
    if facts.credit_limit:
        excess = facts.exposure - facts.credit_limit * scorecard.free_utilisation // 100
        if excess > 0:
            gain = gained(facts._replace(exposure=facts.exposure - excess))
            steps.append(Improvement("utilisation", gain, excess, percent=scorecard.free_utilisation))
    steps = sorted((step for step in steps if step.tenths > 0), key=lambda step: -step.tenths)
    one = next((step for step in steps if step.kind == "settle_item"), None)
    if one and 2 * one.tenths >= steps[0].tenths:
        steps.remove(one)
        steps.insert(0, one)
    return tuple(steps)


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _rounded(numerator: int, denominator: int) -> int:
    """Divide whole numbers; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _nearest(numerator: int, denominator: int) -> int:
    """Divide whole numbers, the second above zero; a half goes away from zero."""
    return _rounded(numerator, denominator) if numerator >= 0 else -_rounded(-numerator, denominator)


def _earned(most: int, lost: int, whole: int) -> int:
    """Tenths of points that are left of ``most`` when ``lost`` of ``whole`` is lost."""
    return _rounded(most * max(whole - lost, 0), whole)


def _with_heaviest_settled(facts: PaymentFacts, scorecard: Scorecard) -> PaymentFacts:
    """Give the facts as they would be had the heaviest overdue item been paid today."""
    days, amount = facts.heaviest_days, facts.heaviest_amount
    bucket = "days_1_30" if days <= 30 else "days_31_60" if days <= 60 else "days_61_90" if days <= 90 else "over_90"
    settled = _with_settled(facts, 1, int(days <= scorecard.punctual_days), amount, amount * days)
    return settled._replace(
        **{bucket: getattr(facts, bucket) - amount}, overdue_late=facts.overdue_late - int(days > 30)
    )


def _with_all_settled(facts: PaymentFacts) -> PaymentFacts:
    """Give the facts as they would be had everything overdue been paid today."""
    punctual = facts.overdue_count - facts.stale_count
    settled = _with_settled(facts, facts.overdue_count, punctual, facts.overdue_amount, facts.overdue_amount_days)
    # What is paid in part is among the settled items already; hardly any of it is not overdue.
    twice = min(facts.settled_count - facts.paid_count, facts.overdue_count)
    return settled._replace(
        settled_count=settled.settled_count - twice,
        days_1_30=0,
        days_31_60=0,
        days_61_90=0,
        over_90=0,
        overdue_late=0,
    )


def _with_settled(facts: PaymentFacts, count: int, punctual: int, amount: int, amount_days: int) -> PaymentFacts:
    """Move ``count`` overdue items, so many of them punctual, to what is settled; their buckets are the caller's."""
    return facts._replace(
        settled_amount=facts.settled_amount + amount,
        settled_amount_days=facts.settled_amount_days + amount_days,
        settled_count=facts.settled_count + count,
        paid_count=facts.paid_count + count,
        punctual_count=facts.punctual_count + punctual,
        recent_amount=facts.recent_amount + amount,
        recent_amount_days=facts.recent_amount_days + amount_days,
        recent_settlements=facts.recent_settlements + count,
        open_amount=facts.open_amount - amount,
        open_count=facts.open_count - count,
        overdue_amount_days=facts.overdue_amount_days - amount_days,
        overdue_count=facts.overdue_count - count,
        stale_count=facts.stale_count - (count - punctual),
        exposure=max(facts.exposure - amount, 0),
    )


def _timeliness(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    amount = facts.settled_amount + facts.overdue_amount
    amount_days = facts.settled_amount_days + facts.overdue_amount_days
    count = facts.settled_count + facts.overdue_count
    usual = portfolio.days_beyond_terms
    if not amount:
        tenths = _rounded(*_index_share(int(usual or 0), 1, most))
        return Component("timeliness", tenths, most, "timeliness_unknown", {})
    if usual is None:
        days, whole = amount_days, amount
    else:
        days = amount_days * count + int(usual) * scorecard.pseudo_items * amount
        whole = amount * (count + scorecard.pseudo_items)
    tenths = _rounded(*_index_share(days, whole, most))
    shown = _rounded(abs(amount_days), amount)
    if not facts.settled_count:
        reason = "nothing_paid"
    elif not shown:
        reason = "pays_on_time"
    else:
        reason = "pays_late" if amount_days > 0 else "pays_early"
    return Component("timeliness", tenths, most, reason, {"days": shown, "count": count})


def _index_share(days: int, whole: int, most: int) -> tuple[int, int]:
    """Give ``most`` times how far :func:`payment_index` of ``days`` / ``whole`` is from its worst to its best."""
    reach = BEST_INDEX - WORST_INDEX
    if days <= INDEX_POINTS[0][0] * whole:
        return most, 1
    for early, high, late, low in _SEGMENTS:
        if days <= late * whole:
            length = late - early
            above = (high - WORST_INDEX) * length * whole - (days - early * whole) * (high - low)
            return most * above, reach * length * whole
    return 0, 1


_SEGMENTS = tuple((*first, *second) for first, second in pairwise(INDEX_POINTS))


def _overdue_now(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    if not facts.overdue_count:
        return _plain("overdue_now", most, most, "nothing_overdue" if facts.open_count else "nothing_open")
    first, second, third, last = scorecard.overdue_lost
    lost = facts.days_1_30 * first + facts.days_31_60 * second + facts.days_61_90 * third + facts.over_90 * last
    overdue = facts.overdue_amount
    return Component(
        "overdue_now",
        _earned(most, lost, 100 * facts.open_amount),
        most,
        "overdue",
        {
            "amount": str(facts.money(overdue)),
            "share": _rounded(100 * overdue, facts.open_amount),
            "days": facts.oldest_days,
            "count": facts.overdue_count,
        },
    )


def _regularity(facts: PaymentFacts, portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    count, punctual = facts.paid_count + facts.stale_count, facts.punctual_count
    pseudo, usual = scorecard.pseudo_items, portfolio.punctual_share
    if usual is None:
        tenths = _rounded(most * punctual, count) if count else _rounded(most, 2)
    elif count + pseudo:
        tenths = _rounded(most * (100 * punctual + int(100 * usual) * pseudo), 100 * (count + pseudo))
    else:
        tenths = _rounded(most * int(100 * usual), 100)
    if not count:
        return _plain("regularity", tenths, most, "regularity_unknown")
    return Component(
        "regularity",
        tenths,
        most,
        "punctual",
        {"punctual": punctual, "count": count, "days": scorecard.punctual_days},
    )


def _trend(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    if min(facts.recent_settlements, facts.earlier_settlements) < scorecard.trend_settlements:
        return _plain("trend", _rounded(most, 2), most, "trend_unknown")
    recent, recent_amount = facts.recent_amount_days, facts.recent_amount
    earlier, earlier_amount = facts.earlier_amount_days, facts.earlier_amount
    # Early is as good as on time here: only delay can get worse or better.  Days are brought to one denominator.
    whole = recent_amount * earlier_amount
    delay, delay_before = max(recent, 0) * earlier_amount, max(earlier, 0) * recent_amount
    near, far = scorecard.on_time_days, scorecard.trend_days
    # Who pays on time has nothing left to improve, so the neutral half is made whole near zero days.
    on_time = max(near * whole - delay, 0)
    share = near * far * whole + near * (delay_before - delay) + far * on_time
    full = 2 * near * far * whole
    now, before = _nearest(recent, recent_amount), _nearest(earlier, earlier_amount)
    if max(now, before) <= 0:
        reason = "trend_on_time"
    elif now == before:
        reason = "trend_steady"
    else:
        reason = "trend_better" if now < before else "trend_worse"
    tenths = _rounded(most * min(max(share, 0), full), full)
    return Component("trend", tenths, most, reason, {"days": now, "days_before": before})


def _record(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    window, enough = scorecard.window_days, scorecard.record_items
    known = min(facts.history_days, window) * enough + min(facts.paid_count, enough) * window
    tenths = _rounded(most * known, 2 * window * enough)
    if not facts.settled_count:
        return _plain("record", tenths, most, "record_none")
    return Component(
        "record", tenths, most, "record", {"months": facts.history_days * 12 // 365, "count": facts.paid_count}
    )


def _utilisation(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    limit, exposure = facts.credit_limit or 0, max(facts.exposure, 0)
    if limit <= 0:
        reason, tenths = ("no_credit", 0) if exposure else ("unused", most)
        return _plain("utilisation", tenths, most, reason)
    free, full = scorecard.free_utilisation, scorecard.full_utilisation
    lost = max(100 * exposure - free * limit, 0)
    return Component(
        "utilisation",
        _earned(most, lost, (full - free) * limit),
        most,
        "used",
        {"percent": _rounded(100 * exposure, limit)},
    )


def _promises(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    return _promised(facts.promises, facts.partly_kept, facts.broken, scorecard.events_to_nothing, most)


@lru_cache(maxsize=4096)
def _promised(promises: int, partly_kept: int, broken: int, enough: int, most: int) -> Component:
    """A promise that was kept in part costs half of what a broken one does."""
    if not promises:
        return _plain("promises", most, most, "promises_none")
    reason = "promises_broken" if broken or partly_kept else "promises_kept"
    told = {"broken": broken, "partly_kept": partly_kept, "count": promises}
    return Component("promises", _earned(most, 2 * broken + partly_kept, 2 * enough), most, reason, told)


def _disputes(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    return _events("disputes", facts.unjustified, facts.settled_count + facts.open_count, scorecard, most)


def _returns(facts: PaymentFacts, _portfolio: Portfolio, scorecard: Scorecard, most: int) -> Component:
    return _events("returns", facts.returned, facts.settled_count + facts.open_count, scorecard, most)


def _events(code: str, events: int, items: int, scorecard: Scorecard, most: int) -> Component:
    """What counts is how many there are for the customer's invoices, for who buys much has more of everything."""
    if not events:
        return _plain(code, most, most, f"{code}_none")
    per = scorecard.events_per_items
    tenths = _earned(most, events * per, scorecard.events_to_nothing * max(items, per))
    return Component(code, tenths, most, code, {"count": events})


def _external(facts: PaymentFacts, _portfolio: Portfolio, _scorecard: Scorecard, most: int) -> Component:
    rating = min(max(facts.external_rating or 0, 0), 100)
    return Component(
        "external", _rounded(most * rating, 100), most, "rated", {"rating": rating, "days": facts.external_age}
    )


@lru_cache(maxsize=4096)
def _plain_text(code: str, tenths: int, most: int, reason_code: str) -> str:
    """The text of a component without figures of its own."""
    return f'["{code}", {tenths}, {most}, "{reason_code}"]'


@lru_cache(maxsize=4096)
def _plain(code: str, tenths: int, most: int, reason_code: str) -> Component:
    """A component without figures of its own: most customers share a few of them."""
    return Component(code, tenths, most, reason_code, {})


_MAKERS = (
    _timeliness,
    _overdue_now,
    _regularity,
    _trend,
    _record,
    _utilisation,
    _promises,
    _disputes,
    _returns,
    _external,
)
#: Components that are left out when they can earn nothing.
_OPTIONAL_MAKERS = frozenset({_utilisation, _external})
