import logging
from decimal import Decimal

import psycopg2
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ..engine.credit_hold import BY_HAND, Release, lapse_reason, violations
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
RELEASE_DAYS = 14


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
                        "Exposure %(exposure)s; allowed are %(allowed)s (limit %(limit)s).",
                        exposure=money(facts["exposure"]),
                        allowed=money(facts["allowed"]),
                        limit=money(facts["limit"]),
                    )
                case "overdue_amount":
                    return self.env._(
                        "%(amount)s is overdue; allowed is %(allowed)s.",
                        amount=money(facts["amount"]),
                        allowed=money(facts["allowed"]),
                    )
                case "overdue_days":
                    return self.env._(
                        "%(amount)s is overdue for up to %(days)s days; allowed are %(allowed)s.",
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
            existing = set(self.env[model].sudo().browse([entry["res_id"] for entry in of_model]).exists().ids)
            known = holds.search([(field, "in", list(existing)), ("state", "=", "active")])
            known_ids = set(known[field].ids)
            known.write({"asker_ids": [fields.Command.link(user_id)]})
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
                        "asker_ids": [fields.Command.link(user_id)],
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

    # Releasing and ending

    def _as_release(self):
        """This release as the engine takes it."""
        return Release(
            {int(key): Decimal(measured) for key, measured in (self.release_measured or {}).items()},
            Decimal(str(self.release_exposure)),
            Decimal(str(self.release_overdue)),
            self.release_valid_until,
        )

    def _standing(self):
        """What holds the customer or the document of this hold at this moment.

        :return: facts, what the document adds, and the violations
        """
        self.ensure_one()
        document = self._document()
        is_waiting = document and document._ar_hold_is_waiting()
        kind = document._ar_hold_kind() if is_waiting else None
        added = document._ar_hold_amounts(self.company_id)[document.id] if is_waiting else Decimal()
        facts, rules = self.partner_id._ar_hold_facts(self.company_id, kind)
        customer = self.partner_id.commercial_partner_id
        day = fields.Date.context_today(self)
        return facts[customer.id], added, violations(rules[customer.id], facts[customer.id], added, day)

    def action_release(self, reason, exposure_up_to=None, valid_until=None):
        """Let through what this hold is about, up to an exposure and a day.

        :param exposure_up_to: float in the company's currency; default: what is at stake with the document
        :param valid_until: last day; default: two weeks
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("ar_enhanced.group_ar_manager"):
            raise AccessError(self.env._("Releasing a hold takes the rights of a credit manager."))
        # From here on the right is checked; holds are closed to everything but their own methods.
        hold = self.sudo()
        today = fields.Date.context_today(self)
        valid_until = fields.Date.to_date(valid_until) or fields.Date.add(today, days=RELEASE_DAYS)
        if hold.state != "active":
            raise UserError(self.env._("This hold is no longer active."))
        hold._check_no_asker()
        if not (reason or "").strip():
            raise ValidationError(self.env._("Say why you release: the reason is kept in the credit file."))
        if valid_until < today:
            raise ValidationError(self.env._("A release is valid until today or later."))
        facts, added, found = hold._standing()
        at_stake = facts.firm_exposure + added
        up_to = at_stake if exposure_up_to is None else Decimal(str(exposure_up_to))
        if up_to < at_stake:
            raise ValidationError(
                self.env._(
                    "%(amount)s is at stake already: a release up to less than that would cover nothing.",
                    amount=hold.currency_id.format(float(at_stake)),
                )
            )
        known = {reason["key"]: reason["measured"] for reason in hold.reasons or []}
        hold.write(
            {
                "state": "released",
                "released_by_id": self.env.uid,
                "released_on": fields.Datetime.now(),
                "release_reason": reason.strip(),
                "release_measured": known | {violation.key: str(violation.measured) for violation in found},
                "release_exposure": float(up_to),
                "release_overdue": float(facts.overdue_amount),
                "release_valid_until": valid_until,
            }
        )
        hold.activity_unlink(["mail.mail_activity_data_todo"])
        hold.message_post(body=self.env._("Released: %(reason)s", reason=reason.strip()))
        document = hold._document()
        if document:
            document.message_post(
                body=self.env._(
                    "The credit department has released this until %(date)s.",
                    date=format_date(self.env, valid_until),
                )
            )
        return True

    def action_end(self):
        """Take away a hold that a person has placed."""
        self.check_access("read")
        if not self.env.user.has_group("ar_enhanced.group_ar_manager"):
            raise AccessError(self.env._("Ending a hold takes the rights of a credit manager."))
        if any(not hold.is_by_hand or hold.state == "lapsed" for hold in self):
            raise UserError(
                self.env._("Only a hold that a person has placed can be ended; the others end with their reasons.")
            )
        # The right is checked above.
        self.sudo()._customer_refusals()._check_no_asker()
        self.sudo()._lapse(dict.fromkeys(self.ids, "ended"))
        return True

    def _check_no_asker(self):
        """Refuse the user who was refused here, or a document of the customer whose hold this is, or who asked."""
        if self.env.user in (self | self._customer_refusals()).asker_ids:
            raise UserError(
                self.env._("You were refused here or have asked for the release: another person has to decide.")
            )

    def _customer_refusals(self):
        """Documents on hold of the customers whose holds these are: releasing the customer lets them through."""
        of_customers = self.filtered(lambda hold: not hold.is_of_document)
        return self.search(
            [
                ("state", "=", "active"),
                ("is_of_document", "=", True),
                ("company_id", "in", of_customers.company_id.ids),
                ("partner_id.commercial_partner_id", "in", of_customers.partner_id.commercial_partner_id.ids),
            ]
        )

    def _lapse(self, codes):
        """End holds and releases; what a person has placed is on hold again when its release ends.

        :param codes: ``{hold id: lapse code}``
        """
        ending = self.filtered(lambda hold: hold.state != "lapsed")
        again = ending.filtered(
            lambda hold: hold.is_by_hand and hold.state == "released" and codes[hold.id] not in ("ended", "well")
        )
        for code, holds in ending.grouped(lambda hold: codes[hold.id]).items():
            holds.write({"state": "lapsed", "lapse_code": code, "lapsed_on": fields.Datetime.now()})
        ending.activity_unlink(["mail.mail_activity_data_todo"])
        held = {(hold.partner_id, hold.company_id) for hold in again._active_by_hand()}
        self.create(
            [
                {
                    "partner_id": hold.partner_id.id,
                    "company_id": hold.company_id.id,
                    "is_by_hand": True,
                    "reasons": hold.reasons,
                    "note": hold.note,
                    "asker_ids": [fields.Command.set(hold.asker_ids.ids)],
                }
                for hold in again
                if (hold.partner_id, hold.company_id) not in held
            ]
        )

    def _active_by_hand(self):
        """What persons have placed on these customers since and is active."""
        return self.search(
            [
                ("state", "=", "active"),
                ("is_by_hand", "=", True),
                ("company_id", "in", self.company_id.ids),
                ("partner_id", "in", self.partner_id.ids),
            ]
        )

    def _end_releases_by_hand(self, company, customers):
        """End what was released for a reason that a person gave: who places a hold anew has another one."""
        releases = self.search(
            [
                ("state", "=", "released"),
                ("company_id", "=", company.id),
                ("partner_id.commercial_partner_id", "in", customers.ids),
            ]
        ).filtered(lambda hold: BY_HAND in hold._as_release().measured)
        # "Ended": a release of the customer that lapses otherwise would place its old hold again.
        releases._lapse({hold.id: "ended" if hold.is_by_hand else "other_reason" for hold in releases})

    def _lapse_reasons(self, facts, rules, day):
        """Why releases of the customers in ``facts`` no longer hold by themselves: ``{hold id: lapse code}``."""
        reasons = {}
        for hold in self:
            customer_id = hold.partner_id.commercial_partner_id.id
            document = hold._document()
            is_waiting = document and document._ar_hold_is_waiting()
            added = document._ar_hold_amounts(hold.company_id)[document.id] if is_waiting else Decimal()
            found = violations(rules[customer_id], facts[customer_id], added, day)
            code = lapse_reason(hold._as_release(), found, facts[customer_id], added, day)
            if code:
                reasons[hold.id] = code
        return reasons

    def _ask(self, note, user):
        """Write down that ``user`` asks for a release, and tell the person in charge of the customer's credit."""
        for hold in self:
            hold.write({"asker_ids": [fields.Command.link(user.id)]})
            hold.message_post(
                body=self.env._("%(user)s asks for a release: %(note)s", user=user.name, note=note or "–"),
                author_id=user.partner_id.id,
            )
            hold._remind(lambda env: env._("Release asked for"), note)

    def _remind(self, summary, note=""):
        """Give the person in charge of the customer's credit something to do, in that person's language.

        :param summary: function of an environment that has the language
        """
        for hold in self:
            person = hold._person_in_charge()
            if person and person not in hold.activity_ids.user_id:
                told = hold.with_context(lang=person.lang or self.env.lang)
                told.activity_schedule(
                    "mail.mail_activity_data_todo",
                    user_id=person.id,
                    summary=summary(told.env),
                    note=Markup("<br>").join((note or told.reason_text or "").split("\n")),
                )

    def _person_in_charge(self):
        """Who decides on this hold: the customer's credit owner, or a credit manager who hasn't asked."""
        self.ensure_one()
        managers = self.env.ref("ar_enhanced.group_ar_manager").all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids and user not in self.asker_ids
        )
        customer = self.partner_id.commercial_partner_id
        owner = customer.ar_credit_owner_id if "ar_credit_owner_id" in customer._fields else managers.browse()
        return owner if owner in managers else managers.sorted("id")[:1]

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
