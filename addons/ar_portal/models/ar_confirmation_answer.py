from odoo import fields, models
from odoo.exceptions import UserError

from ..engine.confirmation import Claim, Reply, Signature, UnknownItem, canonical, fingerprint
from .ar_balance_confirmation import exact

CHANNELS = [("portal", "Portal"), ("link", "Signed link"), ("paper", "On paper")]


class ArConfirmationAnswer(models.Model):
    """What a customer answered to a letter: who, when, what, and the fingerprint of all of it.

    It is never edited: a later answer takes its place, says why, and its fingerprint contains the one before.
    """

    _name = "ar.confirmation.answer"
    _description = "Answer to a Balance Confirmation"
    _order = "confirmation_id, number desc"
    _rec_name = "signer"

    confirmation_id = fields.Many2one(
        "ar.balance.confirmation", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="confirmation_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="confirmation_id.currency_id")
    number = fields.Integer(required=True, readonly=True)
    agrees = fields.Boolean(readonly=True)
    answered_on = fields.Datetime(required=True, readonly=True)
    signer = fields.Char(string="Signed by", required=True, readonly=True)
    function = fields.Char(readonly=True)
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Login", readonly=True, ondelete="set null")
    states_balance = fields.Boolean(readonly=True, help="The customer gave a balance beside what differs line by line.")
    their_balance = fields.Monetary(readonly=True)
    difference = fields.Monetary(readonly=True, help="Their balance less ours.")
    unexplained = fields.Monetary(readonly=True, help="What of the difference no line accounts for.")
    remark = fields.Text(readonly=True)
    reason = fields.Text(string="Why the Answer Changed", readonly=True)
    supersedes = fields.Char(string="Fingerprint of the Answer Before", readonly=True)
    line_ids = fields.One2many("ar.confirmation.answer.line", "answer_id", string="What Differs", readonly=True)
    attachment_ids = fields.Many2many("ir.attachment", string="Files", compute="_compute_attachment_ids")
    document = fields.Text(
        string="Text Signed", readonly=True, help="Letter and answer in one canonical text, JSON with sorted keys."
    )
    fingerprint = fields.Char(readonly=True, index=True, help="SHA-256 of the text signed.")

    _number_uniq = models.Constraint("UNIQUE(confirmation_id, number)", "Each answer has a number of its own.")

    def _compute_attachment_ids(self):
        files = self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], order="id"
        )
        by_answer = files.grouped("res_id")
        for answer in self:
            answer.attachment_ids = by_answer.get(answer.id, files.browse())

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: an answer is evidence."""
        raise UserError(self.env._("An answer is never edited: a later one takes its place."))

    def _is_intact(self):
        """Whether what is stored still gives the text that was signed, and the text its fingerprint."""
        self.ensure_one()
        return self.fingerprint == fingerprint(self.document or "") and self.document == self._canonical()

    def _canonical(self):
        """The text of the letter and this answer, made from what is stored."""
        return canonical(self.confirmation_id._letter(), self._reply())

    def _reply(self):
        """The answer as an engine value."""
        self.ensure_one()
        currency = self.currency_id
        claims = self.line_ids.filtered(lambda line: line.kind == "claim")
        return Reply(
            number=self.number,
            agrees=self.agrees,
            signature=Signature(
                self.signer, self.function or "", self.channel, self.answered_on.isoformat(timespec="seconds") + "Z"
            ),
            claims=tuple(
                Claim(
                    line.confirmation_line_id.id,
                    exact(line.theirs, currency),
                    line.reason_code or "",
                    line.comment or "",
                )
                for line in claims
            ),
            unknown_items=tuple(
                UnknownItem(line.kind, line.number, line.day or None, exact(line.theirs, currency), line.comment or "")
                for line in (self.line_ids - claims).sorted("id")
            ),
            stated_balance=exact(self.their_balance, currency) if self.states_balance else None,
            remark=self.remark or "",
            files=self._file_fingerprints(),
            supersedes=self.supersedes or "",
            reason=self.reason or "",
        )

    def _file_fingerprints(self):
        """Names of the files with the SHA-256 of their content."""
        # Who reads the answer reads its files.
        files = self.sudo().attachment_ids
        return tuple((each.name, fingerprint(each.raw or b"")) for each in files)


class ArConfirmationAnswerLine(models.Model):
    """What the customer has otherwise: an item of ours with another amount, or one that we don't have."""

    _name = "ar.confirmation.answer.line"
    _description = "Difference in an Answer to a Balance Confirmation"
    _order = "answer_id, id"
    _rec_name = "number"

    answer_id = fields.Many2one("ar.confirmation.answer", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="answer_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="answer_id.currency_id")
    confirmation_line_id = fields.Many2one("ar.balance.confirmation.line", readonly=True, ondelete="restrict")
    kind = fields.Selection(
        [
            ("claim", "Another amount"),
            ("invoice", "Invoice that we don't list"),
            ("credit_note", "Credit note that we don't list"),
            ("payment", "Payment that we don't list"),
        ],
        required=True,
        readonly=True,
    )
    number = fields.Char(required=True, readonly=True)
    day = fields.Date(string="Date", readonly=True)
    ours = fields.Monetary(string="Our Amount", readonly=True)
    theirs = fields.Monetary(string="Their Amount", readonly=True)
    difference = fields.Monetary(readonly=True, help="What the customer owes more than we say; below zero, less.")
    reason_code = fields.Char(readonly=True)
    comment = fields.Char(readonly=True)
    dispute_id = fields.Many2one("ar.dispute", readonly=True, ondelete="set null", index="btree_not_null")

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: an answer is evidence."""
        raise UserError(self.env._("An answer is never edited: a later one takes its place."))

    def _reason_words(self):
        """Why it differs, in words."""
        self.ensure_one()
        if self.kind != "claim":
            return dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        # Customers read no dispute codes; this is the name of the one that was chosen.
        codes = self.env["ar.dispute.code"].sudo().with_context(active_test=False)
        return codes.search([("code", "=", self.reason_code)], limit=1).name or self.reason_code or ""
