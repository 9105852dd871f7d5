from dataclasses import replace
from urllib.parse import urlencode

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine import evidence_file
from ..engine.confirmation import Claim, Refused, Reply, Signature, UnknownItem, amount, canonical, fingerprint, outcome
from .ar_balance_confirmation import exact
from .res_partner_accounts import LARGEST_ID

#: Lengths of texts that a customer writes.
LONGEST = {"name": 100, "function": 100, "comment": 500, "number": 60, "remark": 2000, "why": 500}
#: So many items can be named that we don't have, and so many of ours are shown at once to say what differs.
UNKNOWN_ROWS, SHOWN = 10, 250
#: Answers to one letter by its customer: each is kept for good with its files.
MOST_ANSWERS = 20


class ArBalanceConfirmation(models.Model):
    """What a customer sees of the letter and answers: all of it is read from texts that anybody may have sent."""

    _inherit = "ar.balance.confirmation"  # pylint: disable=consider-merging-classes-inherited

    # -- who sees what ----------------------------------------------------------------------------

    @api.model
    def _ar_portal_own(self):
        """Letters to the logged-in user's own commercial entity; it takes no partner, so it can't show another's."""
        if not self.env["account.move.line"]._ar_portal_access():
            return self.browse()
        # A portal user reads no confirmations; these are of his own commercial entity in his companies.
        user = self.env.user.sudo()
        return self.sudo().search(
            Domain("partner_id", "=", user.commercial_partner_id.id)
            & Domain("company_id", "in", user.company_ids.root_id.ids)
            & Domain("state", "!=", "to_send"),
            order="date desc, id desc",
        )

    @api.model
    def _ar_portal_waiting_count(self):
        """How many letters to the logged-in user's own commercial entity wait for an answer."""
        return len(self._ar_portal_own().filtered(lambda each: each.state == "sent"))

    @api.model
    def _ar_portal_find(self, confirmation_id, token=None):
        """The letter, if the link opens it or it is the logged-in user's own; else nothing, for whatever reason."""
        if not 0 < confirmation_id <= LARGEST_ID:
            return self.browse()
        # A visitor has no rights; what is found is given out for its own token only.
        by_link = self.sudo().browse(confirmation_id).exists() if token else self.browse()
        if by_link and by_link.state != "to_send" and by_link._is_token(token):
            return by_link
        return self._ar_portal_own().filtered(lambda each: each.id == confirmation_id)

    def _ar_portal_may_answer(self):
        """Whether who looks at this letter may answer: the customer by link or login, never staff in its name."""
        self.ensure_one()
        return self.round_id.state == "sent" and not self.env.user._is_internal()

    def _ar_portal_address(self, token=None):
        """Address of the page, with the token that opened it."""
        return f"{self._page()}?{urlencode({'access_token': token})}" if token else f"{self._page()}?"

    def _ar_portal_document(self):
        """The letter with its answer as a file: name, type and bytes; a page where this server can make no PDF."""
        self.ensure_one()
        name = self.env._("Balance confirmation %(day)s", day=self.date)
        # Who may read the letter was checked; visitors have no rights on reports.
        reports = self.env["ir.actions.report"].sudo().with_context(lang=self.env.lang or self.partner_id.lang)
        if reports.get_wkhtmltopdf_state() in ("install", "broken"):
            content, _kind = reports._render_qweb_html("ar_portal.report_ar_confirmation", self.ids)
            return f"{name}.html", "text/html; charset=utf-8", content
        content, _kind = reports._render_qweb_pdf("ar_portal.report_ar_confirmation", self.ids)
        return f"{name}.pdf", "application/pdf", content

    def _ar_portal_values(self, query=""):
        """What the page shows of the letter, and of the items that can be said to differ.

        :param query: a part of the numbers of the items to show, for long lists
        """
        self.ensure_one()
        items = self.line_ids
        if query:
            items = items.filtered(lambda line: query.casefold() in line.number.casefold())
        return {
            "letter": self,
            "items": items[:SHOWN],
            "items_left_out": max(len(items) - SHOWN, 0),
            "is_long": len(self.line_ids) > SHOWN,
            "answer": self.answer_id,
            "may_answer": self._ar_portal_may_answer(),
            "reasons": self._ar_portal_reasons(),
            "unknown_rows": range(1, UNKNOWN_ROWS + 1),
            "longest": LONGEST,
            "most_files": evidence_file.MOST,
            "largest_file": evidence_file.LARGEST // evidence_file.MEGABYTE,
            "file_kinds": self.env["ar.portal.form"]._file_kinds(),
        }

    @api.model
    def _ar_portal_reasons(self):
        """Why an item can differ: ``{code: words}``."""
        # Customers read no dispute codes; these are the names that they choose from.
        return {code.code: code.name for code in self.env["ar.dispute.code"].sudo().search([])}

    # -- the answer -------------------------------------------------------------------------------

    def _ar_portal_answer(self, form, files, by_link):
        """Keep the customer's answer, if it is one.

        :param form: texts by the names of the form's fields
        :param files: pairs of name and stream
        :param by_link: whether the signed link opened the letter
        :return: list of what is wrong, dicts with ``field`` and ``words``; empty when the answer was kept, or was there
            already because the form was sent twice
        """
        self.ensure_one()
        if not self._ar_portal_may_answer():
            return [{"field": "", "words": self.env._("This letter can't be answered any more.")}]
        answers = len(self.answer_ids)
        # Who sends the form of the last answer twice is told by the number that it expects.
        if answers >= MOST_ANSWERS and form.get("expected") == str(answers):
            words = self.env._("This letter was answered %(count)s times. Please write to us instead.", count=answers)
            return [{"field": "", "words": words}]
        return self._take(form, files, "link" if by_link else "portal")

    def _take(self, form, files, channel):
        """Read an answer that came by ``channel`` and keep it; who calls it has checked who may: see above."""
        # Two people may answer at once: the second one is told, and finds the answer of the first one.
        if not self.try_lock_for_update():
            words = self.env._("Somebody else is answering at this moment: nothing was changed. Look at it first.")
            return [{"field": "", "words": words}]
        self.invalidate_recordset(["answer_ids", "answer_id", "state"])
        if self.round_id.state != "sent":
            return [{"field": "", "words": self.env._("This letter can't be answered any more.")}]
        if form.get("expected") != str(len(self.answer_ids)):
            return [
                {
                    "field": "",
                    "words": self.env._("An answer was given meanwhile: nothing was changed. Look at it first."),
                }
            ]
        errors = []
        reply = self._ar_portal_reply(form, channel, errors)
        kept = self._ar_portal_files(files, errors)
        if errors:
            return errors
        try:
            judged = outcome(self._letter(), reply)
        except Refused as refused:
            return [{"field": "", "words": self._ar_portal_refused(refused)}]
        person = self._in_charge()
        # A visitor is no author that staff can see: the system writes, in the language of who follows up. The login
        # that answered is kept with the answer.
        self.with_user(SUPERUSER_ID).with_company(self.company_id).with_context(
            allowed_company_ids=self.company_id.ids, lang=person.lang or self.company_id.partner_id.lang
        )._keep(reply, judged, kept, False if self.env.user._is_public() else self.env.uid)
        return []

    def _ar_portal_reply(self, form, channel, errors):
        """The form as an engine value; what is wrong is added to ``errors``."""

        def text(name, kind=None, required=None):
            kind = kind or name
            found = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in form.get(name) or "")
            found = found.replace("\r", "").strip()
            if len(found) > LONGEST[kind]:
                words = self.env._("This text is too long: at most %(most)s characters.", most=LONGEST[kind])
                errors.append({"field": name, "words": words})
            if required and not found:
                errors.append({"field": name, "words": required})
            return found[: LONGEST[kind]]

        def money(name):
            if not (form.get(name) or "").strip():
                return None
            try:
                return amount(form[name], self.currency_id.decimal_places)
            except Refused as refused:
                errors.append({"field": name, "words": self._ar_portal_refused(refused)})
            return None

        agrees = form.get("answer") == "agree"
        if not agrees and form.get("answer") != "differ":
            errors.append({"field": "", "words": self.env._("Say whether you agree or something differs.")})
        before = self.answer_id
        return Reply(
            number=len(self.answer_ids) + 1,
            agrees=agrees,
            signature=Signature(
                text("name", required=self.env._("Tell us your name: an answer is signed.")),
                text("function"),
                channel,
                fields.Datetime.now().isoformat(timespec="seconds") + "Z",
            ),
            claims=() if agrees else self._ar_portal_claims(form, text, money, errors),
            unknown_items=() if agrees else tuple(self._ar_portal_unknown(form, text, money, errors)),
            stated_balance=None if agrees else money("total"),
            remark=text("remark"),
            supersedes=before.fingerprint or "",
            reason=text("why", required=self.env._("Tell us why the answer changes.")) if before else "",
        )

    def _ar_portal_claims(self, form, text, money, errors):
        """What the form says of our items; an amount that isn't given, or is ours, is no difference."""
        reasons = self._ar_portal_reasons()
        known = {str(line.id): line for line in self.line_ids}
        claims = []
        for name in form:
            if not name.startswith("amount_"):
                continue
            theirs, key = money(name), name.removeprefix("amount_")
            if theirs is None:
                continue
            line = known.get(key)
            reason = form.get(f"reason_{key}") or ("other" if "other" in reasons else next(iter(reasons), ""))
            if not line or (reasons and reason not in reasons):
                errors.append({"field": name, "words": self.env._("This isn't an item of the letter.")})
            elif theirs != exact(line.amount, self.currency_id):
                claims.append(Claim(line.id, theirs, reason, text(f"comment_{key}", "comment")))
        return tuple(claims)

    def _ar_portal_unknown(self, form, text, money, errors):
        """Items in the customer's books that the letter doesn't have."""
        for row in range(1, UNKNOWN_ROWS + 1):
            given = money(f"missing_amount_{row}")
            number, comment = text(f"missing_number_{row}", "number"), text(f"missing_comment_{row}", "comment")
            if given is None:
                if number or comment:
                    words = self.env._("Tell us the amount of each item that you miss.")
                    errors.append({"field": f"missing_amount_{row}", "words": words})
                continue
            day = None
            if form.get(f"missing_day_{row}"):
                try:
                    day = fields.Date.to_date(form[f"missing_day_{row}"])
                except ValueError:
                    errors.append({"field": f"missing_day_{row}", "words": self.env._("This isn't a date.")})
            yield UnknownItem(form.get(f"missing_kind_{row}") or "", number, day, given, comment)

    def _ar_portal_files(self, files, errors):
        """The files that may be kept, as engine values; names are made different."""
        if len(files) > evidence_file.MOST:
            words = self.env._("At most %(most)s files can be sent with an answer.", most=evidence_file.MOST)
            errors.append({"field": "files", "words": words})
            return []
        kept, names = [], set()
        for name, stream in files:
            # One byte more than allowed tells that it is too large, however large it is.
            checked = evidence_file.checked(name, stream.read(evidence_file.LARGEST + 1))
            if isinstance(checked, evidence_file.RefusedFile):
                errors.append({"field": "files", "words": self.env["ar.portal.form"]._refused_file(checked)})
                continue
            shown, number = checked.name, 2
            while shown in names:
                stem, _dot, ending = checked.name.rpartition(".")
                shown, number = f"{stem} ({number}).{ending}", number + 1
            names.add(shown)
            kept.append((shown, checked))
        return kept

    def _ar_portal_refused(self, refused):
        """Why an answer was refused, in words."""
        facts = refused.facts
        words = {
            "not_a_number": self.env._("“%(text)s” isn't an amount.", text=facts.get("text")),
            "too_precise": self.env._("“%(text)s” has too many decimals.", text=facts.get("text")),
            "wrong_side": self.env._(
                "%(number)s: the amount is on the other side of the account. Give 0 if you don't have it.",
                number=facts.get("number"),
            ),
            "negative": self.env._("%(number)s: give an amount above zero.", number=facts.get("number")),
            "no_number": self.env._("Tell us the number of each item that you miss."),
            "unknown_kind": self.env._("Say what each item is that you miss."),
            "nothing_differs": self.env._(
                "You didn't say what differs. Give your amount for an item, your balance, or an item that you miss."
            ),
        }
        return words.get(refused.code) or self.env._("This answer can't be understood.")

    # -- kept -------------------------------------------------------------------------------------

    def _keep(self, reply, judged, files, user_id):
        """Write the answer with its files and disputes: ``self`` is locked, reader and reply are checked."""
        answers = self.env["ar.confirmation.answer"]
        files = sorted(files, key=lambda file: file[0])
        reply = replace(reply, files=tuple((name, fingerprint(file.content)) for name, file in files))
        document = canonical(self._letter(), reply)
        answer = answers.create(
            {
                "confirmation_id": self.id,
                "number": reply.number,
                "agrees": reply.agrees,
                "answered_on": fields.Datetime.to_datetime(reply.signature.signed_at[:19].replace("T", " ")),
                "signer": reply.signature.name,
                "function": reply.signature.function,
                "channel": reply.signature.channel,
                "user_id": user_id,
                "states_balance": reply.stated_balance is not None,
                "their_balance": float(judged.their_balance),
                "difference": float(judged.explained + judged.unexplained),
                "unexplained": float(judged.unexplained),
                "remark": reply.remark,
                "reason": reply.reason,
                "supersedes": reply.supersedes,
                "document": document,
                "fingerprint": fingerprint(document),
            }
        )
        self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": file.content,
                    "mimetype": file.mimetype,
                    "res_model": answer._name,
                    "res_id": answer.id,
                    "public": False,
                }
                for name, file in files
            ]
        )
        self.env["ar.confirmation.answer.line"].create(self._answer_lines(answer, reply, judged))
        answer.invalidate_recordset()
        if not answer._is_intact():
            raise ValidationError(self.env._("The answer can't be kept as it was signed. Please write to us."))
        self.write(
            {
                "answer_id": answer.id,
                "state": "agreed" if reply.agrees else "differs",
                # Who answers was reached, by whatever way.
                "failure_code": False,
                "failure": False,
            }
        )
        self._follow_up(answer)
        return answer

    def _answer_lines(self, answer, reply, judged):
        """Values of the lines of an answer, with the disputes that they open."""
        disputes = self._open_disputes(judged.differences)
        claims = [
            {
                "answer_id": answer.id,
                "kind": "claim",
                "confirmation_line_id": difference.item.key,
                "number": difference.item.number,
                "day": difference.item.day,
                "ours": float(difference.item.amount),
                "theirs": float(difference.claim.amount),
                "difference": float(difference.amount),
                "reason_code": difference.claim.reason,
                "comment": difference.claim.comment,
                "dispute_id": disputes.get(difference.item.key),
            }
            for difference in judged.differences
        ]
        return claims + [
            {
                "answer_id": answer.id,
                "kind": item.kind,
                "number": item.number,
                "day": item.day,
                "theirs": float(item.amount),
                "difference": float(item.effect),
                "comment": item.comment,
            }
            for item in reply.unknown_items
        ]
