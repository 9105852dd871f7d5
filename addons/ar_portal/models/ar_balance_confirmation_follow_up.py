from collections import defaultdict
from decimal import Decimal

from markupsafe import Markup

from odoo import fields, models
from odoo.tools import format_amount

from ..engine.confirmation import to_dispute
from .ar_balance_confirmation import exact

#: So long a difference waits for its answer.
DAYS_TO_ANSWER = 14


class ArBalanceConfirmation(models.Model):
    """What a difference sets off: a dispute for each invoice of which the customer owes less, and work for a person."""

    _inherit = "ar.balance.confirmation"  # pylint: disable=consider-merging-classes-inherited

    def _open_disputes(self, differences):
        """Dispute what differs, as far as it is still open and not disputed yet.

        :param differences: of the engine
        :return: ``{frozen line id: dispute id}``, the new dispute or the one that is open already
        """
        self.ensure_one()
        by_key = {line.id: line for line in self.line_ids}
        lines = self.env["ar.balance.confirmation.line"].browse([each.item.key for each in differences])
        known = self.env["ar.dispute"].search(
            [("move_id", "in", lines.move_line_id.move_id.ids), ("state", "=", "open")], order="id"
        )
        disputed, latest = defaultdict(Decimal), {}
        for dispute in known:
            disputed[dispute.move_id] += exact(dispute.amount, self.currency_id)
            latest[dispute.move_id] = dispute.id
        codes = {code.code: code.id for code in self.env["ar.dispute.code"].with_context(active_test=False).search([])}
        values, by_line = [], {}
        for each in differences:
            journal_item = by_key[each.item.key].move_line_id
            invoice = journal_item.move_id
            if invoice.move_type != "out_invoice" or invoice.state != "posted" or not codes:
                continue
            wanted = to_dispute(each, disputed[invoice])
            # What was settled since the day of the balance is in dispute no more.
            wanted = min(wanted, max(exact(journal_item.amount_residual_currency, self.currency_id), Decimal()))
            disputed[invoice] -= min(disputed[invoice], max(-each.amount, Decimal()))
            if wanted:
                values.append(self._dispute_values(each, journal_item, float(wanted), codes))
                by_line[each.item.key] = None
            elif invoice in latest:
                by_line[each.item.key] = latest[invoice]
        opened = iter(self.env["ar.dispute"].create(values).ids)
        return {key: dispute_id or next(opened) for key, dispute_id in by_line.items()}

    def _dispute_values(self, difference, journal_item, amount, codes):
        """Values of the dispute about one item."""
        return {
            "move_id": journal_item.move_id.id,
            "move_line_id": journal_item.id,
            "amount": amount,
            "code_id": codes.get(difference.claim.reason) or codes.get("other") or next(iter(codes.values())),
            "description": "\n".join(
                filter(
                    None,
                    (
                        self.env._(
                            "Balance confirmation: %(theirs)s instead of %(ours)s.",
                            theirs=format_amount(self.env, float(difference.claim.amount), self.currency_id),
                            ours=format_amount(self.env, float(difference.item.amount), self.currency_id),
                        ),
                        difference.claim.comment,
                    ),
                )
            ),
            "user_id": self._in_charge().id,
            "deadline": fields.Date.add(fields.Date.context_today(self), days=DAYS_TO_ANSWER),
            "ar_confirmation_id": self.id,
        }

    def _follow_up(self, answer):
        """Tell the chatter what came, and give differences to a person."""
        self.ensure_one()
        who = ", ".join(filter(None, (answer.signer, answer.function)))
        words = (
            self.env._("%(who)s agrees with the balance.", who=who)
            if answer.agrees
            else self.env._(
                "%(who)s does not agree: their balance is %(theirs)s, ours %(ours)s.",
                who=who,
                theirs=format_amount(self.env, answer.their_balance, self.currency_id),
                ours=format_amount(self.env, self.balance, self.currency_id),
            )
        )
        if answer.reason:
            words = Markup("%s<br/>%s") % (
                words,
                self.env._(
                    "This takes the place of answer %(number)s: %(reason)s",
                    number=answer.number - 1,
                    reason=answer.reason,
                ),
            )
        self._note(words)
        person = self._in_charge()
        if not answer.agrees and person and not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=fields.Date.add(fields.Date.context_today(self), days=DAYS_TO_ANSWER),
                summary=self.env._("The customer's balance differs"),
                user_id=person.id,
            )


class ArDispute(models.Model):
    _inherit = "ar.dispute"

    ar_confirmation_id = fields.Many2one(
        "ar.balance.confirmation",
        string="Balance Confirmation",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The dispute began with the answer to this letter.",
    )
