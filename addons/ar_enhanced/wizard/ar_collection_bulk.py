from odoo import api, fields, models
from odoo.exceptions import UserError


class ArCollectionAssign(models.TransientModel):
    """Who is in charge of a selection of customers."""

    _name = "ar.collection.assign"
    _description = "Put Somebody in Charge of Customers"

    account_ids = fields.Many2many("ar.collection.account", string="Customers", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="In Charge",
        domain="[('share', '=', False)]",
        default=lambda self: self.env.user,
        help="Empty: the one in the settings.",
    )

    def action_assign(self):
        """Put this person in charge."""
        self.account_ids._assign_to(self.user_id)
        return {"type": "ir.actions.act_window_close"}


class ArCollectionPutOff(models.TransientModel):
    """Until when a selection of customers waits."""

    _name = "ar.collection.put.off"
    _description = "Put Customers off until a Day"

    account_ids = fields.Many2many("ar.collection.account", string="Customers", required=True)
    until = fields.Date(
        string="Nobody acts until",
        required=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
        help="The last day of the wait. A promise that is broken meanwhile ends it.",
    )

    def action_put_off(self):
        """Have these customers wait."""
        self.account_ids._put_off(self.until)
        return {"type": "ir.actions.act_window_close"}


class ArCollectionMail(models.TransientModel):
    """One e-mail to each of a selection of customers, from a template."""

    _name = "ar.collection.mail"
    _description = "Write to Customers"

    account_ids = fields.Many2many("ar.collection.account", string="Customers", required=True)
    template_id = fields.Many2one(
        "mail.template",
        required=True,
        domain="[('model', '=', 'res.partner')]",
        default=lambda self: self.env.ref("ar_enhanced.mail_template_collection", raise_if_not_found=False),
    )
    account_count = fields.Integer(compute="_compute_recipients")
    recipient = fields.Char(string="To", compute="_compute_recipients")
    subject = fields.Char(compute="_compute_text", store=True, readonly=False)
    body = fields.Html(string="Text", compute="_compute_text", store=True, readonly=False)
    reached_count = fields.Integer(string="Customers with an Address", compute="_compute_recipients")
    left_out = fields.Text(string="Not Written to", compute="_compute_recipients")

    @api.depends("account_ids")
    @api.depends_context("lang")
    def _compute_recipients(self):
        reasons = dict(self.env["ar.statement.mailing.line"]._fields["reason_code"]._description_selection(self.env))
        for asked_for in self:
            recipients = asked_for.account_ids.partner_id._ar_statement_recipients()
            asked_for.reached_count = sum(1 for _recipient, code in recipients.values() if not code)
            asked_for.account_count = len(asked_for.account_ids)
            asked_for.recipient = (
                ", ".join(recipient.email_formatted for recipient, code in recipients.values() if not code)
                if asked_for.account_count == 1
                else False
            )
            asked_for.left_out = "\n".join(
                f"{customer.display_name}: {reasons.get(code, code)}"
                for customer, (_recipient, code) in recipients.items()
                if code
            )

    @api.depends("account_ids", "template_id")
    def _compute_text(self):
        """Show what one customer gets, to be changed before it is sent; each of several gets the template."""
        for asked_for in self:
            customer = asked_for.account_ids.partner_id if len(asked_for.account_ids) == 1 else False
            asked_for.subject = asked_for.body = False
            if customer and asked_for.template_id:
                text = asked_for.template_id._generate_template(customer.ids, ("subject", "body_html"))[customer.id]
                asked_for.subject, asked_for.body = text["subject"], text["body_html"]

    def action_send(self):
        """Put one message per customer into the mail queue, to its own address."""
        self.ensure_one()
        if not self.reached_count:
            raise UserError(self.env._("None of these customers has an e-mail address that can be used."))
        if len(self.account_ids) == 1:
            self.account_ids._write_to(self.template_id, self.subject, self.body)
        else:
            self.account_ids._write_to(self.template_id)
        return {"type": "ir.actions.act_window_close"}
