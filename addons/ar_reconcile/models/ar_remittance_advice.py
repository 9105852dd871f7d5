import base64
import binascii
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, format_list
from odoo.tools.misc import formatLang

from ..parsers.advice_grid import MAX_BYTES
from ..parsers.remittance_advice import AdviceError, read_advice, read_pasted
from .ar_remittance_advice_wording import AdviceWording

#: Payments arrive so many days before or after the advice.
NEAR_DAYS = 45
#: Bank lines of an advice that are shown to choose from.
MOST_CHOICES = 20
#: Rows of the preview that are shown at once.
MOST_SHOWN = 200
#: Documents of an advice that matching looks at; the engine's own limit.
MOST_MATCHED = 1_000
#: What is read from the source, and what the advice is used for: written by the methods here alone.
KEPT_FIELDS = {"rows", "row_errors", "remarks", "refusal", "total", "advised_currency", "payer", "state", "matched_on"}
KEPT_DEFAULTS = {f"default_{name}" for name in KEPT_FIELDS}
SOURCE_FIELDS = {"content", "pasted_text"}


class ArRemittanceAdvice(models.Model):
    """A customer's list of what a payment pays, as a file or a pasted table, and the bank line that it belongs to."""

    _name = "ar.remittance.advice"
    _description = "Remittance Advice"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(string="File", help="Name of the file; empty for a pasted table.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        [("draft", "To match"), ("matched", "Matched")], default="draft", required=True, readonly=True, copy=False
    )
    content = fields.Binary(string="File to Read", attachment=True, copy=False)
    pasted_text = fields.Text(string="Or Paste the Table", copy=False)
    statement_line_id = fields.Many2one(
        "account.bank.statement.line",
        string="Bank Line",
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", check_company=True, index="btree_not_null")
    rows = fields.Json(compute="_compute_rows", store=True, copy=False)
    row_errors = fields.Json(compute="_compute_rows", store=True, copy=False)
    remarks = fields.Json(compute="_compute_rows", store=True, copy=False)
    refusal = fields.Json(compute="_compute_rows", store=True, copy=False, help="Why the source is no advice.")
    payer = fields.Char(string="From", compute="_compute_rows", store=True, copy=False)
    advised_currency = fields.Char(compute="_compute_rows", store=True, copy=False)
    total = fields.Float(string="Total of the Advice", digits=(16, 4), compute="_compute_rows", store=True, copy=False)
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    row_count = fields.Integer(string="Documents", compute="_compute_preview")
    message = fields.Text(string="What Was Read", compute="_compute_preview")
    preview_html = fields.Html(string="Preview", compute="_compute_preview", sanitize=False)
    line_choice_ids = fields.Many2many(
        "account.bank.statement.line", string="Bank Lines of This Amount", compute="_compute_line_choice_ids"
    )
    matched_on = fields.Datetime(readonly=True, copy=False)

    # === WRITE === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_writable(vals)
            self._check_size(vals)
        # What a caller gives as a default in the context was not read from a source either.
        given = {name: value for name, value in self.env.context.items() if name not in KEPT_DEFAULTS}
        return super(ArRemittanceAdvice, self.with_env(self.env(context=given))).create(vals_list)

    def write(self, vals):
        self._check_writable(vals)
        self._check_size(vals)
        if (SOURCE_FIELDS | {"statement_line_id", "company_id"}) & set(vals) and "matched" in self.mapped("state"):
            raise UserError(self.env._("This advice was used for a proposal. Enter another one instead."))
        return super().write(vals)

    def _check_writable(self, vals):
        if not self.env.su and KEPT_FIELDS & set(vals):
            raise UserError(self.env._("What an advice says is read from its file or text, and not typed."))

    def _check_size(self, vals):
        """Refuse what is too large to be read before it is stored; base64 takes four characters for three bytes."""
        sizes = len(vals.get("content") or "") * 3 // 4, len(vals.get("pasted_text") or "")
        if max(sizes) > MAX_BYTES:
            raise UserError(self._wording().refusal(["too_large", {"limit": MAX_BYTES // 1024 // 1024}]))

    # === READ === #

    def _wording(self):
        return AdviceWording(self.env)

    @api.depends("content", "pasted_text")
    def _compute_rows(self):
        """Read the source; nothing that a person could have typed comes into the rows."""
        for advice in self:
            read, refusal = advice.with_context(bin_size=False)._read_source()
            advice.rows = [_as_json(row) for row in read.rows] if read else []
            advice.row_errors = [[error.code, error.row, error.text] for error in read.errors] if read else []
            advice.remarks = [[remark.code, dict(remark.facts)] for remark in read.remarks] if read else []
            advice.refusal = refusal
            advice.payer = read.payer if read else False
            advice.advised_currency = read.currency if read else False
            advice.total = float(read.total) if read else 0

    def _read_source(self):
        """Return what the source says, and why it can't be read as ``[code, facts]``."""
        try:
            if self.content:
                return read_advice(base64.b64decode(self.content, validate=True)), False
            return (read_pasted(self.pasted_text), False) if self.pasted_text else (None, False)
        except AdviceError as error:
            return None, [error.code, error.facts]
        except binascii.Error:
            return None, ["unknown_format", {"kind": ""}]

    @api.depends("advised_currency", "statement_line_id", "company_id")
    def _compute_currency_id(self):
        known = {
            currency.name: currency
            for currency in self.env["res.currency"].search(
                [("name", "in", list(set(filter(None, self.mapped("advised_currency")))))]
            )
        }
        for advice in self:
            line = advice.statement_line_id
            own = line.foreign_currency_id or line.currency_id or advice.company_id.currency_id
            advice.currency_id = known.get(advice.advised_currency, own)

    @api.depends("name", "payer")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for advice in self:
            advice.display_name = advice.name or advice.payer or self.env._("Remittance advice")

    @api.depends("rows", "row_errors", "remarks", "refusal", "statement_line_id", "advised_currency")
    @api.depends_context("lang")
    def _compute_preview(self):
        render = self.env["ir.qweb"]._render
        for advice in self:
            advice.row_count = len(advice.rows or [])
            advice.message = advice._message()
            rows = advice._preview_rows() if advice.rows else []
            values = {
                "rows": rows,
                "currency": advice.currency_id,
                "more": advice.row_count - len(rows),
                "has_days": any(row["day"] for row in rows),
                "has_discounts": any(float(row["discount"]) for row in rows),
                "has_deductions": any(float(row["deduction"]) for row in rows),
            }
            advice.preview_html = rows and render("ar_reconcile.remittance_advice_rows", values)

    def _message(self):
        """Say what was read, which rows were not, and whether the sum is what the bank line brought."""
        wording = self._wording()
        if self.refusal:
            return wording.refusal(self.refusal)
        if not self.rows:
            return False
        told = [
            self.env._(
                "Read: %(count)s documents, in sum %(total)s.", count=len(self.rows), total=self._money(self.total)
            )
        ]
        line, summed = self.statement_line_id, sum((Decimal(row["paid"]) for row in self.rows), Decimal())
        if line:
            paid = line.amount_currency if line.foreign_currency_id else line.amount
            if self.currency_id.compare_amounts(paid, float(summed)):
                told.append(
                    self.env._(
                        "The documents sum to %(sum)s, but the bank line brought %(paid)s: %(difference)s apart. "
                        "The advice can then not say what is paid of each; its numbers still count.",
                        sum=self._money(float(summed)),
                        paid=self._money(paid),
                        difference=self._money(abs(paid - float(summed))),
                    )
                )
        return "\n".join([*told, *wording.errors(self.row_errors), *wording.remarks(self.remarks)])

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _preview_rows(self):
        """Return the first rows with what was found of each: its open amount, or why it can't be paid."""
        shown = self.rows[:MOST_SHOWN]
        lines = self.env["account.bank.statement.line"]
        if not lines.has_access("read"):
            return []
        named = lines._ar_documents_named(list(dict.fromkeys(row["number"] for row in shown)))
        wording = self._wording()
        return [
            {
                **row,
                "day": fields.Date.to_date(row["date"]),
                **wording.finding(row, named[row["number"]], self.currency_id),
            }
            for row in shown
        ]

    # === BANK LINE === #

    @api.depends("rows", "total", "state", "company_id", "partner_id", "advised_currency")
    def _compute_line_choice_ids(self):
        for advice in self:
            is_looked_for = advice.rows and advice.state == "draft"
            advice.line_choice_ids = advice._fitting_lines() if is_looked_for else False

    def _fitting_lines(self):
        """Return the unreconciled bank lines of the company, near the day of the advice, that brought its total."""
        lines = self.env["account.bank.statement.line"]
        if not lines.has_access("read"):
            return lines
        day = fields.Date.to_date(self.create_date) or fields.Date.context_today(self)
        company = self.company_id._origin or self.company_id
        domain = [
            ("company_id", "=", company.id),
            ("is_reconciled", "=", False),
            ("state", "=", "posted"),
            ("date", ">=", day - timedelta(NEAR_DAYS)),
            ("date", "<=", day + timedelta(NEAR_DAYS)),
        ]
        own = [*domain, ("amount", "=", self.total)]
        foreign = [*domain, ("amount_currency", "=", self.total)]
        if self.advised_currency:
            own.append(("currency_id.name", "=", self.advised_currency))
            foreign.append(("foreign_currency_id.name", "=", self.advised_currency))
        else:
            foreign.append(("foreign_currency_id", "!=", False))
        found = lines.search(own, order="date desc, id", limit=MOST_CHOICES)
        found |= lines.search(foreign, order="date desc, id", limit=MOST_CHOICES)
        customer = self.partner_id.commercial_partner_id
        of_customer = found.filtered(lambda line: customer and line.partner_id.commercial_partner_id == customer)
        return of_customer or found

    # === PROPOSAL === #

    def action_propose(self):
        """Make a proposal for the bank line of this advice, from what the advice says is paid of each document.

        Handing in an advice books nothing: the person sees the proposal first. What the journal's rules call certain
        is booked by the next run of matching, as any other proposal of this line.

        :raises UserError: when nothing was read, when no bank line or several fit, or when the line is reconciled
        :return: the action that opens the bank line
        """
        self.ensure_one()
        self.check_access("write")
        if not self.rows:
            raise UserError(self.message or self.env._("Upload the customer's file, or paste the table."))
        if len(self.rows) > MOST_MATCHED:
            raise UserError(
                self.env._(
                    "The advice lists %(count)s documents; up to %(most)s can be matched with one payment.",
                    count=len(self.rows),
                    most=MOST_MATCHED,
                )
            )
        line = self.statement_line_id or self._only_line()
        line.check_access("write")
        if line.is_reconciled:
            raise UserError(self.env._("%(line)s is reconciled. Undo that first.", line=line.display_name))
        earlier = self.search([("statement_line_id", "=", line.id), ("state", "=", "matched"), ("id", "!=", self.id)])
        earlier.sudo().write({"state": "draft"})
        self.statement_line_id = line
        self.sudo().write({"state": "matched", "matched_on": fields.Datetime.now()})
        line._ar_match("advice")
        return line._ar_open_form()

    def _only_line(self):
        """Return the bank line that brought the total; several are for the person to choose from."""
        lines = self._fitting_lines()
        if len(lines) == 1:
            return lines
        if not lines:
            raise UserError(
                self.env._(
                    "No open bank line of the last weeks brought %(total)s. Import the bank's file first, or choose "
                    "the bank line.",
                    total=self._money(self.total),
                )
            )
        raise UserError(
            self.env._(
                "Several bank lines brought %(total)s. Choose one: %(lines)s",
                total=self._money(self.total),
                lines=format_list(self.env, [line._ar_told_apart() for line in lines[:5]]),
            )
        )

    def action_open_line(self):
        """Open the bank line that this advice belongs to."""
        self.ensure_one()
        return self.statement_line_id._ar_open_form()

    @api.model
    def _remittances(self, lines):
        """Return what the advices that were handed in for ``lines`` say: ``{line id: ((number, amount), …)}``."""
        self.flush_model(["statement_line_id", "state", "rows"])
        advices = self.sudo().search_fetch(
            [("statement_line_id", "in", lines.ids), ("state", "=", "matched")],
            ["statement_line_id", "rows"],
            order="id",
        )
        return {
            advice.statement_line_id.id: tuple((row["number"], Decimal(row["paid"])) for row in advice.rows)
            for advice in advices
        }


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    ar_advice_ids = fields.One2many("ar.remittance.advice", "statement_line_id", string="Remittance Advices")

    def action_ar_enter_advice(self):
        """Open the form in which a customer's remittance advice is uploaded or pasted for this bank line."""
        self.ensure_one()
        self.check_access("write")
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_enter_remittance_advice")
        action["context"] = {"default_statement_line_id": self.id, "default_company_id": self.company_id.id}
        return action

    def _ar_told_apart(self):
        """Return a bank line's number with what people tell it from others by."""
        said = self.partner_name or self.payment_ref or ""
        return f"{self.display_name} ({format_date(self.env, self.date)} {said})"

    def _ar_open_form(self):
        """Return the action that opens this bank line."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        form = self.env.ref("ar_reconcile.account_bank_statement_line_view_form")
        return {**action, "view_mode": "form", "views": [(form.id, "form")], "res_id": self.id, "domain": []}


def _as_json(row):
    return {
        "number": row.number,
        "paid": str(row.paid),
        "discount": str(row.discount),
        "deduction": str(row.deduction),
        "date": row.date and row.date.isoformat(),
        "text": row.text,
        "row": row.row,
    }
