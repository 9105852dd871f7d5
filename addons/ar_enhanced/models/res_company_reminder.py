from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_reminders_automatic = fields.Selection(
        [("prepare", "Prepared every day, sent by hand"), ("send", "Prepared and sent every day")],
        string="Reminders",
        help="Empty: prepared and sent by hand.",
    )
    ar_reminder_fresh_days = fields.Integer(
        string="Newest Bank Data for Reminders",
        default=7,
        help="No reminders while the last bank transaction is older than so many days; 0 turns the check off.",
    )
    ar_reminders_per_hour = fields.Integer(
        string="Reminders per Hour", default=500, help="At most so many e-mails and SMS are sent in an hour; 0: all."
    )
    ar_reminder_user_id = fields.Many2one(
        "res.users",
        string="In Charge of Reminders",
        domain="[('share', '=', False)]",
        help="Gets calls to make, letters to post and reminders that failed. Empty: who prepared them.",
    )

    _ar_reminder_numbers_positive = models.Constraint(
        "CHECK(ar_reminder_fresh_days >= 0 AND ar_reminders_per_hour >= 0)",
        "The numbers of the reminder settings are zero or more.",
    )

    def _ar_mail_address(self, lang):
        """The lines of the company's address for the foot of a mail, in the language of its reader."""
        self.ensure_one()
        text = self.partner_id.with_context(lang=lang)._display_address(without_company=True)
        lines = (", ".join(part.strip() for part in line.split(",") if part.strip()) for line in text.split("\n"))
        return [line for line in lines if line]
