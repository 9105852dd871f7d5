import logging
from decimal import Decimal

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..engine.credit_hold import BY_HAND, violations
from .ar_credit_score import LEVELS

_logger = logging.getLogger(__name__)

LAPSES = [
    ("well", "Nothing holds it any more"),
    ("ended", "Ended by a person"),
    ("document_done", "The document was confirmed, cancelled or deleted"),
    ("date_passed", "The release has run out"),
    ("more_overdue", "More is overdue than was released"),
    ("more_exposure", "More is at stake than was released"),
    ("other_reason", "Another rule is broken"),
    ("got_worse", "The level or the broken promises got worse"),
    ("merged", "Its customer was merged with one on hold"),
]
#: What a hold says when it is opened; it never changes.
FIXED = {"partner_id", "company_id", "is_by_hand", "reasons", "amount", "note", "document_name"}


class ArCreditHold(models.Model):
    """Why a customer, an order or an invoice had to wait, who let it through, and up to where.

    A hold of a customer was found by the nightly review or placed by a person; one of a document is an
    attempt that was refused.  Holds are added and closed; what they said stays.
    """

    _name = "ar.credit.hold"
    _description = "Credit Hold"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    is_by_hand = fields.Boolean(string="Placed by a Person", readonly=True)
    is_of_document = fields.Boolean(readonly=True)
    move_id = fields.Many2one("account.move", string="Invoice", index="btree_not_null", ondelete="set null")
    document_name = fields.Char(string="Document", readonly=True)
    amount = fields.Monetary(readonly=True, help="What the document would have added to the exposure.")
    state = fields.Selection(
        [("active", "On hold"), ("released", "Released"), ("lapsed", "Ended")],
        required=True,
        readonly=True,
        default="active",
        index=True,
        tracking=True,
    )
    reasons = fields.Json(readonly=True)
    reason_text = fields.Text(string="Why", compute="_compute_reason_text")
    note = fields.Text(string="Reason", readonly=True)
    asker_ids = fields.Many2many(
        "res.users", "ar_credit_hold_asker_rel", "hold_id", "user_id", string="Refused or Asked", readonly=True
    )
    released_by_id = fields.Many2one("res.users", string="Released by", readonly=True)
    released_on = fields.Datetime(readonly=True)
    release_reason = fields.Text(readonly=True)
    release_measured = fields.Json(readonly=True)
    release_exposure = fields.Monetary(string="Covers Exposure up to", readonly=True)
    release_overdue = fields.Monetary(string="Covers Overdue up to", readonly=True)
    release_valid_until = fields.Date(string="Released until", readonly=True)
    lapsed_on = fields.Datetime(string="Ended on", readonly=True)
    lapse_code = fields.Selection(LAPSES, string="Ended because", readonly=True)

    _customer_idx = models.Index("(company_id, partner_id) WHERE state IN ('active', 'released')")
    _move_uniq = models.UniqueIndex("(move_id) WHERE state = 'active' AND move_id IS NOT NULL")
    _customer_uniq = models.UniqueIndex(
        "(partner_id, company_id, (is_by_hand IS TRUE)) WHERE state = 'active' AND is_of_document IS NOT TRUE",
        "This customer is on hold already.",
    )

    @api.depends("partner_id", "document_name")
    def _compute_display_name(self):
        for hold in self:
            names = [hold.partner_id.display_name or "", hold.document_name or ""]
            hold.display_name = " · ".join(name for name in names if name)

    @api.depends("reasons", "note", "currency_id")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for hold in self:
            hold.reason_text = hold._words(hold.reasons or [], hold.currency_id, hold.note)

    def write(self, vals):
        """Close holds; what they said when they were opened stays."""
        if FIXED & set(vals):
            raise UserError(self.env._("What a hold said when it was opened is part of the credit file."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Holds are part of the customer's credit file: release them or end them."))

    # What people read

    @api.model
    def _words(self, reasons, currency, note=""):
        """Sentences on ``reasons`` with their figures, for those who may see them."""
        levels = dict(self.env["ar.credit.score"]._fields["level"]._description_selection(self.env) or LEVELS)

        def money(text):
            return currency.format(float(text))

        def sentence(reason):
            facts = reason["facts"]
            match reason["code"]:
                case "over_limit":
                    return self.env._(
                        "Exposure %(exposure)s; allowed: %(allowed)s (limit %(limit)s).",
                        exposure=money(facts["exposure"]),
                        allowed=money(facts["allowed"]),
                        limit=money(facts["limit"]),
                    )
                case "overdue_amount":
                    return self.env._(
                        "%(amount)s is overdue; allowed: %(allowed)s.",
                        amount=money(facts["amount"]),
                        allowed=money(facts["allowed"]),
                    )
                case "overdue_days":
                    return self.env._(
                        "%(amount)s is overdue for up to %(days)s days; allowed: %(allowed)s.",
                        amount=money(facts["amount"]),
                        days=facts["days"],
                        allowed=facts["allowed"],
                    )
                case "level":
                    return self.env._("The credit level is %(level)s.", level=levels[facts["level"]])
                case "limit_expired":
                    return self.env._(
                        "The credit limit has expired on %(date)s.", date=format_date(self.env, facts["valid_until"])
                    )
                case "broken_promise":
                    return self.env._(
                        "%(count)s promises to pay were broken; %(amount)s of them is open.",
                        count=facts["count"],
                        amount=money(facts["amount"]),
                    )
            return self.env._("Held by a person: %(note)s", note=note or self.env._("no reason given"))

        return "\n".join(sentence(reason) for reason in reasons)

    @api.model
    def _short_words(self, reasons):
        """The kinds of reasons without any figure, for those who sell."""
        words = {
            "over_limit": self.env._("the credit limit is exceeded"),
            "overdue_amount": self.env._("invoices are overdue"),
            "overdue_days": self.env._("invoices are overdue"),
            "level": self.env._("the customer's credit needs a review"),
            "limit_expired": self.env._("the credit limit has expired"),
            "broken_promise": self.env._("a promise to pay was broken"),
            "by_hand": self.env._("the credit department has put the customer on hold"),
        }
        return ", ".join(dict.fromkeys(words[reason["code"]] for reason in reasons))

    @api.model
    def _words_for_user(self, reasons, currency, note=""):
        if self.env.user.has_group("ar_enhanced.group_ar_user"):
            return self._words(reasons, currency, note)
        return self.env._("Reason: %(reason)s.", reason=self._short_words(reasons))

    # Documents

    @api.model
    def _document_fields(self):
        """The field that points to a held document, by its model."""
        return {"account.move": "move_id"}

    def _document(self):
        """The document that is held, if it still exists."""
        self.ensure_one()
        return next((self[name] for name in self._document_fields().values() if self[name]), None)

    @api.model
    def _of_document(self, document, states=("active",)):
        """Newest hold of a document in one of ``states``, whoever asks."""
        field = self._document_fields()[document._name]
        # Those who sell may know that their document is held; what they are told of it is for the caller to choose.
        return self.sudo().search([(field, "=", document.id), ("state", "in", states)], limit=1)

    @api.model
    def _alert_of(self, document):
        """The alert on a document that must wait or was released, for the user who looks at it, or None."""
        if not isinstance(document.id, int):
            return None
        hold = self._of_document(document, ("active", "released"))
        if not hold:
            return None
        if hold.state == "released":
            return {
                "level": "info",
                "message": self.env._(
                    "Released by the credit department until %(date)s.",
                    date=format_date(self.env, hold.release_valid_until),
                ),
            }
        reasons = self.with_user(self.env.user)._words_for_user(hold.reasons, hold.currency_id, hold.note)
        return {
            "level": "danger",
            "message": self.env._("On credit hold. %(reasons)s", reasons=reasons),
            **self._alert_action(hold, document),
        }

    @api.model
    def _alert_action(self, hold, document):
        """What the user can do about the hold: release it, or ask somebody else to."""
        if self.env.user in hold.asker_ids or not self.env.user.has_group("ar_enhanced.group_ar_manager"):
            return {"action_text": self.env._("Ask for a release"), "action": self._request_action(document)}
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_hold_release")
        return {
            "action_text": self.env._("Release…"),
            "action": {**action, "views": [[False, "form"]], "context": {"default_hold_id": hold.id}},
        }

    @api.model
    def _request_action(self, documents):
        """The dialog by which the user asks for the release of ``documents``."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for a release"),
            "res_model": "ar.credit.hold.request",
            "views": [[False, "form"]],
            "view_mode": "form",
            "target": "new",
            "context": {"default_res_model": documents._name, "default_res_ids": documents.ids},
        }

    # Opening

    @api.model
    def _record_after_rollback(self, entries, lapses):
        """Keep what was refused although its transaction is rolled back."""
        registry, user_id = self.env.registry, self.env.uid

        def record():
            try:
                with registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    env["ar.credit.hold"]._record(entries, lapses, user_id)
            except (psycopg2.OperationalError, psycopg2.IntegrityError):
                # Another transaction has recorded the same, or took the document away: the refusal itself stands.
                _logger.info("A refused attempt is recorded by another transaction.")

        self.env.cr.postrollback.add(record)

    @api.model
    def _record(self, entries, lapses, user_id):
        """Open holds of refused documents, and close the releases that no longer cover.

        :param entries: list of dicts: res_model, res_id, customer_id, company_id, name, amount, reasons
        :param lapses: ``{hold id: lapse code}``
        :return: the holds of these documents, open before or now
        """
        holds = self.sudo()
        holds.browse(lapses).exists()._lapse(lapses)
        opened = holds
        for model, field in self._document_fields().items():
            of_model = [entry for entry in entries if entry["res_model"] == model]
            if not of_model:
                continue
            # The transaction may have created the document itself: then it is gone, and the attempt is what is left.
            documents = self.env[model].sudo().browse([entry["res_id"] for entry in of_model]).exists()
            existing = set(documents.ids)
            askers = {document.id: self._askers(document, user_id) for document in documents}
            known = holds.search([(field, "in", list(existing)), ("state", "=", "active")])
            known_ids = set(known[field].ids)
            for hold in known:
                hold.write({"asker_ids": [fields.Command.link(asker_id) for asker_id in askers[hold[field].id]]})
            opened |= known | holds.create(
                [
                    {
                        "partner_id": entry["customer_id"],
                        "company_id": entry["company_id"],
                        "is_of_document": True,
                        "document_name": entry["name"],
                        "amount": entry["amount"],
                        "reasons": entry["reasons"],
                        "note": entry["note"],
                        "asker_ids": [
                            fields.Command.link(asker_id) for asker_id in askers.get(entry["res_id"], [user_id])
                        ],
                        **(
                            {field: entry["res_id"]}
                            if entry["res_id"] in existing
                            else {"state": "lapsed", "lapse_code": "document_done", "lapsed_on": fields.Datetime.now()}
                        ),
                    }
                    for entry in of_model
                    if entry["res_id"] not in known_ids
                ]
            )
        return opened

    @api.model
    def _askers(self, document, user_id):
        """Who asks for credit with ``document``: the user, and for a schedule or a customer those who are behind it."""
        user = self.env["res.users"].browse(user_id)
        is_staff = user_id != SUPERUSER_ID and not user.share
        return user.ids if is_staff else (user | document.create_uid | document.user_id).ids

    # Review

    @api.model
    def _cron_review(self, chunk_size=1000):
        """Review all customers of all companies that have rules or holds, a chunk per transaction."""
        for company in self.env["res.company"].search([("parent_id", "=", False)], order="id"):
            if not company._ar_review_holds(chunk_size):
                return

    @api.model
    def _review(self, company, customer_ids):
        """Open, lapse and end the holds of these customers as the facts of today say."""
        day = fields.Date.context_today(self)
        customers = self.env["res.partner"].browse(customer_ids)
        facts, rules = customers._ar_hold_facts(company, None)
        holds = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("active", "released")),
                ("partner_id.commercial_partner_id", "in", customer_ids),
            ]
        )
        releases = holds.filtered(lambda hold: hold.state == "released")
        ended = releases._lapse_reasons(facts, rules, day)
        in_violation = {}
        for customer_id in customer_ids:
            found = violations(rules[customer_id], facts[customer_id], Decimal(), day)
            if found:
                in_violation[customer_id] = found
        held = set()
        for hold in holds:
            customer_id = hold.partner_id.commercial_partner_id.id
            if hold.is_of_document:
                document = hold._document()
                if not document or not document._ar_hold_is_waiting():
                    ended[hold.id] = "document_done"
            elif hold.is_by_hand or hold.id in ended:
                continue
            elif customer_id not in in_violation:
                ended[hold.id] = "well"
            else:
                held.add(customer_id)
        holds.browse(ended)._lapse(ended)
        covered = {hold.partner_id.commercial_partner_id.id for hold in releases if not hold.is_of_document}
        covered -= {holds.browse(hold_id).partner_id.commercial_partner_id.id for hold_id in ended}
        opened = self.sudo().create(
            [
                {
                    "partner_id": customer_id,
                    "company_id": company.id,
                    "reasons": [violation.as_stored() for violation in found if violation.key != BY_HAND],
                }
                for customer_id, found in in_violation.items()
                if customer_id not in held | covered and any(violation.key != BY_HAND for violation in found)
            ]
        )
        opened.filtered(lambda hold: hold._has_owner())._remind(lambda env: env._("Customer on credit hold"))
        return opened

    def _has_owner(self):
        customer = self.partner_id.commercial_partner_id
        return "ar_credit_owner_id" in customer._fields and bool(customer.ar_credit_owner_id)
