"""CORS: what a browser is told on behalf of scripts of other origins."""

import urllib.error
import urllib.request

import pytest

APP = "https://app.example.com"
RULES = [
    {
        "AllowedOrigins": ["https://*.example.com"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "x-amz-meta-a"],
        "MaxAgeSeconds": 300,
    },
    {"AllowedOrigins": ["*"], "AllowedMethods": ["HEAD"]},
]


@pytest.fixture
def open_bucket(s3, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": RULES})
    s3.put_object(Bucket=bucket, Key="a b", Body=b"hello")
    return bucket


def ask(url, method="GET", **headers):
    """(status, header fields, text) of an unsigned request."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=fields)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def preflight(server, bucket, method="PUT", origin=APP, **more):
    return ask(f"{server.endpoint}/{bucket}/a%20b", "OPTIONS", Origin=origin,
               Access_Control_Request_Method=method, **more)


def test_preflight_is_answered_by_the_rules(server, open_bucket):
    status, told, text = preflight(
        server, open_bucket, Access_Control_Request_Headers="X-Amz-Date, content-type")
    assert (status, text) == (200, "")
    assert told["Access-Control-Allow-Origin"] == APP
    assert told["Access-Control-Allow-Methods"] == "GET, PUT"
    assert told["Access-Control-Allow-Headers"] == "x-amz-date, content-type"
    assert told["Access-Control-Expose-Headers"] == "ETag, x-amz-meta-a"
    assert told["Access-Control-Max-Age"] == "300"
    assert told["Access-Control-Allow-Credentials"] == "true"
    assert "Origin" in told["Vary"]
    status, told, _ = preflight(server, open_bucket, "HEAD", "http://anywhere")
    assert status == 200 and told["Access-Control-Allow-Origin"] == "*"
    assert told["Access-Control-Allow-Credentials"] is None


def test_preflight_is_refused_by_the_rules(server, s3, open_bucket, name):
    for method, origin in (("DELETE", APP), ("PUT", "https://evil.test")):
        status, told, text = preflight(server, open_bucket, method, origin)
        assert status == 403 and "<Code>AccessForbidden</Code>" in text
        assert f"<Method>{method}</Method>" in text
        assert told["Access-Control-Allow-Origin"] is None
    status, _, text = ask(f"{server.endpoint}/{open_bucket}/a", "OPTIONS")
    assert status == 400 and "Origin request header needed" in text
    s3.delete_bucket_cors(Bucket=open_bucket)
    status, _, text = preflight(server, open_bucket)
    assert status == 403 and "CORS is not enabled for this bucket" in text
    assert preflight(server, f"{name}-no")[0] == 403


def test_answers_tell_what_a_script_may_read(s3, open_bucket):
    url = s3.generate_presigned_url("get_object", Params={"Bucket": open_bucket, "Key": "a b"})
    status, told, text = ask(url, Origin=APP)
    assert (status, text) == (200, "hello")
    assert told["Access-Control-Allow-Origin"] == APP
    assert told["Access-Control-Expose-Headers"] == "ETag, x-amz-meta-a"
    for origin in ({"Origin": "https://evil.test"}, {}):
        status, told, _ = ask(url, **origin)
        assert status == 200 and told["Access-Control-Allow-Origin"] is None
    status, told, _ = ask(url.replace("a%20b", "other"), Origin=APP)
    assert status == 403 and told["Access-Control-Allow-Origin"] == APP, "errors are read, too"


def test_rules_outlive_a_restart(fresh_server, name):
    s3 = fresh_server.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": RULES})
    fresh_server.restart()
    assert preflight(fresh_server, name)[0] == 200


def test_console_answers_no_preflight(server):
    status, told, _ = ask(f"{server.endpoint}/_tidemill/health", "OPTIONS", Origin=APP,
                          Access_Control_Request_Method="PUT")
    assert status != 200 and told["Access-Control-Allow-Origin"] is None
