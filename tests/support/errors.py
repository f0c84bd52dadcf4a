"""Refusals, as a client sees them."""

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


class Refusal:
    code = message = status = headers = error = None


@contextmanager
def refused(code, status=None, text=None):
    """The block must fail with AWS's error `code`; gives the details to look at."""
    seen = Refusal()
    with pytest.raises(ClientError) as caught:
        yield seen
    answer = caught.value.response
    seen.error = answer["Error"]
    seen.code, seen.message = seen.error["Code"], seen.error.get("Message", "")
    seen.status = answer["ResponseMetadata"]["HTTPStatusCode"]
    seen.headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert seen.code == code, answer
    assert status is None or seen.status == status, answer
    assert text is None or text in seen.message, answer
