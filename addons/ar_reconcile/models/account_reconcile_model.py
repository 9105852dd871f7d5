import json
import logging
import re
import time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import html2plaintext

_logger = logging.getLogger(__name__)

#: So much of a text is looked at: what a regular expression needs grows with a power of the text's length.
LONGEST_TEXT = 250
LONGEST_PATTERN = 200
#: That power: repetitions, and things that may be there or not, in one pattern.
MOST_REPETITIONS, MOST_OPTIONS = 3, 5
#: Seconds that one model may look for its label in the lines of one run.
PATIENCE = 2.0
#: The parts of a regular expression.
TOKEN = re.compile(
    r"""
    \\\d+ | \\. | \[\^?\]?(?:\\.|[^\]\\])*\]                # escapes, classes
    | \(\?[a-zA-Z]+\) | \((?:\?(?:P<\w+>|<?[=!]|:))? | \)   # flags, groups
    | [*+?][+?]? | \{\d*,?\d*\}[+?]? | \| | .               # repetitions, choices, anything else
    """,
    re.VERBOSE | re.DOTALL,
)
#: An amount as banks write it, in what a regular expression has found.
DIGITS = re.compile(r"\d[\d.,' ]*")


class AccountReconcileModel(models.Model):
    _inherit = "account.reconcile.model"

    ar_problem = fields.Char(
        string="Not Applied Because",
        copy=False,
        readonly=True,
        help="What kept this automatic model from being applied the last time.",
    )

    # === APPLYING === #

    @api.model
    def _ar_apply(self, lines):
        """Book lines as the companies' automatic models say, the first that fits each, in the models' order.

        A model that names a customer only notes him on the line, so that later models and matching can use it. A model
        that can't be applied is left out and says why. Models of branches' parents hold in the branches.

        :param lines: account.bank.statement.line; those that are reconciled are left alone
        :return: the lines that were booked
        """
        booked = lines.browse()
        for company, some in lines.filtered(_is_open).grouped("company_id").items():
            left, texts = some, {line: texts_of(line) for line in some}
            for model in self._ar_automatic(company):
                fitting = model._ar_fitting(left, texts)
                if not fitting:
                    continue
                done = model._ar_apply_to(fitting)
                if not model.mapped_partner_id:
                    booked |= done
                    left -= done
        return booked

    @api.model
    def _ar_automatic(self, company):
        """Return the automatic models of a company and its parents, in their order."""
        return self.search(
            Domain("trigger", "=", "auto_reconcile") & Domain("company_id", "parent_of", company.id),
        )

    def _ar_apply_to(self, lines):
        """Apply this model to ``lines``; if some can't be booked, to the others.

        :return: the lines to which it was applied
        """
        try:
            with self.env.cr.savepoint():
                return self._ar_book(lines) if not self.mapped_partner_id else self._ar_note_partner(lines)
        except UserError as error:
            if len(lines) == 1:
                self._ar_unusable(f"{lines.display_name}: {error}")
                return lines.browse()
            half = len(lines) // 2
            return self._ar_apply_to(lines[:half]) | self._ar_apply_to(lines[half:])

    def _ar_note_partner(self, lines):
        """Note the model's partner on lines that have none."""
        lines = lines.filtered(lambda line: not line.partner_id)
        lines.partner_id = self.mapped_partner_id
        return lines

    # === FITTING === #

    def _ar_fitting(self, lines, texts):
        """Return those of ``lines`` that meet all conditions of this model; none if it has no condition.

        :param dict texts: {line: the texts in which a label is looked for}
        """
        self.ensure_one()
        if self.ar_problem:
            self.sudo().ar_problem = False
        if not (self.match_label or self.match_amount or self.match_partner_ids or self.match_journal_ids):
            self._ar_unusable(self.env._("it has no condition"))
            return lines.browse()
        if self.match_journal_ids:
            lines = lines.filtered(lambda line: line.journal_id in self.match_journal_ids)
        if self.match_partner_ids:
            customers = self.match_partner_ids.commercial_partner_id
            lines = lines.filtered(lambda line: line.partner_id.commercial_partner_id in customers)
        if self.match_amount:
            lines = lines.filtered(self._ar_amount_fits)
        return self._ar_with_label(lines, texts) if self.match_label and lines else lines

    def _ar_with_label(self, lines, texts):
        """Return those of ``lines`` whose texts have this model's label; none if that takes too long to tell."""
        fits = self._ar_label_test()
        if not fits:
            return lines.browse()
        begun, fitting = time.monotonic(), []
        for line in lines:
            if fits(texts[line]):
                fitting.append(line.id)
            if time.monotonic() - begun > PATIENCE:
                self._ar_unusable(self.env._("its regular expression takes too long"))
                return lines.browse()
        return lines.browse(fitting)

    def _ar_amount_fits(self, line):
        """Return whether a line's amount, whatever its sign, is within this model's bounds."""
        amount, currency = abs(line.amount), line.currency_id
        is_above = currency.compare_amounts(amount, self.match_amount_min) >= 0
        is_below = currency.compare_amounts(amount, self.match_amount_max) <= 0
        return {"lower": is_below, "greater": is_above, "between": is_above and is_below}[self.match_amount]

    def _ar_label_test(self):
        """Return a function that tells whether a line's texts fit this model's label, or None if it can't be used."""
        wanted = (self.match_label_param or "").casefold()
        if self.match_label == "match_regex":
            pattern = self._ar_pattern(self.match_label_param)
            return pattern and (lambda texts: any(pattern.search(text) for text in texts))
        if not wanted:
            return self._ar_unusable(self.env._("there is no text to look for"))
        if self.match_label == "contains":
            return lambda texts: any(wanted in text.casefold() for text in texts)
        return lambda texts: not any(wanted in text.casefold() for text in texts)

    def _ar_pattern(self, text):
        """Return a person's regular expression, or None if it is none or could take for ever."""
        try:
            pattern = re.compile(text or "", re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            return self._ar_unusable(self.env._("the regular expression is not valid: %(error)s", error=error))
        if not text or len(text) > LONGEST_PATTERN or not is_tame(text):
            return self._ar_unusable(self.env._("the regular expression is empty, or could take too long"))
        return pattern

    def _ar_unusable(self, reason):
        """Note why this model is not applied."""
        _logger.info("Reconciliation model %s is not applied: %s", self.id, reason)
        self.sudo().ar_problem = reason

    # === BOOKING === #

    def _ar_book(self, lines):
        """Book ``lines`` as this model says; what it leaves of them stays on the suspense account.

        :return: the lines that were booked
        :raises UserError: when a line can't be booked so
        """
        plan = {line: self._ar_counterparts(line) for line in lines}
        plan = {line: counterparts for line, counterparts in plan.items() if counterparts}
        booked = lines.browse([line.id for line in plan])
        if booked:
            booked.check_access("write")
            booked._ar_replace_suspense(
                [
                    (line._seek_for_lines()[1], [(values, None) for values in counterparts])
                    for line, counterparts in plan.items()
                ],
                {},
            )
        return booked

    def _ar_counterparts(self, line):
        """Return the values of the journal items that take the place of a line's suspense item; none if nothing does.

        Shares are of what the model's lines before have left, as in Odoo; the company's amounts are cumulative.
        """
        suspense = line._seek_for_lines()[1]
        currency, company_currency = suspense.currency_id, suspense.company_currency_id
        left, given, told, values = suspense.amount_currency, 0.0, 0.0, []
        for rule in self.line_ids:
            amount = rule._ar_amount(line, left, suspense.amount_currency)
            if currency.is_zero(amount):
                continue
            left, given = currency.round(left - amount), given + amount
            total = company_currency.round(suspense.balance * given / suspense.amount_currency)
            values += rule._ar_values(line, suspense, amount, company_currency.round(total - told))
            told = total
        if not values or currency.is_zero(left):
            return values
        if left * suspense.amount_currency < 0 or abs(left) > abs(suspense.amount_currency):
            raise UserError(
                self.env._(
                    "%(model)s takes more off %(line)s than is left.", model=self.display_name, line=line.display_name
                )
            )
        rest = {"account_id": suspense.account_id.id, "partner_id": suspense.partner_id.id, "name": suspense.name}
        rest |= {"move_id": suspense.move_id.id, "currency_id": currency.id}
        return [{**rest, "amount_currency": left, "balance": company_currency.round(suspense.balance - told)}, *values]


class AccountReconcileModelLine(models.Model):
    _inherit = "account.reconcile.model.line"

    def _ar_amount(self, line, left, whole):
        """Return what this rule books of a bank line, signed as its counterpart: a credit is negative.

        :param float left: of the suspense item, after the rules before
        :param float whole: of the suspense item
        """
        if self.amount_type == "percentage":
            amount = left * self.amount / 100
        elif self.amount_type == "percentage_st_line":
            amount = whole * self.amount / 100
        elif self.amount_type == "fixed":
            amount = -self.amount
        else:
            amount = self._ar_amount_in(texts_of(line)) * (-1 if whole < 0 else 1)
        return line._seek_for_lines()[1].currency_id.round(amount)

    def _ar_amount_in(self, texts):
        """Return the amount that this rule's regular expression finds in a line's texts, or zero."""
        pattern = self.model_id._ar_pattern(self.amount_string)
        for text in texts if pattern else ():
            found = pattern.search(text)
            if found:
                return amount_in(found.group(1 if pattern.groups else 0) or "")
        return 0.0

    def _ar_values(self, line, suspense, amount, balance):
        """Return the values of the journal items of this rule, those of its taxes included in ``amount``.

        :raises UserError: when this rule has no account
        """
        if not self.account_id:
            raise UserError(self.env._("%(model)s has no account to book on.", model=self.model_id.display_name))
        common = {
            "name": self.label or suspense.name,
            "move_id": suspense.move_id.id,
            "account_id": self.account_id.id,
            "partner_id": (self.partner_id or line.partner_id).id,
            "currency_id": suspense.currency_id.id,
            "amount_currency": amount,
            "balance": balance,
            "reconcile_model_id": self.model_id.id,
        }
        if self.analytic_distribution:
            common["analytic_distribution"] = self.analytic_distribution
        return self._ar_taxed(line, suspense, common) if self.tax_ids else [common]

    def _ar_taxed(self, line, suspense, common):
        """Divide the values of one journal item into those of the base and of its taxes, which sum to it."""
        taxes, tax_model = self.tax_ids, self.env["account.tax"]
        company = line.company_id
        use = taxes[0].type_tax_use
        base = tax_model._prepare_base_line_for_taxes_computation(
            {},
            tax_ids=taxes,
            price_unit=abs(common["amount_currency"]),
            quantity=1.0,
            currency_id=suspense.currency_id,
            rate=abs(common["amount_currency"] / common["balance"]) if common["balance"] else 1.0,
            sign=-1 if common["amount_currency"] < 0 else 1,
            special_mode="total_included",
            is_refund=(use == "sale") == (common["amount_currency"] > 0),
            partner_id=self.env["res.partner"].browse(common["partner_id"]),
            account_id=self.account_id,
            analytic_distribution=self.analytic_distribution,
        )
        tax_model._add_tax_details_in_base_lines([base], company)
        tax_model._round_base_lines_tax_details([base], company)
        tax_model._add_accounting_data_in_base_lines_tax_details([base], company)
        found = tax_model._prepare_tax_lines([base], company)
        kept = {name: common[name] for name in ("move_id", "reconcile_model_id")}
        tax_values = [{**values, **kept} for values in found["tax_lines_to_add"]]
        net = {
            name: currency.round(common[name] - sum(values[name] for values in tax_values))
            for name, currency in (
                ("amount_currency", suspense.currency_id),
                ("balance", suspense.company_currency_id),
            )
        }
        tags = found["base_lines_to_update"][0][1]["tax_tag_ids"]
        return [{**common, **net, "tax_ids": [Command.set(taxes.ids)], "tax_tag_ids": tags}, *tax_values]


def texts_of(line):
    """Return the texts of a bank line in which a model looks for its label: label, details and note, cut."""
    details = json.dumps(line.transaction_details, ensure_ascii=False) if line.transaction_details else ""
    texts = (line.payment_ref, details, html2plaintext(line.narration or ""))
    return [text[:LONGEST_TEXT] for text in texts if text]


def amount_in(text):
    """Return the amount that ``text`` begins with as banks write it, ``1.234,50`` or ``1,234.50``; zero if it has none.

    The last mark divides the cents off, unless three digits follow it and it stands alone or more than once.
    """
    found = DIGITS.search(text)
    if not found:
        return 0.0
    digits = re.sub(r"[' ]", "", found.group()).rstrip(".,")
    mark = max(digits.rfind("."), digits.rfind(","))
    if mark < 0:
        return float(digits)
    whole, cents = re.sub(r"[.,]", "", digits[:mark]), digits[mark + 1 :]
    is_grouping = len(cents) == 3 and not (set(digits[:mark]) & {".", ","} - {digits[mark]})
    return float(whole + cents) if is_grouping else float(f"{whole}.{cents}")


def is_tame(pattern):
    """Return whether a valid regular expression takes no more than a bounded time for a text of bounded length.

    Nothing that is itself repeated or a choice may be repeated, and there may be a few repetitions only.
    """
    repetitions, options, groups, was_wild = 0, 0, [False], False
    for sign in TOKEN.findall(pattern):
        if sign == ")":
            was_wild = len(groups) > 1 and groups.pop()
            groups[-1] |= was_wild
            continue
        if sign.startswith("(") and not sign.endswith(")"):
            groups.append(False)
        elif sign[0] in "*+?{":
            if was_wild and sign[0] != "?":
                return False
            groups[-1] = True
            repetitions, options = repetitions + (sign[0] != "?"), options + (sign[0] == "?")
        elif sign == "|":
            groups[-1] = True
        elif sign.startswith("\\") and sign[1:].isdigit():
            return False
        was_wild = False
    return repetitions <= MOST_REPETITIONS and options <= MOST_OPTIONS


def _is_open(line):
    """Return whether nothing of a bank line was booked yet, so that a model is not applied to what it has left."""
    _liquidity, suspense, others = line._seek_for_lines()
    return line.state == "posted" and not line.is_reconciled and len(suspense) == 1 and not others
