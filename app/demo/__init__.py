"""The sample company: an invented vendor, its customers as a CRM would export them, and what they say when asked.

The files and voices made here go through the same imports, plans, mails and pages as real ones; nothing here knows
the database. Every name is invented and every address ends in `.example`, so that no mail can ever reach a person.
"""
