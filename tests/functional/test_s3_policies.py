"""Policies of buckets in the decision: beside the caller's own."""

from support import platform
from support.errors import refused


def put_policy(s3, bucket, effect, principal, action, resource="/*"):
    statement = {
        "Effect": effect,
        "Principal": principal,
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}{resource}",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=platform.policy(statement))


def test_a_policy_allows_who_may_nothing_else(server, s3, bucket, name):
    arn, key = platform.make_user(server, name)
    theirs = server.client("s3", key)
    s3.put_object(Bucket=bucket, Key="open/k", Body=b"x")
    s3.put_object(Bucket=bucket, Key="closed", Body=b"x")
    with refused("AccessDenied", 403):
        theirs.get_object(Bucket=bucket, Key="open/k")
    put_policy(s3, bucket, "Allow", {"AWS": arn}, "s3:GetObject", "/open/*")
    assert theirs.get_object(Bucket=bucket, Key="open/k")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        theirs.get_object(Bucket=bucket, Key="closed")
    with refused("AccessDenied", 403):
        theirs.put_object(Bucket=bucket, Key="open/k", Body=b"y")
    s3.delete_bucket_policy(Bucket=bucket)
    with refused("AccessDenied", 403):
        theirs.get_object(Bucket=bucket, Key="open/k")


def test_a_policy_denies_who_may_everything(server, s3, bucket, name):
    _, key = platform.make_user(server, name, platform.ALLOW_ALL)
    theirs = server.client("s3", key)
    put_policy(s3, bucket, "Deny", "*", "s3:DeleteObject*")
    theirs.put_object(Bucket=bucket, Key="k", Body=b"x")
    with refused("AccessDenied", 403):
        theirs.delete_object(Bucket=bucket, Key="k")
    answer = theirs.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k"}]})
    assert answer["Errors"][0]["Code"] == "AccessDenied"
    # The account's own administrator is never locked out.
    s3.delete_object(Bucket=bucket, Key="k")


def test_plain_http_is_no_insecure_transport(server, s3, bucket, name):
    """The statement that every platform has must not shut out who comes by HTTP."""
    _, key = platform.make_user(server, name, platform.ALLOW_ALL)
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=platform.policy(statement))
    server.client("s3", key).put_object(Bucket=bucket, Key="k", Body=b"x")


def test_a_policy_decides_after_a_restart_and_ends_with_its_bucket(fresh_server, name):
    s3 = fresh_server.client("s3")
    s3.create_bucket(Bucket="guarded")
    arn, key = platform.make_user(fresh_server, name)
    put_policy(s3, "guarded", "Allow", {"AWS": arn}, "s3:ListBucket", "")
    fresh_server.restart()
    fresh_server.client("s3", key).list_objects_v2(Bucket="guarded")
    s3 = fresh_server.client("s3")
    s3.delete_bucket(Bucket="guarded")
    s3.create_bucket(Bucket="guarded")
    with refused("AccessDenied", 403):
        fresh_server.client("s3", key).list_objects_v2(Bucket="guarded")
