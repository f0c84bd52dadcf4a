"""Terraform itself, where it is installed with its AWS provider in a mirror on the disk:
TIDEMILL_TERRAFORM_MIRROR, or one of the usual places."""

import os
import shutil
import subprocess
from pathlib import Path

from support.server import clean_environment


def find_mirror():
    """The directory with registry.terraform.io in it, or None."""
    places = [os.environ.get("TIDEMILL_TERRAFORM_MIRROR"), "/usr/local/share/terraform/plugins"]
    places += [Path.home() / ".terraform.d/plugins", *Path("/opt").glob("*")]
    for place in filter(None, places):
        if (Path(place) / "registry.terraform.io/hashicorp/aws").is_dir():
            return Path(place)
    return None


MIRROR = find_mirror() if shutil.which("terraform") else None


class Terraform:
    """A directory with a configuration, against `server`."""

    def __init__(self, directory, server, text):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        (directory / "main.tf").write_text(text)
        settings = directory / "terraform.rc"
        settings.write_text(
            f'provider_installation {{ filesystem_mirror {{ path = "{MIRROR}" }} }}\n'
        )
        self.environment = clean_environment(
            **server.variables(), TF_CLI_CONFIG_FILE=str(settings), TF_IN_AUTOMATION="1",
            CHECKPOINT_DISABLE="1",
        )
        self.run("init")

    def run(self, command, *arguments, expect=0):
        """Its output. `expect`: the exit code; of a plan 0 is "no changes", 2 "changes"."""
        line = ["terraform", command, "-input=false", "-no-color", *arguments]
        finished = subprocess.run(
            line, cwd=self.directory, env=self.environment, capture_output=True, text=True
        )
        assert finished.returncode == expect, finished.stdout + finished.stderr
        return finished.stdout
