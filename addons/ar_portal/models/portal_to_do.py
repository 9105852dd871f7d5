from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

#: An answer of the company is new for so many days.
NEW_DAYS = 30
#: How much of it the page lists.
SHOWN = 10


class ResPartner(models.Model):
    """What waits for the customer: letters to answer, instalments to accept, and what the company has written."""

    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _ar_portal_to_do(self):
        """What waits for the logged-in user's own customer, in a constant number of statements.

        :return: list of dicts of ``words`` and ``url``
        """
        if not self.env["account.move.line"]._ar_portal_access():
            return []
        letters = self.env["ar.balance.confirmation"]._ar_portal_own().filtered(lambda each: each.state == "sent")
        plans = self.env["ar.payment.plan"]._ar_portal_own().filtered(lambda plan: plan._ar_portal_is_offered())
        found = [
            {
                "words": self.env._("Confirm your balance of %(day)s", day=format_date(self.env, letter.date)),
                "url": letter._page(),
            }
            for letter in letters
        ]
        found += [
            {"words": self.env._("Accept instalments: %(plan)s", plan=plan.display_name), "url": plan._ar_portal_page()}
            for plan in plans
        ]
        return [*found, *self._ar_portal_answers()][:SHOWN]

    @api.model
    def _ar_portal_answers(self):
        """What the company has written lately and the customer's side hasn't answered."""
        own, companies = self.env.user.commercial_partner_id, self.env.companies
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT model, res_id
                  FROM (
                        SELECT DISTINCT ON (document.model, document.res_id)
                               document.model, document.res_id, message.id, author.commercial_partner_id AS said_by
                          FROM (%(documents)s) AS document
                          JOIN mail_message message
                            ON message.model = document.model AND message.res_id = document.res_id
                          JOIN mail_message_subtype subtype
                            ON subtype.id = message.subtype_id AND subtype.internal IS NOT TRUE
                     LEFT JOIN res_partner author ON author.id = message.author_id
                         WHERE message.message_type IN ('comment', 'email', 'email_outgoing')
                           AND message.is_internal IS NOT TRUE
                           AND message.date >= %(since)s
                      ORDER BY document.model, document.res_id, message.id DESC
                       ) AS latest
                 WHERE said_by IS DISTINCT FROM %(own)s
              ORDER BY id DESC
                 LIMIT %(shown)s
                """,
                documents=self._ar_portal_sql_documents(own, companies),
                since=fields.Datetime.now() - timedelta(days=NEW_DAYS),
                own=own.id,
                shown=SHOWN,
            )
        )
        return [self._ar_portal_answer_to(self.env[model].browse(record_id)) for model, record_id in rows]

    @api.model
    def _ar_portal_sql_documents(self, own, companies):
        """Query of the documents of ``own`` about which the company may have written: model and res_id."""
        return SQL(
            """
            SELECT 'account.move' AS model, id AS res_id
              FROM account_move
             WHERE commercial_partner_id = %(own)s AND company_id = ANY(%(companies)s) AND state = 'posted'
               AND move_type IN ('out_invoice', 'out_refund')
               AND (payment_state IN ('not_paid', 'partial') OR invoice_date >= %(recent)s)
         UNION ALL
            SELECT 'ar.dispute', id FROM ar_dispute WHERE partner_id = %(own)s AND company_id = ANY(%(roots)s)
         UNION ALL
            SELECT 'ar.promise', id FROM ar_promise WHERE partner_id = %(own)s AND company_id = ANY(%(roots)s)
         UNION ALL
            SELECT 'ar.payment.plan', id FROM ar_payment_plan
             WHERE partner_id = %(own)s AND company_id = ANY(%(roots)s) AND state != 'draft'
            """,
            own=own.id,
            companies=companies.ids,
            roots=companies.root_id.ids,
            recent=fields.Date.today() - timedelta(days=NEW_DAYS),
        )

    @api.model
    def _ar_portal_answer_to(self, document):
        """The line about one document of the user's own customer."""
        # Found for the own customer by its query; customers have no rights on disputes, promises and plans.
        document = document.sudo()
        url = document.access_url if document._name == "account.move" else document._ar_portal_page()
        return {"words": self.env._("We have written to you: %(document)s", document=document.display_name), "url": url}
