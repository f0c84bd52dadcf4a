"""The commands of docs/guides/monitoring.md, word for word."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs/guides/monitoring.md"


def test_every_command_is_taken(aws):
    blocks = re.findall(r"^```\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    assert len(blocks) == 6
    aws.run("logs", "delete-log-group", "--log-group-name", "/aws-glue/jobs/output", check=False)
    for block in blocks:
        aws.shell("set -e\n" + block)
    alarms = aws.json("cloudwatch", "describe-alarms", "--alarm-name-prefix", "sales-")
    assert {alarm["AlarmName"] for alarm in alarms["MetricAlarms"]} >= {
        "sales-failed", "sales-failing"}
    composite = aws.json("cloudwatch", "describe-alarms", "--alarm-names", "sales-wake-someone",
                         "--alarm-types", "CompositeAlarm")["CompositeAlarms"]
    assert [alarm["StateValue"] for alarm in composite] == ["OK"]
