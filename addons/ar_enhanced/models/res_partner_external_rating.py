from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

READERS = "ar_enhanced.group_ar_user"
RATING_FIELDS = {"ar_external_rating", "ar_external_grade", "ar_external_source", "ar_external_date"}
#: What a grade stands for: the middle of its fifth.
RATING_BY_GRADE = {"a": 90, "b": 70, "c": 50, "d": 30, "e": 10}


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_external_rating = fields.Integer(
        string="External Rating",
        company_dependent=True,
        copy=False,
        tracking=True,
        groups=READERS,
        help="From 0 (worst) to 100 (best), as a credit agency or insurer gave it.",
    )
    ar_external_grade = fields.Selection(
        [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E")],
        string="External Grade",
        compute="_compute_ar_external_grade",
        inverse="_inverse_ar_external_grade",
        groups=READERS,
        help="Enter the grade where there is no number: A stands for 90, B for 70, C for 50, D for 30 and E for 10.",
    )
    ar_external_source = fields.Char(
        string="Rated by", company_dependent=True, copy=False, tracking=True, groups=READERS
    )
    ar_external_date = fields.Date(
        string="Rated on",
        company_dependent=True,
        copy=False,
        tracking=True,
        groups=READERS,
        help="The rating counts from this day on, for a year. A new rating without a date is of today.",
    )

    @api.depends("ar_external_rating", "ar_external_date")
    @api.depends_context("company")
    def _compute_ar_external_grade(self):
        for partner in self:
            rating = partner.ar_external_rating
            partner.ar_external_grade = (
                next(grade for grade, at_least in zip("abcde", (80, 60, 40, 20, 0), strict=True) if rating >= at_least)
                if partner.ar_external_date
                else False
            )

    def _inverse_ar_external_grade(self):
        for partner in self:
            partner.ar_external_rating = RATING_BY_GRADE.get(partner.ar_external_grade, 0)
            if partner.ar_external_grade and not partner.ar_external_date:
                partner.ar_external_date = fields.Date.context_today(partner)

    @api.constrains("ar_external_rating")
    def _check_ar_external_rating(self):
        if any(not 0 <= partner.ar_external_rating <= 100 for partner in self):
            raise ValidationError(self.env._("An external rating is between 0 and 100."))

    @api.model_create_multi
    def create(self, vals_list):
        """Let clerks only enter a rating."""
        self._check_ar_may_rate(set().union(*vals_list) if vals_list else ())
        today = fields.Date.context_today(self)
        return super().create(
            [
                {**vals, "ar_external_date": today}
                if vals.get("ar_external_rating") and "ar_external_date" not in vals
                else vals
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """Let clerks only change a rating."""
        self._check_ar_may_rate(vals)
        result = super().write(vals)
        # Undated, a new rating would be shown and not count.
        if vals.get("ar_external_rating") and "ar_external_date" not in vals:
            undated = self.filtered(lambda partner: not partner.ar_external_date)
            undated.ar_external_date = fields.Date.context_today(self)
        return result

    @api.model
    def _check_ar_may_rate(self, names):
        if RATING_FIELDS.intersection(names) and not (
            self.env.su or self.env.user.has_group("ar_enhanced.group_ar_clerk")
        ):
            raise AccessError(self.env._("Entering an external rating takes the rights of a receivables clerk."))
