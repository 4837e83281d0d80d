"""The pages of this stage, put together for the web application."""

from __future__ import annotations

from app.delivery import (
    calendar_views,
    closing_views,
    doctor_views,
    happening_views,
    ledger_views,
    outbox_views,
    receipt_views,
    sending_views,
    suppression_file_views,
    suppression_sync_views,
    suppression_views,
    trial_mail_views,
    unknown_views,
    unsubscribe_views,
    wave_views,
)
from app.delivery.receipts import webhook_views

PAGES = (
    calendar_views.pages,
    closing_views.pages,
    sending_views.pages,
    wave_views.pages,
    happening_views.pages,
    ledger_views.pages,
    unknown_views.pages,
    receipt_views.pages,
    suppression_views.pages,
    suppression_file_views.pages,
    suppression_sync_views.pages,
    outbox_views.pages,
    trial_mail_views.pages,
    doctor_views.pages,
    unsubscribe_views.pages,
    webhook_views.pages,
)
