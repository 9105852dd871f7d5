from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .ar_portal_form import LONGEST

ABOUT = [("payment", "Payment"), ("dispute", "Dispute"), ("plan", "Payment plan")]
MODELS = {"payment": "payment.transaction", "dispute": "ar.dispute", "plan": "ar.payment.plan"}
#: The faces that customers choose from, with what each is worth.
FACES = (5, 3, 1)
#: So long after it, a customer is asked how it went.
ASKED_FOR_DAYS = 14


class RatingRating(models.Model):
    """One question after a payment, a dispute or a plan: how did it go?"""

    _inherit = "rating.rating"

    ar_about = fields.Selection(ABOUT, string="About", readonly=True, index="btree_not_null")
    ar_company_id = fields.Many2one("res.company", string="Company", readonly=True, ondelete="cascade")

    @api.model
    def _ar_portal_question(self, kind, record=None):
        """What the logged-in user is asked about, or nothing: ``{"kind", "id"}``.

        :param kind: payment, dispute or plan
        :param record: of the user's own account that he has been shown; by default the latest payment
        """
        record = self._ar_portal_payment() if kind == "payment" else record
        if not record or not self._ar_portal_is_over(kind, record):
            return None
        return None if self._ar_portal_given(kind, record) else {"kind": kind, "id": record.id}

    @api.model
    def _ar_portal_payment(self):
        """The latest payment of the logged-in user himself that is not long ago."""
        since = fields.Datetime.now() - timedelta(days=ASKED_FOR_DAYS)
        own = Domain("partner_id", "=", self.env.user.partner_id.id) & Domain("state", "=", "done")
        # Customers can't read transactions; this is the user's own one.
        return (
            self.env["payment.transaction"]
            .sudo()
            .search(own & Domain("last_state_change", ">=", since), order="id desc", limit=1)
        )

    @api.model
    def _ar_portal_is_over(self, kind, record):
        """Whether there is something to say about it by now."""
        states = {"payment": ("done",), "dispute": ("resolved", "rejected"), "plan": ("active", "kept", "defaulted")}
        return record.state in states[kind]

    @api.model
    def _ar_portal_given(self, kind, record):
        """What the logged-in user has answered."""
        # Customers have no rights on ratings; this is the user's own one.
        return self.sudo().search(
            Domain("res_model", "=", MODELS[kind])
            & Domain("res_id", "=", record.id)
            & Domain("partner_id", "=", self.env.user.partner_id.id),
            limit=1,
        )

    @api.model
    def _ar_portal_answer(self, kind, record_id, form):
        """Keep the logged-in user's answer; tell whether he was asked.

        :param kind: payment, dispute or plan
        :param record_id: of something of his own
        :param form: texts by the names of the form's fields: face, text
        """
        if kind not in MODELS or form.get("face") not in map(str, FACES):
            return False
        record = self._ar_portal_payment() if kind == "payment" else self.env[MODELS[kind]]._ar_portal_find(record_id)
        if not record or record.id != record_id or not self._ar_portal_question(kind, record):
            return False
        # Checked above; customers have no rights on ratings.
        self.sudo().create(
            {
                "res_model_id": self.env["ir.model"]._get_id(MODELS[kind]),
                "res_id": record.id,
                "partner_id": self.env.user.partner_id.id,
                "rated_partner_id": (kind != "payment" and record.user_id.partner_id.id) or False,
                "rating": int(form["face"]),
                "feedback": self.env["ar.portal.form"]._text(form, "text", [])[:LONGEST],
                "consumed": True,
                "is_internal": True,
                "ar_about": kind,
                "ar_company_id": record.company_id.root_id.id,
            }
        )
        return True
