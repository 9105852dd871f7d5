from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_amount, format_date, html2plaintext

from .ar_credit_score import LEVELS

KINDS = [
    ("score", "Score"),
    ("limit", "Limit"),
    ("hold", "Hold"),
    ("release", "Release"),
    ("promise", "Promise"),
    ("plan", "Payment plan"),
    ("dispute", "Dispute"),
    ("payment", "Payment"),
    ("acknowledgement", "Acknowledgement"),
    ("note", "Note"),
]
#: Room for the sources in an event's id, which is its record's id times this plus the number of its source.
SOURCES = 32


class ArCreditEvent(models.Model):
    """One time line per customer, over all that is known about its credit.

    Every source is a query with the columns of :meth:`_sql_event`; it gives a code and facts, which
    :meth:`_wordings` puts into the reader's language.  Nothing is stored twice.
    """

    _name = "ar.credit.event"
    _description = "Event in a Credit File"
    _auto = False
    _order = "date desc, moment desc, id desc"
    _rec_name = "text"
    _depends = {
        "account.move": ["date", "state"],
        "account.move.line": ["amount_currency", "parent_state", "partner_id", "account_id"],
        "ar.credit.acknowledgement": ["partner_id", "date"],
        "ar.credit.score": ["partner_id", "level"],
        "ar.dispute": ["partner_id", "state", "amount", "opened_on", "closed_on", "code_id"],
        "ar.promise": ["partner_id", "state", "amount", "date", "made_on", "settled_on", "received"],
        "mail.message": ["body", "date", "model", "res_id", "subtype_id"],
        "res.partner": ["commercial_partner_id"],
    }

    date = fields.Date(readonly=True)
    moment = fields.Datetime(string="Entered at", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    code = fields.Char(readonly=True)
    facts = fields.Json(readonly=True)
    text = fields.Text(string="What happened", compute="_compute_text")
    amount = fields.Monetary(readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True)
    res_model = fields.Char(string="Model of the Record", readonly=True)
    res_id = fields.Many2oneReference(string="Record", model_field="res_model", readonly=True)
    can_open = fields.Boolean(compute="_compute_can_open")

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join(self._sql_sources())

    @api.depends("code", "facts")
    @api.depends_context("lang")
    def _compute_text(self):
        wordings = self._wordings()
        for event in self:
            event.text = wordings[event.code](event.facts or {}, event) if event.code in wordings else event.code

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_can_open(self):
        for model, events in self.grouped("res_model").items():
            records = self.env[model].browse(events.mapped("res_id")) if model in self.env else self.browse()
            readable = set(records._filtered_access("read").ids)
            for event in events:
                event.can_open = event.res_id in readable

    def action_open(self):
        """Open the record that the event is about."""
        self.ensure_one()
        if not self.can_open:
            raise UserError(self.env._("This line says all that your rights let you see."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    @api.model
    def _sql_sources(self):
        """Queries of all events, each with the columns of :meth:`_sql_event`."""
        return [
            self._sql_score_levels(),
            self._sql_promises_made(),
            self._sql_promises_decided(),
            self._sql_disputes_opened(),
            self._sql_disputes_closed(),
            self._sql_payments(),
            self._sql_acknowledgements(),
            self._sql_notes(),
        ]

    @api.model
    def _sql_event(self, source, kind, columns, tables):
        """A query of one source.

        :param source: number of the source, unique, below :data:`SOURCES`
        :param columns: SQL by name: ``record_id``, ``date``, ``code``, ``partner_id``, and as far as the event has
            them ``moment``, ``company_id``, ``amount``, ``currency_id``, ``facts``, ``user_id``, ``res_model``,
            ``res_id``
        :param tables: SQL from ``FROM`` on
        """
        return SQL(
            """
            SELECT %(record_id)s::bigint * %(sources)s + %(source)s AS id,
                   %(date)s AS date,
                   %(moment)s AS moment,
                   %(kind)s AS kind,
                   %(code)s AS code,
                   %(facts)s::jsonb AS facts,
                   %(amount)s::numeric AS amount,
                   %(currency_id)s::int AS currency_id,
                   %(partner_id)s AS partner_id,
                   %(company_id)s::int AS company_id,
                   %(user_id)s::int AS user_id,
                   %(res_model)s AS res_model,
                   %(res_id)s AS res_id
              %(tables)s
            """,
            **{
                "source": source,
                "sources": SOURCES,
                "kind": kind,
                "tables": tables,
                "moment": SQL("NULL::timestamp"),
                "facts": SQL("NULL"),
                "amount": SQL("NULL"),
                "currency_id": SQL("NULL"),
                "company_id": SQL("NULL"),
                "user_id": SQL("NULL"),
                "res_id": columns["record_id"],
                **columns,
            },
        )

    @api.model
    def _sql_score_levels(self):
        """Changes of the level, the first one included."""
        return self._sql_event(
            0,
            "score",
            {
                "record_id": SQL("score.id"),
                "date": SQL("score.date"),
                "moment": SQL("score.create_date"),
                "code": "score_level",
                "facts": SQL("jsonb_build_object('level', score.level, 'before', score.before, 'score', score.score)"),
                "partner_id": SQL("score.partner_id"),
                "company_id": SQL("score.company_id"),
                "res_model": "ar.credit.score",
            },
            SQL(
                """
                FROM (
                    SELECT id, date, create_date, level, score, partner_id, company_id,
                           LAG(level) OVER (PARTITION BY partner_id, company_id ORDER BY date, id) AS before
                      FROM ar_credit_score
                ) AS score
                WHERE score.level IS DISTINCT FROM score.before
                """
            ),
        )

    @api.model
    def _sql_promises_made(self):
        return self._sql_promise(
            1,
            {
                "date": SQL("promise.made_on"),
                "moment": SQL("promise.create_date"),
                "code": "promise_made",
                "amount": SQL("promise.amount"),
                "facts": SQL("jsonb_build_object('date', promise.date, 'note', promise.note)"),
                "user_id": SQL("promise.create_uid"),
            },
            SQL("TRUE"),
        )

    @api.model
    def _sql_promises_decided(self):
        return self._sql_promise(
            2,
            {
                "date": SQL("promise.settled_on"),
                "code": SQL("'promise_' || promise.state"),
                "amount": SQL("CASE promise.state WHEN 'broken' THEN promise.amount ELSE promise.received END"),
                "facts": SQL("jsonb_build_object('date', promise.date, 'promised', promise.amount)"),
            },
            SQL("promise.state != 'open'"),
        )

    @api.model
    def _sql_promise(self, source, columns, condition):
        return self._sql_event(
            source,
            "promise",
            {
                "record_id": SQL("promise.id"),
                "currency_id": SQL("promise.currency_id"),
                "partner_id": SQL("promise.partner_id"),
                "company_id": SQL("promise.company_id"),
                "res_model": "ar.promise",
                **columns,
            },
            SQL("FROM ar_promise promise WHERE %s", condition),
        )

    @api.model
    def _sql_disputes_opened(self):
        return self._sql_dispute(
            3,
            {
                "date": SQL("dispute.opened_on"),
                "moment": SQL("dispute.create_date"),
                "code": "dispute_opened",
                "facts": SQL(
                    """
                    jsonb_build_object(
                        'invoice', invoice.name,
                        'reason', COALESCE(reason.name->>%(lang)s, reason.name->>'en_US'),
                        'description', dispute.description
                    )
                    """,
                    lang=self.env.lang or "en_US",
                ),
                "user_id": SQL("dispute.create_uid"),
            },
            SQL("TRUE"),
        )

    @api.model
    def _sql_disputes_closed(self):
        return self._sql_dispute(
            4,
            {
                "date": SQL("dispute.closed_on"),
                "code": SQL("'dispute_' || dispute.outcome"),
                "facts": SQL("jsonb_build_object('invoice', invoice.name, 'resolution', dispute.resolution)"),
                "user_id": SQL("dispute.write_uid"),
            },
            SQL("dispute.state != 'open'"),
        )

    @api.model
    def _sql_dispute(self, source, columns, condition):
        return self._sql_event(
            source,
            "dispute",
            {
                "record_id": SQL("dispute.id"),
                "amount": SQL("dispute.amount"),
                "currency_id": SQL("dispute.currency_id"),
                "partner_id": SQL("dispute.partner_id"),
                "company_id": SQL("dispute.company_id"),
                "res_model": "ar.dispute",
                **columns,
            },
            SQL(
                """
                FROM ar_dispute dispute
                JOIN account_move invoice ON invoice.id = dispute.move_id
                JOIN ar_dispute_code reason ON reason.id = dispute.code_id
                WHERE %s
                """,
                condition,
            ),
        )

    @api.model
    def _sql_payments(self):
        """What the bank or a payment put on the customer's account, money that went back with a minus."""
        return self._sql_event(
            5,
            "payment",
            {
                "record_id": SQL("payment.line_id"),
                "date": SQL("payment.date"),
                "moment": SQL("payment.create_date"),
                "code": SQL("CASE WHEN payment.amount >= 0 THEN 'payment_in' ELSE 'payment_back' END"),
                "facts": SQL("jsonb_build_object('reference', payment.reference, 'number', payment.number)"),
                "amount": SQL("payment.amount"),
                "currency_id": SQL("payment.currency_id"),
                "partner_id": SQL("payment.partner_id"),
                "company_id": SQL("payment.company_id"),
                "user_id": SQL("payment.create_uid"),
                "res_model": SQL("CASE WHEN payment.payment_id IS NULL THEN 'account.move' ELSE 'account.payment' END"),
                "res_id": SQL("COALESCE(payment.payment_id, payment.move_id)"),
            },
            SQL(
                """
                FROM (
                    SELECT MIN(line.id) AS line_id, move.id AS move_id, move.date, move.create_date, move.create_uid,
                           move.name AS number, move.origin_payment_id AS payment_id,
                           -SUM(line.amount_currency) AS amount,
                           line.currency_id,
                           customer.commercial_partner_id AS partner_id,
                           split_part(company.parent_path, '/', 1)::int AS company_id,
                           COALESCE(bank_line.payment_ref, source.memo) AS reference
                      FROM account_move_line line
                      JOIN account_move move ON move.id = line.move_id
                      JOIN account_account account ON account.id = line.account_id
                      JOIN res_partner customer ON customer.id = line.partner_id
                      JOIN res_company company ON company.id = line.company_id
                 LEFT JOIN account_bank_statement_line bank_line ON bank_line.id = move.statement_line_id
                 LEFT JOIN account_payment source ON source.id = move.origin_payment_id
                     WHERE line.parent_state = 'posted' AND %s
                       AND (move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL)
                  GROUP BY move.id, line.currency_id, customer.commercial_partner_id, company.parent_path,
                           bank_line.payment_ref, source.memo
                    HAVING SUM(line.amount_currency) != 0
                ) AS payment
                """,
                self.env["account.move.line"]._ar_sql_trade_receivable(),
            ),
        )

    @api.model
    def _sql_acknowledgements(self):
        return self._sql_event(
            6,
            "acknowledgement",
            {
                "record_id": SQL("acknowledgement.id"),
                "date": SQL("acknowledgement.date"),
                "moment": SQL("acknowledgement.create_date"),
                "code": SQL("'acknowledged_' || acknowledgement.channel"),
                "facts": SQL("jsonb_build_object('version', terms.version, 'by', acknowledgement.signed_by)"),
                "partner_id": SQL("acknowledgement.partner_id"),
                "company_id": SQL("acknowledgement.company_id"),
                "user_id": SQL("acknowledgement.user_id"),
                "res_model": "ar.credit.acknowledgement",
            },
            SQL(
                """
                FROM ar_credit_acknowledgement acknowledgement
                JOIN ar_credit_terms terms ON terms.id = acknowledgement.terms_id
                """
            ),
        )

    @api.model
    def _sql_notes(self):
        """Internal notes in the chatter of the customer or of a contact of it."""
        return self._sql_event(
            7,
            "note",
            {
                "record_id": SQL("message.id"),
                "date": SQL("message.date::date"),
                "moment": SQL("message.date"),
                "code": "note",
                "facts": SQL("jsonb_build_object('body', message.body)"),
                "partner_id": SQL("customer.commercial_partner_id"),
                "user_id": SQL("message.create_uid"),
                "res_model": "res.partner",
                "res_id": SQL("message.res_id"),
            },
            SQL(
                """
                FROM mail_message message
                JOIN res_partner customer ON customer.id = message.res_id
                WHERE message.model = 'res.partner' AND message.message_type = 'comment'
                  AND message.subtype_id = %s
                  AND message.body IS NOT NULL AND message.body != ''
                """,
                self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
            ),
        )

    @api.model
    def _wordings(self):
        """Functions that put the facts of an event into words, by its code."""
        return {
            "score_level": self._score_words,
            "promise_made": self._promise_made_words,
            "promise_kept": self._promise_kept_words,
            "promise_partially_kept": self._promise_partially_kept_words,
            "promise_broken": self._promise_broken_words,
            "promise_cancelled": self._promise_cancelled_words,
            "dispute_opened": self._dispute_opened_words,
            "dispute_justified": self._dispute_justified_words,
            "dispute_unjustified": self._dispute_unjustified_words,
            "payment_in": self._payment_in_words,
            "payment_back": self._payment_back_words,
            "acknowledged_portal": self._acknowledged_portal_words,
            "acknowledged_staff": self._acknowledged_staff_words,
            "note": self._note_words,
        }

    @api.model
    def _score_words(self, facts, _event):
        levels = dict(self.env["ar.credit.score"]._fields["level"]._description_selection(self.env))
        level, before = levels.get(facts["level"], ""), levels.get(facts["before"], "")
        order = [code for code, _label in LEVELS]
        if not facts["before"]:
            return self.env._("First credit level: %(level)s", level=level)
        if order.index(facts["level"]) < order.index(facts["before"]):
            return self.env._("Credit level up from %(before)s to %(level)s", before=before, level=level)
        return self.env._("Credit level down from %(before)s to %(level)s", before=before, level=level)

    @api.model
    def _promise_made_words(self, facts, _event):
        return self._with_quote(
            self.env._("Promised to pay by %(date)s", date=self._date_text(facts["date"])), facts["note"]
        )

    @api.model
    def _promise_kept_words(self, facts, _event):
        return self.env._("Kept the promise for %(date)s", date=self._date_text(facts["date"]))

    @api.model
    def _promise_partially_kept_words(self, facts, event):
        return self.env._(
            "Kept the promise for %(date)s in part: %(promised)s was promised",
            date=self._date_text(facts["date"]),
            promised=format_amount(self.env, facts["promised"], event.currency_id),
        )

    @api.model
    def _promise_broken_words(self, facts, _event):
        return self.env._("Broke the promise for %(date)s", date=self._date_text(facts["date"]))

    @api.model
    def _promise_cancelled_words(self, facts, _event):
        return self.env._("The promise for %(date)s was cancelled", date=self._date_text(facts["date"]))

    @api.model
    def _dispute_opened_words(self, facts, _event):
        return self._with_quote(
            self.env._("Disputes %(invoice)s: %(reason)s", invoice=facts["invoice"], reason=facts["reason"]),
            facts["description"],
        )

    @api.model
    def _dispute_justified_words(self, facts, _event):
        return self._with_quote(
            self.env._("The dispute about %(invoice)s was justified", invoice=facts["invoice"]), facts["resolution"]
        )

    @api.model
    def _dispute_unjustified_words(self, facts, _event):
        return self._with_quote(
            self.env._("The dispute about %(invoice)s was not justified", invoice=facts["invoice"]),
            facts["resolution"],
        )

    @api.model
    def _payment_in_words(self, facts, _event):
        return self._with_quote(self.env._("Payment %(number)s", number=facts["number"]), facts["reference"])

    @api.model
    def _payment_back_words(self, facts, _event):
        return self._with_quote(self.env._("Money sent back: %(number)s", number=facts["number"]), facts["reference"])

    @api.model
    def _acknowledged_portal_words(self, facts, _event):
        return self.env._(
            "%(person)s acknowledged version %(version)s of the credit terms on the portal",
            person=facts["by"],
            version=facts["version"],
        )

    @api.model
    def _acknowledged_staff_words(self, facts, _event):
        return self.env._(
            "%(person)s acknowledged version %(version)s of the credit terms on paper or by mail",
            person=facts["by"],
            version=facts["version"],
        )

    @api.model
    def _note_words(self, facts, _event):
        return html2plaintext(facts["body"])

    @api.model
    def _date_text(self, date):
        return format_date(self.env, date)

    @api.model
    def _with_quote(self, sentence, quote):
        return f"{sentence}\n{quote}" if quote else sentence
