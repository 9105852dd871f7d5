from odoo import api, fields, models
from odoo.tools import SQL


class ArCreditAccount(models.Model):
    """One row per customer and company that everything which uses up its credit line must change.

    Odoo's transactions see the database as it was when they began.  Waiting for a lock wouldn't show the
    second one what the first has posted; changing the same row does make PostgreSQL refuse it, and Odoo
    runs it again on the new facts.
    """

    _name = "ar.credit.account"
    _description = "Turns on a Customer's Credit"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade", index=True)
    turn = fields.Integer(required=True, default=0)

    _customer_uniq = models.UniqueIndex("(partner_id, company_id)")

    @api.model
    def _take_turn(self, company, customer_ids):
        """Make every other transaction on the credit of these customers wait for this one, and begin anew.

        The rows are changed in the order of their customers, so that two transactions never wait for each other.
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ar_credit_account (partner_id, company_id, turn)
                     SELECT customer_id, %(company)s, 1
                       FROM unnest(%(customers)s) AS customer_id
                   ORDER BY customer_id
                ON CONFLICT (partner_id, company_id)
                  DO UPDATE SET turn = (ar_credit_account.turn + 1) %% 1000000
                """,
                company=company.id,
                customers=sorted(customer_ids),
            )
        )
