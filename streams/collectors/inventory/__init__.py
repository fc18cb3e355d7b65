"""What is already there: rules, forwarding, delegations, consents, credentials, administrators, auditing. Layer: streams."""
