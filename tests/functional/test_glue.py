"""Glue: job definitions, and runs from their start to every way that they can end."""

import os

import pytest
from support import platform
from support.errors import refused
from support.waiting import wait_until

SLEEP = "import time\nprint('began', flush=True)\ntime.sleep(600)\n"


def definition(name, **more):
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{name}/job.py", "PythonVersion": "3"}
    return {"Name": name, "Role": f"{name}-role", "Command": command} | more


def test_life_of_a_job(glue, name):
    given = definition(
        name, Description="d", DefaultArguments={"--a": "1"}, MaxRetries=1, Timeout=5,
        GlueVersion="5.0", WorkerType="G.1X", NumberOfWorkers=2,
        ExecutionProperty={"MaxConcurrentRuns": 3},
    )
    assert glue.create_job(**given, Tags={"team": "a"})["Name"] == name
    job = glue.get_job(JobName=name)["Job"]
    assert {key: job[key] for key in given} == given
    assert name in glue.list_jobs()["JobNames"]
    assert name in [one["Name"] for one in glue.get_jobs()["Jobs"]]
    batch = glue.batch_get_jobs(JobNames=[name, "absent"])
    assert batch["JobsNotFound"] == ["absent"] and batch["Jobs"][0]["Name"] == name
    arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:job/{name}"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "a"}
    with refused("AlreadyExistsException", 400):
        glue.create_job(**given)
    update = {"Role": "other", "Command": given["Command"]}
    glue.update_job(JobName=name, JobUpdate=update)
    job = glue.get_job(JobName=name)["Job"]
    assert job["Role"].endswith("other") and "Description" not in job, "an update replaces all"
    glue.delete_job(JobName=name)
    glue.delete_job(JobName=name)  # no error for what isn't there
    with refused("EntityNotFoundException", 400):
        glue.get_job(JobName=name)


def test_defaults_of_a_job(glue, name):
    glue.create_job(**definition(name, GlueVersion="4.0"))
    job = glue.get_job(JobName=name)["Job"]
    assert job["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
    assert job["Timeout"] == 2880 and job["MaxRetries"] == 0
    assert job["CreatedOn"] and job["LastModifiedOn"]


def test_unknown_names(glue, name):
    for call in (glue.start_job_run, glue.get_job_runs):
        with refused("EntityNotFoundException", 400):
            call(JobName=name)
    glue.create_job(**definition(name))
    with refused("EntityNotFoundException", 400):
        glue.get_job_run(JobName=name, RunId="jr_" + "0" * 64)


def test_arguments_are_merged_as_glue_does(server, glue, name):
    job = platform.make_job(
        server, name, "import sys\nprint(sys.argv[1:])\n",
        DefaultArguments={"--a": "default", "--b": "default", "--c": "default"},
        NonOverridableArguments={"--c": "fixed"},
    )
    given = {"--b": "run's", "--c": "run's", "--d": "has blanks, 'quotes' and ü"}
    run_id = glue.start_job_run(JobName=job, Arguments=given)["JobRunId"]
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "SUCCEEDED", run
    output = wait_until(
        lambda: "".join(platform.messages_of(server, "/aws-glue/jobs/output", run_id)), 20
    )
    argv = eval(output)  # a list of texts that our own job printed
    told = dict(zip(argv[::2], argv[1::2]))
    expected = {"--a": "default", "--b": "run's", "--c": "fixed", "--d": given["--d"]}
    expected |= {"--JOB_NAME": job, "--JOB_RUN_ID": run_id}
    assert expected.items() <= told.items(), told
    assert "--TempDir" in told
    assert "--bucket" not in told


def test_fields_of_a_finished_run(server, glue, name):
    job = platform.make_job(server, name, "pass\n", GlueVersion="4.0", Timeout=7)
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "SUCCEEDED" and run["Attempt"] == 0
    assert run["StartedOn"] <= run["LastModifiedOn"] and run["StartedOn"] <= run["CompletedOn"]
    assert run["ExecutionTime"] >= 0 and run["Timeout"] == 7 and run["GlueVersion"] == "4.0"
    assert run["LogGroupName"] == "/aws-glue/jobs" and "ErrorMessage" not in run


FAILURES = {
    "raise ValueError('no such day')\n": "ValueError: no such day",
    "import sys\nsys.exit('bad input')\n": "SystemExit: bad input",
    "import sys\nsys.exit(3)\n": "3",
    "def broken(:\n": "SyntaxError",
    "import no_such_module\n": "No module named 'no_such_module'",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n": "SIGKILL",
}


@pytest.mark.parametrize("script", FAILURES, ids=range(len(FAILURES)))
def test_script_that_fails(server, glue, name, script):
    job = platform.make_job(server, name, script)
    run = platform.wait_for_run(server, job, glue.start_job_run(JobName=job)["JobRunId"])
    assert run["JobRunState"] == "FAILED"
    assert FAILURES[script] in run["ErrorMessage"], run["ErrorMessage"]


def test_traceback_is_in_the_error_log(server, glue, name):
    job = platform.make_job(server, name, "def f():\n    raise ValueError('no')\nf()\n")
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    platform.wait_for_run(server, job, run_id)
    text = wait_until(
        lambda: "\n".join(platform.messages_of(server, "/aws-glue/jobs/error", run_id)), 20
    )
    assert "Traceback (most recent call last)" in text and "ValueError: no" in text


def test_missing_script(server, glue, name):
    job = platform.make_job(server, name, "pass\n")
    server.client("s3").delete_object(Bucket=f"{name}-scripts", Key="job.py")
    run = platform.wait_for_run(server, job, glue.start_job_run(JobName=job)["JobRunId"])
    assert run["JobRunState"] == "FAILED" and "job.py" in run["ErrorMessage"]


def test_python_that_is_not_there(make_server, name):
    server = make_server("--python", "/no/such/python3").start()
    job = platform.make_job(server, name, "pass\n")
    run_id = server.client("glue").start_job_run(JobName=job)["JobRunId"]
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "FAILED" and "/no/such/python3" in run["ErrorMessage"]


def test_role_that_glue_may_not_assume(server, glue, name):
    job = platform.make_job(server, name, "pass\n")
    server.client("iam").update_assume_role_policy(
        RoleName=f"{name}-role", PolicyDocument=platform.trust("events.amazonaws.com")
    )
    run = platform.wait_for_run(server, job, glue.start_job_run(JobName=job)["JobRunId"])
    assert run["JobRunState"] == "FAILED" and f"{name}-role" in run["ErrorMessage"]


def pids_of(marker):
    """Processes whose environment or arguments hold `marker`."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    if marker.encode() in file.read():
                        found.append(int(entry))
            except OSError:
                continue
    return found


def test_stop_ends_the_whole_process_group(server, glue, name):
    script = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', '{name}-child'])\n"
        "time.sleep(600)\n"
    )
    job = platform.make_job(server, name, script)
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    wait_until(lambda: pids_of(f"{name}-child"), 20)
    answer = glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id, "jr_" + "0" * 64])
    assert [one["JobRunId"] for one in answer["SuccessfulSubmissions"]] == [run_id]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert platform.wait_for_run(server, job, run_id)["JobRunState"] == "STOPPED"
    wait_until(lambda: not pids_of(f"{name}-child"), 10)


def test_stop_kills_what_ignores_it(server, glue, name):
    script = f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n{SLEEP}"
    job = platform.make_job(server, name, script)
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    wait_until(lambda: platform.messages_of(server, "/aws-glue/jobs/output", run_id), 20)
    glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    assert platform.wait_for_run(server, job, run_id, 30)["JobRunState"] == "STOPPED"


@pytest.mark.timeout(150)
def test_timeout(server, glue, name):
    job = platform.make_job(server, name, SLEEP)
    run_id = glue.start_job_run(JobName=job, Timeout=1)["JobRunId"]
    assert platform.wait_for_run(server, job, run_id, 100)["JobRunState"] == "TIMEOUT"


def test_too_many_runs_at_once(server, glue, name):
    job = platform.make_job(server, name, SLEEP, ExecutionProperty={"MaxConcurrentRuns": 1})
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    with refused("ConcurrentRunsExceededException", 400, f"Concurrent runs exceeded for {job}"):
        glue.start_job_run(JobName=job)
    glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    platform.wait_for_run(server, job, run_id)
    glue.batch_stop_job_run(
        JobName=job, JobRunIds=[glue.start_job_run(JobName=job)["JobRunId"]]
    )


def test_job_made_again_counts_the_runs_that_are_still_open(server, glue, name):
    job = platform.make_job(server, name, SLEEP, ExecutionProperty={"MaxConcurrentRuns": 1})
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    known = glue.get_job(JobName=job)["Job"]
    glue.delete_job(JobName=job)
    glue.create_job(Name=job, **{key: known[key] for key in ("Role", "Command")})
    with refused("ConcurrentRunsExceededException", 400):
        glue.start_job_run(JobName=job)
    glue.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    platform.wait_for_run(server, job, run_id)
    glue.batch_stop_job_run(
        JobName=job, JobRunIds=[glue.start_job_run(JobName=job)["JobRunId"]]
    )


def test_retries(server, glue, name):
    job = platform.make_job(server, name, "raise SystemExit(1)\n", MaxRetries=2)
    glue.start_job_run(JobName=job)
    runs = platform.wait_for_runs(server, job, 3)
    assert sorted(run["Attempt"] for run in runs) == [0, 1, 2]
    assert {run["JobRunState"] for run in runs} == {"FAILED"}


def test_runs_are_listed_newest_first_in_pages(server, glue, name):
    job = platform.make_job(server, name, "pass\n")
    ids = [glue.start_job_run(JobName=job)["JobRunId"] for _ in range(5)]
    platform.wait_for_runs(server, job, 5)
    first = glue.get_job_runs(JobName=job, MaxResults=2)
    assert [run["Id"] for run in first["JobRuns"]] == ids[:2:-1]
    assert [run["Id"] for run in platform.runs_of(server, job)] == ids[::-1]


def test_python_shell_logs_elsewhere(server, glue, name):
    command = {"Name": "pythonshell", "PythonVersion": "3.9",
               "ScriptLocation": f"s3://{name}-scripts/job.py"}
    job = platform.make_job(server, name, "print('in a shell')\n", Command=command)
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    platform.wait_for_run(server, job, run_id)
    wait_until(
        lambda: platform.messages_of(server, "/aws-glue/python-jobs/output", run_id)
        == ["in a shell"],
        20,
    )


def test_extra_py_files(server, glue, name):
    job = platform.make_job(
        server, name, "import helper\nhelper.hello()\n",
        DefaultArguments={"--extra-py-files": f"s3://{name}-scripts/lib/helper.py"},
    )
    server.client("s3").put_object(
        Bucket=f"{name}-scripts", Key="lib/helper.py", Body=b"def hello():\n    print('hello')\n"
    )
    run_id = glue.start_job_run(JobName=job)["JobRunId"]
    run = platform.wait_for_run(server, job, run_id)
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")


def test_bad_definitions(glue, name):
    with refused("InvalidInputException", 400):
        glue.create_job(**definition(name, Command={"Name": "no-such-command"}))
    with refused("InvalidInputException", 400):
        glue.create_job(**definition(name, Timeout=999999))
