from odoo import api, models
from odoo.tools import format_date


class MergePartner(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Leave one of what a customer has once before Odoo moves it all: it stumbles over what breaks an index."""
        self._ar_keep_scores(src_partners)
        self._ar_keep_one_limit(src_partners, dst_partner)
        self._ar_keep_one_hold(src_partners, dst_partner)
        self._ar_keep_one_acknowledgement(src_partners, dst_partner)
        self._ar_keep_one_contract(src_partners, dst_partner)
        self._ar_keep_one_desk(src_partners, dst_partner)
        # Turns and warnings are made anew.
        self._ar_rivals("ar.credit.account", src_partners, dst_partner, "company_id").unlink()
        self._ar_rivals("ar.credit.warning", src_partners, dst_partner, "company_id", "kind").unlink()
        # Who may merge contacts needn't see reminders.
        self.env["ar.reminder"].sudo()._join_prepared(src_partners | dst_partner)
        self.env.flush_all()
        result = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        # Securities of both raise the one limit that counts now. Who may merge contacts needn't see it.
        current = self.env["ar.credit.limit"].sudo()
        current.search([("is_current", "=", True), ("partner_id", "=", dst_partner.id)])._sync_native_limits()
        return result

    @api.model
    def _ar_keep_one_desk(self, src_partners, dst_partner):
        """Leave one place on the collections desk, with the notes of all."""
        rivals = self._ar_rivals("ar.collection.account", src_partners, dst_partner, "company_id")
        for rival in rivals:
            kept = rivals.search(
                [
                    ("company_id", "=", rival.company_id.id),
                    ("partner_id", "in", (src_partners | dst_partner).ids),
                    ("id", "not in", rivals.ids),
                ]
            )
            kept.note = "\n".join(note for note in (kept.note, rival.note) if note)
        rivals.unlink()

    @api.model
    def _ar_keep_scores(self, src_partners):
        """Keep the scores of merged partners as history."""
        # Who may merge contacts needn't see scores.
        scores = self.env["ar.credit.score"].sudo()
        scores.search([("is_current", "=", True), ("partner_id", "in", src_partners.ids)]).write({"is_current": False})

    @api.model
    def _ar_keep_one_limit(self, src_partners, dst_partner):
        """Let the limit of the customer that stays count, else the newest one."""
        # Who may merge contacts needn't see limits.
        limits = self.env["ar.credit.limit"].sudo()
        of_both = limits.search(
            [
                ("partner_id", "in", (src_partners | dst_partner).ids),
                "|",
                ("is_current", "=", True),
                ("state", "in", ("proposed", "waiting")),
            ]
        )
        ordered = of_both.sorted(lambda limit: (limit.partner_id == dst_partner, limit.id), reverse=True)
        for of_company in ordered.grouped("company_id").values():
            current = of_company.filtered("is_current")
            current[1:].write({"is_current": False, "state": "superseded"})
            (of_company - current)[1:].write({"state": "superseded"})

    @api.model
    def _ar_rivals(self, model, src_partners, dst_partner, *names, domain=()):
        """Records that would be there twice after the merge: all but the first of the same ``names``.

        Those of the customer that stays come first, then older ones.
        """
        # Who may merge contacts needn't see their credit file.
        records = self.env[model].sudo()
        partner_ids = (src_partners | dst_partner).ids
        found = records.search([("partner_id", "in", partner_ids), *domain], order="id")
        found = found.sorted(lambda record: (record.partner_id != dst_partner, record.id))
        same = found.grouped(lambda record: tuple(record[name] for name in names))
        return records.union(*(of_kind[1:] for of_kind in same.values()))

    @api.model
    def _ar_keep_one_hold(self, src_partners, dst_partner):
        """Leave one active hold of a person and one of the rules; releases don't outweigh what a person has placed."""
        active = [("state", "=", "active"), ("is_of_document", "!=", True)]
        rivals = self._ar_rivals("ar.credit.hold", src_partners, dst_partner, "company_id", "is_by_hand", domain=active)
        rivals._lapse(dict.fromkeys(rivals.ids, "merged"))
        customers = src_partners | dst_partner
        by_hand = rivals.search([("partner_id", "in", customers.ids), ("is_by_hand", "=", True), *active])
        for company in by_hand.company_id:
            rivals._end_releases_by_hand(company, customers)

    @api.model
    def _ar_keep_one_acknowledgement(self, src_partners, dst_partner):
        """Write what a second acknowledgement of the same terms said, with its documents, into the chatter."""
        rivals = self._ar_rivals("ar.credit.acknowledgement", src_partners, dst_partner, "terms_id")
        for rival in rivals:
            rival.attachment_ids.write({"res_model": "res.partner", "res_id": dst_partner.id})
            dst_partner.sudo().message_post(
                body=self.env._(
                    "Merged: %(person)s acknowledged %(terms)s on %(date)s for %(customer)s, fingerprint %(hash)s.",
                    person=rival.signed_by,
                    terms=rival.terms_id.display_name,
                    date=format_date(self.env, rival.date),
                    customer=rival.partner_id.display_name,
                    hash=rival.text_hash,
                ),
                attachment_ids=rival.attachment_ids.ids,
            )
        rivals.unlink()

    @api.model
    def _ar_keep_one_contract(self, src_partners, dst_partner):
        """Archive contracts that would be valid at the same time as another one of the same customer."""
        # Who may merge contacts needn't see contracts.
        contracts = self.env["ar.contract.terms"].sudo()
        partner_ids = (src_partners | dst_partner).ids
        kept = contracts.browse()
        found = contracts.search([("partner_id", "in", partner_ids)])
        for contract in found.sorted(lambda contract: (contract.partner_id != dst_partner, -contract.id)):
            if not any(contract._overlaps(other) for other in kept):
                kept |= contract
        (found - kept).write({"active": False})
