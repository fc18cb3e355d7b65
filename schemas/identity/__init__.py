"""Who is who: the accounts a record concerns, in which role, and the ids they go by. Layer: schemas."""
