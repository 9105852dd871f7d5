from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _ar_portal_account(self, day=None):
        """The account that the logged-in user looks at; it takes no partner, so it can't show another's.

        :param day: the day to judge "overdue" by, default today
        :return: list of dicts by company and currency: what ``_ar_account_overview`` gives, and

            - listed: sum of the open items that the page can list
            - other: what of the balance isn't in the list (payments without invoice, opening entries)
            - overdue_words: how many items are overdue
            - saving: what paying now saves, nothing without discounts; saving_until, saving_left (in words) and
              saving_url with it
            - standing: "owes", "credit" (we owe the customer), "even" (invoices and credits cancel out), "settled"
        """
        lines = self.env["account.move.line"]
        if not lines._ar_portal_access():
            return []
        day = day or self.env.company._ar_today()
        groups = lines._read_group(
            lines._ar_portal_filters(day)["open"]["domain"],
            ["company_id", "currency_id"],
            ["amount_residual_currency:sum"],
        )
        listed = {(company.id, currency.id): amount for company, currency, amount in groups}
        savings = lines._ar_portal_savings(day)
        # A portal user can't read the ledger; these are the figures of the account that he looks at, and of no other.
        partner = self._ar_portal_customer().sudo()
        account = []
        for block in partner._ar_account_overview(companies=self.env.companies, day=day):
            currency = block["currency"]
            saved = savings.get((block["company"].id, block["currency"].id), {})
            in_list = listed.get((block["company"].id, currency.id), 0.0)
            account.append(
                {
                    **block,
                    "listed": currency.round(in_list),
                    "other": currency.round(block["balance"] - in_list),
                    **{name: saved.get(name) for name in ("saving", "saving_until", "saving_left", "saving_url")},
                    "standing": self._ar_portal_standing(block),
                    "overdue_words": self.env._("1 item")
                    if block["overdue_count"] == 1
                    else self.env._("%(count)s items", count=block["overdue_count"]),
                }
            )
        return account

    @api.model
    def _ar_portal_standing(self, block):
        """In one word, where the customer stands in one company and currency."""
        sign = block["currency"].compare_amounts(block["balance"], 0.0)
        if sign:
            return "owes" if sign > 0 else "credit"
        return "even" if block["open_count"] else "settled"
