"""Where clients may look for a server: localhost and addresses, buckets in the path and in the host."""

import socket

import boto3
import pytest
from botocore.config import Config
from support import awscli

STYLES = [None, "path", "virtual"]


@pytest.fixture
def names(monkeypatch):
    """Resolves every name under localhost, as many systems do; gives those that were asked for."""
    asked, resolve = set(), socket.getaddrinfo

    def getaddrinfo(host, *arguments, **options):
        asked.add(host)
        is_local = str(host).endswith("localhost")
        return resolve("127.0.0.1" if is_local else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "s3.localhost"])
def test_boto3_finds_buckets(server, name, names, host, style):
    key_id, secret = server.credentials()
    s3 = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{server.port}",
        region_name="us-east-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": style}),
    )
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="dir/a b", Body=b"x")
    s3.copy_object(Bucket=name, Key="copy", CopySource={"Bucket": name, "Key": "dir/a b"})
    listed = s3.list_objects_v2(Bucket=name)["Contents"]
    assert [entry["Key"] for entry in listed] == ["copy", "dir/a b"]
    assert name in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": e["Key"]} for e in listed]})
    s3.delete_bucket(Bucket=name)
    in_host = style == "virtual" and host != "127.0.0.1"
    assert (f"{name}.{host}" in names) == in_host


@pytest.mark.parametrize("program", awscli.available(), ids=lambda path: path.split("/")[1])
def test_aws_takes_localhost(server, name, program, tmp_path):
    (tmp_path / "file").write_text("x")
    endpoint = f"http://localhost:{server.port}"
    aws = awscli.AwsCli(program, server)

    def run(*arguments):
        return aws.run("--endpoint-url", endpoint, *arguments).stdout

    run("s3", "mb", f"s3://{name}")
    run("s3", "cp", str(tmp_path / "file"), f"s3://{name}/in/file")
    assert "in/file" in run("s3", "ls", "--recursive", f"s3://{name}")
    made = run("sqs", "create-queue", "--queue-name", name, "--output", "text")
    assert made.strip() == f"{endpoint}/000000000000/{name}"
    run("sqs", "send-message", "--queue-url", made.strip(), "--message-body", "x")
    assert "MD5OfBody" in run("sqs", "receive-message", "--queue-url", made.strip())
