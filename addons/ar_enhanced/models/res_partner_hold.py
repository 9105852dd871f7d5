from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine.credit_hold import BY_HAND, lapse_reason, violations
from ..exceptions import CreditHoldError


class ResPartner(models.Model):
    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_credit_hold_ids = fields.One2many(
        "ar.credit.hold", "partner_id", string="Credit Holds", groups="ar_enhanced.group_ar_user"
    )
    ar_credit_hold = fields.Boolean(
        string="On Credit Hold",
        compute="_compute_ar_credit_hold",
        search="_search_ar_credit_hold",
        compute_sudo=True,
        groups="base.group_user",
        help="New orders and invoices of this customer may have to wait for a credit manager.",
    )
    ar_credit_hold_reason = fields.Char(
        string="Reason of Credit Hold",
        compute="_compute_ar_credit_hold",
        compute_sudo=True,
        groups="base.group_user",
    )

    @api.depends("commercial_partner_id.ar_credit_hold_ids.state")
    @api.depends_context("company", "lang")
    def _compute_ar_credit_hold(self):
        holds = self.env["ar.credit.hold"].search(
            [
                *self._ar_hold_domain(),
                ("partner_id.commercial_partner_id", "in", self.commercial_partner_id.ids),
            ]
        )
        holds_by_customer = holds.grouped(lambda hold: hold.partner_id.commercial_partner_id.id)
        for partner in self:
            of_customer = holds_by_customer.get(partner.commercial_partner_id._origin.id, holds.browse())
            partner.ar_credit_hold = bool(of_customer)
            partner.ar_credit_hold_reason = holds._short_words(
                [reason for hold in of_customer for reason in hold.reasons or []]
            )

    def _search_ar_credit_hold(self, operator, value):
        self._ar_check_searched("ar_credit_hold")
        if operator != "in":
            return NotImplemented
        if set(value) >= {True, False}:
            return [(1, "=", 1)]
        # Those who sell may know who is on hold; they read no more of it than this.
        held = self.env["ar.credit.hold"].sudo().search(self._ar_hold_domain()).partner_id.commercial_partner_id
        return [("commercial_partner_id", "in" if True in value else "not in", held.ids)]

    @api.model
    def _ar_hold_domain(self):
        """Active holds of customers in the current company."""
        return [
            ("company_id", "=", self.env.company.root_id.id),
            ("state", "=", "active"),
            ("is_of_document", "=", False),
        ]

    @api.model_create_multi
    def create(self, vals_list):
        """Add partners; a tag that excepts from credit holds takes a credit manager."""
        partners = super().create(vals_list)
        if "default_category_id" in self.env.context or any(vals.get("category_id") for vals in vals_list):
            partners._check_ar_excepting_tags({})
        return partners

    def write(self, vals):
        """Change partners; a tag that excepts from credit holds takes a credit manager."""
        if "category_id" not in vals:
            return super().write(vals)
        tags_before = {partner.id: partner.category_id for partner in self}
        result = super().write(vals)
        self._check_ar_excepting_tags(tags_before)
        return result

    def _check_ar_excepting_tags(self, tags_before):
        """Refuse tags that these partners have got and that rules except, unless a credit manager gives them."""
        if self.env.su or self.env.user.has_group("ar_enhanced.group_ar_manager"):
            return
        excepting = (
            self.env["ar.credit.hold.rule"]
            .sudo()
            .search([("excluded_category_ids", "!=", False)])
            .excluded_category_ids.sudo(False)
        )
        for partner in self if excepting else ():
            if given := (partner.category_id - tags_before.get(partner.id, excepting.browse())) & excepting:
                raise AccessError(
                    self.env._(
                        "The tag %(tag)s excepts customers from credit holds: only a credit manager can give it.",
                        tag=given[0].name,
                    )
                )

    def action_ar_place_hold(self):
        """Open the dialog by which a person puts this customer on hold."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Put on hold"),
            "res_model": "ar.credit.hold.place",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    def action_ar_credit_holds(self):
        """Open the holds of this customer."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_hold"),
            "domain": [("partner_id", "=", self.commercial_partner_id.id)],
            "context": {},
        }

    def _ar_place_hold(self, reason):
        """Put these customers on hold in the current company, whatever the rules say."""
        if not self.env.user.has_group("ar_enhanced.group_ar_clerk"):
            raise AccessError(self.env._("Putting a customer on hold takes the rights of a receivables clerk."))
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customer is put on hold."))
        # The right is checked above.
        holds = self.env["ar.credit.hold"].sudo()
        company, customers = self.env.company.sudo().root_id, self.commercial_partner_id
        holds._end_releases_by_hand(company, customers)
        return holds.create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": company.id,
                    "is_by_hand": True,
                    "note": reason.strip(),
                    "reasons": [{"key": BY_HAND, "code": "by_hand", "measured": "0", "facts": {}}],
                    "asker_ids": [fields.Command.link(self.env.uid)],
                }
                for customer in customers
            ]
        )

    # The check

    def _ar_check_credit(self, company, added, documents):
        """Raise an error if one of ``documents`` of the customers ``self`` must wait: the one place that decides.

        Documents of one customer count together.  What is refused is kept although the transaction is not.

        :param company: the root company that gives the credit
        :param added: ``{document id: Decimal}``, what each adds to the exposure, in the company's currency
        :param documents: draft invoices, or orders that are not confirmed yet
        """
        entries, lapses = self._ar_refusals(company, added, documents)
        holds = self.env["ar.credit.hold"]
        if not entries:
            # Holds are closed to everything but their own methods.
            holds.sudo().browse(lapses)._lapse(lapses)
            return
        holds._record_after_rollback(entries, lapses)
        refused = documents.browse([entry["res_id"] for entry in entries])
        raise CreditHoldError(
            self._ar_refusal_words(entries, company.sudo().currency_id),
            holds._request_action(refused),
            self.env._("Ask for a release"),
        )

    def _ar_refusals(self, company, added, documents):
        """What of ``documents`` must wait, in a constant number of statements: see :meth:`_ar_check_credit`.

        :return: list of entries and lapsed releases, as :meth:`ArCreditHold._record` takes them
        """
        day = fields.Date.context_today(self)
        company = company.sudo()
        kind = documents._ar_hold_kind()
        customers = self.sudo().commercial_partner_id
        # What the check reads isn't for the user: only its outcome is.
        rules = self.env["ar.credit.hold.rule"]._active_rules(company, kind)
        holds = (
            self.env["ar.credit.hold"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", ("active", "released")),
                    ("partner_id.commercial_partner_id", "in", customers.ids),
                ]
            )
        )
        if not rules and not holds.filtered("is_by_hand"):
            return [], {}
        releases = holds.filtered(lambda hold: hold.state == "released")
        if rules._depends_on_amounts() or releases:
            self.env["ar.credit.account"]._take_turn(company, customers.ids)
        facts, rules_by_customer = customers._ar_hold_facts(company, kind, rules, holds)
        lapses = releases._lapse_reasons(facts, rules_by_customer, day)
        valid = releases.filtered(lambda hold: hold.id not in lapses)
        valid_by_customer = valid.grouped(lambda hold: hold.partner_id.commercial_partner_id.id)
        notes = {hold.partner_id.commercial_partner_id.id: hold.note for hold in holds if hold.is_by_hand}
        entries = []
        for customer, of_customer in documents.grouped(lambda document: document._ar_hold_customer()).items():
            increase = sum(added[document.id] for document in of_customer)
            found = violations(rules_by_customer[customer.id], facts[customer.id], increase, day)
            if not found:
                continue
            covering = [
                hold
                for hold in valid_by_customer.get(customer.id, ())
                if not lapse_reason(hold._as_release(), found, facts[customer.id], increase, day)
            ]
            if any(not hold.is_of_document for hold in covering):
                continue
            let_through = {(document._name, document.id) for hold in covering if (document := hold._document())}
            entries += [
                {
                    "res_model": document._name,
                    "res_id": document.id,
                    "customer_id": customer.id,
                    "company_id": company.id,
                    "name": document._ar_hold_title(),
                    "amount": float(added[document.id]),
                    "reasons": [violation.as_stored() for violation in found],
                    "note": notes.get(customer.id),
                }
                for document in of_customer
                if (document._name, document.id) not in let_through
            ]
        return entries, lapses

    def _ar_hold_facts(self, company, kind, rules=None, holds=None):
        """Facts and the rules that apply, by customer, for a kind of document or for all.

        :return: ``{customer id: CreditFacts}`` and ``{customer id: [Rule, …]}``
        """
        customers = self.sudo().commercial_partner_id
        day = fields.Date.context_today(self)
        if rules is None:
            rules = self.env["ar.credit.hold.rule"]._active_rules(company, kind)
        if holds is None:
            holds = (
                self.env["ar.credit.hold"]
                .sudo()
                .search(
                    [
                        ("company_id", "=", company.id),
                        ("state", "in", ("active", "released")),
                        ("is_by_hand", "=", True),
                        ("partner_id.commercial_partner_id", "in", customers.ids),
                    ]
                )
            )
        by_hand = set(holds.filtered("is_by_hand").partner_id.commercial_partner_id.ids)
        facts = {
            customer_id: replace(known, held_by_hand=customer_id in by_hand)
            for customer_id, known in customers._ar_credit_facts(company, day, with_drafts=kind == "order").items()
        }
        levels = {customer_id: known.level for customer_id, known in facts.items()}
        return facts, rules._rules_by_customer(customers, levels)

    @api.model
    def _ar_refusal_words(self, entries, currency, advice=""):
        """What the user reads whose documents must wait.

        :param advice: what to do; by default, to ask for a release
        """
        holds = self.env["ar.credit.hold"]
        by_customer = {}
        for entry in entries:
            by_customer.setdefault(entry["customer_id"], []).append(entry)
        paragraphs = [
            self.env._(
                "%(documents)s: %(customer)s is on credit hold.\n%(reasons)s",
                documents=", ".join(entry["name"] for entry in of_customer),
                customer=self.sudo().browse(customer_id).display_name,
                reasons=holds._words_for_user(of_customer[0]["reasons"], currency, of_customer[0]["note"]),
            )
            for customer_id, of_customer in by_customer.items()
        ]
        paragraphs.append(
            advice or self.env._("Ask the credit department for a release, then try again. Nothing was changed.")
        )
        return "\n\n".join(paragraphs)


class ResPartnerCategory(models.Model):
    _inherit = "res.partner.category"

    def write(self, vals):
        """Give tags to partners; one that excepts from credit holds takes a credit manager."""
        if "partner_ids" not in vals:
            return super().write(vals)
        tags_before = {partner.id: partner.category_id for partner in self.partner_ids}
        result = super().write(vals)
        self.partner_ids._check_ar_excepting_tags(tags_before)
        return result
