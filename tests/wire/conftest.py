import base64
import json
import os
import subprocess

import pytest
from support.server import PROGRAM

GOLDEN = os.path.join(os.path.dirname(PROGRAM), "wire_golden")


class Golden:
    """The codecs of the program under test, asked one question at a time."""

    def __init__(self):
        self.process = subprocess.Popen(
            [GOLDEN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the codecs ended at {question}"
        return json.loads(line)

    def decode(self, method, target, headers, body=b""):
        return self.ask(
            do="decode", method=method, target=target, headers=headers,
            body=base64.b64encode(body).decode(),
        )

    def response(self, **question):
        """(status, headers, body) as a client sees them."""
        answer = self.ask(**question)
        return answer["status"], answer["headers"], base64.b64decode(answer["body"])


@pytest.fixture(scope="session")
def golden():
    made = Golden()
    yield made
    made.process.stdin.close()
    made.process.wait(10)
