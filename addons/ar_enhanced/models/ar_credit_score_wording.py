from odoo import api, fields, models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

from ..engine.credit_score import NOT_RATED, Portfolio, improvements


class ArCreditScore(models.Model):
    _inherit = "ar.credit.score"  # pylint: disable=consider-merging-classes-inherited

    def _card(self):
        """The score in the reader's words, for the credit card component.

        :return: dict of texts with ``level`` and ``certainty`` codes and ``components``, each with its points,
            the ``percent`` of its maximum, label and reason; ``improvement`` is a dict or False
        """
        self.ensure_one()
        level_labels = dict(self._fields["level"]._description_selection(self.env))
        card = {
            "level": self.level,
            "level_label": level_labels[self.level],
            "level_words": self._level_words(),
            "as_of": self.env._("As of %(day)s", day=format_date(self.env, self.date)),
            "components": [],
            "improvement": False,
            "improvements": [],
        }
        if self.level == NOT_RATED:
            return card
        lifts = self._lifts()
        return {
            **card,
            "score": self.score,
            "points": self.env._("%(points)s of 100 points", points=self._points_text()),
            "certainty": self.certainty,
            "certainty_words": self._certainty_words(),
            "policy": self._policy_words(),
            "components": [self._component_card(component) for component in self.components],
            "improvement": lifts[0] if lifts else False,
            "improvements": lifts,
        }

    def _lifts(self):
        """The single steps that would lift this score, the one to ask for first: none for an earlier calculation."""
        if not self._is_recomputable():
            return []
        facts, scorecard = self._stored_facts(), self.policy_id.sudo()._scorecard()
        return [
            {
                "kind": lift.kind,
                "number": lift.number,
                "points": lift.tenths / 10,
                "text": self._improvement_words(lift, float(facts.money(lift.amount))),
            }
            for lift in improvements(facts, Portfolio.from_stored(self.facts), scorecard)[:3]
        ]

    def _improvement_words(self, lift, amount):
        """What to do, and what it brings."""
        points = formatLang(self.env, lift.tenths / 10, digits=1)
        if lift.kind == "settle_item":
            return self.env._(
                "Raise by %(points)s points: settle %(number)s (%(days)s late)",
                points=points,
                number=lift.number,
                days=self._days(lift.days),
            )
        amount_text = format_amount(self.env, amount, self.company_id.currency_id)
        if lift.kind == "settle_all":
            return self.env._(
                "Raise by %(points)s points: settle all that is overdue (%(invoices)s, %(amount)s)",
                points=points,
                invoices=self._invoices(lift.items),
                amount=amount_text,
            )
        return self.env._(
            "Raise by %(points)s points: pay %(amount)s and use at most %(percent)s%% of the credit limit",
            points=points,
            amount=amount_text,
            percent=lift.percent,
        )

    def _policy_words(self):
        """By which numbers the score was made."""
        if not self._is_recomputable():
            return self.env._(
                "Made by calculation %(version)s of an earlier release; kept as it was found.",
                version=self.scorecard_version,
            )
        return self.env._("Credit policy: %(policy)s", policy=self.policy_id.sudo().display_name)

    def _component_card(self, component):
        """One component, as stored, in the reader's words."""
        points = float(component["points"])
        return {
            "code": component["code"],
            "label": self._component_labels()[component["code"]],
            "points": self.env._(
                "%(points)s of %(maximum)s",
                points=formatLang(self.env, points, digits=1),
                maximum=formatLang(self.env, component["max_points"], digits=1),
            ),
            "percent": round(100 * points / component["max_points"]) if component["max_points"] else 100,
            "reason": self._reason(component),
        }

    def _points_text(self):
        return formatLang(self.env, self.score, digits=1)

    @api.model
    def _component_labels(self):
        return {
            "timeliness": self.env._("Timeliness"),
            "overdue_now": self.env._("Overdue now"),
            "regularity": self.env._("Regularity"),
            "trend": self.env._("Trend"),
            "record": self.env._("Record"),
            "utilisation": self.env._("Use of the limit"),
            "promises": self.env._("Promises"),
            "disputes": self.env._("Disputes"),
            "returns": self.env._("Returned payments"),
            "external": self.env._("External rating"),
        }

    def _level_words(self):
        """What the level says about the customer."""
        return {
            "a": self.env._("Pays reliably"),
            "b": self.env._("Pays well"),
            "c": self.env._("Needs a look"),
            "d": self.env._("Pays slowly"),
            "e": self.env._("At risk"),
            NOT_RATED: self.env._("Not rated yet"),
        }[self.level]

    def _history_days(self):
        """Days since the first payment that counts; an earlier calculation stored its day instead."""
        if "history_days" in self.facts or not self.facts.get("first_paid_on"):
            return self.facts.get("history_days", 0)
        return (self.date - fields.Date.to_date(self.facts["first_paid_on"])).days

    def _certainty_words(self):
        """How far the score can be relied on, and why."""
        record = self.env._(
            "%(invoices)s paid over %(months)s",
            invoices=self._invoices(self.facts.get("paid_count", 0)),
            months=self._months(self._history_days() * 12 // 365),
        )
        return {
            "high": self.env._("High certainty: %(record)s.", record=record),
            "medium": self.env._("Medium certainty: %(record)s.", record=record),
            "low": self.env._("Low certainty: %(record)s, so the average of all customers weighs in.", record=record),
        }[self.certainty]

    @api.model
    def _reason(self, component):
        """The sentence for the reason of ``component``, as stored."""
        sentence = {
            "timeliness": self._timeliness_reason,
            "overdue_now": self._overdue_now_reason,
            "regularity": self._regularity_reason,
            "trend": self._trend_reason,
            "record": self._record_reason,
            "utilisation": self._utilisation_reason,
            "promises": self._promises_reason,
            "disputes": self._disputes_reason,
            "returns": self._returns_reason,
            "external": self._external_reason,
        }[component["code"]]
        return sentence(component["reason_code"], component["facts"])

    @api.model
    def _timeliness_reason(self, reason_code, facts):
        days, invoices = self._days(facts.get("days", 0)), self._invoices(facts.get("count", 0))
        if reason_code == "timeliness_unknown":
            return self.env._("Nothing paid yet: the average of all customers stands in.")
        if reason_code == "nothing_paid":
            return self.env._("Nothing paid yet; overdue by %(days)s on average, weighted by amount.", days=days)
        if reason_code == "pays_late":
            return self.env._(
                "Pays %(days)s after the due date on average (weighted by amount, %(invoices)s).",
                days=days,
                invoices=invoices,
            )
        if reason_code == "pays_early":
            return self.env._(
                "Pays %(days)s before the due date on average (weighted by amount, %(invoices)s).",
                days=days,
                invoices=invoices,
            )
        return self.env._("Pays on the due date on average (weighted by amount, %(invoices)s).", invoices=invoices)

    def _overdue_now_reason(self, reason_code, facts):
        if reason_code == "nothing_open":
            return self.env._("Nothing is open.")
        if reason_code == "nothing_overdue":
            return self.env._("Nothing is overdue.")
        return self.env._(
            "%(amount)s overdue, up to %(days)s: %(share)s%% of what is open.",
            amount=format_amount(self.env, float(facts["amount"]), self.company_id.currency_id),
            days=self._days(facts["days"]),
            share=facts["share"],
        )

    @api.model
    def _regularity_reason(self, reason_code, facts):
        if reason_code == "regularity_unknown":
            return self.env._("No invoice paid in full yet: the average of all customers stands in.")
        return self.env._(
            "%(punctual)s of %(invoices)s paid at most %(days)s late.",
            punctual=facts["punctual"],
            invoices=self._invoices(facts["count"]),
            days=self._days(facts["days"]),
        )

    @api.model
    def _trend_reason(self, reason_code, facts):
        if reason_code == "trend_unknown":
            return self.env._("Too few payments to compare the last six months with the year before.")
        now, before = self._delay(facts["days"]), self._delay(facts["days_before"])
        if reason_code == "trend_better":
            return self.env._(
                "Faster: %(now)s in the last six months, %(before)s in the year before.", now=now, before=before
            )
        if reason_code == "trend_worse":
            return self.env._(
                "Slower: %(now)s in the last six months, %(before)s in the year before.", now=now, before=before
            )
        return self.env._(
            "Steady: %(now)s in the last six months, %(before)s in the year before.", now=now, before=before
        )

    @api.model
    def _record_reason(self, reason_code, facts):
        if reason_code == "record_none":
            return self.env._("No payment yet.")
        return self.env._(
            "%(invoices)s paid in full over %(months)s.",
            invoices=self._invoices(facts["count"]),
            months=self._months(facts["months"]),
        )

    @api.model
    def _utilisation_reason(self, reason_code, facts):
        if reason_code == "no_credit":
            return self.env._("Owes something without any credit.")
        if reason_code == "unused":
            return self.env._("No credit, and nothing owed.")
        return self.env._("Uses %(percent)s%% of the credit limit.", percent=facts["percent"])

    @api.model
    def _promises_reason(self, reason_code, facts):
        if reason_code == "promises_none":
            return self.env._("No promise to pay has come due.")
        if reason_code == "promises_kept":
            return self.env._("All promises kept: %(count)s.", count=facts["count"])
        return self.env._(
            "Promises to pay: %(broken)s broken and %(partly)s kept in part, of %(count)s.",
            broken=facts["broken"],
            partly=facts["partly_kept"],
            count=facts["count"],
        )

    @api.model
    def _disputes_reason(self, reason_code, facts):
        if reason_code == "disputes_none":
            return self.env._("No dispute was found unjustified.")
        return self.env._("Disputes found unjustified: %(count)s.", count=facts["count"])

    @api.model
    def _returns_reason(self, reason_code, facts):
        if reason_code == "returns_none":
            return self.env._("No payment came back.")
        return self.env._("Payments that came back: %(count)s.", count=facts["count"])

    @api.model
    def _external_reason(self, _reason_code, facts):
        return self.env._(
            "Rated %(rating)s of 100, %(days)s ago.", rating=facts["rating"], days=self._days(facts["days"])
        )

    @api.model
    def _delay(self, days):
        """Days beyond terms in words."""
        if days > 0:
            return self.env._("%(days)s late", days=self._days(days))
        if days < 0:
            return self.env._("%(days)s early", days=self._days(-days))
        return self.env._("on time")

    @api.model
    def _days(self, count):
        return self.env._("1 day") if count == 1 else self.env._("%(count)s days", count=count)

    @api.model
    def _months(self, count):
        return self.env._("1 month") if count == 1 else self.env._("%(count)s months", count=count)

    @api.model
    def _invoices(self, count):
        return self.env._("1 invoice") if count == 1 else self.env._("%(count)s invoices", count=count)
