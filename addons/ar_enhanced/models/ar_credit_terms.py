import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import html2plaintext, is_html_empty

FIXED = {"body", "company_id", "published_on", "state", "title", "version"}


class ArCreditTerms(models.Model):
    """A version of what a company tells its customers about credit.

    A published version never changes: who acknowledged it acknowledged this text.
    """

    _name = "ar.credit.terms"
    _description = "Credit Terms"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id, version desc"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company.root_id,
        domain=[("parent_id", "=", False)],
        ondelete="cascade",
    )
    version = fields.Integer(readonly=True, copy=False, default=0)
    title = fields.Char(required=True, translate=True, default=lambda self: self.env._("Credit terms"))
    body = fields.Html(string="Text", translate=True, sanitize_attributes=True)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("superseded", "Superseded")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    published_on = fields.Date(readonly=True, copy=False)
    review_on = fields.Date(string="Review on", tracking=True, copy=False)
    user_id = fields.Many2one("res.users", string="Responsible", default=lambda self: self.env.user, tracking=True)
    acknowledgement_ids = fields.One2many("ar.credit.acknowledgement", "terms_id", string="Acknowledgements")
    acknowledged_count = fields.Integer(compute="_compute_acknowledged_count")
    missing_count = fields.Integer(compute="_compute_missing_count")

    _version_uniq = models.UniqueIndex(
        "(company_id, version) WHERE state != 'draft'", "Each version of the credit terms has its own number."
    )
    _published_uniq = models.UniqueIndex(
        "(company_id) WHERE state = 'published'", "One version of the credit terms is in force per company."
    )

    @api.depends("version", "state", "title")
    def _compute_display_name(self):
        for terms in self:
            terms.display_name = (
                self.env._("%(title)s (draft)", title=terms.title or "")
                if terms.state == "draft"
                else self.env._("%(title)s, version %(version)s", title=terms.title, version=terms.version)
            )

    @api.depends("acknowledgement_ids")
    def _compute_acknowledged_count(self):
        counts = dict(
            self.env["ar.credit.acknowledgement"]._read_group([("terms_id", "in", self.ids)], ["terms_id"], ["__count"])
        )
        for terms in self:
            terms.acknowledged_count = counts.get(terms, 0)

    @api.depends("acknowledgement_ids", "state")
    def _compute_missing_count(self):
        for terms in self:
            # One version is in force per company, so this loops over a handful of records at most.
            terms.missing_count = (
                self.env["res.partner"].with_company(terms.company_id).search_count([("ar_terms_missing", "=", True)])
                if terms.state == "published"
                else 0
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Add drafts: publishing is an action of its own."""
        for vals in vals_list:
            self._check_fixed(vals)
        if not self.env.su:
            # Nor is a default in the context a publication.
            vals_list = [{**vals, "state": "draft", "version": 0, "published_on": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change the text that customers have been shown."""
        self._check_fixed(vals)
        if FIXED & set(vals):
            self._check_draft()
        return super().write(vals)

    def _update_field_translations(self, field_name, translations, *args, **kwargs):
        if field_name in FIXED:
            self._check_draft()
        return super()._update_field_translations(field_name, translations, *args, **kwargs)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._check_draft()

    def _check_draft(self):
        if not self.env.su and any(terms.state != "draft" for terms in self):
            raise UserError(
                self.env._("A published version of the credit terms never changes. Duplicate it and publish a new one.")
            )

    def _check_fixed(self, vals):
        if not self.env.su and (
            vals.get("state", "draft") != "draft" or vals.get("version") or vals.get("published_on")
        ):
            raise AccessError(self.env._("Credit terms are published by the button of that name."))

    def action_publish(self):
        """Put this version in force; the one before is superseded."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("This version of the credit terms was published already."))
        if is_html_empty(self.body):
            raise UserError(self.env._("Write the text of the credit terms first."))
        # The right to write was checked; the state is closed to everything but the methods here.
        terms = self.sudo()
        before = terms.search([("company_id", "=", terms.company_id.id), ("state", "!=", "draft")])
        in_force = before.filtered(lambda one: one.state == "published")
        in_force.state = "superseded"
        in_force.activity_unlink(["ar_enhanced.mail_activity_review_terms"])
        in_force.flush_recordset()
        terms.write(
            {
                "state": "published",
                "version": max(before.mapped("version"), default=0) + 1,
                "published_on": fields.Date.context_today(self),
            }
        )
        return True

    def action_acknowledged(self):
        """Open the acknowledgements of this version."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_acknowledgement"),
            "domain": [("terms_id", "=", self.id)],
            "context": {"default_terms_id": self.id},
        }

    def action_missing(self):
        """Open the customers who have not acknowledged this version."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_terms_missing"),
            "domain": [("ar_terms_missing", "=", True)],
            "context": {"allowed_company_ids": [self.company_id.id]},
        }

    @api.model
    def _in_force(self, companies):
        """The versions in force in the root companies of ``companies``."""
        return self.search([("company_id", "in", companies.root_id.ids), ("state", "=", "published")])

    def _text_hash(self):
        """SHA-256 of the text as read in the current language: it proves what was acknowledged."""
        self.ensure_one()
        return hashlib.sha256(f"{self.title}\n{html2plaintext(self.body or '')}".encode()).hexdigest()

    @api.model
    def _cron_review(self):
        """Ask the persons in charge to review the versions whose day has come, once each."""
        day = fields.Date.context_today(self)
        due = self.search([("state", "=", "published"), ("review_on", "<=", day), ("user_id", "!=", False)])
        asked = due.activity_search(["ar_enhanced.mail_activity_review_terms"])
        asked_ids = set(asked.mapped("res_id"))
        for terms in due:
            if terms.id not in asked_ids:
                terms.activity_schedule(
                    "ar_enhanced.mail_activity_review_terms", date_deadline=terms.review_on, user_id=terms.user_id.id
                )
