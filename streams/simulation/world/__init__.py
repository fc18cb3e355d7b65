"""Part of the practice tenant. Layer: streams."""
