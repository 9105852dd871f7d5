from odoo import api, models
from odoo.tools import format_amount
from odoo.tools.misc import formatLang


class ArCreditLimit(models.Model):
    _inherit = "ar.credit.limit"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _reason_words(self, reasons, currency):
        """The steps to a suggestion, as stored, in the reader's language: one sentence a line."""
        return "\n".join(self._reason_sentence(reason["code"], reason["facts"], currency) for reason in reasons)

    @api.model
    def _reason_sentence(self, code, facts, currency):
        """The sentence for one reason of the engine; amounts are in ``currency``."""
        words = {
            "amount": self._money_words(facts.get("amount") or facts.get("starter"), currency),
            "cap": self._money_words(facts.get("cap"), currency),
            "level": (facts.get("level") or "").upper(),
            "factor": formatLang(self.env, float(facts.get("factor") or 0)),
            "months": facts.get("months"),
            "invoices": facts.get("invoices"),
        }
        return {
            "not_rated": self.env._("Not rated yet: the starter limit of %(amount)s.", **words),
            "level_gets_nothing": self.env._("Level %(level)s gets no credit.", **words),
            "thin_record": self.env._(
                "Short record (invoices: %(invoices)s, months: %(months)s): %(amount)s, by the starter limit.", **words
            ),
            "no_peak": self.env._("Nothing was owed or invoiced in the last %(months)s months.", **words),
            "peak_balance": self.env._(
                "Owed up to %(amount)s at the end of a month in the last %(months)s months.", **words
            ),
            "peak_invoiced": self.env._("Invoiced up to %(amount)s in one of the last %(months)s months.", **words),
            "factor": self.env._("Level %(level)s allows %(factor)s times as much, rounded up to %(amount)s.", **words),
            "level_cap": self.env._("No more than %(cap)s at this level.", **words),
            "cap": self.env._("No more than %(cap)s for any customer.", **words),
        }[code]

    @api.model
    def _money_words(self, amount, currency):
        return format_amount(self.env, float(amount or 0), currency)
