"""Confirms that a topic of SNS may send to us, by the API and never by fetching an address somebody sent."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from app.delivery.transports import Rejected, TryLater
from app.delivery.transports.ses.client import client
from app.settings import Settings

AWAY_SECONDS = 60
_REFUSED = {"InvalidParameter", "InvalidParameterException", "NotFound", "NotFoundException"}


def confirm(settings: Settings, *, topic: str, region: str, token: str) -> None:
    """Confirm the subscription of our webhook to `topic`; raises Rejected or TryLater."""
    try:
        sns = client(settings.model_copy(update={"aws_region": region}), "sns")
        sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        if code in _REFUSED:
            raise Rejected(f"SNS does not take the token ({code})") from None
        raise TryLater(f"SNS does not confirm the subscription ({code})", AWAY_SECONDS) from None
    except (BotoCoreError, ResponseParserError) as error:  # the latter: no answer of SNS at all, and no BotoCoreError
        raise TryLater(f"SNS cannot be asked ({type(error).__name__})", AWAY_SECONDS) from None
