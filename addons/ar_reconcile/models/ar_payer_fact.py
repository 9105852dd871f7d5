import logging
import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..engine.candidate import Candidate, Customer
from ..engine.learning import FactKind, Habit, learned, payers_own
from ..engine.payment import Payment
from ..engine.reference import compact
from .trouble import REFUSALS

_logger = logging.getLogger(__name__)

#: Bank lines that are learned from and committed together by the scheduled action.
CHUNK = 500
#: What software booked alone counts as confirmed when nobody has undone it for so many days. That the entry is checked
#: says nothing: Odoo sets that itself, with every entry that is posted.
CONFIRMED_DAYS = 30
#: Customers for whom one payer may pay before he is taken for a provider of payments.
MOST_CUSTOMERS_OF_A_PAYER = 20
#: A name or a habit is used from so many confirmations; an account is told with their number.
FEWEST_TIMES = 2
#: What looks like an IBAN without blanks.
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
#: Facts of one kind that matching gets of one customer, those confirmed most first.
MOST_FACTS = 50


class ArPayerFact(models.Model):
    """What confirmed matches have shown of how a customer pays, with how often they did.

    It is counted in SQL from the bank lines that it was learned from, so that taking a match back takes its
    confirmation back.
    """

    _name = "ar.payer.fact"
    _description = "How a Customer Pays"
    _order = "partner_id, kind, times desc, id"
    _check_company_auto = True

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="Whose invoices were paid.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    kind = fields.Selection(
        [
            (FactKind.ACCOUNT.value, "Bank account"),
            (FactKind.NAME.value, "Name at the bank"),
            (FactKind.PAYER.value, "Other payer"),
            (FactKind.HABIT.value, "Habit"),
        ],
        string="Fact",
        required=True,
        readonly=True,
    )
    value = fields.Char(required=True, readonly=True, help="As it is compared.")
    text = fields.Char(readonly=True, help="As the bank writes it.")
    payer_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null", ondelete="cascade")
    description = fields.Char(string="What", compute="_compute_description")
    times = fields.Integer(
        readonly=True,
        help="Bank lines whose match was accepted by a person, or booked by itself and not undone since. Those before "
        "the fact was forgotten don't count.",
    )
    line_count = fields.Integer(string="Bank Lines", readonly=True, help="All that it was ever learned from.")
    first_on = fields.Date(string="First", readonly=True)
    last_on = fields.Date(string="Last", readonly=True)
    is_shared = fields.Boolean(
        string="Shared",
        readonly=True,
        help="Confirmed for several customers, as the account of a payment provider is: it says nothing by itself.",
    )
    active = fields.Boolean(string="Used", readonly=True, default=True)
    told_by = fields.Many2one(
        "res.users", readonly=True, ondelete="set null", help="Whose word it is, before any payment has confirmed it."
    )
    forgotten_on = fields.Datetime(readonly=True)
    forgotten_by = fields.Many2one("res.users", readonly=True, ondelete="set null")
    forgotten_up_to = fields.Integer(readonly=True, help="The last bank line that doesn't count any more.")
    line_ids = fields.Many2many(
        "account.bank.statement.line",
        "ar_payer_fact_line_rel",
        "fact_id",
        "line_id",
        string="Learned From",
        readonly=True,
    )

    _fact_unique = models.UniqueIndex("(partner_id, company_id, kind, value)")
    _value_index = models.Index("(company_id, kind, value)")

    @api.depends("kind", "value", "text", "payer_id")
    @api.depends_context("lang")
    def _compute_description(self):
        habits = self._habit_words()
        for fact in self:
            if fact.kind == FactKind.HABIT.value:
                fact.description = habits.get(fact.value, fact.value)
            elif fact.kind == FactKind.PAYER.value:
                fact.description = fact.payer_id.display_name
            else:
                fact.description = _grouped(fact.text or fact.value)

    @api.depends("description")
    def _compute_display_name(self):
        for fact in self:
            fact.display_name = fact.description

    @api.model
    def _habit_words(self):
        return {
            Habit.FULL_NUMBER.value: self.env._("Writes the whole invoice number"),
            Habit.BARE_DIGITS.value: self.env._("Writes only the last digits of the invoice number"),
            Habit.CUSTOMER_NUMBER.value: self.env._("Writes the customer number"),
            Habit.WORDS.value: self.env._("Writes no number"),
        }

    # === LEARNING === #

    @api.model
    def _learn(self, lines):
        """Take these bank lines, whose matches are confirmed, as confirmations of what they show; each counts once.

        :param lines: account.bank.statement.line; those that are reconciled with no customer's items teach nothing
        """
        shown = self._shown_by(lines)
        if not shown:
            return
        ids = self._facts_of({(company, fact) for _line, company, fact in shown})
        rows = sorted(
            {(ids[company, fact.customer, fact.kind.value, fact.value], line) for line, company, fact in shown}
        )
        self.env.execute_query(
            SQL(
                "INSERT INTO ar_payer_fact_line_rel (fact_id, line_id) SELECT * FROM unnest(%s::int[], %s::int[]) "
                "ON CONFLICT DO NOTHING RETURNING fact_id",
                *map(list, zip(*rows, strict=True)),
            )
        )
        self._recount(sorted({fact for fact, _line in rows}))

    @api.model
    def _unlearn(self, lines):
        """Take back what these bank lines confirmed, as their matches are undone."""
        if not lines:
            return
        facts = self.env.execute_query(
            SQL("DELETE FROM ar_payer_fact_line_rel WHERE line_id = ANY(%s) RETURNING fact_id", lines.ids)
        )
        if facts:
            self._recount(sorted({fact for (fact,) in facts}))

    @api.model
    def _shown_by(self, lines):
        """Return what the lines show, as ``(line id, company id, engine's Fact)``."""
        paid = self._paid_by(lines)
        if not paid:
            return []
        payments = {line.id: _as_payment(line) for line in lines if line.id in paid}
        customers = self._customers(payments.values(), {item.customer for items in paid.values() for item in items})
        accounts, names = defaultdict(set), defaultdict(set)
        for customer in customers.values():
            for account in customer.accounts:
                accounts[account].add(customer.key)
            for name in customer.names:
                names[name.lower()].add(customer.key)
        company_of = {line.id: line.company_id.id for line in lines}
        shown = []
        for line, payment in payments.items():
            concerned = {item.customer for item in paid[line]}
            concerned |= accounts[payment.counterparty_account] | names[payment.name.lower()]
            known = [customers[key] for key in sorted(concerned) if key in customers]
            shown += [(line, company_of[line], fact) for fact in learned(payment, paid[line], known)]
        return shown

    @api.model
    def _paid_by(self, lines):
        """Return the customers' items that money received by these lines has paid: {line id: [Candidate, …]}."""
        self.env["account.partial.reconcile"].flush_model(["debit_move_id", "credit_move_id"])
        self.env["account.move.line"].flush_model(["move_id", "account_id", "partner_id", "date", "date_maturity"])
        self.env["account.move"].flush_model(["name", "ref", "payment_reference", "origin_payment_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        lines.flush_recordset(["move_id", "amount"])
        # In steps by arrays of ids: with statistics of before an import, one statement takes minutes.
        counterparts = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT item.id, line.id
                      FROM account_bank_statement_line line
                      JOIN account_move_line item ON item.move_id = line.move_id
                     WHERE line.id = ANY(%s) AND line.amount > 0
                    """,
                    lines.ids,
                )
            )
        )
        pairs = self.env.execute_query(
            SQL(
                "SELECT debit_move_id, credit_move_id FROM account_partial_reconcile WHERE credit_move_id = ANY(%s)",
                list(counterparts),
            )
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, item.move_id, COALESCE(move.name, ''),
                       COALESCE(move.payment_reference, ''), COALESCE(payment.memo, ''),
                       partner.commercial_partner_id, COALESCE(item.date_maturity, item.date)
                  FROM account_move_line item
                  JOIN account_account account ON account.id = item.account_id
                  JOIN account_move move ON move.id = item.move_id
                  JOIN res_partner partner ON partner.id = item.partner_id
             LEFT JOIN account_payment payment ON payment.id = move.origin_payment_id
                 WHERE item.id = ANY(%s)
                   AND (account.account_type = 'asset_receivable' OR payment.partner_type = 'customer')
                """,
                sorted({debit for debit, _credit in pairs}),
            )
        )
        item_of = {row[0]: row for row in rows}
        found = sorted({(counterparts[credit], debit) for debit, credit in pairs if debit in item_of})
        paid = defaultdict(list)
        for line, debit in found:
            item, move, number, reference, memo, customer, due = item_of[debit]
            references = tuple(dict.fromkeys(each for each in (reference, memo) if each and each != number))
            paid[line].append(
                Candidate(
                    key=item,
                    invoice=move,
                    number=number,
                    customer=customer,
                    residual=Decimal(0),
                    currency="",
                    due=due,
                    references=references,
                )
            )
        return paid

    @api.model
    def _customers(self, payments, paid):
        """Return those whose items were paid, and who owns an account or bears a name of the payments, by key."""
        accounts = sorted({payment.counterparty_account for payment in payments} - {""})
        names = sorted({payment.name.lower() for payment in payments} - {""})
        self.env["res.partner"].flush_model(["name", "ref", "commercial_partner_id", "active"])
        self.env["res.partner.bank"].flush_model(["sanitized_acc_number", "partner_id", "active", "ar_review_state"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH concerned AS (
                    SELECT unnest(%(paid)s::int[]) AS id
                     UNION
                    SELECT partner.commercial_partner_id
                      FROM res_partner_bank bank
                      JOIN res_partner partner ON partner.id = bank.partner_id
                     WHERE bank.sanitized_acc_number = ANY(%(accounts)s)
                       AND bank.active
                       AND COALESCE(bank.ar_review_state, 'approved') = 'approved'
                     UNION
                    SELECT id FROM res_partner
                     WHERE lower(name) = ANY(%(names)s) AND id = commercial_partner_id AND active
                ), family AS (
                    SELECT concerned.id AS customer, partner.id, partner.name, partner.ref
                      FROM concerned
                      JOIN res_partner partner ON partner.commercial_partner_id = concerned.id
                     WHERE concerned.id NOT IN (SELECT partner_id FROM res_company)
                )
                SELECT family.customer,
                       array_agg(DISTINCT family.name) FILTER (WHERE family.name IS NOT NULL),
                       array_agg(DISTINCT family.ref) FILTER (WHERE family.ref IS NOT NULL),
                       array_agg(DISTINCT bank.sanitized_acc_number) FILTER (WHERE bank.id IS NOT NULL)
                  FROM family
             LEFT JOIN res_partner_bank bank
                    ON bank.partner_id = family.id
                   AND bank.active
                   AND COALESCE(bank.ar_review_state, 'approved') = 'approved'
                 GROUP BY family.customer
                 ORDER BY family.customer
                """,
                paid=sorted(paid),
                accounts=accounts,
                names=names,
            )
        )
        return {
            key: Customer(
                key=key,
                names=tuple(names or ()),
                references=tuple(references or ()),
                accounts=tuple(sorted({compact(number) for number in numbers or ()})),
            )
            for key, names, references, numbers in rows
        }

    @api.model
    def _facts_of(self, shown):
        """Have a record of each of these facts; return their ids by company, customer, kind and value.

        They are written in one order by everybody, so that two who learn at once wait for each other only once.
        """
        rows = sorted((fact.customer, company, fact.kind.value, fact.value, fact.text) for company, fact in shown)
        texts = {row[:4]: row[4] for row in rows}
        partners, companies, kinds, values = map(list, zip(*texts, strict=True))
        found = self.env.execute_query(
            SQL(
                """
                INSERT INTO ar_payer_fact
                       (partner_id, company_id, kind, value, text, payer_id,
                        times, line_count, active, is_shared, create_uid, create_date, write_uid, write_date)
                SELECT partner, company, kind, value, NULLIF(text, ''), CASE WHEN kind = %(payer)s THEN value::int END,
                       0, 0, TRUE, FALSE, %(user)s, now() AT TIME ZONE 'UTC', %(user)s, now() AT TIME ZONE 'UTC'
                  FROM unnest(%(partners)s::int[], %(companies)s::int[], %(kinds)s::text[], %(values)s::text[],
                              %(texts)s::text[]) AS shown (partner, company, kind, value, text)
                    ON CONFLICT (partner_id, company_id, kind, value)
                    DO UPDATE SET text = COALESCE(EXCLUDED.text, ar_payer_fact.text),
                                  write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                RETURNING id, company_id, partner_id, kind, value
                """,
                payer=FactKind.PAYER.value,
                user=self.env.uid,
                partners=partners,
                companies=companies,
                kinds=kinds,
                values=values,
                texts=list(texts.values()),
            )
        )
        return {tuple(key): id_ for id_, *key in found}

    @api.model
    def _recount(self, ids):
        """Count these facts anew from the bank lines behind them; what nothing confirms any more is gone."""
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_payer_fact fact
                   SET times = counted.times, line_count = counted.lines, active = counted.times > 0
                           OR (fact.told_by IS NOT NULL AND fact.forgotten_on IS NULL),
                       first_on = counted.first_on, last_on = counted.last_on
                  FROM (
                      SELECT each.id, count(line.id) AS lines, min(move.date) AS first_on, max(move.date) AS last_on,
                             count(line.id) FILTER (WHERE line.id > COALESCE(each.forgotten_up_to, 0)) AS times
                        FROM ar_payer_fact each
                   LEFT JOIN ar_payer_fact_line_rel source ON source.fact_id = each.id
                   LEFT JOIN account_bank_statement_line line ON line.id = source.line_id
                   LEFT JOIN account_move move ON move.id = line.move_id
                       WHERE each.id = ANY(%s)
                       GROUP BY each.id
                  ) counted
                 WHERE fact.id = counted.id
                RETURNING fact.id
                """,
                ids,
            )
        )
        self._recount_sharing(ids)
        self.env.execute_query(
            SQL(
                """
                DELETE FROM ar_payer_fact
                 WHERE id = ANY(%s) AND line_count = 0 AND forgotten_on IS NULL AND told_by IS NULL
                RETURNING id
                """,
                ids,
            )
        )
        self.invalidate_model()
        self.env["res.partner"].invalidate_model(["ar_payer_fact_ids"])

    @api.model
    def _recount_sharing(self, ids):
        """Mark these facts, and the same ones of other customers, by whether they are those of several customers."""
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_payer_fact fact
                   SET is_shared = counted.customers > counted.most
                  FROM (
                      SELECT same.company_id, same.kind, same.value,
                             count(DISTINCT partner.commercial_partner_id) FILTER (WHERE same.active) AS customers,
                             CASE same.kind WHEN %(payer)s THEN %(most)s ELSE 1 END AS most
                        FROM ar_payer_fact same
                        JOIN res_partner partner ON partner.id = same.partner_id
                       WHERE same.kind != %(habit)s
                         AND (same.company_id, same.kind, same.value) IN (
                             SELECT company_id, kind, value FROM ar_payer_fact WHERE id = ANY(%(ids)s)
                         )
                       GROUP BY same.company_id, same.kind, same.value
                  ) counted
                 WHERE (fact.company_id, fact.kind, fact.value) = (counted.company_id, counted.kind, counted.value)
                   AND fact.is_shared IS DISTINCT FROM (counted.customers > counted.most)
                RETURNING fact.id
                """,
                payer=FactKind.PAYER.value,
                habit=FactKind.HABIT.value,
                most=MOST_CUSTOMERS_OF_A_PAYER,
                ids=ids,
            )
        )

    @api.model
    def _merge_customers(self, sources, target):
        """Make what was learned of the customers ``sources``, and of them as payers, that of ``target``.

        What was known of several is one fact, with the confirmations of all; a person's word on one holds for it.
        That one of them pays for another one says nothing any more.
        """
        self.env.flush_all()
        merged = {
            "sources": sources.ids,
            "target": target.commercial_partner_id.id,
            "payer": FactKind.PAYER.value,
        }
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, first_value(id) OVER (
                           PARTITION BY customer, company_id, kind, told ORDER BY is_target DESC, id
                       ), customer, told, kind = %(payer)s AND told = customer::text
                  FROM (
                      SELECT id, company_id, kind, partner_id = %(target)s AS is_target,
                             CASE WHEN partner_id = ANY(%(sources)s) THEN %(target)s ELSE partner_id END AS customer,
                             CASE WHEN kind = %(payer)s AND payer_id = ANY(%(sources)s)
                                  THEN %(target)s::text ELSE value
                             END AS told
                        FROM ar_payer_fact
                       WHERE partner_id = ANY(%(sources)s) OR partner_id = %(target)s OR kind = %(payer)s
                  ) fact
                """,
                **merged,
            )
        )
        if not rows:
            return
        facts, kept, customers, values, _is_own = map(list, zip(*rows, strict=True))
        self.env.execute_query(
            SQL(
                """
                WITH same AS (
                    SELECT * FROM unnest(%(facts)s::int[], %(kept)s::int[]) AS same (id, kept) WHERE id != kept
                ), word AS (
                    UPDATE ar_payer_fact fact
                       SET told_by = COALESCE(fact.told_by, other.told_by),
                           forgotten_on = COALESCE(fact.forgotten_on, other.forgotten_on),
                           forgotten_by = COALESCE(fact.forgotten_by, other.forgotten_by),
                           forgotten_up_to = GREATEST(fact.forgotten_up_to, other.forgotten_up_to)
                      FROM same
                      JOIN ar_payer_fact other ON other.id = same.id
                     WHERE fact.id = same.kept
                ), lines AS (
                    INSERT INTO ar_payer_fact_line_rel (fact_id, line_id)
                    SELECT same.kept, source.line_id
                      FROM same
                      JOIN ar_payer_fact_line_rel source ON source.fact_id = same.id
                        ON CONFLICT DO NOTHING
                )
                SELECT count(*) FROM same
                """,
                facts=facts,
                kept=kept,
            )
        )
        own = {fact for fact, *_rest, is_own in rows if is_own}
        self.browse(sorted(set(facts) - set(kept) | own)).unlink()
        self.env.execute_query(
            SQL(
                """
                UPDATE ar_payer_fact fact
                   SET partner_id = merged.customer, value = merged.value,
                       payer_id = CASE WHEN fact.kind = %(payer)s THEN merged.value::int END
                  FROM unnest(%(facts)s::int[], %(customers)s::int[], %(values)s::text[])
                    AS merged (id, customer, value)
                 WHERE fact.id = merged.id
                RETURNING fact.id
                """,
                payer=FactKind.PAYER.value,
                facts=facts,
                customers=customers,
                values=values,
            )
        )
        self._recount(sorted(set(kept) - own))

    @api.model
    def _cron_learn(self):
        """Learn from what software booked long enough ago without anybody undoing it, chunk by chunk."""
        remaining, last = self._unlearned_count(), 0
        self.env["ir.cron"]._commit_progress(remaining=remaining)
        while lines := self._unlearned(last):
            self._learn_what_can_be(lines)
            last = max(lines.ids)
            if not self.env["ir.cron"]._commit_progress(len(lines)):
                break

    @api.model
    def _learn_what_can_be(self, lines):
        """Learn from ``lines``; one that can't be learned from holds up no other one."""
        try:
            with self.env.cr.savepoint():
                self._learn(lines)
        except REFUSALS as error:
            if len(lines) == 1:
                _logger.warning("Nothing can be learned from bank line %s", lines.id, exc_info=error)
                return
            half = len(lines) // 2
            self._learn_what_can_be(lines[:half])
            self._learn_what_can_be(lines[half:])

    @api.model
    def _unlearned(self, last):
        """Return the next bank lines after ``last`` whose match is confirmed and which taught nothing yet."""
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT line.id %s AND line.id > %s ORDER BY line.id LIMIT %s", self._confirmed(), last, CHUNK)
        )
        return self.env["account.bank.statement.line"].browse([id_ for (id_,) in rows])

    @api.model
    def _unlearned_count(self):
        return self.env.execute_query(SQL("SELECT count(DISTINCT line.id) %s", self._confirmed()))[0][0]

    @api.model
    def _confirmed(self):
        return SQL(
            """
              FROM account_bank_statement_line line
              JOIN ar_match_proposal proposal ON proposal.statement_line_id = line.id
             WHERE proposal.state = 'accepted'
               AND proposal.undone_on IS NULL
               AND (proposal.is_automatic IS NOT TRUE OR proposal.decided_on < %s)
               AND line.is_reconciled
               AND line.amount > 0
               AND NOT EXISTS (SELECT FROM ar_payer_fact_line_rel WHERE line_id = line.id)
            """,
            fields.Datetime.now() - timedelta(days=CONFIRMED_DAYS),
        )

    @api.model
    def _remember(self, lines, partner):
        """Take a person's word that the accounts and names of these bank lines are those of a customer.

        :param partner: res.partner, a commercial one
        :return: the facts that nobody had told before
        """
        payments = [_as_payment(line) for line in lines]
        customer = self._customers(payments, {partner.id}).get(partner.id, Customer(partner.id))
        told = {
            (line.company_id.id, fact)
            for line, payment in zip(lines, payments, strict=True)
            for fact in payers_own(payment, customer)
        }
        if not told:
            return self.browse()
        facts = self.browse(sorted(self._facts_of(told).values())).sudo()
        facts.invalidate_recordset()
        new = facts.filtered(lambda fact: not fact.told_by or fact.forgotten_on)
        facts.write({"told_by": self.env.uid, "forgotten_on": False, "forgotten_by": False})
        self.flush_model()
        self._recount(facts.ids)
        return new.sudo(False)

    def _take_word_back(self, lines):
        """Take back this person's word on facts of the companies of these bank lines."""
        facts = self.exists().sudo()
        facts = facts.filtered(lambda fact: fact.told_by == self.env.user and fact.company_id in lines.company_id)
        facts.write({"told_by": False})
        self.flush_model()
        self._recount(facts.ids)

    # === USE === #

    @api.model
    def _ar_of_customers(self, partner_ids, company=None):
        """Return what is known of how customers pay, for matching, in one query.

        What several customers share, and what was forgotten, is left out.

        :param partner_ids: ids of commercial partners
        :param company: res.company, the current one by default
        :return: {partner id: {"accounts": ((account, times), …), "names": (name as the bank writes it, …),
            "pays_with": (payer's id, …), "habit": an engine's Habit value or ""}}, for those of whom anything is known;
            what was confirmed most comes first
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH payers_own AS (
                    SELECT owner.commercial_partner_id AS payer,
                           array_agg(DISTINCT bank.sanitized_acc_number) AS accounts
                      FROM res_partner_bank bank
                      JOIN res_partner owner ON owner.id = bank.partner_id
                     WHERE bank.active
                       AND COALESCE(bank.ar_review_state, 'approved') = 'approved'
                       AND owner.commercial_partner_id IN (
                           SELECT payer.commercial_partner_id
                             FROM ar_payer_fact fact
                             JOIN res_partner payer ON payer.id = fact.payer_id
                            WHERE fact.partner_id = ANY(%(partners)s) AND fact.active
                       )
                     GROUP BY owner.commercial_partner_id
                )
                SELECT partner.commercial_partner_id, fact.kind, fact.value, max(fact.text),
                       sum(fact.times)::int AS confirmed, bool_or(fact.told_by IS NOT NULL), payer.id, payer.name,
                       max(payers_own.accounts)
                  FROM ar_payer_fact fact
                  JOIN res_partner partner ON partner.id = fact.partner_id
             LEFT JOIN res_partner former ON former.id = fact.payer_id
             LEFT JOIN res_partner payer ON payer.id = former.commercial_partner_id
             LEFT JOIN payers_own ON payers_own.payer = payer.id
                 WHERE fact.company_id = %(company)s AND fact.active AND fact.is_shared IS NOT TRUE
                   AND partner.commercial_partner_id = ANY(%(partners)s)
                 GROUP BY partner.commercial_partner_id, fact.kind, fact.value, payer.id
                 ORDER BY confirmed DESC, fact.value
                """,
                company=(company or self.env.company).id,
                partners=list(partner_ids),
            )
        )
        found = defaultdict(list)
        for customer, *fact in rows:
            found[customer].append(fact)
        return {customer: _for_matching(customer, facts) for customer, facts in found.items()}

    # === ACTIONS === #

    def action_forget(self):
        """Use these facts no more; bank lines that come in from now on may teach them again."""
        self._check_may_forget()
        last = self.env.execute_query(SQL("SELECT COALESCE(max(id), 0) FROM account_bank_statement_line"))[0][0]
        self.sudo().write(
            {"forgotten_on": fields.Datetime.now(), "forgotten_by": self.env.uid, "forgotten_up_to": last}
        )
        self.flush_model()
        self._recount(self.ids)

    def action_remember(self):
        """Use these facts again, with all their confirmations."""
        self._check_may_forget()
        self.sudo().write({"forgotten_on": False, "forgotten_by": False, "forgotten_up_to": False})
        self.flush_model()
        self._recount(self.ids)

    def _check_may_forget(self):
        self.check_access("read")
        self.env["account.bank.statement.line"].check_access("write")

    def action_bank_lines(self):
        """Show the bank lines that this was learned from."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("ar_reconcile.action_bank_lines")
        return {
            **action,
            "display_name": self.env._("Learned from: %(fact)s", fact=self.description),
            "domain": [("id", "in", self.line_ids.ids)],
            "context": {},
        }

    @api.model
    def _summary(self, facts):
        """Return in one sentence or two how somebody pays, of whom these facts are."""
        habits = facts.filtered(lambda fact: fact.kind == FactKind.HABIT.value).sorted("times", reverse=True)
        if not habits:
            return ""
        payments = sum(habits.mapped("times"))
        usual = self.env._(
            "%(habit)s in %(times)s of %(payments)s confirmed payments.",
            habit=habits[0].description,
            times=habits[0].times,
            payments=payments,
        )
        last = self.env._("Last seen on %(day)s.", day=format_date(self.env, max(habits.mapped("last_on"))))
        return f"{usual} {last}"


def _grouped(text):
    """Return an IBAN in groups of four, as people read it, and any other text as it is."""
    if not IBAN.fullmatch(text):
        return text
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _as_payment(line):
    return Payment(
        key=line.id,
        day=line.date,
        amount=Decimal(0),
        currency="",
        texts=tuple(text for text in (line.payment_ref, line.ref) if text),
        name=(line.partner_name or "").strip(),
        counterparty_account=compact(line.account_number or ""),
    )


def _for_matching(customer, facts):
    """Return the facts of one customer, rows of `_ar_of_customers`, as matching takes them.

    Who has paid for a customer is recognised by his own accounts and name, also where nothing is open of himself.
    """
    accounts, names, payers, habits = {}, {}, {}, {}
    for kind, value, text, confirmed, is_told, payer, payer_name, payer_accounts in facts:
        times = max(confirmed, FEWEST_TIMES) if is_told else confirmed
        if kind == FactKind.ACCOUNT.value:
            accounts[value] = times
        elif kind == FactKind.NAME.value:
            names[text or value] = times
        elif kind == FactKind.HABIT.value:
            habits[value] = times
        elif payer and payer != customer:
            payers[payer] = times
            names.setdefault(payer_name, times)
            for account in payer_accounts or ():
                accounts.setdefault(compact(account), times)
    usual = [value for value, times in habits.items() if times == max(habits.values())]
    return {
        "accounts": tuple(accounts.items())[:MOST_FACTS],
        "names": tuple(name for name, times in names.items() if times >= FEWEST_TIMES)[:MOST_FACTS],
        "pays_with": tuple(payers)[:MOST_FACTS],
        "habit": usual[0] if len(usual) == 1 and habits[usual[0]] >= FEWEST_TIMES else "",
    }
