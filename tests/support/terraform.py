"""Terraform and OpenTofu themselves, where they are on PATH and their AWS provider is in a mirror on
the disk: TIDEMILL_TERRAFORM_MIRROR, or one of the usual places. Nothing is downloaded."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.server import clean_environment

STEP_DEADLINE_S = 400
PROVIDER = "hashicorp/aws"


@dataclass(frozen=True)
class Program:
    """One of the two. They run the same provider, and ask for it under their own domain's name."""

    name: str
    domain: str

    def required(self):
        """Itself; skips the test where it can't run."""
        if not shutil.which(self.name):
            pytest.skip(f"{self.name} isn't on PATH")
        if not find_provider():
            pytest.skip("the AWS provider isn't in a mirror on the disk (TIDEMILL_TERRAFORM_MIRROR)")
        return self


PROGRAMS = [
    Program("terraform", "terraform.io"),
    Program("tofu", "opentofu.org"),
]


def find_provider():
    """The directory of the provider's versions in a mirror, or None."""
    places = [os.environ.get("TIDEMILL_TERRAFORM_MIRROR"), "/usr/local/share/terraform/plugins"]
    places += [Path.home() / ".terraform.d/plugins", *Path("/opt").glob("*")]
    for place in filter(None, places):
        for program in PROGRAMS:
            for versions in Path(place).glob(f"*.{program.domain}/{PROVIDER}"):
                return versions
    return None


MIRRORING = threading.Lock()


def mirror():
    """The mirror's directory. Threads ask at the same time, and all must get the same."""
    with MIRRORING:
        return Path(make_mirror().name)


@functools.cache
def make_mirror():
    """A mirror of links, under the names of both programs; it is there as long as the tests are."""
    kept = tempfile.TemporaryDirectory(prefix="tidemill-mirror-")
    found = find_provider()
    host = found.parents[1].name.split(".")[0]
    for program in PROGRAMS:
        # OpenTofu follows links to a platform's folder, but none above it.
        for platform in found.glob("*/*"):
            link = Path(kept.name) / f"{host}.{program.domain}" / PROVIDER
            link /= platform.relative_to(found)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(platform)
    return kept


class Failed(AssertionError):
    """A command that ended otherwise than expected; its text is what was printed."""


class Terraform:
    """The root module in `directory`, against `server`. With `text` it is made there."""

    def __init__(self, program, directory, server, text=None):
        self.program, self.directory = program, Path(directory)
        self.directory.mkdir(exist_ok=True)
        if text is not None:
            self.write(text)
        settings = self.directory / "terraform.rc"
        settings.write_text(
            f'provider_installation {{ filesystem_mirror {{ path = "{mirror()}" }} }}\n'
        )
        self.environment = clean_environment(
            **server.variables(),
            TF_CLI_CONFIG_FILE=str(settings),
            TF_IN_AUTOMATION="1",
            CHECKPOINT_DISABLE="1",
        )
        self.run("init")

    @classmethod
    def of_tree(cls, program, tree, copy, server, root="."):
        """The root module at `root` of a copy of `tree`, so that the tree stays as it is."""
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        return cls(program, Path(copy) / root, server)

    def write(self, text):
        (self.directory / "main.tf").write_text(text)

    def begin(self, command, *arguments):
        """The started process, in a group of its own."""
        asks = command in ("init", "plan", "apply", "destroy", "import")
        return subprocess.Popen(
            [
                *(self.program.name, command),
                *(["-no-color", "-input=false"] if asks else []),
                *arguments,
            ],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, command, *arguments, expect=0):
        """Its output. `expect`: the exit code, or None for any that isn't a failure (1); of a plan 0 is
        "no changes", 2 "changes"."""
        process = self.begin(command, *arguments)
        said, complained = process.communicate(timeout=STEP_DEADLINE_S)
        code = process.returncode
        if code == 1 if expect is None else code != expect:
            told = (said + complained)[-6000:]
            raise Failed(f"{self.program.name} {command} ended with {code}:\n{told}")
        return said

    def apply(self, **variables):
        return self.run("apply", "-auto-approve", *_given(variables))

    def changes(self, **variables):
        """What a plan would change: empty, or the plan as it is shown."""
        shown = self.run("plan", "-detailed-exitcode", *_given(variables), expect=None)
        return "" if "No changes." in shown else shown

    def destroy(self, **variables):
        return self.run("destroy", "-auto-approve", *_given(variables))

    def outputs(self):
        shown = json.loads(self.run("output", "-json"))
        return {name: output["value"] for name, output in shown.items()}

    def state(self):
        """The addresses of the resources that it manages."""
        return self.run("state", "list").split()


def _given(variables):
    return [f"-var={name}={value}" for name, value in variables.items()]
