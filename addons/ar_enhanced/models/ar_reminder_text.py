from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from .mail_layout import MAIL_LAYOUT


class ArReminder(models.Model):
    """What a reminder says: the text of its step, and the parts that texts are made of.

    In the context, ``ar_with_links`` lets invoices get their keys, ``ar_on_paper`` leaves out what only a mail needs,
    and ``ar_text_lang`` is a language that goes before the customer's.
    """

    _inherit = "ar.reminder"  # pylint: disable=consider-merging-classes-inherited

    lang = fields.Char(compute="_compute_lang", compute_sudo=True)
    subject = fields.Char(compute="_compute_preview", compute_sudo=True)
    preview = fields.Html(string="Text", compute="_compute_preview", compute_sudo=True, sanitize=False)
    contact_id = fields.Many2one(
        "res.users",
        string="Contact Person",
        compute="_compute_contact_id",
        compute_sudo=True,
        help="Who is named in the text: the credit manager of the customer, else who is in charge of reminders.",
    )
    statement = fields.Html(compute="_compute_parts", compute_sudo=True, sanitize=False)
    how_to_pay = fields.Html(compute="_compute_parts", compute_sudo=True, sanitize=False)
    sign_off = fields.Html(compute="_compute_parts", compute_sudo=True, sanitize=False)

    @api.depends("recipient_id.lang", "partner_id.lang", "company_id.partner_id.lang")
    @api.depends_context("ar_text_lang")
    def _compute_lang(self):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for reminder in self:
            wanted = (
                self.env.context.get("ar_text_lang"),
                reminder.recipient_id.lang,
                reminder.partner_id.lang,
                reminder.company_id.partner_id.lang,
            )
            reminder.lang = next((lang for lang in wanted if lang in installed), "en_US")

    @api.depends("partner_id.ar_credit_owner_id", "company_id.ar_credit_owner_id", "company_id.ar_reminder_user_id")
    def _compute_contact_id(self):
        for reminder in self:
            company = reminder.company_id
            people = (
                reminder.partner_id.with_company(company).ar_credit_owner_id,
                company.ar_reminder_user_id,
                company.ar_credit_owner_id,
            )
            reminder.contact_id = next((user for user in people if user.active and not user.share), False)

    @api.depends("state", "step_id", "sent_body", "sent_subject")
    @api.depends_context("ar_on_paper")
    def _compute_preview(self):
        for reminder in self:
            if reminder.sent_body or reminder.state == "left_out":
                reminder.subject, reminder.preview = reminder.sent_subject, reminder.sent_body
                continue
            try:
                reminder.subject, reminder.preview = reminder._render()
            except UserError as error:
                reminder.subject, reminder.preview = self.env._("The text has an error"), str(error)

    @api.depends("partner_id", "currency_id", "company_id", "amount", "step_id", "recipient_id", "contact_id")
    @api.depends_context("ar_with_links", "ar_on_paper", "ar_text_lang")
    def _compute_parts(self):
        for reminder in self:
            views = self.env["ir.qweb"].with_context(lang=reminder.lang)
            statement = reminder.with_context(lang=reminder.lang)._statement()
            reminder.statement = views._render("ar_enhanced.reminder_statement", statement)
            ways = reminder.going_item_ids.move_id._ar_how_to_pay(reminder.company_id)
            portal_url = reminder._is_mail() and reminder._portal_url()
            reminder.how_to_pay = views._render("ar_enhanced.reminder_how_to_pay", {**ways, "portal_url": portal_url})
            signing = {"person": reminder.contact_id, "company": reminder.company_id}
            reminder.sign_off = views._render("ar_enhanced.reminder_sign_off", signing)

    def _render(self):
        """Subject and body in the language of the customer; empty where the channel has no text."""
        self.ensure_one()
        template = self.step_id.mail_template_id.sudo()
        if not template:
            return False, False
        values = template._generate_template(self.ids, ("subject", "body_html"))[self.id]
        body = values["body_html"]
        if self._is_mail():
            company = self.company_id
            views = template.with_context(lang=self.lang)
            body = views._render_encapsulate(MAIL_LAYOUT, body, {"company": company}, self.with_context(lang=self.lang))
        return values["subject"], body

    def _is_mail(self):
        return self.channel == "email" and not self.env.context.get("ar_on_paper")

    def _statement(self):
        """All open items of the customer in the currency of this reminder, and what they add up to."""
        self.ensure_one()
        day = fields.Date.context_today(self)
        lines = self.env["account.move.line"].sudo()
        found = lines._ar_open_items(self.partner_id, lines._ar_branches(self.company_id), day)
        items = [
            item
            for (_customer, _company, currency_id), listed in found.items()
            if currency_id == self.currency_id.id
            for item in listed
        ]
        moves = {line.id: line.move_id for line in lines.browse([item.key for item in items])}
        left_out = self._left_out_lines()
        balance = sum(item.residual for item in items)
        return {
            "rows": [
                {
                    "number": item.number,
                    "due": item.residual > 0 and format_date(self.env, item.due, self.lang),
                    "days": item.residual > 0 and item.days_overdue(day),
                    "not_due": item.residual > 0 and item.due >= day,
                    "amount": self._money(item.residual),
                    "credit": item.residual < 0,
                    "left_out": item.key in left_out,
                    "url": self._url_of(moves[item.key]),
                }
                for item in sorted(items, key=lambda item: (item.due, item.key))
            ],
            "ahead": self.days <= 0,
            "asked": self._amount_text(),
            "total": self.currency_id.compare_amounts(float(balance), self.amount) and self._money(balance),
        }

    def _left_out_lines(self):
        """Ids of the lines that the run of this reminder doesn't ask for."""
        of_run = [
            ("run_id", "=", self.run_id.id),
            ("partner_id", "=", self.partner_id.id),
            ("currency_id", "=", self.currency_id.id),
            ("code", "!=", False),
        ]
        return set(self.env["ar.reminder.item"].search(of_run).move_line_id.ids)

    def _portal_url(self):
        """Where the recipient sees the whole account after logging in; none without a login."""
        self.ensure_one()
        page = self._portal_page()
        return page and self.recipient_id in self._portal_users().partner_id and self.get_base_url() + page

    @api.model
    def _portal_page(self):
        """The page on which customers see their account and notices, for the addon that has one."""
        return False

    def _portal_users(self):
        """Who of the customer may log in to the portal."""
        customer = self.partner_id.commercial_partner_id
        of_customer = [("share", "=", True), ("partner_id", "child_of", customer.id)]
        users = self.env["res.users"].sudo().search(of_customer)  # sudo: collectors don't read users of customers
        return users.filtered(lambda user: user.partner_id.commercial_partner_id == customer and user._is_portal())

    @api.model
    def _url_of(self, move):
        # A preview writes no keys to invoices: it may be read from a database that can't be written.
        if not move.is_sale_document() or not (move.access_token or self.env.context.get("ar_with_links")):
            return False
        return move.get_base_url() + move.get_portal_url()

    def _money(self, amount):
        return format_amount(self.env, float(amount), self.currency_id, self.lang)

    def _amount_text(self):
        """What is asked for, in words for a person."""
        self.ensure_one()
        return self._money(self.amount)
