"""Whom we ask: quota, split, eligibility, ranking. Pure rules: no clock, no database, no randomness of their own."""
