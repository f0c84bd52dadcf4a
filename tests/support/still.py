"""The time of tests whose server's clock stands (the fixture `still`): half a minute past."""

from datetime import datetime, timedelta, timezone

NOW = datetime(2031, 2, 3, 4, 5, 30, tzinfo=timezone.utc)


def minute(n):
    """The whole minute `n` minutes from now."""
    return NOW.replace(second=0) + timedelta(minutes=n)
