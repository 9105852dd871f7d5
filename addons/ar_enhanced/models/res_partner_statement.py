from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def action_ar_statement(self):
        """Ask for the period of the statements of account of these customers."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_statement"),
            "context": {"default_partner_ids": self.commercial_partner_id.ids},
        }

    def _ar_statements(self, company, first_day, last_day, currency=None):
        """Statements of account of the customers that ``self`` belong to, ready for a page or a sheet.

        A customer with nothing to state in the period has none.  The statements are of the creditor, ``company`` with
        its branches, and complete: whoever may read them here, may read them whole.

        :param currency: only statements in this currency; by default one for each that there is something in
        :return: list of dicts, by customer and currency: the records ``customer``, ``company`` and ``currency``;
            ``lang``, the language of its texts; ``first_day``, ``last_day``; the floats ``opening`` and ``closing``;
            ``movements``, dicts with day, kind, label, number, due, amount and balance; ``items``, dicts with number,
            due, days, is_credit and residual; and ``ageing``, see :meth:`_ar_overview`
        """
        if not self.env.su:
            if not self.env.user.has_group("ar_enhanced.group_ar_user"):
                raise AccessError(self.env._("Statements of account take the rights of a user of receivables."))
            if company.root_id not in self.env.companies.root_id:
                raise AccessError(
                    self.env._("You don't work in %(company)s at the moment.", company=company.sudo().name)
                )
            self.check_access("read")
        if first_day > last_day:
            raise UserError(self.env._("The period begins before it ends."))
        customers = self.commercial_partner_id
        try:
            made = self.env["account.move.line"]._ar_statements(customers, company, first_day, last_day)
        except ValueError as error:
            raise UserError(
                self.env._("The ledger doesn't add up, so no statement is made of it: %(reason)s.", reason=error)
            ) from error
        currencies = self.env["res.currency"].browse({currency_id for _customer_id, currency_id in made})
        return [
            self._ar_statement_values(customer, company.root_id, each, made[customer.id, each.id])
            for customer in customers.sorted(lambda customer: ((customer.name or "").casefold(), customer.id))
            for each in currencies.sorted("name")
            if (customer.id, each.id) in made and (not currency or each == currency)
        ]

    def _ar_statement_values(self, customer, company, currency, made):
        """One statement as :meth:`_ar_statements` gives it."""
        labels = self._ar_movement_labels()
        return {
            "customer": customer,
            "lang": self.env.lang,
            "company": company,
            "currency": currency,
            "first_day": made.first_day,
            "last_day": made.last_day,
            "heading": self.env._(
                "%(first_day)s – %(last_day)s, amounts in %(currency)s",
                first_day=format_date(self.env, made.first_day),
                last_day=format_date(self.env, made.last_day),
                currency=currency.name,
            ),
            "opening": float(made.opening),
            "closing": float(made.closing),
            "movements": [
                {
                    "day": line.movement.day,
                    "kind": line.movement.kind.value,
                    "label": labels[line.movement.kind.value],
                    "number": line.movement.number,
                    "due": line.movement.due,
                    "amount": float(line.movement.amount),
                    "balance": float(line.balance),
                }
                for line in made.lines
            ],
            "items": [
                {
                    "number": item.number,
                    "due": item.due,
                    "days": item.days_overdue(made.last_day) if item.residual > 0 else 0,
                    "is_credit": item.residual < 0,
                    "residual": float(item.residual),
                }
                for item in made.open_items
            ],
            "ageing": self._ar_overview(made.open_items, made.last_day),
        }

    def _ar_movement_labels(self):
        """Names of the movements on a statement by code."""
        return {
            "invoice": self.env._("Invoice"),
            "entry": self.env._("Entry"),
            "credit_note": self.env._("Credit note"),
            "payment": self.env._("Payment"),
            "write_off": self.env._("Discount or difference let go"),
            "exchange": self.env._("Exchange difference"),
            "elsewhere": self.env._("Settled through another account or currency"),
            "paid_out": self.env._("Refund or returned payment"),
        }

    def _ar_statement_recipients(self):
        """To whom the statement of each of these customers goes, and else why to nobody.

        The address for invoices where it has a usable e-mail address, else the customer's own.

        :return: ``{customer: (partner or none, code or False)}``; codes: no_email, bad_email, blacklisted
        """
        customers = self.commercial_partner_id
        billing = self.env["res.partner"].search([("parent_id", "in", customers.ids), ("type", "=", "invoice")])
        of_parent = billing.grouped("parent_id")
        candidates = {customer: [*of_parent.get(customer, ()), customer] for customer in customers}
        everybody = (billing | customers).filtered("email")
        blacklisted = set(
            self.env["mail.blacklist"]
            .sudo()
            .search([("email", "in", list(filter(None, everybody.mapped("email_normalized"))))])
            .mapped("email")
        )
        chosen = {}
        for customer, addresses in candidates.items():
            reasons = []
            for address in addresses:
                if not address.email:
                    reasons.append("no_email")
                elif not address.email_normalized:
                    reasons.append("bad_email")
                elif address.email_normalized in blacklisted:
                    reasons.append("blacklisted")
                else:
                    chosen[customer] = (address, False)
                    break
            else:
                found = [reason for reason in reasons if reason != "no_email"]
                chosen[customer] = (self.env["res.partner"], (found or reasons)[0])
        return chosen
