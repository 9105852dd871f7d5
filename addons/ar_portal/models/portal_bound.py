"""How much one customer may send in a day."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: Messages and announcements of one customer in 24 hours, its colleagues' together: more than anybody needs, and few
#: enough to be read.
MOST_A_DAY = 100
#: Where customers write.
WRITTEN_ABOUT = ("account.move", "ar.dispute", "ar.promise", "ar.payment.plan")


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    def _ar_portal_check_bound(self, more=1):
        """Take no more than so many messages and announcements of one customer in 24 hours.

        Each of them is mailed to somebody and waits for an answer. A dispute, a promise and a plan are messages too.

        :param more: how many are about to be sent
        :raises UserError: in the customer's words
        """
        customer = self.commercial_partner_id.sudo()  # what a customer has sent isn't all for himself to read
        since = Domain("create_date", ">=", fields.Datetime.now() - timedelta(days=1))
        # Odoo lets visitors choose a message's kind. Elsewhere than on invoices, it notes by itself who made what.
        kinds = Domain("message_type", "in", ("comment", "email"))
        written = kinds | (Domain("message_type", "=", "notification") & Domain("model", "=", "account.move"))
        said = written & Domain("model", "in", WRITTEN_ABOUT)
        by_customer = Domain("author_id.commercial_partner_id", "=", customer.id)
        sent = customer.env["mail.message"].search_count(since & said & by_customer, limit=MOST_A_DAY + 1)
        announced = Domain("partner_id", "=", customer.id) & Domain("contact_id", "!=", False)
        sent += customer.env["ar.payment.notice"].search_count(since & announced, limit=MOST_A_DAY + 1)
        if sent + more > MOST_A_DAY:
            raise UserError(
                self.env._(
                    "%(most)s messages of yours have reached us in the last 24 hours; nothing more was sent. We answer "
                    "what is there. If it is urgent, please call us.",
                    most=MOST_A_DAY,
                )
            )
