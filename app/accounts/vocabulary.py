"""The words CRMs use: names of columns, and what stands in columns of few words. Every word is compared `squashed`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from app.accounts.engagement import ActivityKind
from app.accounts.models import AccountStatus, ContactStatus, Level, RevenueType
from app.accounts.text import squashed

T = TypeVar("T")


def _meanings(words: Iterable[tuple[T, str]]) -> Mapping[str, T]:
    return {squashed(word): meaning for meaning, line in words for word in line.split(", ")}


LEVELS = _meanings(
    [
        (
            Level.DECISION_MAKER,
            "Decision Maker, Decision Makers, DM, C-Level, C-Suite, CxO, Executive, A, A/Strategic, Strategic, "
            "Economic Buyer",
        ),
        (Level.INFLUENCER, "Influencer, Influencers, Manager, B, B/Tactical, Tactical"),
        (Level.USER, "User, Users, End User, C, C/Operational, Operational"),
        (Level.UNKNOWN, "Unknown"),
    ]
)

ACCOUNT_STATUSES = _meanings(
    [
        (AccountStatus.ACTIVE, "Active, Customer, Active Customer, Current, Current Customer"),
        (AccountStatus.INACTIVE, "Inactive, Prospect, Lead, Dormant, Paused"),
        (AccountStatus.CHURNED, "Churned, Lost, Former, Former Customer, Cancelled, Canceled, Closed"),
    ]
)

CONTACT_STATUSES = _meanings(
    [
        (ContactStatus.ACTIVE, "Active, Subscribed"),
        (ContactStatus.LEFT, "Left, Left Company, No Longer with Company, Gone, Former, Inactive"),
        (ContactStatus.OPTED_OUT, "Opted Out, Opt Out, Unsubscribed, Do Not Contact, Do Not Mail, DNC"),
        (
            ContactStatus.SUPPRESSED,
            "Suppressed, Bounced, Bounce, Hard Bounce, Hard Bounced, Complained, Complaint, Invalid, Spam Complaint",
        ),
    ]
)

REVENUE_TYPES = _meanings(
    [
        (RevenueType.ARR, "ARR, Annual, Annual Recurring, Annual Recurring Revenue"),
        (RevenueType.MRR, "MRR, Monthly, Monthly Recurring, Monthly Recurring Revenue"),
        (RevenueType.ONE_TIME, "One Time, One-Off, Once, Non Recurring"),
        (RevenueType.OTHER, "Other"),
    ]
)

ACTIVITY_KINDS = _meanings(
    [
        (ActivityKind.MEETING, "Meeting, Call, Phone Call, Visit, Demo, QBR, Business Review, Event, Workshop"),
        (ActivityKind.TICKET, "Ticket, Support Ticket, Case, Support Case, Incident, Request"),
        (ActivityKind.PURCHASE, "Purchase, Order, Sale, Upgrade, Renewal"),
        (ActivityKind.LOGIN, "Login, Log In, Sign In, Signin, Session, Product Login"),
        (ActivityKind.MAIL_REPLY, "Mail Reply, Email Reply, Reply, Replied, Email Received, Incoming Email"),
    ]
)

_ACCOUNT_NAME = ("Account", "Company", "Company Name", "Customer", "Customer Name", "Organization", "Organisation")
_ACCOUNT_ID = ("Account Number", "Company ID", "Customer ID", "Customer Number", "Organization ID", "Organisation ID")

ACCOUNT_COLUMNS = {
    "Account ID": (*_ACCOUNT_ID, "ID", "External ID", "Record ID"),
    "Account Name": (*_ACCOUNT_NAME, "Name"),
    "Parent Account": ("Parent", "Parent ID", "Parent Account ID", "Parent Account Name", "Parent Company"),
    "Industry": ("Sector", "Branch"),
    "Country": ("Country Code", "Billing Country", "Billing Country Code", "Country/Region"),
    "Account Manager": ("Account Owner", "Owner", "Owner Name", "Company Owner", "Account Manager Name", "CSM"),
    "Account Manager Email": ("Account Owner Email", "Owner Email", "Manager Email", "CSM Email"),
    "Renewal Date": ("Renewal", "Next Renewal", "Contract End", "Contract End Date", "Contract Renewal Date"),
    "QBR Date": ("QBR", "Next QBR", "Review Date", "Next Review", "Business Review", "Next Business Review"),
    "Time Zone": ("TZ",),
    "Annual Value": ("Annual Revenue Value", "Annual Contract Value", "ACV", "ARR", "Account Value", "Revenue Value"),
    "Currency": ("Currency Code", "Currency ISO Code"),
    "Lifetime Value": ("LTV", "CLV", "Customer Lifetime Value"),
    "Share of Wallet": ("Wallet Share", "SoW"),
    "Status": ("Account Status", "Customer Status", "Lifecycle Stage"),
    "Embargoed Until": ("Embargo Until", "Embargo", "Do Not Survey Until"),
}

CONTACT_COLUMNS = {
    "Contact ID": ("ID", "External ID", "Record ID", "Contact Number", "Contact External ID", "Person ID"),
    "First Name": ("Given Name", "Forename"),
    "Last Name": ("Family Name", "Surname"),
    "Email": ("Email Address", "Mail", "Mail Address", "Work Email", "Business Email", "Contact Email"),
    "Account ID": _ACCOUNT_ID,
    "Account Name": (*_ACCOUNT_NAME, "Associated Company", "Primary Associated Company"),
    "Job Title": ("Title", "Position"),
    "Department": ("Dept", "Team"),
    "Job Level": ("Level", "DMU Level", "Contact Level", "Buying Role", "Decision Level", "DMU Role"),
    "Language": ("Language Code", "Preferred Language", "Locale"),
    "Time Zone": ("TZ",),
    "Country": ("Country Code", "Mailing Country", "Mailing Country Code", "Country/Region"),
    "Engagement Score": ("Engagement",),
    "Last Invited": ("Last Invited On", "Last Invitation", "Last Surveyed", "Last Survey Date", "Last Survey Sent"),
    "Unanswered": ("Unanswered Invitations", "Invitations Unanswered"),
    "Status": ("Contact Status", "Email Status", "Subscription Status"),
    "Pinned": ("Always Ask", "Key Contact"),
    "Exclusion Reason": ("Excluded Because", "Reason for Exclusion"),
    "Embargoed Until": ("Embargo Until", "Embargo", "Do Not Survey Until"),
    "Open Case": ("Open Ticket", "Has Open Case", "Has Open Ticket"),
}

REVENUE_COLUMNS = {
    "Account ID": _ACCOUNT_ID,
    "Account Name": _ACCOUNT_NAME,
    "Revenue Start Date": ("Start Date", "Start", "Starts On", "From"),
    "Revenue End Date": ("End Date", "End", "Ends On", "Until"),
    "Revenue Amount": ("Amount", "Revenue", "Value"),
    "Currency": ("Currency Code", "Currency ISO Code"),
    "Revenue Type": ("Type",),
}

ACTIVITY_COLUMNS = {
    "Contact ID": ("Contact Number", "Contact External ID", "Person ID", "Who ID"),
    "Email": ("Email Address", "Contact Email", "Mail", "Mail Address", "Work Email", "Business Email"),
    "Activity Type": ("Type", "Kind", "Activity", "Activity Kind", "Task Subtype"),
    "Activity Date": ("Date", "Happened At", "Occurred At", "Timestamp", "Activity Time", "Completed At", "Due Date"),
    "Activity ID": ("ID", "External ID", "Record ID", "Event ID", "Task ID"),
}
