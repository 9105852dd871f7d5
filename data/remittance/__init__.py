"""Parts of the receivables sample that ``data/remittances.py`` draws."""
