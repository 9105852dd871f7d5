from odoo import models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang


class ArPaymentPlan(models.Model):
    _inherit = "ar.payment.plan"  # pylint: disable=consider-merging-classes-inherited

    def _reason_sentence(self, reason):
        """The sentence for a reason of the engine: ``{"code": …, "facts": …}``, as it is stored."""
        facts = reason["facts"]

        def money(name):
            return format_amount(self.env, float(facts.get(name) or 0), self.currency_id)

        def day(name):
            return format_date(self.env, facts.get(name) or False)

        words = {
            **{name: facts.get(name) for name in ("count", "most", "days")},
            **{name: money(name) for name in ("amount", "least", "planned", "total")},
            **{name: day(name) for name in ("date", "last")},
            "percent": formatLang(self.env, float(facts.get("percent") or 0), digits=0),
        }
        return {
            "no_instalments": self.env._("There are no instalments: let them be suggested."),
            "not_positive": self.env._("Each instalment is greater than zero."),
            "not_payable": self.env._("An instalment has more decimals than its currency."),
            "sum_differs": self.env._("The instalments add up to %(planned)s, and %(total)s is open.", **words),
            "not_ascending": self.env._("Two instalments are due on the same day."),
            "in_the_past": self.env._("The first instalment is due on %(date)s, which is past.", **words),
            "too_many": self.env._("%(count)s instalments; up to %(most)s are granted.", **words),
            "too_long": self.env._("It lasts until %(last)s; up to %(most)s months are granted.", **words),
            "instalment_too_small": self.env._("An instalment of %(amount)s; they are at least %(least)s.", **words),
            "minimum_unknown": self.env._("There is no currency rate to tell how small an instalment may be."),
            "first_too_small": self.env._(
                "%(amount)s first; at least %(percent)s%% of the total is paid first.", **words
            ),
            "gap_too_long": self.env._(
                "%(days)s days without an instalment; up to %(most)s days are granted.", **words
            ),
            "too_late": self.env._("The instalment of %(date)s was more than %(days)s days late.", **words),
            "too_many_late": self.env._("%(count)s instalments were late at the same time.", **words),
        }[reason["code"]]
