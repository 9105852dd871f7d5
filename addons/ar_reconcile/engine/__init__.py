"""Matching payments with invoices: pure functions that propose and never write."""
