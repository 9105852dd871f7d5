from odoo import api, fields, models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

from ..engine.collection_priority import DEFAULT_CHANCES, usual_delay


class ArCollectionAccount(models.Model):
    """The reasons of the desk in the reader's words."""

    _inherit = "ar.collection.account"  # pylint: disable=consider-merging-classes-inherited

    why = fields.Char(string="Why Now", compute="_compute_why")
    card = fields.Json(compute="_compute_card")

    @api.depends("facts")
    @api.depends_context("lang")
    def _compute_why(self):
        for account in self:
            sentences = account._reason_sentences()
            account.why = sentences[0] if sentences else False

    @api.depends("facts", "partner_id")
    @api.depends_context("lang", "company")
    def _compute_card(self):
        for account in self:
            partner = account._customer()
            account.card = {
                "reasons": account._reason_sentences(),
                "habit": account._habit_words(),
                "people": account._people(),
                "ageing": partner.ar_ageing or [],
                "ranking": account._ranking(),
                "expected": account._money(account.expected_recovery),
            }

    def _reason_sentences(self):
        """Why this customer stands where it stands, the strongest reason first."""
        self.ensure_one()
        wordings = self._reason_wordings()
        return [wordings[code](facts) for code, facts in (self.facts or {}).get("reasons", ()) if code in wordings]

    def _reason_wordings(self):
        """Functions that put the facts of a reason into words, by its code."""
        env = self.env

        def dated(words):
            return lambda facts: words(self._day_text(facts["day"]))

        def about(words):
            return lambda facts: words(self._money(facts["amount"]))

        return {
            "call_back": dated(lambda day: env._("To be called back on %(date)s, as agreed", date=day)),
            "broken_promise": self._broken_promise_words,
            "broken_plan": self._broken_plan_words,
            "refused": dated(lambda day: env._("Refused to pay on %(date)s", date=day)),
            "wrong_number": dated(lambda day: env._("The number called on %(date)s was wrong", date=day)),
            "message_failed": self._message_failed_words,
            "call_task": dated(lambda day: env._("A reminder asks for a call since %(date)s", date=day)),
            "instalment_late": dated(lambda day: env._("An instalment was due on %(date)s", date=day)),
            "dispute_late": dated(lambda day: env._("A dispute was to be answered by %(date)s", date=day)),
            "promise_late": dated(lambda day: env._("A promise was for %(date)s", date=day)),
            "later_than_usual": self._later_than_usual_words,
            "overdue": self._overdue_words,
            "never_contacted": lambda _facts: env._("Not contacted yet"),
            "usual_delay": self._usual_delay_words,
            "rests": self._rests_words,
            "agreed_contact": dated(lambda day: env._("To be contacted again on %(date)s", date=day)),
            "put_off": dated(lambda day: env._("Put off until %(date)s", date=day)),
            "disputed": about(lambda amount: env._("%(amount)s is disputed", amount=amount)),
            "promised": about(lambda amount: env._("%(amount)s is promised", amount=amount)),
            "planned": about(lambda amount: env._("%(amount)s is in a payment plan", amount=amount)),
            "handed_over": about(lambda amount: env._("%(amount)s is with a collection agency", amount=amount)),
            "no_followup": about(lambda amount: env._("%(amount)s is excluded from follow-up", amount=amount)),
        }

    def _broken_promise_words(self, facts):
        return self.env._(
            "Promise for %(date)s broken: %(amount)s still open",
            date=self._day_text(facts["day"]),
            amount=self._money(facts["amount"]),
        )

    def _broken_plan_words(self, facts):
        return self.env._(
            "Payment plan not kept since %(date)s: %(amount)s still open",
            date=self._day_text(facts["day"]),
            amount=self._money(facts["amount"]),
        )

    def _message_failed_words(self, facts):
        failures = self.env["ar.reminder"]._fields["code"]._description_selection(self.env)
        return self.env._(
            "The reminder of %(date)s didn't arrive: %(reason)s",
            date=self._day_text(facts["day"]),
            reason=dict(failures).get(facts["failure"], ""),
        )

    def _later_than_usual_words(self, facts):
        if facts["usual"] <= 0:
            return self.env._("Usually pays on time; now %(days)s days late", days=facts["days"])
        if facts["usual"] == 1:
            return self.env._("Usually up to 1 day late; now %(days)s", days=facts["days"])
        return self.env._(
            "Usually up to %(usual)s days late; now %(days)s",
            usual=facts["usual"],
            days=facts["days"],
        )

    def _overdue_words(self, facts):
        if facts["count"] == 1 and facts["days"] == 1:
            return self.env._("%(amount)s is 1 day overdue", amount=self._money(facts["amount"]))
        if facts["count"] == 1:
            return self.env._(
                "%(amount)s is %(days)s days overdue", amount=self._money(facts["amount"]), days=facts["days"]
            )
        return self.env._(
            "%(amount)s is overdue on %(count)s items, for up to %(days)s days",
            amount=self._money(facts["amount"]),
            count=facts["count"],
            days=facts["days"],
        )

    def _usual_delay_words(self, facts):
        return self.env._(
            "Usually up to %(usual)s days late; now %(days)s: it may come by itself",
            usual=facts["usual"],
            days=facts["days"],
        )

    def _rests_words(self, facts):
        results = dict(self.env["ar.collection.contact"]._fields["result"]._description_selection(self.env))
        return self.env._(
            "%(result)s on %(date)s", result=results.get(facts["result"], ""), date=self._day_text(facts["day"])
        )

    def _habit_words(self):
        """How the customer pays as a rule, in a sentence."""
        self.ensure_one()
        delays = (self.facts or {}).get("delays") or []
        usual = usual_delay(delays)
        if not delays:
            return self.env._("Has paid no invoice in the last two years")
        if usual is None:
            return self.env._(
                "Has paid %(count)s invoices in the last two years: too few for a habit", count=len(delays)
            )
        if usual <= 0:
            return self.env._("Pays on time, as a rule")
        if len(set(delays)) == 1:
            return self.env._("Pays %(days)s days late, every time", days=usual)
        return self.env._("Pays up to %(days)s days late, as a rule", days=usual)

    def _ranking(self):
        """How the expected recovery comes about, by age, formatted for reading."""
        self.ensure_one()
        ages = list(DEFAULT_CHANCES)
        return [
            {
                "age": self._age_text(first_day, ages[ages.index(first_day) - 1] - 1 if first_day != ages[0] else None),
                "amount": self._money(amount),
                "chance": f"{formatLang(self.env, 100 * float(chance), digits=0)} %",
                "expected": self._money(expected),
            }
            for first_day, amount, chance, expected in (self.facts or {}).get("shares", ())
            if first_day in ages
        ]

    def _age_text(self, first_day, last_day):
        if last_day is None:
            return self.env._("Over %(days)s days", days=first_day - 1)
        return self.env._("%(first)s–%(last)s days", first=first_day, last=last_day)

    def _people(self):
        """Whom to call or write to: the address for invoices and other contacts first, then the customer itself."""
        self.ensure_one()
        customer = self.partner_id
        people = customer.child_ids.filtered(lambda person: person.active and (person.phone or person.email))
        people = people.sorted(lambda person: (person.type != "invoice", person.id))
        return [
            {
                "name": person.name or customer.name,
                "function": person.function or (person.type == "invoice" and self.env._("Invoices")) or "",
                "phone": person.phone or "",
                "email": person.email or "",
            }
            for person in [*people[:5], customer]
            if person.phone or person.email
        ]

    def _money(self, amount):
        return format_amount(self.env, float(amount), self.currency_id)

    def _day_text(self, day):
        return format_date(self.env, day)
