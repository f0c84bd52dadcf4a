"""Terraform itself, where it is installed with its AWS provider in a mirror on the disk:
TIDEMILL_TERRAFORM_MIRROR, or one of the usual places. Nothing is downloaded."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from support.server import clean_environment

STEP_DEADLINE_S = 400


def find_mirror():
    """The directory with registry.terraform.io in it, or None."""
    places = [os.environ.get("TIDEMILL_TERRAFORM_MIRROR"), "/usr/local/share/terraform/plugins"]
    places += [Path.home() / ".terraform.d/plugins", *Path("/opt").glob("*")]
    for place in filter(None, places):
        if (Path(place) / "registry.terraform.io/hashicorp/aws").is_dir():
            return Path(place)
    return None


MIRROR = find_mirror() if shutil.which("terraform") else None
MISSING = "terraform and its provider aren't installed"


class Failed(AssertionError):
    """A command of terraform's that ended otherwise than expected; its text is what was printed."""


class Terraform:
    """The root module in `directory`, against `server`. With `text` it is made there."""

    def __init__(self, directory, server, text=None):
        self.directory = Path(directory)
        self.directory.mkdir(exist_ok=True)
        if text is not None:
            (self.directory / "main.tf").write_text(text)
        settings = self.directory / "terraform.rc"
        settings.write_text(
            f'provider_installation {{ filesystem_mirror {{ path = "{MIRROR}" }} }}\n'
        )
        self.environment = clean_environment(
            **server.variables(),
            TF_CLI_CONFIG_FILE=str(settings),
            TF_IN_AUTOMATION="1",
            CHECKPOINT_DISABLE="1",
        )
        self.run("init")

    @classmethod
    def of_tree(cls, tree, copy, server, root="."):
        """The root module at `root` of a copy of `tree`, so that the tree stays as it is."""
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        return cls(Path(copy) / root, server)

    def run(self, command, *arguments, expect=0):
        """Its output. `expect`: the exit code, or None for any that isn't a failure (1); of a plan 0 is
        "no changes", 2 "changes"."""
        asks = command in ("init", "plan", "apply", "destroy", "import")
        line = ["terraform", command, *(["-input=false"] if asks else []), *arguments]
        finished = subprocess.run(
            [*line[:2], "-no-color", *line[2:]] if asks else line,
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=STEP_DEADLINE_S,
        )
        said = finished.stdout + finished.stderr
        code = finished.returncode
        if code == 1 if expect is None else code != expect:
            raise Failed(f"terraform {command} ended with {code}:\n{said[-6000:]}")
        return finished.stdout

    def apply(self, **variables):
        return self.run("apply", "-auto-approve", *_given(variables))

    def changes(self, **variables):
        """What a plan would change: empty, or the plan as Terraform shows it."""
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
