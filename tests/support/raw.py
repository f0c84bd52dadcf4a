"""Requests signed by hand: every payload mode of Signature Version 4, and broken ones.

Written from AWS's description of the algorithm, not with botocore, so that it is a second opinion
and can be bent where a test needs it.
"""

import base64
import hashlib
import hmac
import http.client
import re
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlsplit

EMPTY = hashlib.sha256(b"").hexdigest()
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def crc32_text(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def code(self):
        """The error's name: of S3's XML, of a query service's XML, or of JSON."""
        found = re.search(r'<Code>([^<]*)</Code>|"__type"\s*:\s*"([^"]*)"', self.text)
        return (found.group(1) or found.group(2)).rpartition("#")[2] if found else None


@dataclass
class Signer:
    endpoint: str
    key_id: str
    secret: str
    token: str = None
    region: str = "us-east-1"
    service: str = "s3"
    skew: timedelta = timedelta(0)
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @property
    def host(self):
        return urlsplit(self.endpoint).netloc

    @property
    def date(self):
        return (self.now + self.skew).strftime("%Y%m%dT%H%M%SZ")

    @property
    def scope(self):
        return f"{self.date[:8]}/{self.region}/{self.service}/aws4_request"

    def key(self):
        made = ("AWS4" + self.secret).encode()
        for part in self.scope.split("/"):
            made = hmac.new(made, part.encode(), hashlib.sha256).digest()
        return made

    def mac(self, text):
        return hmac.new(self.key(), text.encode(), hashlib.sha256).hexdigest()

    def canonical(self, method, path, query, headers, payload):
        names = sorted(headers)
        lines = [method, path, query]
        lines += [f"{name}:{' '.join(str(headers[name]).split())}" for name in names]
        lines += ["", ";".join(names), payload]
        return "\n".join(lines)

    def sign_text(self, canonical):
        text = "\n".join(["AWS4-HMAC-SHA256", self.date, self.scope, sha256(canonical.encode())])
        return self.mac(text)

    def headers(self, method, path, payload, extra=None, query=""):
        """The headers of a signed request, lower case; `payload` is x-amz-content-sha256."""
        headers = {"host": self.host, "x-amz-date": self.date, "x-amz-content-sha256": payload}
        if self.token:
            headers["x-amz-security-token"] = self.token
        headers |= extra or {}
        signature = self.sign_text(self.canonical(method, path, query, headers, payload))
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.key_id}/{self.scope}, "
            f"SignedHeaders={';'.join(sorted(headers))}, Signature={signature}"
        )
        return headers

    def seed(self, headers):
        return headers["authorization"].rpartition("Signature=")[2]

    def send(self, method, path, body=b"", headers=None, query="", payload=None):
        """A request whose whole payload is signed, unless `payload` says otherwise."""
        made = self.headers(method, path, payload or sha256(body), headers, query)
        return exchange(self.endpoint, method, with_query(path, query), made, body)

    def presign(self, method, path, expires=300, **query):
        """A version 4 URL's path and query."""
        query |= {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key_id}/{self.scope}",
            "X-Amz-Date": self.date,
            "X-Amz-Expires": str(expires),
            "X-Amz-SignedHeaders": "host",
        }
        encoded = sorted((quote(k, safe=""), quote(v, safe="-_.~")) for k, v in query.items())
        text = "&".join(f"{name}={value}" for name, value in encoded)
        canonical = self.canonical(method, path, text, {"host": self.host}, "UNSIGNED-PAYLOAD")
        return f"{path}?{text}&X-Amz-Signature={self.sign_text(canonical)}"


def with_query(path, query):
    return f"{path}?{query}" if query else path


def exchange(endpoint, method, target, headers, body=b"", connection=None):
    """Sends exactly these headers (and Content-Length) and reads the answer."""
    place = urlsplit(endpoint)
    own = connection is None
    connection = connection or http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    names = {name.lower() for name in headers}
    for name, value in headers.items():
        connection.putheader(name, value)
    if "host" not in names:
        connection.putheader("Host", place.netloc)
    if not {"content-length", "transfer-encoding"} & names and (body or method in ("PUT", "POST")):
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    made = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    if own:
        connection.close()
    return made


def chunked(signer, headers, pieces, trailer=None):
    """The aws-chunked body of STREAMING-AWS4-HMAC-SHA256-PAYLOAD, with TRAILER a name and value."""
    previous, body = signer.seed(headers), b""
    for piece in [*pieces, b""]:
        text = ["AWS4-HMAC-SHA256-PAYLOAD", signer.date, signer.scope, previous, EMPTY]
        previous = signer.mac("\n".join([*text, sha256(piece)]))
        body += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + piece
        if piece or not trailer:
            body += b"\r\n"
    if trailer:
        line = f"{trailer[0]}:{trailer[1]}"
        text = ["AWS4-HMAC-SHA256-TRAILER", signer.date, signer.scope, previous]
        signature = signer.mac("\n".join([*text, sha256(f"{line}\n".encode())]))
        body += f"{line}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()
    return body


def chunked_unsigned(pieces, trailer):
    """The body of STREAMING-UNSIGNED-PAYLOAD-TRAILER."""
    body = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return body + f"0\r\n{trailer[0]}:{trailer[1]}\r\n\r\n".encode()
