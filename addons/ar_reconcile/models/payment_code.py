"""Finding what a scanned or pasted payment code speaks of: open items of customers and bank lines."""

import re
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import formatLang

from ..engine.reference import Level, Reading, as_reference, compact, spellings
from ..parsers.payment_code import read_payment_code
from .account_move import CUSTOMER_DOCUMENTS, core_of

#: Items and bank lines that are returned.
MOST_FOUND = 20
#: Documents of one core that are looked at, and bank lines whose texts are compared.
MOST_DOCUMENTS = 40
MOST_LINES = 200
#: A reference is looked for in bank lines from so many characters.
FEWEST_CHARACTERS = 4


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @api.readonly
    def ar_find_by_code(self, text):
        """Return the open items and the unreconciled bank lines that a scanned or pasted code speaks of.

        :param str text: what the scanner or the person gave: a creditor reference, a QR code, an invoice's number…
        :return: ``items`` with their document, customer, due day and residual, the ids of ``lines``, and ``message``,
            which says what was read; at most 20 of each
        :rtype: dict
        """
        self.check_access("read")
        code = read_payment_code(text if isinstance(text, str) else "")
        if not (code.reference or code.text or code.amount):
            return {"items": [], "lines": [], "message": self.env._("Nothing was read.")}
        texts = list(dict.fromkeys(filter(None, (code.reference, code.text))))
        items = self._ar_items_named(texts)
        lines = self._ar_lines_of_code(code, items)
        return {
            "items": [self._ar_item_as_dict(item) for item in items],
            "lines": lines.ids,
            "message": self._ar_code_message(code, items, lines),
        }

    @api.model
    def _ar_documents_named(self, texts):
        """Return the posted customer documents that ``texts`` name, by text, in one statement over our indexes.

        Of those that a text names in full and those of which it only tells the number, the former are returned.

        :return: ``{text: recordset of account.move}``, as the user may read them
        :rtype: dict
        """
        cores = sorted({core for text in texts for core in spellings(text)})
        moves = self.env["account.move"]
        if not cores:
            return dict.fromkeys(texts, moves)
        moves.flush_model(["name", "payment_reference", "ref", "move_type", "state", "company_id"])
        # Core by core: the planner has no idea how rare a core is, and would rather read all documents.
        rows = self.env.execute_query(
            SQL(" UNION ").join(
                SQL(
                    """
                    SELECT document.id
                      FROM unnest(%s) AS wanted(core)
                      JOIN LATERAL (
                          SELECT id FROM account_move
                           WHERE %s AND %s = wanted.core AND %s IS NOT NULL AND company_id = ANY(%s)
                           LIMIT %s
                      ) document ON TRUE
                    """,
                    cores,
                    SQL(CUSTOMER_DOCUMENTS),
                    SQL(core_of(column)),
                    SQL.identifier(column),
                    self.env.companies.ids,
                    MOST_DOCUMENTS,
                )
                for column in ("name", "payment_reference", "ref")
            )
        )
        found = moves.search([("id", "in", [id_ for (id_,) in rows])], order="id desc")
        by_core = defaultdict(lambda: self.env["account.move"])
        for move in found:
            for reference in filter(None, map(as_reference, _references_of(move))):
                by_core[reference.core] |= move
        return {text: _named_by(text, moves.union(*map(by_core.get, spellings(text) & set(by_core)))) for text in texts}

    @api.model
    def _ar_items_named(self, texts):
        """Return the open receivable items of the documents that ``texts`` name, those that fall due first."""
        moves = self.env["account.move"].union(*self._ar_documents_named(texts).values())
        return self.env["account.move.line"].search(
            [
                ("move_id", "in", moves.ids),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "!=", 0),
                ("partner_id", "!=", False),
            ],
            order="date_maturity, id",
            limit=MOST_FOUND,
        )

    @api.model
    def _ar_lines_of_code(self, code, items):
        """Return the unreconciled bank lines that name the code's reference or one of ``items``, or have its amount."""
        open_lines = Domain("is_reconciled", "=", False) & Domain("company_id", "in", self.env.companies.ids)
        names = {code.reference, *items.move_id.mapped("name"), *items.move_id.mapped("payment_reference")}
        named = self._ar_lines_naming(open_lines, {compact(name) for name in names if name})
        if code.amount is None or len(named) >= MOST_FOUND:
            return named[:MOST_FOUND]
        of_amount = Domain("amount", "=", float(code.amount))
        if code.currency:
            of_amount &= Domain("currency_id.name", "=", code.currency)
            of_amount |= Domain("amount_currency", "=", float(code.amount)) & Domain(
                "foreign_currency_id.name", "=", code.currency
            )
        return (named | self.search(open_lines & of_amount, order="id desc", limit=MOST_FOUND))[:MOST_FOUND]

    @api.model
    def _ar_lines_naming(self, domain, references):
        """Return the lines of ``domain`` whose texts name one of the compact ``references``, whatever separates it."""
        wanted = sorted(each for each in references if len(each) >= FEWEST_CHARACTERS)[: 2 * MOST_FOUND]
        if not wanted:
            return self.browse()
        query = self._search(domain)
        move = query.join(self._table, "move_id", "account_move", "id", "move")
        line = self._table
        told = SQL(
            "concat_ws('|', %s, %s, %s, %s)",
            *(SQL.identifier(line, name) for name in ("payment_ref", "ar_bank_text")),
            *(SQL.identifier(move, name) for name in ("ref", "name")),
        )
        query.add_where(
            SQL(
                "regexp_replace(upper(%s), '[^A-Z0-9|]', '', 'g') LIKE ANY(%s)",
                told,
                [f"%{re.sub('[^A-Z0-9]', '', each)}%" for each in wanted],
            )
        )
        query.order = SQL("%s DESC", SQL.identifier(line, "id"))
        query.limit = MOST_LINES
        patterns = [_pattern(each) for each in wanted]
        lines = self.browse(query.get_result_ids())
        return lines.filtered(
            lambda line: any(pattern.search(text) for text in line._ar_texts() for pattern in patterns)
        )

    def _ar_texts(self):
        """Return the texts of this line in which a payer may name what is paid."""
        self.ensure_one()
        return [text.upper() for text in (self.payment_ref, self.ref, self.ar_bank_text) if text]

    @api.model
    def _ar_item_as_dict(self, item):
        return {
            "id": item.id,
            "move_id": item.move_id.id,
            "number": item.move_id.name,
            "partner_id": item.partner_id.id,
            "partner": item.partner_id.display_name,
            "due": fields.Date.to_string(item.date_maturity or item.date),
            "residual": item.amount_residual_currency,
            "currency_id": item.currency_id.id,
        }

    @api.model
    def _ar_code_message(self, code, items, lines):
        """Say what was read and how much was found."""
        kinds = {
            "creditor_reference": self.env._("Creditor reference"),
            "epc": self.env._("Payment QR code"),
            "swiss": self.env._("Swiss QR-bill"),
            "qrr": self.env._("QR reference"),
            "belgian": self.env._("Structured communication"),
        }
        # KID and Finnish references are told by one digit, which any number of ours may have by chance.
        what = kinds.get(code.kind) or self.env._("Reference")
        told = code.reference or code.text
        if code.amount is not None:
            told = f"{told} ({formatLang(self.env, float(code.amount), digits=2)} {code.currency})".strip()
        documents = len(items.move_id)
        if documents >= MOST_FOUND or len(items) >= MOST_FOUND:
            found = self.env._("many open invoices; the first %(count)s are shown", count=MOST_FOUND)
        elif documents == 1:
            found = self.env._("1 open invoice")
        else:
            found = self.env._("%(count)s open invoices", count=documents) if documents else self.env._("nothing open")
        message = self.env._("%(what)s %(code)s: %(found)s.", what=what, code=told, found=found)
        if not lines:
            return message
        return f"{message} " + (
            self.env._("1 bank line names it or has its amount.")
            if len(lines) == 1
            else self.env._("%(count)s bank lines name it or have its amount.", count=len(lines))
        )


def _named_by(text, moves):
    """Return those of ``moves`` that ``text`` names: in full if there are any, else by their number alone."""
    reading, by_level = Reading([text]), defaultdict(list)
    whole = compact(text)
    for move in moves:
        best = max((_level(reading, whole, name) for name in _references_of(move)), default=0)
        by_level[best].append(move.id)
    return moves.browse(by_level[Level.FULL] or by_level[Level.CORE])


def _references_of(move):
    """Return what customers name a document by."""
    return [name for name in (move.name, move.payment_reference, move.ref) if name]


def _level(reading, whole, name):
    """Return how the text names one reference; a text that is the reference names it in full."""
    if compact(name) == whole:
        return Level.FULL
    reference = as_reference(name)
    mention = reading.mention(reference) if reference else None
    return mention.level if mention and mention.level >= Level.CORE else 0


def _pattern(reference):
    """Return what finds a compact reference whatever separates it, and not within a longer run of digits."""
    inside = r"[\W_]*".join(map(re.escape, reference))
    before = r"(?<!\d)" if reference[0].isdigit() else ""
    after = r"(?!\d)" if reference[-1].isdigit() else ""
    return re.compile(before + inside + after)
