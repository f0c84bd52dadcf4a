"""Bytes as they must be, and input that no client should send."""

import pytest

JSON = {"content-type": "application/x-amz-json-1.1"}


def signed(service, **headers):
    scope = f"AKID/20240115/us-east-1/{service}/aws4_request"
    return headers | {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}


def events(operation):
    return signed("events") | JSON | {"x-amz-target": f"AWSEvents.{operation}"}


def test_json_answer(golden):
    output = {"FailedEntryCount": 1, "Entries": [{"EventId": "a"}, {"ErrorCode": "b\n\"ü"}]}
    status, _, body = golden.response(
        do="encode", service="events", operation="PutEvents", protocol="json", output=output
    )
    expected = '{"FailedEntryCount":1,"Entries":[{"EventId":"a"},{"ErrorCode":"b\\n\\"ü"}]}'
    assert (status, body.decode()) == (200, expected)


def test_query_answer(golden):
    _, _, body = golden.response(
        do="encode", service="sts", operation="GetCallerIdentity", protocol="query",
        output={"UserId": "AIDA", "Account": "000000000000", "Arn": "arn:aws:iam::0:user/a&b"},
    )
    assert body.decode() == (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        "<GetCallerIdentityResult><UserId>AIDA</UserId><Account>000000000000</Account>"
        "<Arn>arn:aws:iam::0:user/a&amp;b</Arn></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )


@pytest.mark.parametrize("region,shown", [("", ""), ("eu-central-1", "eu-central-1")])
def test_rest_xml_answer_whose_root_is_its_member(golden, region, shown):
    _, headers, body = golden.response(
        do="encode", service="s3", operation="GetBucketLocation", protocol="rest-xml",
        output={"LocationConstraint": region},
    )
    assert headers["content-type"] == "application/xml"
    assert body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint '
        f'xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{shown}</LocationConstraint>'
    )


def test_rest_json_answer(golden):
    status, headers, body = golden.response(
        do="encode", service="scheduler", operation="CreateSchedule", protocol="rest-json",
        output={"ScheduleArn": "arn:aws:scheduler:us-east-1:0:schedule/default/s"},
    )
    assert (status, headers["content-type"]) == (200, "application/json")
    assert body == b'{"ScheduleArn":"arn:aws:scheduler:us-east-1:0:schedule/default/s"}'


def test_cbor_answer(golden):
    """RFC 8949: a map of one, its text keys and values, a tagged time."""
    _, _, body = golden.response(
        do="encode", service="monitoring", operation="GetMetricStatistics", protocol="cbor",
        output={"Label": "x", "Datapoints": [{"Timestamp": 1705311000000, "Sum": 1.5}]},
    )
    assert body == (
        b"\xa2\x65Label\x61x\x6aDatapoints\x81\xa2\x69Timestamp\xc1\x1a\x65\xa4\xfb\x18"
        b"\x63Sum\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00"
    )


def test_unset_and_null_members_are_absent(golden):
    answer = golden.decode("POST", "/", events("PutRule"), b'{"Name":"r","Description":null}')
    assert answer["input"] == {"Name": "r"}


def test_unknown_members_are_ignored(golden):
    answer = golden.decode("POST", "/", events("PutRule"), b'{"Name":"r","New":[{"a":1}]}')
    assert answer["input"] == {"Name": "r"}


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"null", b'{"Name":', b'{"Name":"r"}x', b'{"Name":1}', b'{"Name":["r"]}',
        b'{"Tags":{"Key":"a"}}', b'{"Tags":["a"]}', b'{"Name":"\xff"}', b'{"Name":"\\ud800"}',
        b'{"Tags":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_malformed_json(golden, body):
    answer = golden.decode("POST", "/", events("PutRule"), body)
    assert answer["error"] == "SerializationException", answer


@pytest.mark.parametrize(
    "body",
    [
        b"\xa1", b"\xa1\x69Namespace", b"\xa1\x69Namespace\x01", b"\x80", b"\xbb" + b"\xff" * 8,
        b"\xa1\x69Namespace\x7b" + b"\xff" * 8, b"\xa1\x69Namespace\x62\xff\xff",
        b"\xa1\x6aMetricData\x9b\x00\x00\x00\xff\xff\xff\xff\xff", b"\xff",
        b"\xa1\x6aMetricData" + b"\x81" * 5000,
    ],
)
def test_malformed_cbor(golden, body):
    headers = signed("monitoring") | {
        "Smithy-Protocol": "rpc-v2-cbor", "content-type": "application/cbor"
    }
    target = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
    answer = golden.decode("POST", target, headers, body)
    assert answer["error"] == "SerializationException", answer


@pytest.mark.parametrize(
    "body",
    [
        b"<", b"<a>", b"text", b"<Delete><Object></Delete>", b"<Other/>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><Delete><Object><Key>&e;</Key></Object></Delete>',
        b"<Delete><Quiet>maybe</Quiet></Delete>", b"<a>" * 5000 + b"</a>" * 5000,
    ],
)
def test_malformed_xml(golden, body):
    answer = golden.decode("POST", "/bucket?delete", signed("s3"), body)
    assert answer.get("error") == "MalformedXML", answer


@pytest.mark.parametrize("body", [b"Action=GetRole&RoleName=%zz", b"Action=GetRole&RoleName=%ff"])
def test_malformed_form(golden, body):
    headers = signed("iam") | {"content-type": "application/x-www-form-urlencoded"}
    assert "error" in golden.decode("POST", "/", headers, body)


@pytest.mark.parametrize(
    "method,target,headers,body,name",
    [
        ("POST", "/", {"x-amz-target": "AmazonSQS.Nothing"}, b"{}", "Nothing"),
        ("POST", "/", {"x-amz-target": "AWSEvents.CreateEndpoint"}, b"{}", "CreateEndpoint"),
        (
            "POST", "/service/GraniteServiceVersion20100801/operation/PutAnomalyDetector",
            {"Smithy-Protocol": "rpc-v2-cbor"}, b"\xa0", "PutAnomalyDetector",
        ),
        (
            "POST", "/", {"content-type": "application/x-www-form-urlencoded"},
            b"Action=CreateLoginProfile&Version=2010-05-08&UserName=u", "CreateLoginProfile",
        ),
        ("GET", "/bucket?policyStatus", {}, b"", "GetBucketPolicyStatus"),
    ],
)
def test_unlisted_operation_is_named(golden, method, target, headers, body, name):
    service = {"CreateLoginProfile": "iam", "GetBucketPolicyStatus": "s3"}.get(name, "events")
    answer = golden.decode(method, target, signed(service) | headers, body)
    assert answer["error"] == "UnknownOperationException"
    assert answer["message"] == name


def test_sqs_form_has_names_of_its_own(golden):
    form = (
        "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a"
        "&SendMessageBatchRequestEntry.1.MessageBody=x"
        "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n"
        "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String"
        "&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=v"
    )
    headers = signed("sqs") | {"content-type": "application/x-www-form-urlencoded"}
    answer = golden.decode("POST", "/", headers, form.encode())
    (entry,) = answer["input"]["Entries"]
    assert entry == {
        "Id": "a", "MessageBody": "x",
        "MessageAttributes": {"n": {"DataType": "String", "StringValue": "v"}},
    }


@pytest.mark.parametrize(
    "operation, output, expected",
    [
        (
            "GetQueueAttributes", {"Attributes": {"DelaySeconds": "0"}},
            "<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>",
        ),
        ("ListQueues", {"QueueUrls": ["a", "b"]}, "<QueueUrl>a</QueueUrl><QueueUrl>b</QueueUrl>"),
        ("ListQueueTags", {"Tags": {"k": "v"}}, "<Tag><Key>k</Key><Value>v</Value></Tag>"),
    ],
)
def test_sqs_answer_has_names_of_its_own(golden, operation, output, expected):
    _, _, body = golden.response(
        do="encode", service="sqs", operation=operation, protocol="query", output=output
    )
    assert f"<{operation}Result>{expected}</{operation}Result>" in body.decode()
    _, _, body = golden.response(
        do="encode", service="sqs", operation=operation, protocol="json", output=output
    )
    assert f'"{next(iter(output))}":' in body.decode(), "JSON has the model's names"


def test_sqs_errors_have_two_names(golden):
    told = {"name": "QueueDoesNotExist", "message": "m", "code": 2}
    _, headers, body = golden.response(do="refuse", service="sqs", protocol="json", **told)
    assert headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert body == b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}'
    _, _, body = golden.response(do="refuse", service="sqs", protocol="query", **told)
    assert b"<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in body
