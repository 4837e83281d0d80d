"""What the mail service tells about mails: read, checked, applied once, in any order."""
