#: Rows that could not be read, and remarks, that are told one by one.
MOST_TOLD = 20


class AdviceWording:
    """Says in the user's language what was found in a remittance advice, from the codes and facts of its parser."""

    def __init__(self, env):
        self.env = env

    def refusal(self, refusal):
        """Return why a file or a text is refused, from ``[code, facts]``."""
        code, facts = refusal
        if code == "unknown_format":
            return self._other_kind(facts.get("kind"))
        return {
            "empty": self.env._("There is nothing in it."),
            "too_large": self.env._("It is larger than %(limit)s MB.", limit=facts.get("limit")),
            "too_many_rows": self.env._("It has more than %(limit)s rows.", limit=facts.get("limit")),
            "too_many_columns": self.env._("It has more than %(limit)s columns.", limit=facts.get("limit")),
            "encoding": self.env._("The file is damaged: its text can't be read."),
            "bad_workbook": self.env._("The workbook is damaged. Save it again as XLSX, or paste its rows here."),
            "entities": self.env._("The workbook holds declarations that no spreadsheet program writes."),
            "no_rows": self.env._(
                "No row could be read; the first that failed is row %(row)s. A column with invoice numbers and one "
                "with amounts are needed.",
                row=facts.get("row"),
            ),
        }.get(
            code,
            self.env._("No table was found. A column with invoice numbers and one with amounts are needed."),
        )

    def _other_kind(self, kind):
        kinds = {
            "pdf": self.env._("This is a PDF. Open it, copy its table, and paste that here."),
            "image": self.env._("This is a picture. Type or paste the table instead."),
            "old_spreadsheet": self.env._("This is an old spreadsheet (XLS). Save it as XLSX or CSV."),
            "document": self.env._("This is a text document. Copy its table, and paste that here."),
            "web_page": self.env._("This is a web page. Copy its table, and paste that here."),
        }
        return kinds.get(kind, self.env._("This is no CSV file and no XLSX workbook."))

    def errors(self, errors):
        """Return a sentence for each row that could not be read, from ``[code, row, text]``."""
        told = []
        for code, row, text in (errors or [])[:MOST_TOLD]:
            reason = {
                "no_number": self.env._("no document number"),
                "no_amount": self.env._("no amount"),
                "ambiguous_amount": self.env._("an amount that can mean two things; write it with two decimals"),
                "too_large": self.env._("an amount that is too large"),
            }.get(code, self.env._("an amount that can't be read"))
            told.append(self.env._("Row %(row)s was left out, %(reason)s: %(text)s", row=row, reason=reason, text=text))
        if len(errors or []) > MOST_TOLD:
            told.append(self.env._("Rows left out in all: %(count)s.", count=len(errors)))
        return told

    def remarks(self, remarks):
        """Return a sentence for everything odd, from ``[code, facts]``."""
        told = [self._remark(code, facts) for code, facts in (remarks or [])[:MOST_TOLD]]
        return [sentence for sentence in told if sentence]

    def _remark(self, code, facts):
        if code == "total_differs":
            return self.env._(
                "The advice tells a total of %(total)s, but its rows sum to %(sum)s.",
                total=facts["total"],
                sum=facts["sum"],
            )
        if code == "row_differs":
            return self.env._(
                "Row %(row)s tells %(paid)s as paid, but its amounts leave %(rest)s. What it tells as paid was taken.",
                row=facts["row"],
                paid=facts["paid"],
                rest=facts["rest"],
            )
        if code == "twice":
            return self.env._("%(number)s is listed twice; its amounts are added.", number=facts["number"])
        if code == "one_sheet":
            return self.env._("The workbook has several sheets; “%(sheet)s” was read.", sheet=facts["sheet"])
        return {
            "formulas": self.env._(
                "Some amounts are formulas without a result. Open the file, save it, and try again."
            ),
            "no_headings": self.env._("The table has no headings; its columns were told by what stands in them."),
            "currencies": self.env._("The advice mixes currencies. A payment has one."),
        }.get(code)

    def finding(self, row, moves, currency):
        """Return what our books say of one row: a text, and ``level`` with the meaning of Bootstrap's colours."""
        if len(moves) > 1:
            return self._found("warning", self.env._("%(count)s documents have this number", count=len(moves)))
        if not moves:
            return self._found("danger", self.env._("Not found"))
        items = moves.line_ids.filtered(lambda item: item.account_type == "asset_receivable" and not item.reconciled)
        residual, paid = sum(items.mapped("amount_residual_currency")), float(row["paid"])
        if not items:
            return self._found("danger", self.env._("%(number)s is paid already", number=moves.name))
        if moves.currency_id != currency:
            return self._found(
                "warning",
                self.env._("%(number)s is in %(currency)s", number=moves.name, currency=moves.currency_id.name),
            )
        if currency.compare_amounts(abs(paid), abs(residual)) > 0 or paid * residual < 0:
            return self._found("danger", self.env._("More than is open of %(number)s", number=moves.name), residual)
        if currency.compare_amounts(paid, residual):
            return self._found("info", self.env._("A part of %(number)s", number=moves.name), residual)
        return self._found("success", self.env._("%(number)s in full", number=moves.name), residual)

    @staticmethod
    def _found(level, text, residual=None):
        return {"level": level, "found": text, "residual": residual}
