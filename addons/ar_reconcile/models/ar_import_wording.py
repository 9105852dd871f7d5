from odoo import fields
from odoo.tools import format_date, format_list


class ImportWording:
    """Says in the user's language what was found in a bank's file, from the codes and facts of parsers and models."""

    #: Warnings that are told at the top; the others stand among the notes.
    MOST_WARNINGS = 6

    #: Remarks that touch money or text, so that a person should look; the others are for information.
    DOUBTS = frozenset(
        "ambiguous_amount ambiguous_balance balance_of_another_day bank_status characters_lost copy date_assumed"
        " details_differ foreign_amount null_amount repeat_kept replaces summary_differs unreadable_balance"
        " unreadable_detail_amount".split()
    )

    def __init__(self, env):
        self.env = env

    # === FILES === #

    def message(self, record):
        """Return what happened with the file of an ar.statement.import, a sentence per line."""
        problems = list(dict.fromkeys(self.note(note) for note in record.problem_ids))
        if record.problem_ids[:1].code == "former":
            return problems[0]
        if record.state == "refused":
            return self.env._(
                "%(file)s was not imported, and nothing was booked: %(reason)s The file is kept here.",
                file=record.name,
                reason=" ".join(problems),
            )
        said = {
            "waiting": self.env._("The file waits to be read."),
            "running": self.env._("The file is being imported. You can leave this page."),
            "undoing": self.env._("What the file brought is being taken back. You can leave this page."),
            "partial": self.env._("Only a part of the file is in the journal, and it can't be taken back by itself:"),
            "undone": self.env._("The import was undone: its bank lines are gone, the file is kept here."),
            "discarded": self.env._("The file was put aside and not imported."),
        }.get(record.state)
        if record.state == "partial":
            return "\n".join([said, *problems])
        sentences = [said] if said else [f"{problem[:1].upper()}{problem[1:]}" for problem in problems]
        if record.state in ("preview", "done", "nothing_new", "running"):
            sentences += [self.statement(imported) for imported in record.imported_statement_ids if imported.journal_id]
        return "\n".join(sentences)

    def statement(self, imported):
        """Return what an import does, or did, with one statement of a file."""
        journal = imported.journal_id.display_name or imported.account
        if imported.import_id.state in ("preview", "running"):
            told = self.env._("%(journal)s: transactions to add: %(new)s.", journal=journal, new=imported.new_count)
        elif not imported.new_count and imported.known_count:
            return self.env._(
                "%(journal)s: nothing was added, all transactions were already there (%(known)s).",
                journal=journal,
                known=imported.known_count,
            )
        elif not imported.line_count:
            return self.env._("%(journal)s: the statement holds no transaction.", journal=journal)
        else:
            told = self.env._("%(journal)s: transactions added: %(new)s.", journal=journal, new=imported.new_count)
        if imported.known_count:
            told += " " + self.env._("Already there: %(count)s.", count=imported.known_count)
        if imported.doubtful_count:
            told += " " + self.env._("Doubtful: %(count)s.", count=imported.doubtful_count)
        if imported.skipped_count:
            told += " " + self.env._("Left out: %(count)s.", count=imported.skipped_count)
        return told

    def warnings(self, notes):
        """Return what a person should look at, a sentence per line."""
        sentences = list(dict.fromkeys(self.note(note) for note in notes))
        more = len(sentences) - self.MOST_WARNINGS
        if more > 0:
            sentences = [
                *sentences[: self.MOST_WARNINGS],
                self.env._("And %(count)s more, see the notes below.", count=more),
            ]
        return "\n".join(sentences)

    # === NOTES === #

    def note(self, note):
        """Return the sentence of an ar.statement.import.note."""
        facts = dict(note.facts or {})
        if note.statement_line_id:
            line = note.statement_line_id
            facts["there"] = line.payment_ref or line.partner_name or line.display_name
            facts["source"] = line.ar_file_id.name or ""
        text = self.sentence(note.code, facts)
        if note.line and note.kind == "problem":
            text += " " + self.env._("Line %(line)s of the file is to blame.", line=note.line)
        return text

    def problem(self, note):
        """Return the sentence of a note that isn't stored."""
        return self.sentence(note["code"], note.get("facts") or {})

    def sentence(self, code, facts):
        """Return the sentence for a code; an unknown one is told as it is."""
        if code in ("failure", "former"):  # told by Odoo, or by the first version, in the language of that time
            return facts.get("told") or self.env._("the file can't be read.")
        if code.startswith("refused_"):
            return self._refused(code.removeprefix("refused_"), facts)
        method = getattr(self, f"_say_{code}", None)
        if method:
            return method(facts)
        return self._remarks(facts).get(code) or code

    def _refused(self, code, facts):
        """Say why a file can't be read at all."""
        sentences = {
            "empty": self.env._("the file is empty."),
            "too_large": self.env._("the file is too large."),
            "unknown_format": self.env._(
                "this is no bank statement that we can read; OFX and camt files are, and ZIPs of them."
            ),
            "not_a_statement": self.env._("the file holds no statement of an account."),
            "truncated": self.env._("the file is cut off; get it from the bank again."),
            "bad_amount": self.env._("an amount can't be read."),
            "bad_date": self.env._("a date can't be read."),
            "too_deep": self.env._("its tags are nested too deeply."),
            "encoding": self.env._("its characters can't be read."),
            "entities": self.env._("it declares entities, which no bank does; such files are not opened."),
            "bad_archive": self.env._("the archive can't be opened: it is damaged, encrypted or too large."),
            "wrong_library": self.env._(
                "the Python package ofxparse2 is installed in place of ofxparse; ask your administrator."
            ),
        }
        sentence = sentences.get(code) or self.env._("the file can't be read.")
        hint = self._hints().get(facts.get("hint"))
        if hint:
            sentence += " " + hint
        if facts.get("file"):
            sentence += " " + self.env._("The file to blame in the archive is %(file)s.", file=facts["file"])
        return sentence

    def _hints(self):
        """Return what a file that is no statement looks like, by the parsers' word for it."""
        return {
            "spreadsheet": self.env._("It looks like a spreadsheet."),
            "old_spreadsheet": self.env._("It looks like an old spreadsheet."),
            "document": self.env._("It looks like a text document."),
            "pdf": self.env._("It looks like a PDF document."),
            "web_page": self.env._("It looks like a web page, perhaps the bank's login or error page."),
            "mt940": self.env._("It looks like an MT940 file; ask the bank for camt.053."),
            "qif": self.env._("It looks like a QIF file; ask the bank for OFX."),
            "bai2": self.env._("It looks like a BAI2 file; ask the bank for OFX or camt.053."),
            "csv": self.env._("It looks like a table (CSV); ask the bank for OFX or camt.053."),
            "text": self.env._("It looks like plain text."),
            "json": self.env._("It looks like JSON data."),
            "image": self.env._("It looks like a picture."),
            "email": self.env._("It looks like a saved e-mail."),
            "archive": self.env._("It looks like an archive."),
            "xml": self.env._("It is an XML file of another kind."),
        }

    def _remarks(self, facts):
        """Return the sentences of what parsers skip or remark, by their code."""
        text = str(facts.get("text") or "")
        return {
            # left out
            "pending": self.env._("Announced, not booked yet: the bank will send it again when it is."),
            "information": self.env._("For information only, not booked."),
            "future": self.env._("Of a later day, not booked yet."),
            "unknown_status": self.env._(
                "The bank gives it the status %(status)s, which is not “booked”.", status=facts.get("status") or "–"
            ),
            "balance_row": self.env._("“%(text)s” tells a balance, no movement of money.", text=text),
            "deletes": self.env._("The bank takes back transaction %(id)s.", id=facts.get("bank_id") or ""),
            "security": self.env._("A trade in securities, no movement of money on this account."),
            "repeated": self.env._("Written twice in the file: it is the same transaction as before."),
            "not_a_statement_file": self.env._(
                "%(file)s in the archive is no bank statement.", file=facts.get("file") or ""
            ),
            "bank_status": self.env._(
                "The bank answers: %(message)s (code %(code)s).",
                message=facts.get("message") or "–",
                code=facts.get("code") or "–",
            ),
            "known": self.env._("Already in the journal."),
            "known_in_file": self.env._("Already in an earlier part of this file."),
            # odd, and read nevertheless
            "ambiguous_amount": self.env._(
                "“%(text)s” may mean two amounts; it was read as %(read_as)s.",
                text=text,
                read_as=facts.get("read_as") or "",
            ),
            "ambiguous_balance": self.env._(
                "The balance “%(text)s” may mean two amounts; it was read as %(read_as)s.",
                text=text,
                read_as=facts.get("read_as") or "",
            ),
            "null_amount": self.env._("A transaction without an amount was read as zero."),
            "no_currency": self.env._("The file names no currency; the journal's was taken."),
            "no_account": self.env._("The file names no account."),
            "no_balance": self.env._("The file tells no balance."),
            "unreadable_balance": self.env._("The balance “%(text)s” can't be read and was not used.", text=text),
            "unreadable_balance_date": self.env._("The day of the balance, “%(text)s”, can't be read.", text=text),
            "undated_balance": self.env._("The balance has no day."),
            "unreadable_period": self.env._("“%(text)s”, where the period begins or ends, is no day.", text=text),
            "unreadable_value_date": self.env._("The value date “%(text)s” is no day.", text=text),
            "balance_of_another_day": self.env._("The balance in the file is of another day and was not used."),
            "characters_lost": self.env._(
                "Characters that are damaged in the file were lost: %(count)s.", count=facts.get("count") or ""
            ),
            "encoding": self.env._(
                "The file says that it is written in %(declared)s, but it is in %(used)s; it was read as that.",
                declared=facts.get("declared") or "",
                used=facts.get("used") or "",
            ),
            "replaces": self.env._(
                "A transaction takes the place of %(id)s, which an earlier file may have brought.",
                id=facts.get("bank_id") or "",
            ),
            "foreign_amount": self.env._(
                "An amount may be in %(currency)s; it was taken as it stands.", currency=facts.get("currency") or ""
            ),
            "bank_id_reused": self.env._(
                "The bank's id %(id)s stands for several transactions; all were kept.", id=facts.get("bank_id") or ""
            ),
            "repeat_kept": self.env._(
                "Written twice in the file with the id %(id)s, and the balances prove both: both were kept.",
                id=facts.get("bank_id") or "",
            ),
            "date_assumed": self.env._(
                "%(count)s transactions have no date; the statement's, %(day)s, was taken.",
                count=facts.get("count") or "",
                day=self._day(facts.get("date")),
            ),
            "unreadable_detail_amount": self.env._("The amount “%(text)s” of a detail can't be read.", text=text),
            "details_differ": self.env._(
                "The details of a batch, %(details)s, don't sum to its entry, %(entry)s; "
                "the rest, %(difference)s, is a line of its own.",
                details=facts.get("details") or "",
                entry=facts.get("entry") or "",
                difference=facts.get("difference") or "",
            ),
            "batch_not_split": self.env._(
                "A batch of %(count)s payments stays one line, for the file doesn't tell each amount.",
                count=facts.get("count") or "",
            ),
            "summary_differs": self.env._(
                "The file's own summary says %(told)s (%(figure)s), but its entries make %(read)s.",
                told=facts.get("told") or "",
                figure=self._figures().get(facts.get("figure")) or "–",
                read=facts.get("read") or "",
            ),
            "copy": self.env._("The bank marks the file as a copy or duplicate."),
            "interim": self.env._(
                "An interim report: the day is not over, and what the bank has booked may still change."
            ),
        }

    def _figures(self):
        """Return the figures of a file's summary, by the parsers' word for them."""
        return {
            "count": self.env._("number of entries"),
            "credits": self.env._("money in"),
            "debits": self.env._("money out"),
            "sum": self.env._("sum of all amounts"),
            "net": self.env._("money in less money out"),
        }

    # === OWN CODES === #

    def _day(self, text):
        return format_date(self.env, fields.Date.to_date(text)) if text and text != "None" else ""

    def _money(self, amount, code):
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", code)], limit=1)
        return currency.format(float(amount)) if currency else str(amount)

    def _say_no_journal(self, facts):
        return self.env._(
            "no bank journal has the account %(account)s. Choose the journal for it below; the choice is remembered.",
            account=facts["account"],
        )

    def _say_no_account_told(self, _facts):
        return self.env._("the file does not say which account it is of. Choose the journal below.")

    def _say_several_journals(self, facts):
        return self.env._(
            "several journals have the account %(account)s: %(journals)s. Choose one below.",
            account=facts["account"],
            journals=format_list(self.env, facts["journals"]),
        )

    def _say_other_currency(self, facts):
        return self.env._(
            "the statement is in %(statement)s, the journal %(journal)s is in %(own)s.",
            statement=facts["statement"],
            journal=facts["journal"],
            own=facts["own"],
        )

    def _say_amount_too_fine(self, facts):
        return self.env._(
            "the amount %(amount)s has more decimals than %(currency)s has.",
            amount=facts["amount"],
            currency=facts["currency"],
        )

    def _say_books_closed(self, facts):
        return self.env._("the books of %(day)s are closed.", day=self._day(facts["day"]))

    def _say_cut_off(self, _facts):
        return self.env._("the server was stopped each time while it worked on the file.")

    def _say_no_attachment(self, facts):
        return self.env._("the e-mail of %(sender)s brought no file.", sender=facts.get("sender") or "")

    def _say_untrusted_sender(self, facts):
        return self.env._(
            "The file came by e-mail from %(sender)s, who is no trusted sender of this journal. "
            "Import it only if you know that it is the bank's.",
            sender=facts.get("sender") or "",
        )

    def _say_same_file(self, facts):
        return self.env._(
            "The same file was imported on %(day)s as %(file)s.", day=self._day(facts["day"]), file=facts["file"]
        )

    def _say_doubtful(self, facts):
        if not facts.get("there"):
            return self.env._("The journal has a line of the same day and amount from another source.")
        if facts.get("source"):
            return self.env._(
                "The journal has a line of the same day and amount from %(file)s: %(there)s.",
                there=facts["there"],
                file=facts["source"],
            )
        return self.env._(
            "The journal has a line of the same day and amount that came by no file: %(there)s.", there=facts["there"]
        )

    def _say_entry_settled(self, facts):
        return self.env._(
            "A detail of a sum that is booked and reconciled already: %(there)s.", there=facts.get("there") or "–"
        )

    def _say_details_replace_sum(self, facts):
        return self.env._(
            "Details that take the place of sums which are there already: %(count)s, for %(sums)s sums.",
            count=facts["count"],
            sums=facts["sums"],
        )

    def _say_gathered(self, facts):
        return self.env._(
            "%(count)s bank lines came before this statement, without one; they are gathered under it.",
            count=facts["count"],
        )

    def _say_balances_differ(self, facts):
        return self.env._(
            "Opening balance and transactions don't make the closing balance: the difference is %(difference)s. "
            "The file is wrong or incomplete; ask the bank.",
            difference=self._money(facts["difference"], facts["currency"]),
        )

    def _say_gap(self, facts):
        return self.env._(
            "The statement opens with %(opening)s, but the journal held %(before)s before %(day)s: %(difference)s are "
            "not explained. A statement after %(previous)s may be missing.",
            opening=self._money(facts["opening"], facts["currency"]),
            before=self._money(facts["before"], facts["currency"]),
            difference=self._money(facts["difference"], facts["currency"]),
            day=self._day(facts["day"]),
            previous=self._day(facts["previous"]),
        )

    def _say_overlap(self, facts):
        return self.env._(
            "Overlaps with what is there already: %(count)s transactions from %(first)s to %(last)s are known.",
            count=facts["count"],
            first=self._day(facts["first"]),
            last=self._day(facts["last"]),
        )

    # === BANK LINES === #

    def details(self, said):
        """Return pairs of a label and what the bank said, in the order to show them."""
        labels = {
            "reference": self.env._("Reference"),
            "remittance": self.env._("Remittance text"),
            "end_to_end_id": self.env._("End-to-end id"),
            "instruction_id": self.env._("Instruction id"),
            "transaction_id": self.env._("Transaction id"),
            "uetr": self.env._("UETR"),
            "mandate_id": self.env._("Mandate"),
            "creditor_id": self.env._("Creditor id"),
            "cheque": self.env._("Cheque"),
            "batch": self.env._("Batch"),
            "bank_code": self.env._("Bank's code"),
            "purpose": self.env._("Purpose"),
            "counterparty_bank": self.env._("Counterparty's bank"),
            "counterparty_id": self.env._("Counterparty's id"),
            "counterparty_address": self.env._("Counterparty's address"),
            "ultimate_debtor": self.env._("Ultimate debtor"),
            "ultimate_creditor": self.env._("Ultimate creditor"),
            "charges": self.env._("Charges"),
            "return_reason": self.env._("Reason of the return"),
            "reversal": self.env._("Reversal"),
            "additional_info": self.env._("Additional information"),
        }
        told = dict(said) if isinstance(said, dict) else {}
        ordered = [key for key in labels if key in told] + sorted(set(told) - set(labels))
        return [(labels.get(key, key), told[key]) for key in ordered if told[key]]
