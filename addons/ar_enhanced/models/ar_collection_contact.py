from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import format_date

CHANNELS = [
    ("call", "Call"),
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("letter", "Letter"),
    ("visit", "Visit"),
]
DIRECTIONS = [("out", "We contacted them"), ("in", "They contacted us")]
RESULTS = [
    ("will_pay", "Will pay"),
    ("promise", "Promised an amount"),
    ("dispute", "Disputes"),
    ("refused", "Refuses to pay"),
    ("call_back", "Asked to be called back"),
    ("no_answer", "No answer"),
    ("left_message", "Left a message"),
    ("wrong_number", "Wrong number"),
    ("sent", "Sent"),
]


class ArCollectionContact(models.Model):
    """One contact with a customer about what it owes, and what came of it.

    ``partner_id`` is the commercial entity, ``company_id`` the root company.  History: contacts are added, and
    corrected by nobody but who wrote them, on the same day.
    """

    _name = "ar.collection.contact"
    _description = "Contact with a Customer about Receivables"
    _order = "contacted_on desc, id desc"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, ondelete="restrict")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company.root_id, ondelete="cascade"
    )
    user_id = fields.Many2one(
        "res.users", string="By", required=True, default=lambda self: self.env.user, ondelete="restrict"
    )
    contacted_on = fields.Datetime(string="When", required=True, default=lambda self: fields.Datetime.now())
    channel = fields.Selection(CHANNELS, required=True, default="call")
    direction = fields.Selection(DIRECTIONS, required=True, default="out")
    result = fields.Selection(RESULTS, required=True)
    person_id = fields.Many2one("res.partner", string="Spoke with", index="btree_not_null", ondelete="set null")
    next_contact_on = fields.Date(string="Contact Again on")
    note = fields.Text()
    move_line_ids = fields.Many2many(
        "account.move.line", "ar_collection_contact_line_rel", "contact_id", "line_id", string="About"
    )

    _customer_idx = models.Index("(company_id, partner_id, contacted_on DESC)")
    _collector_idx = models.Index("(company_id, user_id, contacted_on)")

    @api.depends("channel", "result", "contacted_on")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        results = dict(self._fields["result"]._description_selection(self.env))
        for contact in self:
            contact.display_name = self.env._(
                "%(channel)s: %(result)s",
                channel=channels.get(contact.channel, ""),
                result=results.get(contact.result, ""),
            )

    @api.model_create_multi
    def create(self, vals_list):
        customers = self.env["res.partner"].browse([vals["partner_id"] for vals in vals_list if vals.get("partner_id")])
        commercial = {partner.id: partner.commercial_partner_id.id for partner in customers}
        companies = self.env["res.company"].browse([vals["company_id"] for vals in vals_list if vals.get("company_id")])
        roots = {company.id: company.root_id.id for company in companies}
        contacts = super().create(
            [
                {
                    **vals,
                    **({"partner_id": commercial[vals["partner_id"]]} if vals.get("partner_id") else {}),
                    **({"company_id": roots[vals["company_id"]]} if vals.get("company_id") else {}),
                }
                for vals in vals_list
            ]
        )
        # The superuser writes for the schedule.
        if not self.env.su and contacts.user_id - self.env.user:
            raise AccessError(self.env._("A contact is logged by who had it."))
        contacts._log_on_customers()
        return contacts

    def write(self, vals):
        self._check_correction(vals)
        return super().write(vals)

    @api.constrains("contacted_on", "next_contact_on")
    def _check_days(self):
        now = fields.Datetime.now()
        for contact in self:
            if contact.contacted_on > now:
                raise ValidationError(self.env._("A contact is logged after it took place."))
            if contact.next_contact_on and contact.next_contact_on < contact._day():
                raise ValidationError(self.env._("The next contact comes after this one."))

    @api.constrains("person_id", "partner_id")
    def _check_person(self):
        if self.filtered(
            lambda contact: contact.person_id and contact.person_id.commercial_partner_id != contact.partner_id
        ):
            raise ValidationError(self.env._("The person is a contact of another customer."))

    @api.constrains("move_line_ids", "partner_id", "company_id")
    def _check_items(self):
        for contact in self:
            # An item may be one that its reader may not open; whose it is decides.
            items = contact.sudo().move_line_ids
            if items.partner_id.commercial_partner_id - contact.partner_id or items.company_id.root_id - (
                contact.company_id
            ):
                raise ValidationError(self.env._("A contact is about items of its customer and company."))

    def _check_correction(self, vals):
        """History is corrected by who wrote it, on the same day, and stays with its customer."""
        if self.env.su:
            return
        if {"partner_id", "company_id", "user_id"} & set(vals):
            raise AccessError(self.env._("A contact stays with its customer, and with who logged it."))
        today = fields.Date.context_today(self)
        for contact in self:
            written_on = fields.Datetime.context_timestamp(contact, contact.create_date).date()
            if contact.create_uid != self.env.user or written_on != today:
                raise AccessError(
                    self.env._("A contact is corrected by who logged it, on the same day. Log another one.")
                )

    def _day(self):
        """The day of this contact where its reader is."""
        self.ensure_one()
        return fields.Datetime.context_timestamp(self, self.contacted_on).date()

    def _log_on_customers(self):
        """Note the contacts in the chatter of their customers, in one go.

        The chatter is open to colleagues without rights on receivables: it says that there was a contact, and
        what was said stays here.
        """
        bodies = {}
        for contact in self:
            text = contact.display_name
            if contact.next_contact_on:
                text = self.env._(
                    "%(contact)s. Again on %(date)s",
                    contact=text,
                    date=format_date(self.env, contact.next_contact_on),
                )
            link = Markup('<p><a href="#" data-oe-model="ar.collection.contact" data-oe-id="%s">%s</a></p>')
            bodies[contact.partner_id.id] = bodies.get(contact.partner_id.id, Markup()) + link % (contact.id, text)
        # A clerk may log contacts without the right to change customers.
        self.env["res.partner"].sudo().browse(bodies)._message_log_batch(bodies)
