from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine.scorecard import (
    COMPONENTS,
    DEFAULT_LEVELS,
    DEFAULT_OVERDUE_LOST,
    DEFAULT_WEIGHTS,
    Scorecard,
)

LEVEL_CODES = [(code, code.upper()) for code, _at_least in DEFAULT_LEVELS]
WEIGHTS = tuple(f"weight_{code}" for code in COMPONENTS)
BANDS = ("lost_1_30", "lost_31_60", "lost_61_90", "lost_over_90")


class ArCreditPolicy(models.Model):
    """A version of the numbers that scores hang on: weights, bands and levels.

    One version is active for a company; without one of its own a company follows the shared version.  A version that
    a score was made with never changes, so that the score can be computed again.
    """

    _name = "ar.credit.policy"
    _description = "Credit Policy"
    _order = "company_id, version desc, id desc"

    name = fields.Char(required=True, translate=True)
    version = fields.Integer(readonly=True, default=1, copy=False)
    company_id = fields.Many2one(
        "res.company",
        ondelete="cascade",
        domain="[('parent_id', '=', False)]",
        help="Without a company, the policy is shared by all companies that have no active one of their own.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("retired", "Retired")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    is_used = fields.Boolean(compute="_compute_is_used", help="Scores were made with this version: it never changes.")
    score_ids = fields.One2many("ar.credit.score", "policy_id", string="Scores")
    level_ids = fields.One2many("ar.credit.policy.level", "policy_id", string="Levels", copy=True)
    weight_timeliness = fields.Integer(string="Timeliness", default=DEFAULT_WEIGHTS[0])
    weight_overdue_now = fields.Integer(string="Overdue now", default=DEFAULT_WEIGHTS[1])
    weight_regularity = fields.Integer(string="Regularity", default=DEFAULT_WEIGHTS[2])
    weight_trend = fields.Integer(string="Trend", default=DEFAULT_WEIGHTS[3])
    weight_record = fields.Integer(string="Record", default=DEFAULT_WEIGHTS[4])
    weight_utilisation = fields.Integer(string="Use of the limit", default=DEFAULT_WEIGHTS[5])
    weight_promises = fields.Integer(string="Promises", default=DEFAULT_WEIGHTS[6])
    weight_disputes = fields.Integer(string="Disputes", default=DEFAULT_WEIGHTS[7])
    weight_returns = fields.Integer(string="Returned payments", default=DEFAULT_WEIGHTS[8])
    weight_external = fields.Integer(string="External rating", default=DEFAULT_WEIGHTS[9])
    lost_1_30 = fields.Integer(string="1–30 days", default=DEFAULT_OVERDUE_LOST[0])
    lost_31_60 = fields.Integer(string="31–60 days", default=DEFAULT_OVERDUE_LOST[1])
    lost_61_90 = fields.Integer(string="61–90 days", default=DEFAULT_OVERDUE_LOST[2])
    lost_over_90 = fields.Integer(string="Over 90 days", default=DEFAULT_OVERDUE_LOST[3])
    window_months = fields.Integer(
        string="Months that count", default=24, help="Payments, promises, disputes and returns older than this don't."
    )
    punctual_days = fields.Integer(string="Punctual within days", default=15)
    pseudo_items = fields.Integer(
        string="Invoices until own record prevails",
        default=5,
        help="After so many invoices, a customer's own record weighs as much as the average of all customers.",
    )

    _active_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0)) WHERE state = 'active'", "One version of the credit policy is active per company."
    )

    @api.model
    def default_get(self, fields_list):
        """Begin with the default levels, for without levels there is no policy."""
        defaults = super().default_get(fields_list)
        if "level_ids" in fields_list and "level_ids" not in defaults:
            defaults["level_ids"] = [
                fields.Command.create({"level": level, "at_least": at_least}) for level, at_least in DEFAULT_LEVELS
            ]
        return defaults

    @api.depends("score_ids")
    def _compute_is_used(self):
        used = self._used()
        for policy in self:
            policy.is_used = policy._origin in used

    def _used(self):
        """Those of these versions that scores were made with, asked anew: scores are stored past the cache."""
        used = self.env["ar.credit.score"].sudo()._read_group([("policy_id", "in", self.ids)], ["policy_id"])
        return self.browse(policy.id for (policy,) in used)

    @api.depends("name", "version")
    def _compute_display_name(self):
        for policy in self:
            policy.display_name = self.env._("%(name)s, version %(version)s", name=policy.name, version=policy.version)

    @api.constrains("level_ids", "window_months", "punctual_days", "pseudo_items", *BANDS, *WEIGHTS)
    def _check_numbers(self):
        for policy in self:
            policy._check_levels()
            for problem in policy._scorecard().problems():
                raise ValidationError(policy._problem_words(problem))

    def _check_levels(self):
        """Refuse levels that are missing, twice there, or not in the order of their letters."""
        if sorted(self.level_ids.mapped("level")) != [code for code, _label in LEVEL_CODES]:
            raise ValidationError(self.env._("A credit policy has each of the levels A to E once."))

    def write(self, vals):
        """Refuse to change a version that scores were made with, and to change a state but by the actions."""
        if "state" in vals and not self.env.su:
            raise AccessError(self.env._("Credit policies are activated and retired by the buttons of these names."))
        if set(vals) - {"state", "name"}:
            self._check_not_used()
        return super().write(vals)

    def _check_not_used(self):
        if used := self._used():
            raise UserError(
                self.env._(
                    "Scores were made with %(policy)s, so it never changes. Make a new version and activate that.",
                    policy=used[0].display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_not_used()
        if self.filtered(lambda policy: policy.state == "active" and not policy.company_id):
            raise UserError(self.env._("The shared credit policy is active: activate another version first."))

    def action_new_version(self):
        """Copy this version to a draft that can be changed."""
        self.ensure_one()
        version = self.copy({"version": self._last_version() + 1})
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": version.id,
            "views": [(False, "form")],
        }

    def action_activate(self):
        """Make this the active version of its company; the one before is retired."""
        self.check_access("write")
        for policy in self:
            policy._check_numbers()
            before = self.search([("state", "=", "active"), ("company_id", "=", policy.company_id.id)])
            # The right to write was checked; the state is closed to everything but the actions.
            (before - policy).sudo().write({"state": "retired"})
            (before - policy).flush_recordset(["state"])
            policy.sudo().state = "active"

    def action_retire(self):
        """Retire the version of a company: it follows the shared one again."""
        self.check_access("write")
        if self.filtered(lambda policy: not policy.company_id and policy.state == "active"):
            raise UserError(self.env._("The shared credit policy can't be retired: activate another version instead."))
        # As above.
        self.sudo().write({"state": "retired"})

    def _last_version(self):
        """The highest version of this company's policies, or of the shared ones."""
        return self.search([("company_id", "=", self.company_id.id)], order="version desc", limit=1).version

    @api.model_create_multi
    def create(self, vals_list):
        """Number the versions of a company; only a shared first one can begin as active, in data."""
        if not self.env.su:
            vals_list = [{**vals, "state": "draft"} for vals in vals_list]
        policies = super().create(vals_list)
        for policy, vals in zip(policies, vals_list, strict=True):
            if "version" not in vals:
                others = self.search([("company_id", "=", policy.company_id.id), ("id", "!=", policy.id)])
                policy.version = max(others.mapped("version"), default=0) + 1
        return policies

    def _scorecard(self):
        """The numbers as the engine takes them."""
        self.ensure_one()
        return Scorecard(
            weights=tuple(self[weight] for weight in WEIGHTS),
            overdue_lost=tuple(self[band] for band in BANDS),
            levels=tuple((line.level, line.at_least) for line in self.level_ids.sorted("level")),
            window_days=self.window_months * 365 // 12,
            punctual_days=self.punctual_days,
            pseudo_items=self.pseudo_items,
        )

    @api.model
    def _problem_words(self, problem):
        """What is wrong with the numbers, for the person who sets them."""
        return {
            "negative_weight": self.env._("The weight of a component is zero or more."),
            "no_weight": self.env._(
                "The weights of the components that every customer has sum to zero: give at least one of them a weight."
                " The use of the limit and the external rating alone are not enough, for many customers have neither."
            ),
            "level_out_of_range": self.env._("A level begins between 0 and 100 points."),
            "levels_not_descending": self.env._(
                "The levels overlap: each level from A to E has to begin at fewer points than the one before."
            ),
            "last_level_not_zero": self.env._("Level E begins at 0 points, or some customers would have no level."),
            "band_out_of_range": self.env._("What an overdue amount loses is between 0 % and 100 %."),
            "bands_not_ascending": self.env._(
                "What an overdue amount loses has to stay the same or rise from each band of days to the next."
            ),
            "window_out_of_range": self.env._(
                "At least seven months have to count; the days of punctuality and the number of invoices are zero or"
                " more."
            ),
        }[problem]


class ArCreditPolicyLevel(models.Model):
    """From how many points on a customer has a level."""

    _name = "ar.credit.policy.level"
    _description = "Level of a Credit Policy"
    _order = "policy_id, level"

    policy_id = fields.Many2one("ar.credit.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id")
    level = fields.Selection(LEVEL_CODES, required=True)
    at_least = fields.Integer(string="From points", required=True)

    _level_uniq = models.Constraint("UNIQUE(policy_id, level)", "A credit policy has each level once.")

    @api.constrains("level", "at_least")
    def _check_policy(self):
        self.policy_id._check_numbers()

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to add a level to a version that scores were made with."""
        self.env["ar.credit.policy"].browse({vals.get("policy_id") for vals in vals_list})._check_not_used()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse to change a level that scores were made with."""
        self.policy_id._check_not_used()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self.policy_id._check_not_used()
