from odoo import api, fields, models
from odoo.tools import SQL, format_list
from odoo.tools.misc import split_every

#: Days after its decision for which an agreement is judged anew: payments are matched late, and some come back.
JUDGED_FOR_DAYS = 90


class ArPaymentAgreement(models.AbstractModel):
    """What a customer agreed to pay on items of the ledger, and what the ledger says became of it.

    An item stands in one open agreement at most, a promise to pay or a payment plan, so that no payment keeps two.
    """

    _name = "ar.payment.agreement"
    _description = "Agreement to Pay"

    # -- judging ----------------------------------------------------------------------------------

    @api.model
    def _to_judge_domain(self, day):
        """Domain of the agreements that payments may still change."""
        raise NotImplementedError

    def _judge(self, day):
        """Set what payments say about these agreements as of ``day``."""
        raise NotImplementedError

    @api.model
    def _cron_judge(self, chunk_size=1000):
        """Judge all agreements that payments may still change, a chunk per transaction."""
        day = fields.Date.context_today(self)
        agreements = self.search(self._to_judge_domain(day))
        self.env["ir.cron"]._commit_progress(remaining=len(agreements))
        for chunk in split_every(chunk_size, agreements.ids):
            self.browse(chunk)._judge(day)
            if not self.env["ir.cron"]._commit_progress(len(chunk)):
                return

    @api.model
    def _last_day_judged(self, day):
        """The oldest decision that is looked at again on ``day``."""
        return fields.Date.subtract(day, days=JUDGED_FOR_DAYS)

    # -- the ledger -------------------------------------------------------------------------------

    @api.model
    def _sql_settlements(self):
        """Query of what settled the lines of the table ``item``, which has an agreement_id and the id of a line.

        :return: SQL of a query with a row per settlement: agreement_id, max_date (its day), amount in the currency of
            the item, is_payment (neither a credit note nor a write-off nor the entry of an exchange difference), and
            is_given_up, a write-off
        """
        return SQL(
            """
            SELECT item.agreement_id,
                   %(settled_on)s AS max_date,
                   part.debit_amount_currency AS amount,
                   settling.move_type NOT IN ('out_refund', 'out_invoice')
                   AND settling_line.ar_write_off_line_id IS NULL
                   AND NOT EXISTS (
                       SELECT FROM account_partial_reconcile exchange WHERE exchange.exchange_move_id = settling.id
                   ) AS is_payment,
                   settling_line.ar_write_off_line_id IS NOT NULL AS is_given_up
              FROM item
              JOIN account_partial_reconcile part ON part.debit_move_id = item.id
              JOIN account_move_line settling_line ON settling_line.id = part.credit_move_id
              JOIN account_move settling ON settling.id = settling_line.move_id
         LEFT JOIN account_payment payment ON payment.id = settling.origin_payment_id
            """,
            settled_on=self.env["account.move.line"]._ar_sql_settled_on(),
        )

    @api.model
    def _sql_broken_items(self, company):
        """Query of the receivable lines in promises and plans of ``company`` that were broken.

        :return: SQL of a query with a row per line: agreement (unique text), partner_id, deadline (the last day on
            which it wasn't broken), amount_residual in company currency, line_id
        """
        self.env["ar.promise"].flush_model()
        self.env["ar.payment.plan"].flush_model()
        return SQL(
            """
            SELECT broken.agreement, broken.partner_id, broken.deadline, line.amount_residual, line.id AS line_id
              FROM (
                    SELECT 'promise ' || promise.id AS agreement, promise.partner_id, promise.deadline, line.id
                      FROM ar_promise promise
                      JOIN ar_promise_move_rel rel ON rel.promise_id = promise.id
                      JOIN account_move_line line ON line.move_id = rel.move_id
                     WHERE promise.state = 'broken' AND promise.company_id = %(company)s
                 UNION ALL
                    SELECT 'plan ' || plan.id, plan.partner_id, plan.settled_on - 1, rel.line_id
                      FROM ar_payment_plan plan
                      JOIN ar_payment_plan_line_rel rel ON rel.plan_id = plan.id
                     WHERE plan.state = 'defaulted' AND plan.company_id = %(company)s
                   ) AS broken (agreement, partner_id, deadline, id)
              JOIN account_move_line line ON line.id = broken.id
             WHERE line.parent_state = 'posted'
               AND line.account_id IN (SELECT account.id FROM account_account account WHERE %(receivable)s)
            """,
            company=company.id,
            receivable=self.env["account.move.line"]._ar_sql_trade_receivable(),
        )

    # -- one open agreement per item --------------------------------------------------------------

    @api.model
    def _sql_open_items(self):
        """Query of the lines in open agreements: agreement (as in :meth:`_agreement_key`), line_id and move_id."""
        self.env["ar.promise"].flush_model()
        self.env["ar.payment.plan"].flush_model()
        return SQL(
            """
            SELECT 'ar.promise,' || promise.id AS agreement, line.id AS line_id, line.move_id
              FROM ar_promise promise
              JOIN ar_promise_move_rel rel ON rel.promise_id = promise.id
              JOIN account_move_line line ON line.move_id = rel.move_id
             WHERE promise.state = 'open'
         UNION ALL
            SELECT 'ar.payment.plan,' || plan.id, line.id, line.move_id
              FROM ar_payment_plan plan
              JOIN ar_payment_plan_line_rel rel ON rel.plan_id = plan.id
              JOIN account_move_line line ON line.id = rel.line_id
             WHERE plan.state IN ('proposed', 'active')
            """
        )

    def _agreement_key(self):
        return f"{self._name},{self.id}"

    def _agreed_lines(self):
        """The receivable lines that this agreement is about."""
        raise NotImplementedError

    def _agreed_twice(self):
        """Items that stand in another open agreement too, whoever may see that one: ``{agreement: [invoice name]}``."""
        lines = {agreement: agreement.sudo()._agreed_lines() for agreement in self}
        all_lines = self.env["account.move.line"].sudo().union(*lines.values())
        if not all_lines:
            return {}
        open_lines = {}
        rows = self.env.execute_query(
            SQL(
                "SELECT agreement, line_id FROM (%s) AS agreed WHERE line_id = ANY(%s)",
                self._sql_open_items(),
                all_lines.ids,
            )
        )
        for key, line_id in rows:
            open_lines.setdefault(line_id, set()).add(key)
        twice = {}
        for agreement, own_lines in lines.items():
            own_key = {agreement._agreement_key()}
            found = own_lines.filtered(lambda line, own_key=own_key: open_lines.get(line.id, own_key) - own_key)
            if found:
                twice[agreement] = list(dict.fromkeys(found.move_id.mapped("name")))
        return twice

    @api.model
    def _numbers(self, names):
        return format_list(self.env, names)

    # -- at once when payments are matched --------------------------------------------------------

    @api.model
    def _judge_soon(self, line_ids):
        """Have the open agreements on these lines judged in the background, in one statement whatever their number."""
        if not line_ids:
            return
        self.env["ar.promise"].flush_model(["state"])
        self.env["ar.payment.plan"].flush_model(["state"])
        ((has_promises, has_plans),) = self.env.execute_query(
            SQL(
                """
                SELECT EXISTS (
                           SELECT FROM account_move_line line
                             JOIN ar_promise_move_rel rel ON rel.move_id = line.move_id
                             JOIN ar_promise promise ON promise.id = rel.promise_id
                            WHERE line.id = ANY(%(lines)s) AND promise.state != 'cancelled'
                       ),
                       EXISTS (
                           SELECT FROM ar_payment_plan_line_rel rel
                             JOIN ar_payment_plan plan ON plan.id = rel.plan_id
                            WHERE rel.line_id = ANY(%(lines)s) AND plan.state IN ('active', 'kept', 'defaulted')
                       )
                """,
                lines=list(line_ids),
            )
        )
        crons = {"ar_enhanced.cron_judge_promises": has_promises, "ar_enhanced.cron_judge_plans": has_plans}
        for xml_id, is_wanted in crons.items():
            cron = is_wanted and self.env.ref(xml_id, raise_if_not_found=False)
            if cron:
                cron._trigger()
