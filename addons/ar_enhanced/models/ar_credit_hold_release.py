from decimal import Decimal

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_date

from ..engine.credit_hold import BY_HAND, Release, lapse_reason, violations

RELEASE_DAYS = 14


class ArCreditHold(models.Model):
    """How holds are released and ended, and who is told."""

    _inherit = "ar.credit.hold"  # pylint: disable=consider-merging-classes-inherited

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
