"""Harm in messages and answers: what category, where, and how sure that is."""

from evalwright_server.audits.auditing import AuditItem, AuditVerdict, audit
from evalwright_server.audits.categories import CATEGORIES, Category
from evalwright_server.audits.findings import Finding

__all__ = ["CATEGORIES", "AuditItem", "AuditVerdict", "Category", "Finding", "audit"]
