from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date


class ArContractDeviation(models.Model):
    """Invoices whose terms differ from what was agreed, as they are now: computed, never stored.

    A posted invoice is compared with the contract that was valid on its date.  The last due date is that of the
    journal items, so a date that was changed later is seen as well.
    """

    _name = "ar.contract.deviation"
    _description = "Invoice with Other Terms than Agreed"
    _auto = False
    _order = "invoice_date desc, id desc"
    _rec_name = "move_id"
    _depends = {
        "account.move": ["invoice_date", "invoice_payment_term_id", "currency_id", "state", "payment_state"],
        "account.move.line": ["date_maturity"],
        "account.payment.term": ["early_discount", "discount_percentage"],
        "account.payment.term.line": ["delay_type", "nb_days", "days_next_month"],
        "ar.contract.acceptance": ["move_id", "differences"],
        "ar.contract.terms": [
            "partner_id",
            "company_id",
            "payment_term_id",
            "credit_days",
            "currency_id",
            "agrees_discount",
            "discount_percent",
            "date_from",
            "date_until",
            "active",
        ],
        "res.partner": ["commercial_partner_id"],
    }

    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    terms_id = fields.Many2one("ar.contract.terms", string="Contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    invoice_date = fields.Date(readonly=True)
    amount = fields.Monetary(string="Total", readonly=True)
    residual = fields.Monetary(string="Amount Due", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    differences = fields.Char(string="Kinds", readonly=True)
    facts = fields.Json(readonly=True)
    text = fields.Text(string="What differs", compute="_compute_text")
    due_on = fields.Date(string="Due", readonly=True)
    days_longer = fields.Integer(string="Days Longer than Agreed", readonly=True, aggregator="max")
    is_unpaid = fields.Boolean(string="Unpaid", readonly=True)
    is_accepted = fields.Boolean(string="Accepted", readonly=True)
    acceptance_reason = fields.Text(readonly=True)

    @property
    def _table_query(self):
        return self._sql_deviations(SQL("move.state = 'posted'"))

    @api.depends("facts", "differences")
    @api.depends_context("lang")
    def _compute_text(self):
        for deviation in self:
            deviation.text = "\n".join(self._sentences(deviation.differences, deviation.facts))

    @api.model
    def _sql_deviations(self, moves):
        """Statement of the customer invoices that meet the condition ``moves`` and differ from their contract."""
        return SQL(
            """
            SELECT compared.move_id AS id, compared.*, acceptance.id IS NOT NULL AS is_accepted,
                   acceptance.reason AS acceptance_reason
              FROM (
                SELECT invoice.*,
                       GREATEST(invoice.due_on - invoice.agreed_due, 0) AS days_longer,
                       concat_ws(
                           ',',
                           CASE WHEN invoice.term_differs THEN 'payment_term' END,
                           CASE WHEN invoice.due_on > invoice.agreed_due THEN 'due_date' END,
                           CASE WHEN invoice.currency_differs THEN 'currency' END,
                           CASE WHEN invoice.discount_differs THEN 'discount' END
                       ) AS differences,
                       jsonb_build_object(
                           'due', invoice.due_on, 'agreed_due', invoice.agreed_due,
                           'term', invoice.term_id, 'agreed_term', invoice.agreed_term_id,
                           'currency', invoice.currency_name, 'agreed_currency', invoice.agreed_currency_name,
                           'discount', invoice.discount, 'agreed_discount', invoice.agreed_discount
                       ) AS facts
                  FROM (%(invoices)s) AS invoice
              ) AS compared
         LEFT JOIN ar_contract_acceptance acceptance ON acceptance.move_id = compared.move_id
                                                    AND acceptance.differences = compared.differences
                                                    AND acceptance.facts = compared.facts
             WHERE compared.differences != ''
            """,
            invoices=self._sql_compared(moves),
        )

    @api.model
    def _sql_compared(self, moves):
        """Statement of the invoices beside what was agreed about them."""
        return SQL(
            """
            SELECT move.id AS move_id,
                   terms.id AS terms_id,
                   terms.partner_id,
                   terms.company_id,
                   COALESCE(move.invoice_date, CURRENT_DATE) AS invoice_date,
                   move.amount_total AS amount,
                   move.amount_residual AS residual,
                   move.currency_id,
                   move.payment_state IN ('not_paid', 'partial') AS is_unpaid,
                   COALESCE(line.due_on, move.invoice_date_due) AS due_on,
                   CASE WHEN terms.credit_days > 0
                        THEN COALESCE(move.invoice_date, CURRENT_DATE) + terms.credit_days
                        ELSE agreed.due_on
                   END AS agreed_due,
                   move.invoice_payment_term_id AS term_id,
                   terms.payment_term_id AS agreed_term_id,
                   terms.payment_term_id IS NOT NULL
                   AND terms.payment_term_id IS DISTINCT FROM move.invoice_payment_term_id AS term_differs,
                   currency.name AS currency_name,
                   agreed_currency.name AS agreed_currency_name,
                   terms.currency_id != move.currency_id AS currency_differs,
                   COALESCE(used.discount_percentage, 0) AS discount,
                   terms.discount_percent AS agreed_discount,
                   terms.agrees_discount
                   AND ROUND(COALESCE(used.discount_percentage, 0)::numeric, 4)
                       != ROUND(terms.discount_percent::numeric, 4) AS discount_differs
              FROM ar_contract_terms terms
              JOIN res_company company ON split_part(company.parent_path, '/', 1)::int = terms.company_id
              JOIN res_partner customer ON customer.commercial_partner_id = terms.partner_id
              JOIN account_move move ON move.partner_id = customer.id AND move.company_id = company.id
              JOIN res_currency currency ON currency.id = move.currency_id
         LEFT JOIN res_currency agreed_currency ON agreed_currency.id = terms.currency_id
         LEFT JOIN account_payment_term used ON used.id = move.invoice_payment_term_id AND used.early_discount
         LEFT JOIN LATERAL (
                   SELECT MAX(item.date_maturity) AS due_on
                     FROM account_move_line item
                    WHERE item.move_id = move.id AND item.display_type = 'payment_term'
                   ) AS line ON TRUE
         LEFT JOIN LATERAL (%(agreed)s) AS agreed ON TRUE
             WHERE move.move_type = 'out_invoice'
               AND terms.active
               AND COALESCE(move.invoice_date, CURRENT_DATE) >= terms.date_from
               AND (terms.date_until IS NULL OR COALESCE(move.invoice_date, CURRENT_DATE) <= terms.date_until)
               AND %(moves)s
            """,
            moves=moves,
            agreed=self._sql_agreed_due(),
        )

    @api.model
    def _sql_agreed_due(self):
        """The last due date by the agreed payment terms, as Odoo's ``_get_due_date`` finds it."""
        return SQL(
            """
            SELECT MAX(
                       CASE part.delay_type
                       WHEN 'days_after_end_of_month' THEN month.last_day + part.nb_days
                       WHEN 'days_after_end_of_next_month' THEN month.next_last_day + part.nb_days
                       WHEN 'days_end_of_month_on_the' THEN
                           CASE WHEN month.day_of_next = 0 THEN month.last_day_after
                                ELSE LEAST(
                                         month.next_first_after + month.day_of_next - 1,
                                         (month.next_first_after + INTERVAL '1 month - 1 day')::date
                                     )
                           END
                       ELSE month.invoiced_on + part.nb_days
                       END
                   ) AS due_on
              FROM account_payment_term_line part
        CROSS JOIN LATERAL (
                   SELECT invoiced_on,
                          (date_trunc('month', invoiced_on) + INTERVAL '1 month - 1 day')::date AS last_day,
                          (date_trunc('month', invoiced_on) + INTERVAL '2 month - 1 day')::date AS next_last_day,
                          (date_trunc('month', invoiced_on + part.nb_days) + INTERVAL '1 month - 1 day')::date
                              AS last_day_after,
                          (date_trunc('month', invoiced_on + part.nb_days) + INTERVAL '1 month')::date
                              AS next_first_after,
                          CASE WHEN part.days_next_month ~ '^[0-9]+$' THEN part.days_next_month::int ELSE 1 END
                              AS day_of_next
                     FROM (SELECT COALESCE(move.invoice_date, CURRENT_DATE) AS invoiced_on) AS invoiced
                   ) AS month
             WHERE part.payment_id = terms.payment_term_id
            """
        )

    @api.model
    def _of_moves(self, moves):
        """Rows of these invoices, drafts included: ``{move id: (terms id, differences, facts, is accepted)}``."""
        for model, names in self._depends.items():
            self.env[model].flush_model(names)
        rows = self.env.execute_query(
            SQL(
                "SELECT id, terms_id, differences, facts, is_accepted FROM (%s) AS deviation",
                self._sql_deviations(SQL("move.id = ANY(%s)", moves.ids)),
            )
        )
        return {move_id: tuple(values) for move_id, *values in rows}

    @api.model
    def _sentences(self, differences, facts):
        """What differs, a sentence each, in the reader's language."""
        words = {
            "payment_term": self._payment_term_words,
            "due_date": self._due_date_words,
            "currency": self._currency_words,
            "discount": self._discount_words,
        }
        return [words[difference](facts) for difference in (differences or "").split(",") if difference]

    @api.model
    def _payment_term_words(self, facts):
        # Names of payment terms are no secret; those of another company may be out of the reader's reach.
        terms = self.env["account.payment.term"].sudo()
        return self.env._(
            "Payment terms: %(used)s instead of %(agreed)s.",
            used=terms.browse(facts["term"]).name or self.env._("none"),
            agreed=terms.browse(facts["agreed_term"]).name,
        )

    @api.model
    def _due_date_words(self, facts):
        return self.env._(
            "Due on %(due)s, %(days)s days later than agreed (%(agreed)s).",
            due=format_date(self.env, facts["due"]),
            days=(fields.Date.to_date(facts["due"]) - fields.Date.to_date(facts["agreed_due"])).days,
            agreed=format_date(self.env, facts["agreed_due"]),
        )

    @api.model
    def _currency_words(self, facts):
        return self.env._(
            "Currency: %(used)s instead of %(agreed)s.", used=facts["currency"], agreed=facts["agreed_currency"]
        )

    @api.model
    def _discount_words(self, facts):
        return self.env._(
            "Early-payment discount: %(used)s %% instead of %(agreed)s %%.",
            used=f"{facts['discount']:g}",
            agreed=f"{facts['agreed_discount']:g}",
        )

    def action_open_invoice(self):
        """Open the invoice."""
        self.ensure_one()
        return self.move_id.get_formview_action()

    def action_accept(self):
        """Ask why the terms of these invoices may differ."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_contract_accept"),
            "context": {"default_move_ids": self.move_id.ids},
        }

    def _accept(self, reason):
        """Accept these differences, as they are now: others on the same invoice raise a new alarm."""
        acceptances = self.env["ar.contract.acceptance"]
        if not acceptances.has_access("create"):
            raise UserError(self.env._("Accepting other terms takes the rights of a credit manager."))
        acceptances.create(
            [
                {
                    "move_id": deviation.move_id.id,
                    "differences": deviation.differences,
                    "facts": deviation.facts,
                    "reason": reason,
                }
                for deviation in self
                if not deviation.is_accepted
            ]
        )


class ArContractAcceptance(models.Model):
    """Why an invoice may have other terms than agreed."""

    _name = "ar.contract.acceptance"
    _description = "Accepted Difference from Contract Terms"
    _order = "id desc"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, index=True, ondelete="cascade")
    differences = fields.Char(required=True)
    facts = fields.Json(required=True)
    reason = fields.Text(required=True)
    user_id = fields.Many2one("res.users", string="Accepted by", required=True, default=lambda self: self.env.user)
    date = fields.Date(required=True, default=fields.Date.context_today)

    @api.model_create_multi
    def create(self, vals_list):
        """Record who accepts, and when: neither is for the caller to say."""
        if not self.env.su:
            today = fields.Date.context_today(self)
            vals_list = [{**vals, "user_id": self.env.uid, "date": today} for vals in vals_list]
        return super().create(vals_list)
