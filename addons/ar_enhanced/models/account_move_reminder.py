from odoo import models

#: So many references are named one by one.
REFERENCES = 4


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _ar_how_to_pay(self, company):
        """The bank account on these invoices, if they agree on one of our own, and what to quote.

        :return: dict with ``bank`` (empty if there is none to name), its ``holder`` and ``references``, one text;
            without references the reader is asked for the numbers of what he pays
        """
        # Wrong bank details cost more than none: the invoices have theirs.
        bank = self.partner_bank_id
        own = len(bank) == 1 and bank.active and bank.partner_id in (self.company_id | company).partner_id
        references = list(dict.fromkeys(move.payment_reference or move.name for move in self))
        return {
            "bank": bank if own else bank.browse(),
            "holder": own and (bank.acc_holder_name or bank.partner_id.name),
            "references": ", ".join(references) if len(references) <= REFERENCES else "",
        }
