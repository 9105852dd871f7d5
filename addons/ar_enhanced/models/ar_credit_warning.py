from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_amount, format_date

KINDS = [
    ("score_drop", "Score dropped"),
    ("slower", "Pays later"),
    ("utilisation", "Little or no limit left"),
    ("first_overdue", "First overdue ever"),
    ("broken_promise", "Broken promise"),
    ("returned", "Payment returned"),
    ("limit_expiring", "Limit expires soon"),
]


class ArCreditWarning(models.Model):
    """What has changed about a customer so that somebody should look before money is lost.

    Found every night, one per customer and kind, gone when its reason is.  A dismissed one comes back when
    the facts in its fingerprint change.
    """

    _name = "ar.credit.warning"
    _description = "Early Warning"
    _order = "amount desc, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(KINDS, string="Warning", required=True, readonly=True)
    facts = fields.Json(readonly=True)
    fingerprint = fields.Char(required=True, readonly=True)
    text = fields.Text(string="Why", compute="_compute_text")
    # Not added up: a customer with two warnings owes its money once.
    amount = fields.Monetary(string="At Stake", readonly=True, aggregator=None, help="What the customer owes.")
    found_on = fields.Date(string="Since", required=True, readonly=True)
    state = fields.Selection(
        [("open", "To look at"), ("dismissed", "Dismissed")], required=True, readonly=True, default="open"
    )
    dismissed_by_id = fields.Many2one("res.users", string="Dismissed by", readonly=True)
    dismissed_on = fields.Date(readonly=True)
    reason = fields.Text(string="Reason for Dismissal", readonly=True)

    _once = models.UniqueIndex("(partner_id, company_id, kind)", "A customer has one warning of each kind.")
    _open_idx = models.Index("(company_id, state, amount)")

    @api.depends("kind", "facts")
    @api.depends_context("lang")
    def _compute_text(self):
        wordings = {
            "score_drop": self._score_drop_words,
            "slower": self._slower_words,
            "utilisation": self._utilisation_words,
            "first_overdue": self._first_overdue_words,
            "broken_promise": self._broken_promise_words,
            "returned": self._returned_words,
            "limit_expiring": self._limit_expiring_words,
        }
        for warning in self:
            warning.text = wordings[warning.kind](warning.facts)

    def action_dismiss(self):
        """Ask why these warnings need nobody."""
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_warning_dismiss"),
            "context": {"default_warning_ids": self.ids},
        }

    def action_reopen(self):
        """Put dismissed warnings back on the list."""
        self._check_clerk()
        # The right was checked; nobody writes warnings but through the methods here.
        self.sudo().write({"state": "open", "dismissed_by_id": False, "dismissed_on": False, "reason": False})
        return True

    def action_open_file(self):
        """Open the customer's credit file."""
        self.ensure_one()
        return self.partner_id.action_ar_credit_file()

    def action_open_customer(self):
        """Open the customer."""
        self.ensure_one()
        return self.partner_id.get_formview_action()

    def _dismiss(self, reason):
        """Take these warnings off the list, until their facts change."""
        self._check_clerk()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why this warning needs nobody."))
        # The right was checked; nobody writes warnings but through the methods here.
        self.sudo().write(
            {
                "state": "dismissed",
                "dismissed_by_id": self.env.uid,
                "dismissed_on": fields.Date.context_today(self),
                "reason": reason,
            }
        )

    def _check_clerk(self):
        self.check_access("read")
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Dismissing a warning takes the rights of a receivables clerk."))

    @api.model
    def _cron_refresh(self):
        """Find the warnings of all companies, a company per transaction."""
        companies = self.env["res.company"].search([("parent_id", "=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._refresh(company)
            if not self.env["ir.cron"]._commit_progress(1):
                return

    @api.model
    def _refresh(self, company, day=None):
        """Find the warnings of ``company`` in one statement; those whose reason is gone go."""
        day = day or fields.Date.context_today(self)
        warnings = self.sudo()
        lines = warnings.env["account.move.line"]
        lines._ar_flush()
        warnings.env.flush_all()
        warnings.env.execute_query(
            SQL(
                """
                WITH found AS (
                    SELECT DISTINCT ON (partner_id, kind) partner_id, kind, facts, fingerprint
                      FROM (%(sources)s) AS sources
                  ORDER BY partner_id, kind, fingerprint
                ), owed AS (
                    SELECT customer.commercial_partner_id AS partner_id, SUM(line.amount_residual) AS amount
                      FROM account_move_line line
                      JOIN account_account account ON account.id = line.account_id
                      JOIN res_partner customer ON customer.id = line.partner_id
                     WHERE line.reconciled IS NOT TRUE AND line.parent_state = 'posted' AND %(receivable)s
                       AND line.company_id = ANY(%(branches)s)
                  GROUP BY 1
                ), gone AS (
                    DELETE FROM ar_credit_warning warning
                          WHERE warning.company_id = %(company)s
                            AND NOT EXISTS (
                                SELECT FROM found
                                 WHERE found.partner_id = warning.partner_id AND found.kind = warning.kind
                            )
                )
                INSERT INTO ar_credit_warning AS warning
                            (partner_id, company_id, kind, facts, fingerprint, amount, found_on, state,
                             create_uid, create_date, write_uid, write_date)
                     SELECT found.partner_id, %(company)s, found.kind, found.facts, found.fingerprint,
                            GREATEST(COALESCE(owed.amount, 0), 0), %(day)s, 'open',
                            %(user)s, NOW() AT TIME ZONE 'UTC', %(user)s, NOW() AT TIME ZONE 'UTC'
                       FROM found
                  LEFT JOIN owed ON owed.partner_id = found.partner_id
                ON CONFLICT (partner_id, company_id, kind) DO UPDATE
                        SET facts = EXCLUDED.facts,
                            amount = EXCLUDED.amount,
                            fingerprint = EXCLUDED.fingerprint,
                            write_date = EXCLUDED.write_date,
                            found_on = CASE WHEN warning.fingerprint = EXCLUDED.fingerprint
                                            THEN warning.found_on ELSE EXCLUDED.found_on END,
                            state = CASE WHEN warning.fingerprint = EXCLUDED.fingerprint
                                         THEN warning.state ELSE 'open' END,
                            dismissed_by_id = CASE WHEN warning.fingerprint = EXCLUDED.fingerprint
                                                   THEN warning.dismissed_by_id END,
                            dismissed_on = CASE WHEN warning.fingerprint = EXCLUDED.fingerprint
                                                THEN warning.dismissed_on END,
                            reason = CASE WHEN warning.fingerprint = EXCLUDED.fingerprint THEN warning.reason END
                  RETURNING id
                """,
                sources=SQL(" UNION ALL ").join(warnings._sql_sources(company, day)),
                receivable=lines._ar_sql_trade_receivable(),
                branches=lines._ar_branches(company).ids,
                company=company.id,
                day=day,
                user=self.env.uid,
            )
        )
        self.env.invalidate_all(flush=False)

    @api.model
    def _score_drop_words(self, facts):
        levels = dict(self.env["ar.credit.score"]._fields["level"]._description_selection(self.env))
        if facts["level"] != facts["level_before"]:
            return self.env._(
                "Level down from %(before)s to %(now)s in %(days)s days (score %(score_before)s to %(score)s).",
                before=levels[facts["level_before"]],
                now=levels[facts["level"]],
                days=facts["days"],
                score_before=round(facts["score_before"]),
                score=round(facts["score"]),
            )
        return self.env._(
            "Score down from %(score_before)s to %(score)s in %(days)s days.",
            days=facts["days"],
            score_before=round(facts["score_before"]),
            score=round(facts["score"]),
        )

    @api.model
    def _slower_words(self, facts):
        return self.env._(
            "Pays %(days)s days slower: %(recent)s days beyond terms in the last months, %(earlier)s before.",
            days=facts["recent"] - facts["earlier"],
            recent=facts["recent"],
            earlier=facts["earlier"],
        )

    @api.model
    def _utilisation_words(self, facts):
        return self.env._("Uses %(percent)s %% of the credit limit.", percent=facts["percent"])

    @api.model
    def _first_overdue_words(self, facts):
        return self.env._(
            "Overdue for the first time, after %(count)s items that were all paid in time: %(number)s, %(days)s days.",
            count=facts["paid"],
            number=facts["number"],
            days=facts["days"],
        )

    @api.model
    def _broken_promise_words(self, facts):
        if facts.get("plan"):
            return self.env._(
                "The payment plan over %(amount)s failed on %(date)s; %(received)s came.",
                amount=self._amount_text(facts["amount"], facts["currency"]),
                date=format_date(self.env, facts["date"]),
                received=self._amount_text(facts["received"], facts["currency"]),
            )
        if not facts["received"]:
            return self.env._(
                "Promised %(amount)s for %(date)s, and nothing came.",
                amount=self._amount_text(facts["amount"], facts["currency"]),
                date=format_date(self.env, facts["date"]),
            )
        return self.env._(
            "Promised %(amount)s for %(date)s, and %(received)s came.",
            amount=self._amount_text(facts["amount"], facts["currency"]),
            date=format_date(self.env, facts["date"]),
            received=self._amount_text(facts["received"], facts["currency"]),
        )

    @api.model
    def _returned_words(self, facts):
        return (
            self.env._("A payment came back in the last %(days)s days.", days=facts["days"])
            if facts["count"] == 1
            else self.env._(
                "%(count)s payments came back in the last %(days)s days.", count=facts["count"], days=facts["days"]
            )
        )

    @api.model
    def _limit_expiring_words(self, facts):
        return self.env._("The credit limit ends on %(date)s.", date=format_date(self.env, facts["date"]))

    @api.model
    def _amount_text(self, amount, currency_id):
        return format_amount(self.env, amount, self.env["res.currency"].browse(currency_id))
