from datetime import timedelta

from odoo import fields, models

READERS = "ar_enhanced.group_ar_user"
#: A mail that comes back later than so many days after it was sent is not put down to a reminder.
BOUNCE_DAYS = 30


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_reminder_policy_id = fields.Many2one(
        "ar.reminder.policy",
        string="Reminder Policy",
        groups=READERS,
        index="btree_not_null",
        ondelete="set null",
        help="Empty: the first policy that fits.",
    )
    ar_reminder_pause_until = fields.Date(
        string="No Reminders until", groups=READERS, help="The last day without reminders, in all companies."
    )

    def _message_receive_bounce(self, email, partner):
        """Show reminders to an address that doesn't exist as failed."""
        result = super()._message_receive_bounce(email, partner)
        # Called by the mail gateway for the contacts with that address.
        returned = (
            self.env["ar.reminder"]
            .sudo()
            .search(
                [
                    ("recipient_id", "in", self.ids),
                    ("channel", "=", "email"),
                    ("state", "=", "sent"),
                    ("sent_day", ">=", fields.Date.context_today(self) - timedelta(BOUNCE_DAYS)),
                ],
            )
        )
        for reminder in returned:
            reminder._fail("bounced")
        returned._ask_about_failures()
        return result
