"""What a payment does besides moving money: it uses the customer's credits, and keeps his reasons for paying less."""

from decimal import Decimal

from odoo import models

from .payment_transaction import _exact


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"  # pylint: disable=consider-merging-classes-inherited

    # ---- credits

    @staticmethod
    def _ar_with_credits_of(allocation, item_ids):
        """``allocation`` with the credits of these items alone, and the reasons of part payments with them."""
        if "credits" in allocation:
            uses = [use for use in allocation["credits"] if use[1] in item_ids]
            allocation = {**allocation, "credits": uses}
        lines = {
            key: line if int(key) in item_ids else {name: value for name, value in line.items() if name != "part"}
            for key, line in allocation["lines"].items()
        }
        return {**allocation, "lines": lines}

    def _ar_uses_now(self, allocation):
        """What is still there of the credits that ``allocation`` uses, by item: ``{item id: [use, …]}``.

        A use is a dict of credit and item (lines), amount (Decimal), and place among all that were planned.  A credit
        that somebody else has used meanwhile, or that was changed, isn't used again.
        """
        planned = allocation.get("credits", ())
        lines = self.env["account.move.line"].browse({id_ for use in planned for id_ in use[:2]}).exists()
        by_id = {line.id: line for line in lines}
        left = {
            line.id: _exact(-line.amount_residual_currency, line.currency_id)
            for line in lines
            if line.parent_state == "posted" and not line.reconciled and line.amount_residual_currency < 0
        }
        uses = {}
        for place, (credit_id, item_id, meant) in enumerate(planned):
            if credit_id in left and item_id in by_id and _can_settle(by_id[credit_id], by_id[item_id]):
                amount = min(Decimal(meant), left[credit_id])
                left[credit_id] -= amount
                uses.setdefault(item_id, []).append(
                    {"credit": by_id[credit_id], "item": by_id[item_id], "amount": amount, "place": place}
                )
        return uses

    @staticmethod
    def _ar_discount_with(allocation, item, paid, used, discount, offer):
        """What is left of ``discount`` of ``item`` where only ``used`` is there of the credits that were to settle it.

        A proportional one is that of the part that is settled, another one is gone.
        """
        meant = sum(Decimal(amount) for _credit, key, amount in allocation.get("credits", ()) if key == item.id)
        if used >= meant:
            return discount
        if offer.partial_rule != "proportional":
            return Decimal()
        return _exact(float(discount * (paid + used) / (paid + meant)), item.currency_id)

    def _ar_use_credits(self, uses):
        """Match credits with the items that they settle, exactly as chosen or not at all.

        In the order in which they were planned, in which each match ends its credit or its item.
        """
        lines = self.env["account.move.line"]
        planned = sorted((use for item_uses in uses.values() for use in item_uses), key=lambda use: use["place"])
        for use in planned:
            credit, item, amount = use["credit"], use["item"], use["amount"]
            if not amount:
                continue
            most = min(abs(credit.amount_residual_currency), item.amount_residual_currency)
            if item.currency_id.compare_amounts(most, float(amount)):
                # The ledger would match more than the customer chose.
                use["amount"] = Decimal()
            else:
                lines._reconcile_plan([credit + item])

    def _ar_tell_of_credits(self, allocation, uses):
        """Say on the invoices which credits weren't used as they were meant when the payment was started."""
        meant = {}
        for _credit, item_id, amount in allocation.get("credits", ()):
            meant[item_id] = meant.get(item_id, Decimal()) + Decimal(amount)
        for item in self.env["account.move.line"].browse(meant).exists():
            used = sum(use["amount"] for use in uses.get(item.id, ()))
            if used < meant[item.id]:
                item.move_id.message_post(
                    body=self.env._(
                        "The online payment %(reference)s was to be booked with %(meant)s of the customer's credit, of "
                        "which %(used)s could be used: the invoice or the credit was changed or used meanwhile.",
                        reference=self.reference,
                        meant=self.currency_id.format(float(meant[item.id])),
                        used=self.currency_id.format(float(used)),
                    )
                )

    # ---- part payments

    def _ar_tell_of_parts(self, allocation):
        """Say on the invoices why the customer pays a part, and open the disputes that he has with the rest."""
        parts = {int(key): line["part"] for key, line in allocation["lines"].items() if line.get("part")}
        for item in self.env["account.move.line"].browse(parts).exists():
            paid = float(allocation["lines"][str(item.id)]["paid"])
            item._ar_portal_tell_of_part(parts[item.id], paid, self.partner_id, booked=paid)


def _can_settle(credit, item):
    return (
        credit.account_id == item.account_id
        and credit.currency_id == item.currency_id
        and credit.partner_id.commercial_partner_id == item.partner_id.commercial_partner_id
    )
