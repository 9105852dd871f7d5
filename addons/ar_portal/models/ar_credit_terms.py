from odoo import api, models


class ArCreditTerms(models.Model):
    _inherit = "ar.credit.terms"

    @api.model
    def _ar_portal_terms(self):
        """The credit terms in force for the logged-in user, with his customer's acknowledgement.

        It takes no partner, so it can't show another's.

        :return: list of dicts by company with the records ``terms``, ``company`` and ``acknowledgement``, which is
            empty if there is none, and ``asked``: whether the user is asked for one. Staff may look and not sign.
        """
        if not self.env["account.move.line"]._ar_portal_access():
            return []
        # A portal user can't read terms and acknowledgements: these are those in force in his companies, and what his
        # own commercial entity acknowledged.
        user = self.env.user.sudo()
        terms_in_force = self.sudo()._in_force(user.company_ids)
        acknowledgements = self.env["ar.credit.acknowledgement"].sudo()
        acknowledged = acknowledgements.search(
            [("terms_id", "in", terms_in_force.ids), ("partner_id", "=", user.commercial_partner_id.id)]
        )
        by_terms = {acknowledgement.terms_id: acknowledgement for acknowledgement in acknowledged}
        is_customer = self.env.user._is_portal()
        return [
            {
                "terms": terms,
                "company": terms.company_id,
                "acknowledgement": by_terms.get(terms, acknowledgements),
                "asked": is_customer and terms not in by_terms,
            }
            for terms in terms_in_force.sorted(lambda terms: terms.company_id.name)
        ]

    @api.model
    def _ar_portal_acknowledge(self, terms_id):
        """Record that the logged-in user acknowledges these terms for his own customer; tell whether he may."""
        if not self.env.user._is_portal():
            return False
        for shown in self._ar_portal_terms():
            if shown["terms"].id == terms_id:
                self.env["ar.credit.acknowledgement"]._acknowledge_on_portal(shown["terms"])
                return True
        return False
