from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from .ar_portal_form import LONGEST


class ArDispute(models.Model):
    _name = "ar.dispute"
    _inherit = ["ar.dispute", "ar.portal.agreement"]

    _ar_portal_kind = "dispute"
    _ar_portal_order = "opened_on desc, id desc"

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        self._ar_thread_said(message)
        return result

    @api.model
    def _ar_portal_form(self, item_id, day):
        """What the form shows by which the logged-in user disputes one of his items.

        :raises UserError: when it can't be disputed
        """
        item = self.env["account.move.line"]._ar_portal_owed_items([item_id], day)
        left = self._ar_portal_left(item)
        # The lines of the invoice that he has been shown; the customer can't read every field of theirs.
        lines = item.sudo().move_id.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        return {
            "item": item,
            "row": item._ar_portal_lines(day)[0],
            "codes": self.env["ar.dispute.code"]._ar_portal_codes(),
            "lines": lines if len(lines) > 1 else lines.browse(),
            "left": left,
            "longest": LONGEST,
            "offered": item.company_id.sudo().root_id.ar_portal_disputes,
        }

    @api.model
    def _ar_portal_left(self, item):
        """What is open of an item and not disputed yet."""
        # Disputes about an item that he has been shown.
        disputes = self.sudo().search(
            Domain("move_id", "=", item.move_id.id)
            & Domain("state", "=", "open")
            & Domain("move_line_id", "in", (False, item.id))
        )
        disputed = sum(disputes.mapped("amount"))
        return max(item.currency_id.round(item.amount_residual_currency - disputed), 0.0)

    @api.model
    def _ar_portal_open(self, item_id, form, files, day):
        """Open a dispute for the logged-in user about one of his items.

        :param form: texts by the names of the form's fields: code, amount, text; line: ids of the invoice's lines
        :param files: pairs of name and stream
        :return: the dispute, and a list of what is wrong; one of them is empty
        :raises UserError: when the item can't be disputed
        """
        shown = self._ar_portal_form(item_id, day)
        item, errors, reader = shown["item"], [], self.env["ar.portal.form"]
        # Two people may send at once, or one of them twice: the second one sees what the first one did, and is told.
        item._ar_portal_take_turns()
        left = self._ar_portal_left(item)
        text = reader._text(form, "text", errors, required=True)
        if twice := self._ar_portal_sent_twice(item, text):
            return twice, []
        if not shown["offered"]:
            errors.append({"field": "", "words": self.env._("Please write to us about this invoice.")})
        elif left <= 0:
            errors.append({"field": "", "words": self.env._("All that is open of this invoice is disputed already.")})
        amount = reader._amount(form, "amount", item.currency_id, left, errors) if left > 0 else 0.0
        code = form.get("code") or ""
        if code not in map(str, shown["codes"]):
            errors.append({"field": "code", "words": self.env._("Choose what is wrong.")})
        lines = shown["lines"].filtered(lambda line: str(line.id) in form.getlist("line"))
        if lines and amount and item.currency_id.compare_amounts(amount, sum(lines.mapped("price_total"))) > 0:
            words = self.env._("These lines are over less than that: choose more lines, or a smaller amount.")
            errors.append({"field": "amount", "words": words})
        kept = reader._files(files, errors)
        if errors:
            return self.browse(), errors
        return self._ar_portal_create(item, int(code), amount, lines, text, kept), []

    @api.model
    def _ar_portal_sent_twice(self, item, text):
        """The dispute that the same form has opened already."""
        # As in `_ar_portal_left`.
        return self.sudo().search(
            Domain("move_id", "=", item.move_id.id)
            & Domain("state", "=", "open")
            & Domain("opened_on", "=", fields.Date.context_today(self))
            & Domain("description", "=", text),
            limit=1,
        )

    @api.model
    def _ar_portal_create(self, item, code_id, amount, lines, text, files):
        company = item.company_id.sudo().root_id
        # Checked by `_ar_portal_open`; customers have no rights on disputes.
        dispute = self.sudo().create(
            {
                "move_id": item.move_id.id,
                "move_line_id": item.id if item.move_id.sudo()._ar_portal_has_instalments() else False,
                "line_ids": [fields.Command.set(lines.ids)],
                "code_id": code_id,
                "amount": amount,
                "description": text,
                "user_id": item._ar_portal_in_charge().id,
                "deadline": fields.Date.add(fields.Date.context_today(self), days=company.ar_portal_answer_days),
            }
        )
        dispute._ar_portal_say(text, files)
        return dispute

    def _ar_portal_state(self):
        """How far it is, for the customer: code, words, and what was decided."""
        self.ensure_one()
        return {
            "open": self.env._("We are looking into it"),
            "resolved": self.env._("You were right"),
            "rejected": self.env._("Not accepted"),
        }[self.state]

    def _ar_portal_decided(self):
        """What was decided, in words of the company, or nothing."""
        self.ensure_one()
        if self.state == "open":
            return self.deadline and self.env._(
                "You get an answer by %(day)s.", day=format_date(self.env, self.deadline)
            )
        return self.resolution or ""


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _ar_portal_has_instalments(self):
        """Whether this invoice is due in several parts."""
        self.ensure_one()
        return len(self.line_ids.filtered(lambda line: line.display_type == "payment_term")) > 1
