from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_amount, format_date
from odoo.tools.misc import formatLang

from ..engine.credit_score import NOT_RATED

HISTORY_DAYS = 365


class ResPartner(models.Model):
    """The page "Credit": what stands beside the score, in the reader's words."""

    _inherit = "res.partner"  # pylint: disable=consider-merging-classes-inherited

    ar_credit_overview = fields.Json(
        string="Credit", compute="_compute_ar_credit_overview", groups="ar_enhanced.group_ar_user"
    )

    @api.depends("ar_credit_card")
    @api.depends_context("company", "lang")
    def _compute_ar_credit_overview(self):
        positions = self._ar_position_cards(self.env.company)
        histories = self._ar_score_histories()
        holds = self._ar_hold_cards()
        self._ar_add_group_exposures(positions)
        for partner in self:
            customer_id = partner.commercial_partner_id._origin.id
            partner.ar_credit_overview = {
                "gauge_label": self.env._("Not rated yet"),
                **partner.ar_credit_card,
                "hold": holds.get(customer_id, False),
                "position": positions.get(customer_id, False),
                "history": histories.get(customer_id, False),
            }

    def _ar_add_group_exposures(self, cards):
        """Add to position cards what the whole group is exposed with, where others of it owe something as well."""
        currency = self.env.company.sudo().root_id.currency_id
        for customer_id, amount in self._ar_group_exposures(self.env.company).items():
            card = cards[customer_id]
            own = max(sum(part["amount"] for part in card["parts"]), 0)
            if currency.compare_amounts(float(amount), own) > 0:
                text = format_amount(self.env, float(amount), currency)
                label = self.env._("Exposure of the whole group")
                card["totals"] = [*card["totals"], {"code": "group", "label": label, "text": text, "mark": False}]

    def _ar_score_histories(self):
        """The scores of the last twelve months, for a line of steps: ``{customer id: dict}``.

        ``points`` are in time order, each with its ``position`` from 0 to 1 of the twelve months and its ``score``,
        False where the customer was not rated.
        """
        today = fields.Date.context_today(self)
        start = today - timedelta(HISTORY_DAYS)
        snapshots = self.env["ar.credit.score"].search_fetch(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.root_id.id),
            ],
            ["partner_id", "date", "score", "level"],
            order="date, id",
        )
        return {
            customer.id: self._ar_score_history(found, start, today)
            for customer, found in snapshots.grouped("partner_id").items()
        }

    @api.model
    def _ar_score_history(self, snapshots, start, today):
        """One customer's history: of several scores on a day the last, and of those before ``start`` the last."""
        by_position = {}
        for snapshot in snapshots:
            days = max((snapshot.date - start).days, 0)
            by_position[days / HISTORY_DAYS] = snapshot.level != NOT_RATED and snapshot.score
        points = [{"position": position, "score": score} for position, score in by_position.items()]
        return {
            "points": points,
            "start": format_date(self.env, start, date_format="MMM y"),
            "end": self.env._("Today"),
            "sentence": self._ar_history_sentence([point["score"] for point in points if point["score"] is not False]),
        }

    @api.model
    def _ar_history_sentence(self, scores):
        """How the scores went, in a sentence."""
        if len(scores) < 2:
            return self.env._("Last twelve months: no change yet.")
        first, last, lowest = (formatLang(self.env, score, digits=1) for score in (scores[0], scores[-1], min(scores)))
        return self.env._(
            "Last twelve months: from %(first)s to %(last)s, lowest %(lowest)s.", first=first, last=last, lowest=lowest
        )

    def _ar_hold_cards(self):
        """Why customers are on hold, or who released them: ``{customer id: dict}`` of texts."""
        holds = self.env["ar.credit.hold"].search(
            [
                ("partner_id.commercial_partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.root_id.id),
                ("is_of_document", "=", False),
                ("state", "in", ("active", "released")),
            ]
        )
        return {
            customer.id: self._ar_hold_card(of_customer)
            for customer, of_customer in holds.grouped(lambda hold: hold.partner_id.commercial_partner_id).items()
        }

    @api.model
    def _ar_hold_card(self, holds):
        """One customer's holds in the reader's words; an active one outweighs a release of another."""
        active = holds.filtered(lambda hold: hold.state == "active")
        released = (holds - active)[:1]
        return {
            "is_released": not active,
            "title": self.env._("On hold") if active else self.env._("Released"),
            "reasons": [line for hold in active or released for line in (hold.reason_text or "").split("\n") if line],
            "release": False
            if active
            else self.env._(
                "Released by %(user)s until %(day)s, up to an exposure of %(amount)s: %(reason)s",
                user=released.released_by_id.name,
                day=format_date(self.env, released.release_valid_until),
                reason=released.release_reason,
                amount=format_amount(self.env, released.release_exposure, released.currency_id),
            ),
        }

    def action_ar_release_hold(self):
        """Open the active hold of this customer, or the list of them."""
        self.ensure_one()
        active = self.env["ar.credit.hold"].search(
            [
                ("partner_id.commercial_partner_id", "=", self.commercial_partner_id.id),
                ("company_id", "=", self.env.company.root_id.id),
                ("state", "=", "active"),
            ]
        )
        action = self.action_ar_credit_holds()
        if len(active) != 1:
            return {**action, "domain": [("id", "in", active.ids)]}
        return {**action, "views": [[False, "form"]], "view_mode": "form", "res_id": active.id}

    def action_ar_propose_limit(self):
        """Open the proposal of a credit limit for this customer."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("ar_enhanced.action_ar_credit_limit_propose"),
            "context": {"active_model": "res.partner", "active_ids": self.commercial_partner_id.ids},
        }

    def _ar_position_cards(self, company):
        """Exposure against the limit, formatted for reading: ``{customer id: dict}``, see :meth:`_ar_position_card`."""
        company = company.sudo().root_id
        return {
            customer_id: self._ar_position_card(position, company.currency_id)
            for customer_id, position in self._ar_credit_positions(company).items()
        }

    @api.model
    def _ar_position_card(self, position, currency):
        """One customer's position in the reader's words.

        :return: dict of ``parts`` and ``totals`` (code, label, text; parts with their amount), the floats ``limit``
            (with what is secured; False if none was set) and ``secured``, and texts
        """

        def text(amount):
            return format_amount(self.env, float(amount), currency)

        has_limit = position.limit is not None
        is_over = has_limit and position.headroom < 0
        exposure = text(position.exposure)
        limit = has_limit and text(position.total_limit)
        card = {
            "parts": [
                {"code": code, "label": label, "amount": float(amount), "text": text(amount)}
                for code, label, amount in self._ar_exposure_parts(position)
            ],
            "limit": float(position.total_limit) if has_limit else False,
            "limit_text": has_limit and self.env._("Limit: %(amount)s", amount=limit),
            "secured": float(position.secured),
            "secured_text": self.env._("Secured: %(amount)s", amount=text(position.secured)),
            "is_over": is_over,
            "notes": self._ar_position_notes(position),
        }
        if not has_limit:
            return {
                **card,
                "headline_label": self.env._("Exposure"),
                "headline": exposure,
                "summary": self.env._("%(exposure)s, no limit", exposure=exposure),
                "sentence": self.env._("Exposure %(exposure)s. No credit limit is set.", exposure=exposure),
                "totals": [
                    {
                        "code": "secured",
                        "label": self.env._("Secured"),
                        "text": text(position.secured),
                        "mark": "secured",
                    }
                ]
                if position.secured
                else [],
            }
        used = formatLang(self.env, float(position.utilisation), digits=0)
        summary = self.env._("%(exposure)s of %(limit)s (%(percent)s%%)", exposure=exposure, limit=limit, percent=used)
        totals = [("exposure", self.env._("Exposure"), exposure, False)]
        if position.secured:
            totals.append(("secured", self.env._("Of the limit secured"), text(position.secured), "secured"))
        totals.append(("limit", self.env._("Limit"), limit, "limit"))
        return {
            **card,
            "headline_label": self.env._("Over the limit by") if is_over else self.env._("Headroom"),
            "headline": text(abs(position.headroom)),
            "summary": summary,
            "sentence": self.env._("Exposure %(summary)s.", summary=summary),
            "totals": [
                {"code": code, "label": label, "text": amount, "mark": mark} for code, label, amount, mark in totals
            ],
        }

    @api.model
    def _ar_exposure_parts(self, position):
        return [
            ("open_items", self.env._("Open items"), position.open_items),
            ("uncleared", self.env._("Payments not confirmed"), position.uncleared),
            ("orders", self.env._("Orders to invoice"), position.orders),
            ("drafts", self.env._("Draft invoices"), position.drafts),
        ]

    @api.model
    def _ar_position_notes(self, position):
        """What to know about the figures."""
        today = fields.Date.context_today(self)
        notes = []
        if position.limit is None:
            notes.append(self.env._("No credit limit is set."))
        elif position.is_expired(today):
            notes.append(
                self.env._("The limit expired on %(day)s.", day=format_date(self.env, position.limit_valid_until))
            )
        elif position.limit_valid_until:
            notes.append(
                self.env._("The limit is valid until %(day)s.", day=format_date(self.env, position.limit_valid_until))
            )
        if position.unconverted:
            amounts = ", ".join(f"{amount} {code}" for code, amount in position.unconverted)
            notes.append(self.env._("Not counted, as there is no exchange rate: %(amounts)s.", amounts=amounts))
        return notes
