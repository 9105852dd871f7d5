from io import BytesIO

import xlsxwriter

#: Texts never become formulas, links or numbers: names and references come from customers and banks.
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
#: The longest text that a cell may hold, and the last row of a sheet.
LONGEST_TEXT, LAST_ROW = 32_767, 1_048_575


class LedgerWorkbook:
    """A spreadsheet of tables with a heading, in memory: texts as texts, money as numbers, days as days."""

    def __init__(self):
        self._content = BytesIO()
        self._book = xlsxwriter.Workbook(self._content, OPTIONS)
        self._title = self._book.add_format({"bold": True, "font_size": 14})
        self._head = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._formats = {}

    def table(self, name, heading, columns, rows, places, totals=None):
        """Add a sheet.

        :param heading: lines of text above the table, the first one its title
        :param columns: (title, "text" | "money" | "amount" | "day" | "number", width in characters) of each column; an
            amount is money in whatever currency, shown with the decimals that it has
        :param rows: iterable of sequences, a value or ``None`` per column
        :param places: decimals of money, or a function that gives them for a row
        :param totals: a last row like the others, set in bold
        """
        sheet = self._book.add_worksheet(name[:31])
        for row, text in enumerate(heading):
            sheet.write_string(row, 0, text, None if row else self._title)
        first = len(heading) + 1
        for column, (title, _kind, width) in enumerate(columns):
            sheet.set_column(column, column, width)
            sheet.write_string(first, column, title, self._head)
        sheet.freeze_panes(first + 1, 1)
        row = first
        for row, values in enumerate(rows, first + 1):
            if row >= LAST_ROW:
                raise OverflowError(f"{name} has more rows than a sheet can hold")
            self._write(sheet, row, columns, values, places(values) if callable(places) else places, False)
        if totals is not None:
            self._write(sheet, row + 1, columns, totals, places(totals) if callable(places) else places, True)

    def content(self):
        """Finish the workbook and give its bytes."""
        self._book.close()
        return self._content.getvalue()

    def _write(self, sheet, row, columns, values, places, is_total):
        for column, ((_title, kind, _width), value) in enumerate(zip(columns, values, strict=True)):
            if value is None or value is False:
                continue
            if kind == "text":
                sheet.write_string(row, column, str(value)[:LONGEST_TEXT], self._format(kind, places, is_total))
            elif kind == "day":
                sheet.write_datetime(row, column, value, self._format(kind, places, is_total))
            else:
                sheet.write_number(row, column, value, self._format(kind, places, is_total))

    def _format(self, kind, places, is_total):
        """The format of cells of this kind; money with the decimals of its currency."""
        if (kind, places, is_total) not in self._formats:
            shown = {
                "money": "#,##0" + ("." + "0" * places if places else ""),
                "amount": "General",
                "day": "yyyy-mm-dd",
                "number": "0",
                "text": "@",
            }
            self._formats[kind, places, is_total] = self._book.add_format(
                {"num_format": shown[kind], "bold": is_total, **({"top": 1} if is_total else {})}
            )
        return self._formats[kind, places, is_total]
