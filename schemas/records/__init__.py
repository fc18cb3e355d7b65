"""Vendor bytes to one typed `AuditEvent`: one vendor source per file, the kind found from content. Layer: schemas."""
