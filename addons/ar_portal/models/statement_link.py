"""Signed links to one statement of account, for who has no login."""

import re
import secrets
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import consteq, format_date
from odoo.tools.misc import hmac

from .res_partner_accounts import LARGEST_ID

SCOPE = "ar_portal.statement_link"
# Customer, company, currency (0: each), first day, last day, day until which the link is valid; then the signature.
TOKEN = re.compile(r"(\d{1,10})-(\d{1,10})-(\d{1,10})-(\d{8})-(\d{8})-(\d{8})\.([0-9a-f]{64})", re.ASCII)


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    # Another one makes all links that were given away worthless.
    ar_link_nonce = fields.Char(copy=False, groups="base.group_system")

    def _ar_statement_link(self, company, first_day, last_day, currency, valid_until):
        """The address at which this customer's statement can be read without a login.

        :param currency: a currency, or nothing for each
        """
        self.ensure_one()
        self._ar_check_linker()
        if not valid_until:
            raise UserError(self.env._("Say until when the link is valid."))
        self._ar_statements(company, first_day, last_day)  # who may not read the statement gives no link to it away
        # Any clerk makes links, whether or not he may edit contacts; his right to was checked.
        customer = self.sudo()
        if not customer.ar_link_nonce:
            customer.ar_link_nonce = secrets.token_hex(16)
        facts = "-".join(
            [
                f"{customer.id}-{company.id}-{currency.id or 0}",
                *(f"{day:%Y%m%d}" for day in (first_day, last_day, valid_until)),
            ]
        )
        customer._message_log(
            body=self.env._(
                "%(user)s made a link to the statement of account from %(first)s until %(last)s. It is valid until "
                "%(until)s.",
                user=self.env.user.name,
                first=format_date(self.env, first_day),
                last=format_date(self.env, last_day),
                until=format_date(self.env, valid_until),
            ),
            author_id=self.env.user.partner_id.id,
        )
        return f"{customer.get_base_url()}/receivables/statement/{facts}.{customer._ar_link_signature(facts)}"

    def _ar_withdraw_statement_links(self):
        """Make all links to statements of these customers invalid."""
        self._ar_check_linker()
        # As in `_ar_statement_link`.
        for customer in self.sudo():
            customer.ar_link_nonce = secrets.token_hex(16)
            customer._message_log(
                body=self.env._("%(user)s withdrew all links to statements of account.", user=self.env.user.name),
                author_id=self.env.user.partner_id.id,
            )

    def _ar_check_linker(self):
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Links to statements of account take the rights of a receivables clerk."))
        self.check_access("read")

    def _ar_link_signature(self, facts):
        self.ensure_one()
        # The database's secret is for no user to read; what leaves here is a signature.
        return hmac(self.env(su=True), SCOPE, (facts, self.sudo().ar_link_nonce))

    @api.model
    def _ar_of_statement_link(self, token):
        """What a link leads to.

        It comes from anybody: nothing is told of it but "expired", and that only to who has a link that was ours.

        :return: dict of ``problem`` ("expired", "invalid" or nothing) and, without one, the records customer (with
            raised rights), company and currency (empty: each), first_day and last_day
        """
        found = TOKEN.fullmatch(token or "")
        if not found:
            return {"problem": "invalid"}
        *texts, signature = found.groups()
        ids, days = [int(text) for text in texts[:3]], [_day(text) for text in texts[3:]]
        if max(ids) > LARGEST_ID or None in days:
            return {"problem": "invalid"}
        # Nobody is logged in: who has the right signature may see what was signed.
        customer = self.sudo().browse(ids[0]).exists()
        facts = token.rpartition(".")[0]
        if not customer.ar_link_nonce or not consteq(customer._ar_link_signature(facts), signature):
            return {"problem": "invalid"}
        company = self.env["res.company"].sudo().browse(ids[1]).exists()
        currency = self.env["res.currency"].sudo().browse(ids[2] or [])
        # A customer that became part of another one would show that one's statement.
        if not company or customer.commercial_partner_id != customer:
            return {"problem": "invalid"}
        first_day, last_day, valid_until = days
        if company._ar_today() > valid_until:
            return {"problem": "expired"}
        return {
            "problem": "",
            "customer": customer,
            "company": company,
            "currency": currency,
            "first_day": first_day,
            "last_day": last_day,
        }


def _day(text):
    """The day that eight digits name, None if they name none."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
