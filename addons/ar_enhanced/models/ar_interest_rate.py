from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..engine.late_interest import RateTable, ReferenceRate, half_year_start
from .ar_discount_offer import _decimal
from .ar_discount_policy import percent_text


class ArInterestRateTable(models.Model):
    """Reference rates of one authority, such as a central bank's; shared by all companies."""

    _name = "ar.interest.rate.table"
    _description = "Table of Reference Rates"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="A short name, such as ECB.")
    active = fields.Boolean(default=True)
    source = fields.Text(
        required=True, translate=True, help="Who publishes the rates, and by which act they count for late payments."
    )
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    validity = fields.Selection(
        [("half_year", "Its half-year"), ("until_next", "Until the next rate")],
        string="A Rate Holds for",
        required=True,
        default="half_year",
        help="Half-years begin on 1 January and 1 July. A half-year whose rate wasn't entered bears no guess: "
        "interest that needs it can't be computed.",
    )
    rate_ids = fields.One2many("ar.interest.rate", "table_id", string="Rates", copy=True)
    last_day = fields.Date(string="Rates Known until", compute="_compute_last_day", help="Empty: without end.")

    _code_unique = models.UniqueIndex("(code)", "Another table of rates has this code.")

    @api.depends("rate_ids.valid_from", "validity")
    def _compute_last_day(self):
        for table in self:
            newest = max(table.rate_ids.filtered("valid_from").mapped("valid_from"), default=None)
            if not newest or table.validity != "half_year":
                table.last_day = False
            else:
                table.last_day = fields.Date.end_of(fields.Date.add(half_year_start(newest), months=5), "month")

    @api.depends("name", "code")
    def _compute_display_name(self):
        for table in self:
            table.display_name = f"{table.code} – {table.name}" if table.code else table.name

    @api.constrains("validity")
    def _check_half_years(self):
        self.rate_ids._check_valid_from()

    def _as_rate_table(self):
        """Give the engine's rate table."""
        self.ensure_one()
        return RateTable(
            tuple(
                ReferenceRate(rate.valid_from, _decimal(rate.percent)) for rate in self.rate_ids.sorted("valid_from")
            ),
            self.validity == "half_year",
        )

    def _missing_text(self, day):
        """Say that the rate of ``day`` isn't known, and what to do."""
        self.ensure_one()
        return self.env._(
            "The table of rates “%(table)s” has no rate for %(day)s: enter it under Configuration, Reference Rates.",
            table=self.name,
            day=format_date(self.env, day),
        )


class ArInterestRate(models.Model):
    _name = "ar.interest.rate"
    _description = "Reference Rate"
    _order = "table_id, valid_from desc"
    _rec_name = "percent"

    table_id = fields.Many2one("ar.interest.rate.table", required=True, index=True, ondelete="cascade")
    valid_from = fields.Date(required=True)
    percent = fields.Float(string="Rate %", digits=(8, 3), aggregator=None)
    source = fields.Char(help="Where this rate was published, if the table doesn't say.")

    _one_a_day = models.UniqueIndex("(table_id, valid_from)", "The table has a rate from this day on already.")
    _percent_sane = models.Constraint(
        "CHECK(percent > -100 AND percent < 1000)", "A reference rate is more than -100 % and less than 1,000 %."
    )

    @api.depends("valid_from", "percent")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for rate in self:
            rate.display_name = self.env._(
                "%(percent)s %% from %(day)s",
                percent=percent_text(self.env, rate.percent),
                day=format_date(self.env, rate.valid_from),
            )

    @api.constrains("valid_from", "table_id")
    def _check_valid_from(self):
        for rate in self:
            if rate.table_id.validity == "half_year" and rate.valid_from != half_year_start(rate.valid_from):
                raise ValidationError(
                    self.env._(
                        "%(table)s: rates hold for half-years, so they begin on 1 January or 1 July, not on %(day)s.",
                        table=rate.table_id.name,
                        day=format_date(self.env, rate.valid_from),
                    )
                )
