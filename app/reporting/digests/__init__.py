"""The weekly mail to each account manager: new answers, silent levels and coverage of their accounts."""
