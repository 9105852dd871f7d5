from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine import reminder as engine
from ..engine.credit_score import NOT_RATED
from .ar_credit_score import LEVELS

CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("letter", "Letter"),
    ("call", "Call"),
    ("portal", "Portal notice"),
]
TONES = [("friendly", "Friendly"), ("firm", "Firm"), ("final", "Final")]
#: What a message is written with; other channels ask somebody to do something.
WRITTEN = ("email", "letter", "portal")
#: Who isn't rated has no level that could be a bound.
RATED = [level for level in LEVELS if level[0] != NOT_RATED]


class ArReminderPolicy(models.Model):
    """Which customers are reminded when, and how."""

    _name = "ar.reminder.policy"
    _description = "Reminder Policy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="The first policy that fits a customer is used.")
    company_id = fields.Many2one("res.company", ondelete="cascade", help="Empty: for all companies.")
    step_ids = fields.One2many("ar.reminder.step", "policy_id", string="Steps", copy=True)

    kind = fields.Selection(
        [("company", "Companies"), ("person", "Persons")], string="Customers", help="Empty: companies and persons."
    )
    best_level = fields.Selection(RATED, string="From Level")
    worst_level = fields.Selection(RATED, string="To Level")
    country_ids = fields.Many2many("res.country", string="Countries", help="Empty: all countries.")
    amount_from = fields.Float(
        string="Owing at Least", digits="Account", help="In the currency of the company, on all items that are counted."
    )

    min_amount = fields.Float(
        string="Minimum Amount",
        digits="Account",
        default=5,
        help="Who owes less, in the currency of the company, gets no message.",
    )
    gap_days = fields.Integer(
        string="Days between Messages", default=5, help="A customer gets no two messages within so many days."
    )
    later_days = fields.Integer(
        string="Good Payers Later by", help="Customers of levels A and B get the steps after the due date later."
    )
    earlier_days = fields.Integer(
        string="Bad Payers Earlier by", help="Customers of levels D and E get the steps after the due date earlier."
    )
    hour_from = fields.Float(string="Send from", default=8.0)
    hour_until = fields.Float(string="Send until", default=19.0)
    no_weekend = fields.Boolean(string="Not on Saturdays and Sundays", default=True)

    _positive = models.Constraint(
        "CHECK(gap_days >= 0 AND later_days >= 0 AND earlier_days >= 0 AND min_amount >= 0 AND amount_from >= 0)",
        "Days and amounts of a reminder policy are zero or more.",
    )
    _hours = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < hour_until AND hour_until <= 24)",
        "The hours in which reminders are sent lie between 0:00 and 24:00, the first one before the last one.",
    )

    @api.constrains("best_level", "worst_level")
    def _check_levels(self):
        for policy in self:
            policy._check_level_bounds(policy.best_level, policy.worst_level)

    @api.model
    def _check_level_bounds(self, best, worst):
        if best and worst and best > worst:
            raise ValidationError(self.env._("The first level is better than the last one, or the same."))

    def _check_overlaps(self):
        """Refuse two steps on one day for the same customer."""
        for policy in self:
            found = engine.overlapping(policy._as_engine().steps)
            if found:
                raise ValidationError(
                    self.env._(
                        "%(policy)s: two steps come on day %(days)s for the same customers."
                        " Give them other days, or other levels.",
                        policy=policy.name,
                        days=found[0].days,
                    )
                )

    def _as_engine(self):
        """Give this policy as the engine knows it."""
        self.ensure_one()
        return engine.Policy(
            key=self.id,
            steps=tuple(
                engine.Step(
                    key=step.id,
                    days=step.days,
                    channel=step.channel,
                    min_amount=Decimal(repr(step.min_amount)),
                    best=step.best_level or "",
                    worst=step.worst_level or "",
                )
                for step in self.step_ids
            ),
            min_amount=Decimal(repr(self.min_amount)),
            gap_days=self.gap_days,
            later_days=self.later_days,
            earlier_days=self.earlier_days,
        )

    def _fits(self, customer, owed):
        """Tell whether a customer (a row of ``ar.reminder.run``) who owes ``owed`` is in this segment."""
        self.ensure_one()
        return (
            (not self.kind or (self.kind == "company") == customer.is_company)
            and engine.in_levels(customer.level, self.best_level or "", self.worst_level or "")
            and (not self.country_ids or customer.country_id in self.country_ids.ids)
            and owed >= self.amount_from
        )

    def _is_quiet(self, moment):
        """Tell whether nothing is sent at ``moment``, local time."""
        self.ensure_one()
        return engine.is_quiet(moment, self.hour_from, self.hour_until, self.no_weekend)


class ArReminderStep(models.Model):
    """One step of a reminder policy."""

    _name = "ar.reminder.step"
    _description = "Reminder Step"
    _order = "policy_id, days, id"

    policy_id = fields.Many2one("ar.reminder.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    days = fields.Integer(required=True, help="Days after the due date; below zero: before it.")
    channel = fields.Selection(CHANNELS, required=True, default="email")
    tone = fields.Selection(TONES, required=True, default="friendly")
    mail_template_id = fields.Many2one(
        "mail.template",
        string="Text",
        domain=[("model", "=", "ar.reminder")],
        ondelete="restrict",
        help="Written in the language of the customer.",
    )
    sms_text = fields.Char(string="SMS Text", translate=True, help="The amount and the company are added.")
    task_note = fields.Char(string="Task", translate=True, help="What the person who calls or posts should know.")
    attach_statement = fields.Boolean(string="Attach PDF", help="Attach the statement as PDF, too.")
    min_amount = fields.Float(
        string="From Amount", digits="Account", help="Items of less, in the currency of the company, skip this step."
    )
    best_level = fields.Selection(RATED, string="From Level")
    worst_level = fields.Selection(RATED, string="To Level")

    _min_amount_positive = models.Constraint("CHECK(min_amount >= 0)", "The minimum amount of a step is zero or more.")

    @api.depends("days", "channel")
    @api.depends_context("lang")
    def _compute_display_name(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        for step in self:
            channel = channels.get(step.channel, "")
            # A minus sign, not a hyphen.
            days = f"+{step.days}" if step.days >= 0 else f"\N{MINUS SIGN}{-step.days}"
            step.display_name = self.env._("Day %(days)s, %(channel)s", days=days, channel=channel)

    @api.constrains("days", "channel", "best_level", "worst_level", "policy_id")
    def _check_step(self):
        for step in self:
            step.policy_id._check_level_bounds(step.best_level, step.worst_level)
        self.policy_id._check_overlaps()

    @api.constrains("channel", "mail_template_id")
    def _check_text(self):
        for step in self:
            if step.channel in WRITTEN and not step.mail_template_id:
                raise ValidationError(self.env._("%(step)s: choose the text that is sent.", step=step.display_name))
            if step.mail_template_id and step.mail_template_id.model != "ar.reminder":
                raise ValidationError(
                    self.env._("%(text)s is not a text for reminders.", text=step.mail_template_id.name)
                )
            if step.channel == "sms" and "sms.sms" not in self.env:
                raise ValidationError(self.env._("Install Odoo's SMS app to send reminders by SMS."))
            if step.channel == "portal" and not self.env["ar.reminder"]._portal_page():
                raise ValidationError(self.env._("Install the customer portal of receivables to show notices there."))
