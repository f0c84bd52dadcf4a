"""The aws command lines: Debian's (version 2) and the one from PyPI in the tests' own Python."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from support.server import clean_environment

DEBIAN = "/usr/bin/aws"
PYPI = str(Path(sys.executable).with_name("aws"))


def version_of(program):
    said = subprocess.run(
        [program, "--version"], capture_output=True, text=True, env=clean_environment(), timeout=60
    )
    return tuple(map(int, re.search(r"aws-cli/(\d+)\.(\d+)", said.stdout + said.stderr).groups()))


class AwsCli:
    """Runs one of them against a server, with nothing but the variables of `tidemill env`."""

    def __init__(self, program, server):
        self.program, self.server = program, server
        self.version = version_of(program)
        # 2.0 to 2.12 don't read AWS_ENDPOINT_URL (docs/guides/clients.md).
        self.must_be_told = (2, 0) <= self.version < (2, 13)

    def run(self, *arguments, check=True, **environment):
        command = [self.program, *arguments]
        if self.must_be_told:
            command[1:1] = ["--endpoint-url", self.server.endpoint]
        finished = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            env=clean_environment(**(self.server.variables() | environment)),
        )
        assert not check or finished.returncode == 0, finished.stderr or finished.stdout
        return finished

    def json(self, *arguments):
        text = self.run(*arguments, "--output", "json").stdout
        return json.loads(text) if text.strip() else None

    def shell(self, line):
        """A documented command, word for word, in bash; what it printed."""
        told = f'--endpoint-url "{self.server.endpoint}"' if self.must_be_told else ""
        finished = subprocess.run(
            ["bash", "-c", f'aws() {{ "{self.program}" {told} "$@"; }}\n{line}'],
            capture_output=True,
            text=True,
            timeout=120,
            env=clean_environment(**self.server.variables()),
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


def available():
    return [program for program in (DEBIAN, PYPI) if os.access(program, os.X_OK)]
