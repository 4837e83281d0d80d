"""Amazon SES v2: accepts mails within the documented limits, stores them, and knows what an account may do.

Limits and errors: Amazon SES API v2 reference, SendEmail; «Service quotas in Amazon SES».
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.support.fake_ses.events import CONFIGURATION_SET
from tests.support.fake_ses.faults import Fault, Orders
from tests.support.fake_ses.line import CUT, Answer, Request, json_answer
from tests.support.fake_ses.notices import TOPIC_ARN

MOST_HEADERS = 15
MOST_RECIPIENTS = 50
_HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
_HEADER_VALUE = re.compile(r"[ -~]{1,995}")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+|\"[ -~]+\"@[A-Za-z0-9.-]+")
_UNLIMITED_RATE = 1_000_000.0
_EVENTS = "SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "OPEN", "CLICK", "RENDERING_FAILURE"


@dataclass
class Account:
    """What the account may do; tests change it. A `max_send_rate` of 0 is no limit, a `max_24_hour_send` of −1 too."""

    max_send_rate: float = 0.0
    max_24_hour_send: float = -1.0
    sent_last_24_hours: float = 0.0
    sending_enabled: bool = True
    production_access: bool = True
    enforcement_status: str = "HEALTHY"
    identities: dict[str, bool] = field(default_factory=lambda: {"example.com": True})
    dkim_status: str = "SUCCESS"
    mail_from_status: str = ""
    any_sender: bool = True
    configuration_sets: list[str] = field(default_factory=lambda: [CONFIGURATION_SET])
    event_types: list[str] = field(default_factory=lambda: list(_EVENTS))
    topic_arn: str = TOPIC_ARN
    latency: float = 0.0
    keep_bodies: bool = True


class Refusal(Exception):
    """What SES answers to a request it does not take: status, code and sentence."""


def error(status: int, code: str, message: str) -> Answer:
    """Return an error as the REST-JSON protocol carries it."""
    return json_answer({"message": message}, status, x_amzn_ErrorType=code)


class StandInMailer:
    """SES itself; `accepted` is called with every mail that is taken in."""

    def __init__(self, account: Account, accepted: Callable[[dict[str, Any]], None]) -> None:
        self.account = account
        self.orders = Orders()
        self.mails: list[dict[str, Any]] = []
        self.recipients: Counter[str] = Counter()
        self.suppressed: dict[str, dict[str, Any]] = {}
        self.in_flight = 0
        self.released = asyncio.Event()
        self._accepted = accepted
        self._tokens, self._filled_at = 1.0, time.monotonic()

    def send(self, request: Request) -> Answer | Any:
        """Answer a SendEmail, at once where nothing delays it."""
        given = request.json()
        addressees = [address for group in given["Destination"].values() for address in group]
        fault = self.orders.take("SendEmail", addressees[0] if addressees else None)
        try:
            answer = self._taken(given, addressees, fault)
        except Refusal as refusal:
            answer = error(*refusal.args)
        seconds = self.account.latency + (fault.seconds if fault else 0.0)
        held = fault is not None and fault.held
        return self._late(answer, seconds, held) if seconds or held else answer

    async def _late(self, answer: Answer, seconds: float, held: bool) -> Answer:
        self.in_flight += 1
        try:
            await asyncio.sleep(seconds)
            if held:
                await self.released.wait()
        finally:
            self.in_flight -= 1
        return answer

    def _taken(self, given: dict[str, Any], addressees: list[str], fault: Fault | None) -> Answer:
        if fault and fault.kind == "error":
            return error(fault.status, fault.code, fault.message)
        if fault and fault.kind == "read_and_cut":
            return CUT
        self._check_account()
        self._check(given, addressees)
        self._check_pace(len(addressees))
        answer = json_answer({"MessageId": self._store(given, addressees)})
        if fault and fault.kind == "accept_and_cut":
            return CUT
        return error(fault.status, fault.code, fault.message) if fault and fault.kind == "accept_and_500" else answer

    def _check_account(self) -> None:
        if self.account.enforcement_status == "SHUTDOWN":
            raise Refusal(400, "AccountSuspendedException", "The account's ability to send email is suspended.")
        if not self.account.sending_enabled:
            raise Refusal(400, "SendingPausedException", "Email sending is disabled for your account.")

    def _check(self, given: dict[str, Any], addressees: list[str]) -> None:
        simple = given["Content"].get("Simple")
        if simple is None:
            raise Refusal(400, "BadRequestException", "The stand-in takes Simple content only.")
        if not 1 <= len(addressees) <= MOST_RECIPIENTS:
            raise Refusal(400, "BadRequestException", f"Recipient count is not between 1 and {MOST_RECIPIENTS}.")
        if any(not _ADDRESS.fullmatch(_bare(address)) for address in addressees):
            raise Refusal(400, "BadRequestException", "Local address or domain contains illegal characters.")
        headers = simple.get("Headers", [])
        if len(headers) > MOST_HEADERS:
            raise Refusal(400, "BadRequestException", f"Number of headers exceeds {MOST_HEADERS}.")
        for header in headers:
            if not _HEADER_NAME.fullmatch(header["Name"]) or not _HEADER_VALUE.fullmatch(header["Value"]):
                raise Refusal(400, "BadRequestException", "Invalid header name or value.")
        for tag in given.get("EmailTags", []):
            if not _TAG.fullmatch(tag["Name"]) or not _TAG.fullmatch(tag["Value"]):
                raise Refusal(400, "BadRequestException", "Invalid tag name or value.")
        self._check_names(given, addressees)

    def _check_names(self, given: dict[str, Any], addressees: list[str]) -> None:
        wanted = given.get("ConfigurationSetName")
        if wanted is not None and wanted not in self.account.configuration_sets:
            raise Refusal(404, "NotFoundException", f"Configuration set <{wanted}> does not exist.")
        checked = [] if self.account.any_sender else [given.get("FromEmailAddress", "")]
        checked += [] if self.account.production_access else addressees
        if foreign := [address for address in checked if not self._verified(_bare(address))]:
            sentence = "Email address is not verified. The following identities failed the check"
            raise Refusal(400, "MessageRejected", f"{sentence} in region EU-WEST-1: {', '.join(foreign)}")

    def _verified(self, address: str) -> bool:
        identities = self.account.identities
        return identities.get(address, False) or identities.get(address.rpartition("@")[2], False)

    def _check_pace(self, count: int) -> None:
        account = self.account
        if 0 <= account.max_24_hour_send < account.sent_last_24_hours + count:
            raise Refusal(400, "LimitExceededException", "Daily message quota exceeded.")
        if account.max_send_rate:
            now = time.monotonic()
            filled = self._tokens + (now - self._filled_at) * account.max_send_rate
            self._tokens, self._filled_at = min(max(1.0, account.max_send_rate), filled), now
            if self._tokens < count:
                raise Refusal(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
            self._tokens -= count

    def _store(self, given: dict[str, Any], addressees: list[str]) -> str:
        message_id = f"0102{len(self.mails):012x}-{secrets.token_hex(8)}-000000"
        simple = given["Content"]["Simple"] if self.account.keep_bodies else {}
        mail = {
            "message_id": message_id,
            "recipient": _bare(addressees[0]),
            "sender": given.get("FromEmailAddress"),
            "reply_to": given.get("ReplyToAddresses", []),
            "subject": simple.get("Subject", {}).get("Data"),
            "html": simple.get("Body", {}).get("Html", {}).get("Data"),
            "text": simple.get("Body", {}).get("Text", {}).get("Data"),
            "headers": {header["Name"]: header["Value"] for header in simple.get("Headers", [])},
            "tags": {tag["Name"]: tag["Value"] for tag in given.get("EmailTags", [])},
            "configuration_set": given.get("ConfigurationSetName"),
        }
        self.mails.append(mail)
        self.recipients[mail["recipient"]] += 1
        self.account.sent_last_24_hours += len(addressees)
        self._accepted(mail)
        return message_id

    def account_facts(self, request: Request) -> Answer:
        """Answer GetAccount."""
        account = self.account
        return json_answer(
            {
                "DedicatedIpAutoWarmupEnabled": False,
                "EnforcementStatus": account.enforcement_status,
                "ProductionAccessEnabled": account.production_access,
                "SendingEnabled": account.sending_enabled,
                "SendQuota": {
                    "Max24HourSend": account.max_24_hour_send,
                    "MaxSendRate": account.max_send_rate or _UNLIMITED_RATE,
                    "SentLast24Hours": account.sent_last_24_hours,
                },
                "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
            }
        )

    def identity(self, name: str) -> Answer:
        """Answer GetEmailIdentity."""
        if name not in self.account.identities:
            return error(404, "NotFoundException", f"Email identity {name} does not exist.")
        verified = self.account.identities[name]
        return json_answer(
            {
                "IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
                "FeedbackForwardingStatus": True,
                "VerifiedForSendingStatus": verified,
                "VerificationStatus": "SUCCESS" if verified else "PENDING",
                "DkimAttributes": {
                    "SigningEnabled": True,
                    "Status": self.account.dkim_status if verified else "PENDING",
                },
                "MailFromAttributes": {
                    "MailFromDomain": f"bounce.{name}",
                    "MailFromDomainStatus": self.account.mail_from_status,
                }
                if self.account.mail_from_status
                else {},
            }
        )

    def configuration_set(self, path: str) -> Answer:
        """Answer GetConfigurationSet and GetConfigurationSetEventDestinations."""
        name, _, what = path.partition("/")
        if name not in self.account.configuration_sets:
            return error(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
        if what != "event-destinations":
            return json_answer({"ConfigurationSetName": name, "SendingOptions": {"SendingEnabled": True}})
        destination = {
            "Name": "events",
            "Enabled": True,
            "MatchingEventTypes": self.account.event_types,
            "SnsDestination": {"TopicArn": self.account.topic_arn},
        }
        return json_answer({"EventDestinations": [destination] if self.account.event_types else []})

    def suppression(self, request: Request, address: str | None) -> Answer:
        """Answer the four calls on the account's suppression list; pages hold 1,000 addresses at most."""
        if request.method == "PUT":
            given = request.json()
            entry = {"EmailAddress": given["EmailAddress"], "Reason": given["Reason"], "LastUpdateTime": time.time()}
            self.suppressed[given["EmailAddress"]] = entry
            return Answer()
        if not address:
            return self._suppression_page(parse_qs(request.query))
        if address not in self.suppressed:
            return error(404, "NotFoundException", f"Email address {address} does not exist on your suppression list.")
        if request.method == "DELETE":
            del self.suppressed[address]
            return Answer()
        return json_answer({"SuppressedDestination": self.suppressed[address]})

    def _suppression_page(self, query: dict[str, list[str]]) -> Answer:
        size, start = int(query.get("PageSize", ["1000"])[0]), int(query.get("NextToken", ["0"])[0])
        reasons = query.get("Reason", ["BOUNCE", "COMPLAINT"])
        entries = [entry for _, entry in sorted(self.suppressed.items()) if entry["Reason"] in reasons]
        page = {"SuppressedDestinationSummaries": entries[start : start + size]}
        return json_answer(page | ({"NextToken": str(start + size)} if len(entries) > start + size else {}))


def _bare(address: str) -> str:
    """Return the address in `Name <address>`."""
    return address.rpartition("<")[2].rstrip(">")
