"""The time of tests that let days pass: a server whose clock is set (the fixture `lab`)."""

from datetime import datetime, timedelta, timezone

BEGIN = datetime(2030, 1, 1, 10, 0, tzinfo=timezone.utc)
MIDNIGHT = BEGIN.replace(hour=0)


def days(count):
    """Midnight, so many days later."""
    return MIDNIGHT + timedelta(days=count)
