from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ArCreditAcknowledgement(models.Model):
    """That a customer has seen a version of the credit terms: who, when, and which text.

    ``partner_id`` is the commercial entity.  One per customer and version; it never changes.
    """

    _name = "ar.credit.acknowledgement"
    _description = "Acknowledgement of Credit Terms"
    _order = "date desc, id desc"
    _rec_name = "terms_id"

    terms_id = fields.Many2one(
        "ar.credit.terms",
        string="Credit Terms",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('state', '!=', 'draft')]",
    )
    company_id = fields.Many2one(
        "res.company", related="terms_id.company_id", store=True, precompute=True, ondelete="cascade"
    )
    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    date = fields.Date(string="Acknowledged on", required=True, default=fields.Date.context_today)
    channel = fields.Selection(
        [("portal", "Portal"), ("staff", "Recorded by us")], required=True, readonly=True, default="staff"
    )
    signed_by = fields.Char(string="Person", required=True, help="Who acknowledged for the customer.")
    user_id = fields.Many2one("res.users", required=True, readonly=True, default=lambda self: self.env.user)
    lang = fields.Char(string="Language", readonly=True)
    text_hash = fields.Char(
        string="Fingerprint of the Text",
        readonly=True,
        help="SHA-256 of the text in the language in which it was read.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "ar_credit_acknowledgement_attachment_rel",
        "acknowledgement_id",
        "attachment_id",
        string="Signed Document",
    )

    _once = models.UniqueIndex(
        "(partner_id, terms_id)", "This customer acknowledged this version of the credit terms already."
    )

    @api.constrains("terms_id", "date")
    def _check_terms(self):
        for acknowledgement in self:
            terms = acknowledgement.terms_id
            if terms.state == "draft":
                raise ValidationError(self.env._("Credit terms are acknowledged once they are published."))
            if acknowledgement.channel == "portal":
                continue  # it is given now, though it may still be yesterday where the customer is
            if not terms.published_on <= acknowledgement.date <= fields.Date.context_today(self):
                raise ValidationError(
                    self.env._("Credit terms are acknowledged between the day of their publication and today.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Record acknowledgements by customers, with the fingerprint of the text."""
        for vals in vals_list:
            if not self.env.su and {"channel", "lang", "text_hash", "user_id"} & set(vals):
                raise AccessError(self.env._("How an acknowledgement was given is recorded by the system."))
            if not self.env.su:
                # Nor does a default in the context say it.
                vals.update(channel="staff", user_id=self.env.uid)
            terms = self.env["ar.credit.terms"].browse(vals.get("terms_id"))
            partner = self.env["res.partner"].browse(vals.get("partner_id"))
            vals["partner_id"] = partner.commercial_partner_id.id
            lang = vals.get("lang") or partner.lang or self.env.lang
            vals["lang"] = lang
            vals["text_hash"] = terms.with_context(lang=lang)._text_hash() if terms else False
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change what a customer has acknowledged; a document can still be attached."""
        if set(vals) - {"attachment_ids"} and not self.env.su:
            raise UserError(self.env._("An acknowledgement is part of the customer's credit file: it never changes."))
        documents = {acknowledgement.id: acknowledgement.attachment_ids for acknowledgement in self}
        result = super().write(vals)
        if not self.env.su and any(
            documents[acknowledgement.id] - acknowledgement.attachment_ids for acknowledgement in self
        ):
            raise UserError(
                self.env._("A signed document stays with its acknowledgement: attach another one beside it.")
            )
        return result

    @api.model
    def _acknowledge_on_portal(self, terms):
        """Record that the logged-in user has acknowledged ``terms`` for his own commercial entity, once."""
        user = self.env.user
        # A portal user writes no records: terms and customer are taken from the user, and nothing from the request.
        acknowledgements = self.sudo()
        customer = user.partner_id.sudo().commercial_partner_id
        known = acknowledgements.search([("terms_id", "=", terms.id), ("partner_id", "=", customer.id)], limit=1)
        return known or acknowledgements.create(
            {
                "terms_id": terms.id,
                "partner_id": customer.id,
                "channel": "portal",
                "signed_by": user.name,
                "user_id": user.id,
                "lang": self.env.lang or user.lang,
            }
        )
