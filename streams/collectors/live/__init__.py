"""Live feeds: one vendor endpoint per file, their schedule, and what they hand to the journal."""
