"""CloudWatch dashboards."""

import json

import pytest
from support.errors import refused

BODY = json.dumps({"widgets": [{
    "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6,
    "properties": {"metrics": [["AWS/Events", "Invocations"]], "region": "us-east-1"},
}]})


@pytest.fixture
def cloudwatch(server):
    return server.client("cloudwatch")


def test_life_of_a_dashboard(cloudwatch, name):
    put = cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY)
    assert put["DashboardValidationMessages"] == []
    shown = cloudwatch.get_dashboard(DashboardName=name)
    assert shown["DashboardBody"] == BODY and shown["DashboardName"] == name
    assert shown["DashboardArn"] == f"arn:aws:cloudwatch::000000000000:dashboard/{name}"
    (entry,) = cloudwatch.list_dashboards(DashboardNamePrefix=name)["DashboardEntries"]
    assert (entry["DashboardName"], entry["Size"]) == (name, len(BODY))
    cloudwatch.delete_dashboards(DashboardNames=[name])
    with refused("ResourceNotFound", 404, f"Dashboard {name} does not exist"):
        cloudwatch.get_dashboard(DashboardName=name)


def test_one_that_is_missing_keeps_the_others_from_being_deleted(cloudwatch, name):
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY)
    with refused("ResourceNotFound", 404, f"{name}-x"):
        cloudwatch.delete_dashboards(DashboardNames=[name, f"{name}-x"])
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == BODY


def test_they_are_the_same_in_all_regions(server, cloudwatch, name):
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY)
    elsewhere = server.client("cloudwatch", region_name="eu-central-1")
    assert elsewhere.get_dashboard(DashboardName=name)["DashboardBody"] == BODY


def test_tags_are_those_of_a_new_dashboard_and_then_of_tag_resource(cloudwatch, name):
    def put(**tags):
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=BODY, Tags=[
            {"Key": key, "Value": value} for key, value in tags.items()])
        return cloudwatch.get_dashboard(DashboardName=name)["DashboardArn"]

    def tags():
        shown = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in shown}

    arn = put(env="dev")
    assert tags() == {"env": "dev"}
    put(env="prod")
    assert tags() == {"env": "dev"}, "those of one that is there aren't changed"
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "a"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["env"])
    assert tags() == {"team": "a"}
    with refused("ValidationError", 400, "A dashboard can have 50 tags."):
        cloudwatch.tag_resource(ResourceARN=arn, Tags=[
            {"Key": f"k{n}", "Value": ""} for n in range(50)])
    cloudwatch.delete_dashboards(DashboardNames=[name])
    assert tags() == {}
    with refused("ResourceNotFoundException", 404):
        cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])


@pytest.mark.parametrize(("body", "path", "message"), [
    ("{", "", "The field DashboardBody must be a valid JSON object"),
    ("[]", "", "The field DashboardBody must be a valid JSON object"),
    ("{}", "", "Should have required property 'widgets'"),
    ('{"widgets": {}}', "/widgets", "Should be array"),
    ('{"widgets": [{"type": "text"}]}', "/widgets/0", "Should have required property 'properties'"),
])
def test_a_body_that_is_none_is_refused_with_its_place(cloudwatch, name, body, path, message):
    with refused("InvalidParameterInput", 400) as seen:
        cloudwatch.put_dashboard(DashboardName=name, DashboardBody=body)
    head, errors = seen.message.split("\n", 1)
    assert head == "The dashboard body is invalid, there are 1 validation errors:"
    assert json.loads(errors) == [{"dataPath": path, "message": message}]


def test_what_is_doubtful_is_told(cloudwatch, name):
    body = json.dumps({"widgets": [{"type": "clock", "properties": {}}]})
    (told,) = cloudwatch.put_dashboard(
        DashboardName=name, DashboardBody=body)["DashboardValidationMessages"]
    assert told == {"DataPath": "/widgets/0/type", "Message": "Unknown type of widget: clock"}


def test_a_name_has_letters_and_digits(cloudwatch):
    with refused("InvalidParameterValue", 400, "contains invalid characters"):
        cloudwatch.put_dashboard(DashboardName="a b", DashboardBody=BODY)


def test_aws_commands(aws, name):
    aws.run("cloudwatch", "put-dashboard", "--dashboard-name", name, "--dashboard-body", BODY)
    assert aws.json("cloudwatch", "get-dashboard", "--dashboard-name", name)[
        "DashboardBody"] == BODY
