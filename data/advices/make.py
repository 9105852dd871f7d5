"""Write the sample remittance advices again: ``python3 data/advices/make.py`` needs openpyxl for the workbook.

They pay what the demo company's customers owe; nothing in them is anybody's.
"""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import openpyxl

FOLDER = Path(__file__).parent
GERMAN = """Zahlungsavis Nr. 2026-118
Auftraggeber:;Acme Weberei GmbH

Rechnungsnummer;Rechnungsdatum;Rechnungsbetrag (EUR);Skonto;Abzug;Zahlbetrag;Bemerkung
INV-01123;02.11.2026;1.190,00;23,80;;1.166,20;
INV-01124;03.11.2026;2.380,00;;180,00;2.200,00;"Ware beschädigt, siehe E-Mail"
RINV-00017;05.11.2026;-119,00;;;-119,00;Gutschrift
Summe;;;23,80;180,00;3.247,20;
"""
PASTED = """Dear all, we have paid you today:

Invoice      Date          Amount paid
INV-01125    2026-11-04       1,000.00 USD
INV-01126    2026-11-05         250.50 USD
INV-01127    2026-11-05         (50.50) USD
-------------------------------------------
Total                         1,200.00 USD
"""
CHINESE = """付款单位:上海贸易有限公司
发票号码,发票日期,发票金额,扣款,付款金额
INV-01128,2026年11月6日,"10,000.00",0.00,"10,000.00"
INV-01129,2026年11月7日,"5,000.00",200.00,"4,800.00"
合计,,,,"14,800.00"
"""
FRENCH = (
    ("Avis de paiement", None, None, None),
    ("Client", "Boréal Café SARL", None, None),
    (None, None, None, None),
    ("N° facture", "Date de facture", "Escompte", "Montant payé (EUR)"),
    ("INV-01130", datetime(2026, 11, 8), 20, 980),  # noqa: DTZ001 - worksheets know no zones
    ("INV-01131", datetime(2026, 11, 9), None, 512.45),  # noqa: DTZ001
    ("Total", None, 20, 1492.45),
)


def workbook() -> bytes:
    """Return the French advice as an XLSX workbook."""
    book = openpyxl.Workbook()
    for row in FRENCH:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


if __name__ == "__main__":
    (FOLDER / "german_cp1252.csv").write_bytes(GERMAN.replace("\n", "\r\n").encode("cp1252"))
    (FOLDER / "pasted.txt").write_text(PASTED)
    (FOLDER / "chinese_gb18030.csv").write_bytes(CHINESE.encode("gb18030"))
    (FOLDER / "french.xlsx").write_bytes(workbook())
