from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, float_repr, format_date, formatLang

from ..engine.calibration import THRESHOLDS, Tally, calibrated
from .ar_payer_fact import CONFIRMED_DAYS


class ArMatchCalibration(models.AbstractModel):
    """How often matching would have been wrong at each threshold, by what was confirmed in a journal."""

    _name = "ar.match.calibration"
    _description = "Measured Error of Matching"

    @api.model
    def _history(self, journals):
        """Return the confirmed history of journals as the engine takes it, and since when there is one.

        The first proposal for a line counts: as right when it was accepted by a person, or booked by itself and not
        undone for some time; as wrong when it was turned down or undone. What was superseded, or left, tells nothing.
        Below the lowest threshold nothing is of interest.

        :return: {journal id: [Tally, …]}, {journal id: datetime}
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT journal_id, width_bucket(probability::numeric, %(thresholds)s::numeric[]) AS bucket,
                       count(*) FILTER (WHERE state = 'accepted'), count(*) FILTER (WHERE state != 'accepted'),
                       min(decided_on)
                  FROM ar_match_proposal
                 WHERE journal_id = ANY(%(journals)s)
                   AND rank = 1
                   AND probability >= %(lowest)s
                   AND (
                       state IN ('rejected', 'undone')
                       OR state = 'accepted' AND (is_automatic IS NOT TRUE OR decided_on < %(confirmed)s)
                   )
                 GROUP BY journal_id, bucket
                 ORDER BY journal_id, bucket
                """,
                thresholds=list(THRESHOLDS),
                lowest=float(THRESHOLDS[0]),
                journals=journals.ids,
                confirmed=fields.Datetime.now() - timedelta(days=CONFIRMED_DAYS),
            )
        )
        history, since = defaultdict(list), {}
        for journal, bucket, right, wrong, first in rows:
            history[journal].append(Tally(THRESHOLDS[bucket - 1], right, wrong))
            since[journal] = min(filter(None, (first, since.get(journal))), default=None)
        return history, since

    @api.model
    def _cards(self, journals):
        """Return what the history of journals says, worded and formatted for the calibration component.

        :return: {journal: dict}; see `_card`
        """
        history, since = self._history(journals)
        may_use = journals.has_access("write")
        return {
            journal: {
                **self._card(journal, calibrated(history[journal._origin.id], journal._ar_target())),
                "since": self._since_words(since.get(journal._origin.id)),
                "may_use": may_use,
            }
            for journal in journals
        }

    @api.model
    def _card(self, journal, calibration):
        """Return one row per threshold and what follows from them.

        ``width`` is how long a row's bar is, in percent of the longest; ``kept`` whether its bound is within the
        target.
        """
        most = max(rating.booked for rating in calibration.ratings)
        rows = [
            {
                "threshold": float(rating.threshold),
                "label": self._percent(rating.threshold),
                "booked": formatLang(self.env, rating.booked, digits=0),
                "wrong": formatLang(self.env, rating.wrong, digits=0),
                "rate": self._percent(rating.rate, 3, is_padded=True) if rating.booked else "–",
                "bound": self._percent(rating.bound, 3, is_padded=True) if rating.booked else "–",
                "width": round(100 * rating.booked / most) if most else 0,
                "has_wrong": bool(rating.wrong),
                "kept": bool(rating.booked) and rating.bound <= journal._ar_target(),
                "is_used": journal.ar_auto_match and rating.threshold == journal._ar_threshold(),
                "is_recommended": rating.threshold == calibration.recommended,
            }
            for rating in calibration.ratings
        ]
        return {
            "journal_id": journal._origin.id,
            "journal": journal.display_name or "",
            "rows": rows if most else [],
            "target": self._percent(journal._ar_target(), 3),
            "used": self._percent(journal._ar_threshold()) if journal.ar_auto_match else False,
            "recommended": calibration.recommended and float(calibration.recommended),
            **self._advice(journal, calibration, most),
        }

    @api.model
    def _advice(self, journal, calibration, most):
        """Return what to do, in a sentence, and how good that is."""
        target = self._percent(journal._ar_target(), 3)
        needed = formatLang(self.env, calibration.needed, digits=0)
        if not most:
            advice = self.env._(
                "No confirmed history yet: accept or turn down proposals, and the error of each threshold is measured. "
                "%(needed)s confirmed lines without a wrong one prove at most %(target)s.",
                needed=needed,
                target=target,
            )
            return {"level": "none", "advice": advice}
        if calibration.recommended is None:
            advice = self.env._(
                "No threshold is proven to keep wrong bookings to %(target)s. %(needed)s confirmed lines without a "
                "wrong one would prove it; there are %(lines)s so far.",
                target=target,
                needed=needed,
                lines=formatLang(self.env, most, digits=0),
            )
            return {"level": "unproven", "advice": advice}
        words = {"target": target, "threshold": self._percent(calibration.recommended)}
        if journal.ar_auto_match and journal._ar_threshold() == calibration.recommended:
            advice = self.env._("Booking from %(threshold)s keeps wrong bookings to %(target)s.", **words)
            return {"level": "used", "advice": advice}
        advice = self.env._("%(threshold)s is the lowest threshold that keeps wrong bookings to %(target)s.", **words)
        return {"level": "recommended", "advice": advice}

    @api.model
    def _since_words(self, since):
        if not since:
            return ""
        return self.env._(
            "Confirmed since %(day)s: accepted by a person, or booked by itself and not undone for %(days)s days.",
            day=format_date(self.env, since),
            days=CONFIRMED_DAYS,
        )

    @api.model
    def _percent(self, share, digits=2, *, is_padded=False):
        """Return a share in percent as the reader writes it; without idle zeros, unless it stands in a column."""
        shown = Decimal(float_repr(float(share * 100), digits))
        if not is_padded:
            digits = max(0, -shown.normalize().as_tuple().exponent)
        return self.env._("%(number)s %%", number=formatLang(self.env, float(shown), digits=digits))
