from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .mail_layout import MAIL_LAYOUT

WEEK = timedelta(7)
#: Customers that are named.
NAMED = 5


class ResCompany(models.Model):
    """The weekly digest of receivables."""

    _inherit = "res.company"  # pylint: disable=consider-merging-classes-inherited

    ar_weekly_digest = fields.Boolean(
        string="Weekly Digest of Receivables",
        help="Credit managers get a mail on Mondays: what is due this week, what broke, what nobody owns.",
    )
    ar_digest = fields.Html(
        compute="_compute_ar_digest", compute_sudo=True, sanitize=False, groups="ar_enhanced.group_ar_manager"
    )

    @api.depends_context("lang")
    def _compute_ar_digest(self):
        for company in self:
            company.ar_digest = self.env["ir.qweb"]._render(
                "ar_enhanced.weekly_digest", {"company": company, **company._ar_digest_facts()}
            )

    def _ar_digest_facts(self):
        """What credit managers should know this week."""
        self.ensure_one()
        company, today = self.root_id, fields.Date.context_today(self)
        since = today - WEEK
        lines = self.env["account.move.line"].sudo()
        lines._ar_flush()
        due = self.env.execute_query(
            SQL(
                """
                SELECT partner.id, SUM(line.amount_residual), COUNT(*)
                  FROM account_move_line line
                  JOIN res_partner contact ON contact.id = line.partner_id
                  JOIN res_partner partner ON partner.id = contact.commercial_partner_id
                 WHERE %s AND line.amount_residual > 0 AND line.date_maturity >= %s AND line.date_maturity < %s
              GROUP BY partner.id
              ORDER BY 2 DESC, 1
                """,
                lines._ar_sql_open_receivable(company),
                today,
                today + WEEK,
            )
        )
        of_company = [("company_id", "=", company.id)]
        # The digest is for credit managers, who may read all of this; it is written by the schedule.
        env = self.env(su=True)
        disputes = env["ar.dispute"].search([*of_company, ("state", "=", "open")])
        tasks = [env.ref(f"ar_enhanced.mail_activity_reminder_{kind}").id for kind in ("call", "letter", "failed")]
        return {
            "due_amount": sum(row[1] for row in due),
            "due_count": sum(row[2] for row in due),
            "due_customers": [(env["res.partner"].browse(row[0]), row[1]) for row in due[:NAMED]],
            "broken": env["ar.promise"].search(
                [*of_company, ("state", "=", "broken"), ("settled_on", ">=", since)], order="amount desc"
            ),
            "failed": env["ar.reminder"].search([*of_company, ("state", "=", "failed"), ("date", ">=", since)]),
            "without_owner": disputes.filtered(lambda dispute: not dispute.user_id.active),
            "unanswered": disputes.filtered(lambda dispute: dispute.deadline and dispute.deadline < today),
            "late_tasks": env["mail.activity"].search_count(
                [
                    ("activity_type_id", "in", tasks),
                    ("user_id.company_ids", "in", company.ids),
                    ("date_deadline", "<", today),
                ]
            ),
        }

    def _ar_digest_readers(self):
        """Credit managers of this company who can be written to."""
        self.ensure_one()
        managers = self.env.ref("ar_enhanced.group_ar_manager").all_user_ids
        return managers.filtered(lambda user: self in user.company_ids and user.active and user.email).partner_id

    @api.model
    def _ar_cron_digest(self):
        """Send the digest to the credit managers of the companies that want it, in each one's language."""
        template = self.env.ref("ar_enhanced.mail_template_weekly_digest")
        companies = self.search([("ar_weekly_digest", "=", True), ("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            for lang, readers in company._ar_digest_readers().grouped("lang").items():
                template.with_context(ar_digest_lang=lang).send_mail(
                    company.id,
                    email_values={"recipient_ids": [fields.Command.set(readers.ids)]},
                    email_layout_xmlid=MAIL_LAYOUT,
                )
            if not self.env["ir.cron"]._commit_progress(1):
                return
