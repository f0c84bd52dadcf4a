"""Glue workflows and triggers of all four types, by boto3."""

import json

import pytest
from support import awscli, platform
from support.errors import refused
from support.server import TOP
from support.waiting import wait_until

OVER = {"COMPLETED", "STOPPED", "ERROR"}
HELD = """import os, time
while not os.path.exists({gate!r}): time.sleep(0.02)
"""


def workflow_arn(name):
    return f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:workflow/{name}"


def watch(*conditions, logical="AND"):
    """A predicate of (job, state) pairs."""
    return {"Logical": logical, "Conditions": [
        {"LogicalOperator": "EQUALS", "JobName": job, "State": state} for job, state in conditions
    ]}


def actions(*jobs):
    return [{"JobName": job} for job in jobs]


def start_trigger(glue, workflow, *jobs, **more):
    given = {"Name": f"{workflow}-start", "Type": "ON_DEMAND", "WorkflowName": workflow,
             "Actions": actions(*jobs)}
    glue.create_trigger(**(given | more))
    return f"{workflow}-start"


def follow(glue, name, predicate, *jobs, **more):
    given = {"Name": name, "Type": "CONDITIONAL", "Predicate": predicate,
             "Actions": actions(*jobs), "StartOnCreation": True}
    glue.create_trigger(**(given | more))
    return name


def run_of(glue, workflow, run_id, **more):
    return glue.get_workflow_run(Name=workflow, RunId=run_id, **more)["Run"]


def wait_for_workflow(glue, workflow, run_id, deadline_s=60):
    def ended():
        run = run_of(glue, workflow, run_id)
        return run if run["Status"] in OVER else None

    return wait_until(ended, deadline_s, lambda: run_of(glue, workflow, run_id))


def wait_for_runs_of_workflow(glue, workflow, count, deadline_s=60):
    """Its runs, the newest first, once there are `count` and all are over."""

    def ended():
        runs = glue.get_workflow_runs(Name=workflow)["Runs"]
        return runs if len(runs) == count and all(r["Status"] in OVER for r in runs) else None

    return wait_until(ended, deadline_s, lambda: glue.get_workflow_runs(Name=workflow)["Runs"])


@pytest.fixture
def jobs(server, name):
    """Makes jobs whose names begin with the test's: jobs(a="pass", …)."""

    def make(on=None, **scripts):
        made = [platform.make_job(on or server, f"{name}-{job}", script)
                for job, script in scripts.items()]
        return made if len(made) > 1 else made[0]

    return make


def test_three_jobs_and_one_that_needs_both(server, glue, name, jobs):
    load, check, publish = jobs(load="print('loads')", check="print('checks')", publish="""
import sys
print(" ".join(sys.argv))
""")
    glue.create_workflow(Name=name, DefaultRunProperties={"day": "today", "kept": "yes"})
    start_trigger(glue, name, load, check)
    both = follow(glue, f"{name}-both", watch((load, "SUCCEEDED"), (check, "SUCCEEDED")), publish,
                  WorkflowName=name)
    run_id = glue.start_workflow_run(Name=name, RunProperties={"day": "2024-01-15"})["RunId"]
    assert run_id.startswith("wr_") and len(run_id) == 67
    run = wait_for_workflow(glue, name, run_id)
    assert run["Status"] == "COMPLETED" and run["CompletedOn"] >= run["StartedOn"]
    assert run["WorkflowRunProperties"] == {"day": "2024-01-15", "kept": "yes"}
    assert run["Statistics"]["TotalActions"] == 3 and run["Statistics"]["SucceededActions"] == 3
    published, = platform.runs_of(server, publish)
    given = published["Arguments"]
    assert given["--WORKFLOW_NAME"] == name and given["--WORKFLOW_RUN_ID"] == run_id
    assert given["--trigger_source"] == "conditional" and published["TriggerName"] == both
    said = platform.messages_of(server, "/aws-glue/jobs/output", published["Id"])
    assert f"--WORKFLOW_RUN_ID {run_id}" in said[0]
    asked = glue.get_job_run(JobName=publish, RunId=published["Id"], PredecessorsIncluded=True)
    before = {(p["JobName"], p["RunId"]) for p in asked["JobRun"]["PredecessorRuns"]}
    assert before == {(job, platform.runs_of(server, job)[0]["Id"]) for job in (load, check)}
    assert len(platform.runs_of(server, load)) == 1


def test_graph_of_a_workflow_and_of_its_run(server, glue, name, jobs):
    first, second = jobs(first="pass", second="pass")
    glue.create_workflow(Name=name)
    start = start_trigger(glue, name, first)
    then = follow(glue, f"{name}-then", watch((first, "SUCCEEDED")), second, WorkflowName=name)
    graph = glue.get_workflow(Name=name, IncludeGraph=True)["Workflow"]["Graph"]
    nodes = {node["UniqueId"]: node for node in graph["Nodes"]}
    kinds = {(node["Type"], node["Name"]) for node in nodes.values()}
    assert kinds == {("TRIGGER", start), ("TRIGGER", then), ("JOB", first), ("JOB", second)}
    edges = {(nodes[e["SourceId"]]["Name"], nodes[e["DestinationId"]]["Name"])
             for e in graph["Edges"]}
    assert edges == {(start, first), (first, then), (then, second)}
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    wait_for_workflow(glue, name, run_id)
    of_run = run_of(glue, name, run_id, IncludeGraph=True)["Graph"]
    assert {node["UniqueId"] for node in of_run["Nodes"]} == set(nodes)
    for node in of_run["Nodes"]:
        if node["Type"] == "JOB":
            run, = node["JobDetails"]["JobRuns"]
            assert run["JobName"] == node["Name"] and run["JobRunState"] == "SUCCEEDED"
        else:
            assert node["TriggerDetails"]["Trigger"]["WorkflowName"] == name
    told, = glue.batch_get_workflows(Names=[name], IncludeGraph=True)["Workflows"]
    assert told["LastRun"]["WorkflowRunId"] == run_id and told["Graph"]["Nodes"]


def test_failing_job_fires_only_what_watches_failures(server, glue, name, jobs):
    breaks, mends, good = jobs(breaks="raise ValueError()", mends="pass", good="pass")
    glue.create_workflow(Name=name)
    start_trigger(glue, name, breaks)
    follow(glue, f"{name}-bad", watch((breaks, "FAILED"), (breaks, "TIMEOUT"), logical="ANY"),
           mends, WorkflowName=name)
    follow(glue, f"{name}-good", watch((breaks, "SUCCEEDED")), good, WorkflowName=name)
    run = wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert run["Status"] == "COMPLETED"
    counts = run["Statistics"]
    assert (counts["FailedActions"], counts["SucceededActions"], counts["TotalActions"]) == (1, 1, 3)
    assert len(platform.runs_of(server, mends)) == 1 and not platform.runs_of(server, good)


def test_retries_come_before_what_follows(server, glue, name, jobs, tmp_path):
    mark = tmp_path / "mark"
    once = platform.make_job(server, f"{name}-once", f"""import os, sys
if not os.path.exists({str(mark)!r}):
    open({str(mark)!r}, "w")
    sys.exit(1)
""", MaxRetries=1)
    good, bad = jobs(good="pass", bad="pass")
    glue.create_workflow(Name=name)
    start_trigger(glue, name, once)
    follow(glue, f"{name}-bad", watch((once, "FAILED")), bad, WorkflowName=name)
    follow(glue, f"{name}-good", watch((once, "SUCCEEDED")), good, WorkflowName=name)
    run = wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert run["Statistics"]["SucceededActions"] == 2 and run["Statistics"]["FailedActions"] == 0
    assert len(platform.runs_of(server, once)) == 2 and not platform.runs_of(server, bad)
    first, = platform.runs_of(server, good)
    asked = glue.get_job_run(JobName=good, RunId=first["Id"], PredecessorsIncluded=True)
    assert asked["JobRun"]["PredecessorRuns"][0]["RunId"].endswith("_attempt_1")


def test_deactivated_trigger_does_not_fire(server, glue, name, jobs):
    first, second = jobs(first="pass", second="pass")
    glue.create_workflow(Name=name)
    start_trigger(glue, name, first)
    then = follow(glue, f"{name}-then", watch((first, "SUCCEEDED")), second, WorkflowName=name,
                  StartOnCreation=False)
    assert glue.get_trigger(Name=then)["Trigger"]["State"] == "CREATED"
    wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert not platform.runs_of(server, second)
    glue.start_trigger(Name=then)
    wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert len(platform.runs_of(server, second)) == 1
    glue.stop_trigger(Name=then)
    wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert len(platform.runs_of(server, second)) == 1


def test_missing_job_is_an_error_of_its_action(glue, name, jobs):
    job = jobs(there="pass")
    glue.create_workflow(Name=name)
    start_trigger(glue, name, job, f"{name}-gone")
    run = wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert run["Status"] == "COMPLETED"
    assert run["Statistics"]["ErroredActions"] == 1 and run["Statistics"]["SucceededActions"] == 1


def test_run_that_waits_for_a_job_ends_when_the_job_is_deleted(server, glue, name, tmp_path):
    gate = tmp_path / "gate"
    full = platform.make_job(server, name, HELD.format(gate=str(gate)),
                             ExecutionProperty={"MaxConcurrentRuns": 1})
    glue.start_job_run(JobName=full)
    glue.create_workflow(Name=name, MaxConcurrentRuns=1)
    trigger = start_trigger(glue, name, full)
    glue.start_workflow_run(Name=name)
    glue.start_trigger(Name=trigger)  # waits for the workflow
    glue.delete_job(JobName=full)
    runs = wait_for_runs_of_workflow(glue, name, 2, deadline_s=20)
    assert [run["Statistics"]["ErroredActions"] for run in runs] == [1, 1]
    gate.touch()


def test_trigger_that_waits_for_a_workflow_is_refused_when_that_is_deleted(server, glue, name,
                                                                           tmp_path, jobs):
    gate = tmp_path / "gate"
    job = jobs(held=HELD.format(gate=str(gate)))
    glue.create_workflow(Name=name, MaxConcurrentRuns=1)
    trigger = start_trigger(glue, name, job)
    glue.start_workflow_run(Name=name)
    glue.start_trigger(Name=trigger)

    def deliveries():
        listed = server.command("deliveries", "list", "--rule", trigger, "--json").stdout
        return sorted(one["state"] for one in json.loads(listed)["deliveries"])

    assert deliveries() == ["done", "pending"]
    glue.delete_workflow(Name=name)
    assert deliveries() == ["done", "failed"]
    gate.touch()


def test_properties_go_from_job_to_job(server, glue, name, jobs):
    first, second = jobs(first="""
import boto3, sys
args = dict(zip(sys.argv[1::2], sys.argv[2::2]))
boto3.client("glue").put_workflow_run_properties(
    Name=args["--WORKFLOW_NAME"], RunId=args["--WORKFLOW_RUN_ID"], RunProperties={"rows": "17"})
""", second="""
import boto3, sys
args = dict(zip(sys.argv[1::2], sys.argv[2::2]))
print(boto3.client("glue").get_workflow_run_properties(
    Name=args["--WORKFLOW_NAME"], RunId=args["--WORKFLOW_RUN_ID"])["RunProperties"])
""")
    glue.create_workflow(Name=name, DefaultRunProperties={"table": "sales"})
    start_trigger(glue, name, first)
    follow(glue, f"{name}-then", watch((first, "SUCCEEDED")), second, WorkflowName=name)
    run = wait_for_workflow(glue, name, glue.start_workflow_run(Name=name)["RunId"])
    assert run["WorkflowRunProperties"] == {"table": "sales", "rows": "17"}
    told, = platform.runs_of(server, second)
    said = wait_until(lambda: platform.messages_of(server, "/aws-glue/jobs/output", told["Id"]), 20)
    assert "'rows': '17'" in said[0]


def test_stop_ends_its_jobs_and_fires_nothing(server, glue, name, tmp_path, jobs):
    gate = tmp_path / "gate"
    held, after = jobs(held=HELD.format(gate=str(gate)), after="pass")
    waits = platform.make_job(server, f"{name}-waits", HELD.format(gate=str(gate)),
                              ExecutionProperty={"MaxConcurrentRuns": 1})
    glue.start_job_run(JobName=waits)  # so that the workflow's has no room
    glue.create_workflow(Name=name)
    start_trigger(glue, name, held, waits)
    follow(glue, f"{name}-then", watch((held, "STOPPED")), after, WorkflowName=name)
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    counts = run_of(glue, name, run_id)["Statistics"]
    assert (counts["RunningActions"], counts["WaitingActions"]) == (1, 1)
    glue.stop_workflow_run(Name=name, RunId=run_id)
    run = wait_for_workflow(glue, name, run_id)
    assert run["Status"] == "STOPPED" and run["Statistics"]["StoppedActions"] == 2
    gate.touch()
    platform.wait_for_runs(server, waits)
    assert len(platform.runs_of(server, waits)) == 1 and not platform.runs_of(server, after)
    with refused("IllegalWorkflowStateException", 400):
        glue.stop_workflow_run(Name=name, RunId=run_id)


def test_resume_runs_what_failed_and_what_follows(server, glue, name, jobs, tmp_path):
    mended = tmp_path / "mended"
    load, check, publish = jobs(load="pass", publish="pass", check=f"""import os, sys
sys.exit(0 if os.path.exists({str(mended)!r}) else 1)
""")
    check, publish = f"{name}-check", f"{name}-publish"
    glue.create_workflow(Name=name)
    start_trigger(glue, name, load, check)
    follow(glue, f"{name}-both", watch((load, "SUCCEEDED"), (check, "SUCCEEDED")), publish,
           WorkflowName=name)
    old = glue.start_workflow_run(Name=name, RunProperties={"day": "1"})["RunId"]
    assert wait_for_workflow(glue, name, old)["Statistics"]["FailedActions"] == 1
    nodes = run_of(glue, name, old, IncludeGraph=True)["Graph"]["Nodes"]
    node, = (n["UniqueId"] for n in nodes if n["Name"] == check)
    mended.touch()
    answer = glue.resume_workflow_run(Name=name, RunId=old, NodeIds=[node])
    assert answer["NodeIds"] == [node] and answer["RunId"] != old
    run = wait_for_workflow(glue, name, answer["RunId"])
    assert run["PreviousRunId"] == old and run["WorkflowRunProperties"] == {"day": "1"}
    assert run["Statistics"]["SucceededActions"] == 3
    counts = {job: len(platform.runs_of(server, job)) for job in (load, check, publish)}
    assert counts == {load: 1, check: 2, publish: 1}
    with refused("InvalidInputException", 400):
        glue.resume_workflow_run(Name=name, RunId=old, NodeIds=["wnode_unknown"])


def test_bound_on_concurrent_runs(server, glue, name, tmp_path, jobs):
    gate = tmp_path / "gate"
    job = jobs(held=HELD.format(gate=str(gate)))
    glue.create_workflow(Name=name, MaxConcurrentRuns=1)
    trigger = start_trigger(glue, name, job)
    first = glue.start_workflow_run(Name=name)["RunId"]
    with refused("ConcurrentRunsExceededException", 400) as seen:
        glue.start_workflow_run(Name=name)
    assert f"Concurrent runs exceeded for workflow: {name}." in seen.message
    glue.start_trigger(Name=trigger)  # waits, as a trigger's job does
    assert len(glue.get_workflow_runs(Name=name)["Runs"]) == 1
    gate.touch()
    runs = wait_for_runs_of_workflow(glue, name, 2)
    assert runs[1]["WorkflowRunId"] == first
    page = glue.get_workflow_runs(Name=name, MaxResults=1)
    rest = glue.get_workflow_runs(Name=name, MaxResults=1, NextToken=page["NextToken"])
    assert rest["Runs"][0]["WorkflowRunId"] == first and "NextToken" not in rest


def test_schedule_starts_the_workflow(test_mode_server, name, jobs):
    server = test_mode_server
    glue = server.client("glue")
    server.set_clock("2031-03-01T00:30:00Z")
    job = jobs(on=server, nightly="pass")
    glue.create_workflow(Name=name)
    start_trigger(glue, name, job, Type="SCHEDULED", Schedule="cron(0 2 * * ? *)",
                  StartOnCreation=True)
    server.set_clock("2031-03-01T02:00:00Z")
    run, = wait_for_runs_of_workflow(glue, name, 1)
    of_job, = platform.runs_of(server, job)
    assert of_job["Arguments"]["--trigger_source"] == "schedule"
    assert of_job["Arguments"]["--WORKFLOW_RUN_ID"] == run["WorkflowRunId"]


def test_next_scheduled_run_takes_the_place_of_the_one_before(test_mode_server, name, tmp_path):
    server = test_mode_server
    glue = server.client("glue")
    server.set_clock("2031-03-01T00:30:00Z")
    gate = tmp_path / "gate"
    held = platform.make_job(server, f"{name}-held", HELD.format(gate=str(gate)))
    glue.create_workflow(Name=name)
    start_trigger(glue, name, held, Type="SCHEDULED", Schedule="cron(0 2 * * ? *)",
                  StartOnCreation=True, Tags={"tidemill:overlap": "cancel-other"})
    server.set_clock("2031-03-01T02:00:00Z")
    wait_until(lambda: glue.get_workflow_runs(Name=name)["Runs"], 20)
    server.set_clock("2031-03-02T02:00:00Z")
    wait_until(lambda: len(glue.get_workflow_runs(Name=name)["Runs"]) == 2, 20)
    gate.touch()
    newer, older = wait_for_runs_of_workflow(glue, name, 2)
    assert (newer["Status"], older["Status"]) == ("COMPLETED", "STOPPED")


def test_conditional_trigger_without_a_workflow(server, glue, name, jobs):
    first, second, third = jobs(first="pass", second="pass", third="pass")
    glue.create_trigger(Name=f"{name}-go", Type="ON_DEMAND", Actions=actions(first))
    follow(glue, f"{name}-1", watch((first, "SUCCEEDED")), second)
    follow(glue, f"{name}-2", watch((first, "SUCCEEDED"), (second, "SUCCEEDED")), third)
    glue.start_job_run(JobName=first)  # by hand: nothing follows
    platform.wait_for_runs(server, first)
    glue.start_trigger(Name=f"{name}-go")
    run, = platform.wait_for_runs(server, third)
    assert run["TriggerName"] == f"{name}-2" and "--WORKFLOW_NAME" not in run["Arguments"]
    assert len(platform.runs_of(server, second)) == 1


@pytest.mark.parametrize("given, told", [
    ({"Type": "CONDITIONAL", "Actions": actions("j")}, "Predicate"),
    ({"Type": "CONDITIONAL", "Actions": actions("j"), "Predicate": {"Conditions": [
        {"LogicalOperator": "EQUALS", "CrawlerName": "c", "CrawlState": "SUCCEEDED"}]}}, "crawler"),
    ({"Type": "ON_DEMAND", "Actions": [{"CrawlerName": "c"}]}, "crawler"),
    ({"Type": "ON_DEMAND", "Actions": []}, "Actions"),
    ({"Type": "EVENT", "Actions": actions("j")}, "workflow"),
    ({"Type": "ON_DEMAND", "Actions": actions("j"), "Schedule": "cron(0 2 * * ? *)"}, "Schedule"),
    ({"Type": "ON_DEMAND", "Actions": actions("j"), "EventBatchingCondition": {"BatchSize": 2}},
     "EventBatchingCondition"),
])
def test_bad_triggers_are_refused(glue, name, given, told):
    with refused("InvalidInputException", 400) as seen:
        glue.create_trigger(Name=name, **given)
    assert told in seen.message


def test_batch_size_has_bounds(glue, name):
    glue.create_workflow(Name=name)
    with pytest.raises(glue.exceptions.ClientError):
        start_trigger(glue, name, "j", Type="EVENT", EventBatchingCondition={"BatchSize": 101})
    with pytest.raises(glue.exceptions.ClientError):
        start_trigger(glue, name, "j", Type="EVENT",
                      EventBatchingCondition={"BatchSize": 1, "BatchWindow": 901})


def test_workflow_has_one_start_trigger(glue, name):
    glue.create_workflow(Name=name)
    with refused("InvalidInputException", 400):
        glue.start_workflow_run(Name=name)
    start_trigger(glue, name, "j")
    with refused("InvalidInputException", 400) as seen:
        start_trigger(glue, name, "j", Name=f"{name}-other")
    assert f"{name}-start" in seen.message
    with refused("EntityNotFoundException", 400):
        start_trigger(glue, f"{name}-unknown", "j")


def test_workflows_are_kept_changed_and_deleted(glue, name):
    glue.create_workflow(Name=name, Description="d", MaxConcurrentRuns=3, Tags={"team": "etl"})
    with refused("AlreadyExistsException", 400):
        glue.create_workflow(Name=name)
    listed = glue.list_workflows(MaxResults=1)
    while name not in listed["Workflows"]:
        listed = glue.list_workflows(MaxResults=1, NextToken=listed["NextToken"])
    assert glue.get_tags(ResourceArn=workflow_arn(name))["Tags"] == {"team": "etl"}
    shown = glue.get_workflow(Name=name)["Workflow"]
    assert (shown["Description"], shown["MaxConcurrentRuns"]) == ("d", 3)
    glue.update_workflow(Name=name, DefaultRunProperties={"a": "b"})
    shown = glue.get_workflow(Name=name)["Workflow"]
    assert shown["DefaultRunProperties"] == {"a": "b"} and "MaxConcurrentRuns" not in shown
    trigger = start_trigger(glue, name, "j")
    assert glue.batch_get_triggers(TriggerNames=[trigger, "none"])["TriggersNotFound"] == ["none"]
    assert trigger in glue.list_triggers(DependentJobName=f"{name}-none")["TriggerNames"], "all"
    answer = glue.batch_get_workflows(Names=[name, "none"])
    assert answer["MissingWorkflows"] == ["none"] and len(answer["Workflows"]) == 1
    glue.delete_workflow(Name=name)
    glue.delete_workflow(Name=name)
    with refused("EntityNotFoundException", 400):
        glue.get_workflow(Name=name)
    with refused("EntityNotFoundException", 400):
        glue.get_trigger(Name=trigger)


class Events:
    """A workflow of one job that a bucket's objects start."""

    def __init__(self, server, name, **batching):
        self.server, self.name, self.glue = server, name, server.client("glue")
        self.bucket = platform.make_bucket(server, name)
        self.job = platform.make_job(server, f"{name}-job", "pass")
        self.glue.create_workflow(Name=name)
        self.trigger = start_trigger(self.glue, name, self.job, Type="EVENT",
                                     EventBatchingCondition=batching)
        notify = {"Effect": "Allow", "Action": "glue:notifyEvent", "Resource": workflow_arn(name)}
        role = platform.make_role(server, f"{name}-events", "events.amazonaws.com", notify)
        platform.put_rule(server, name, {"Id": "w", "Arn": workflow_arn(name), "RoleArn": role},
                          pattern={"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}})

    def put(self, *keys):
        for key in keys:
            self.server.client("s3").put_object(Bucket=self.bucket, Key=key, Body=b"x")

    def runs(self, count):
        return wait_for_runs_of_workflow(self.glue, self.name, count)


def test_batch_of_events_starts_one_run(server, name):
    events = Events(server, name, BatchSize=3)
    shown = events.glue.get_trigger(Name=events.trigger)["Trigger"]
    assert shown["EventBatchingCondition"] == {"BatchSize": 3, "BatchWindow": 900}
    events.put("in/1.csv", "in/2.csv")
    assert events.glue.get_workflow_runs(Name=name)["Runs"] == []
    events.put("in/3.csv", "in/4.csv")
    run, = events.runs(1)
    assert run["StartingEventBatchCondition"] == {"BatchSize": 3}
    properties = run["WorkflowRunProperties"]
    ids = properties["aws:eventIds"]
    assert ids[0] == "[" and ids[-1] == "]" and len(ids[1:-1].split(", ")) == 3
    assert json.loads(properties["tidemill:objects"]) == [f"s3://{name}/in/{n}.csv"
                                                          for n in (1, 2, 3)]
    of_job, = platform.runs_of(server, events.job)
    assert of_job["Arguments"]["--trigger_source"] == "event"
    story = server.explain(f"s3://{name}/in/1.csv")
    assert run["WorkflowRunId"] in json.dumps(story)


def test_window_of_a_batch_ends_it(test_mode_server, name):
    server = test_mode_server
    server.set_clock("2031-03-01T00:00:00Z")
    events = Events(server, name, BatchSize=10, BatchWindow=60)
    events.put("a")
    server.set_clock("2031-03-01T00:00:59Z")
    events.put("b")
    assert events.glue.get_workflow_runs(Name=name)["Runs"] == []
    server.set_clock("2031-03-01T00:01:00Z")
    run, = events.runs(1)
    assert run["StartingEventBatchCondition"] == {"BatchWindow": 60}
    assert len(json.loads(run["WorkflowRunProperties"]["tidemill:objects"])) == 2


def test_batch_outlives_the_server(make_server, name):
    server = make_server().start()
    events = Events(server, name, BatchSize=3)
    events.put("1", "2")
    server.kill()
    server.start()
    events.glue = server.client("glue")
    events.put("3")
    run, = events.runs(1)
    assert len(json.loads(run["WorkflowRunProperties"]["tidemill:objects"])) == 3


def test_events_wait_while_the_workflow_is_full(server, name, tmp_path):
    events = Events(server, name, BatchSize=1)
    glue, gate = events.glue, tmp_path / "gate"
    held = platform.make_job(server, f"{name}-held", HELD.format(gate=str(gate)))
    glue.update_workflow(Name=name, MaxConcurrentRuns=1)
    glue.update_trigger(Name=events.trigger, TriggerUpdate={
        "Actions": actions(held), "EventBatchingCondition": {"BatchSize": 1}})
    events.put("1", "2", "3")
    assert len(glue.get_workflow_runs(Name=name)["Runs"]) == 1
    gate.touch()
    runs = events.runs(3)
    assert [json.loads(run["WorkflowRunProperties"]["tidemill:objects"])[0][-1]
            for run in runs] == ["3", "2", "1"]


def test_event_needs_permission_and_a_trigger_that_is_on(server, name):
    events = Events(server, name, BatchSize=1)
    events.glue.stop_trigger(Name=events.trigger)
    events.put("1")
    assert "no trigger of type EVENT" in json.dumps(server.explain(f"s3://{name}/1"))
    assert "no trigger of type EVENT" in server.command("explain", name).stdout
    events.glue.start_trigger(Name=events.trigger)
    server.client("iam").delete_role_policy(RoleName=f"{name}-events", PolicyName="own")
    events.put("2")
    assert "glue:notifyEvent" in json.dumps(server.explain(f"s3://{name}/2"))
    assert events.glue.get_workflow_runs(Name=name)["Runs"] == []


def test_explain_names_workflow_and_trigger(server, glue, name, jobs):
    job = jobs(job="pass")
    glue.create_workflow(Name=name)
    trigger = start_trigger(glue, name, job)
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    wait_for_workflow(glue, name, run_id)
    run, = platform.runs_of(server, job)
    told = server.command("explain", run["Id"]).stdout
    assert f"started by trigger {trigger} of workflow {name} (run {run_id})" in told
    told = server.command("explain", run_id).stdout
    assert f"Run of workflow {name}: COMPLETED." in told and run["Id"] in told


def test_kill_in_the_middle_of_a_workflow(make_server, name, tmp_path):
    server = make_server().start()
    gate = tmp_path / "gate"
    held = platform.make_job(server, f"{name}-held", HELD.format(gate=str(gate)))
    last = platform.make_job(server, f"{name}-last", "pass")
    glue = server.client("glue")
    glue.create_workflow(Name=name)
    start_trigger(glue, name, held)
    follow(glue, f"{name}-then", watch((held, "SUCCEEDED")), last, WorkflowName=name)
    run_id = glue.start_workflow_run(Name=name)["RunId"]
    wait_until(lambda: platform.runs_of(server, held)[0]["JobRunState"] == "RUNNING", 20)
    server.kill()
    gate.touch()
    server.start()
    run = wait_for_workflow(server.client("glue"), name, run_id)
    assert run["Status"] == "COMPLETED" and run["Statistics"]["SucceededActions"] == 2
    assert len(platform.runs_of(server, last)) == 1
    assert server.command("check").returncode == 0


@pytest.mark.parametrize("program", awscli.available())
def test_commands_of_the_guide(make_server, program):
    """Word for word."""
    server = make_server().start()
    aws, glue = awscli.AwsCli(program, server), server.client("glue")
    for job in ("load-sales", "load-customers", "publish-report"):
        platform.make_job(server, job, "pass")
    notify = {"Effect": "Allow", "Action": "glue:notifyEvent", "Resource": "*"}
    platform.make_role(server, "notify-glue", "events.amazonaws.com", notify)
    guide = (TOP / "docs/guides/workflows.md").read_text()
    for block in guide.split("\n```\n")[1::2]:
        aws.shell(block)
    wait_for_runs_of_workflow(glue, "nightly", 1)
    assert len(platform.runs_of(server, "publish-report")) == 1
    bucket = platform.make_bucket(server, "bronze")
    for n in range(3):
        server.client("s3").put_object(Bucket=bucket, Key=f"sales/{n}.csv", Body=b"x")
    wait_for_runs_of_workflow(glue, "sales-files", 1)
