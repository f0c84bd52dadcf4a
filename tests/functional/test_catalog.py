"""The Glue data catalog: databases, tables, partitions, by boto3."""

import json

import pytest
from support import platform
from support.errors import refused
from support.waiting import wait_until

COLUMNS = [{"Name": "id", "Type": "bigint"}, {"Name": "name", "Type": "string", "Comment": "c"}]


@pytest.fixture
def database(glue, name):
    name = name.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": name})
    return name


def table_input(name, *keys, **more):
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
        "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys],
        "StorageDescriptor": {
            "Columns": COLUMNS,
            "Location": f"s3://silver/{name}/",
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "SerdeInfo": {"SerializationLibrary": "parquet", "Parameters": {"a": "b"}},
        },
    } | more


def by_day(glue, database):
    """A table partitioned by year and region."""
    given = table_input("sales", ("year", "int"), ("region", "string"))
    glue.create_table(DatabaseName=database, TableInput=given)
    return {"DatabaseName": database, "TableName": "sales"}


def partition(*values):
    return {"Values": list(values), "StorageDescriptor": {
        "Columns": COLUMNS, "Location": f"s3://silver/sales/{'/'.join(values)}/"}}


def test_database_is_kept_changed_and_deleted(glue, name):
    given = {"Name": name.upper(), "Description": "d", "LocationUri": "s3://silver/",
             "Parameters": {"owner": "etl"}}
    glue.create_database(DatabaseInput=given, Tags={"team": "etl"})
    shown = glue.get_database(Name=name)["Database"]
    assert shown["Name"] == name and shown["CatalogId"] == platform.ACCOUNT
    assert {key: shown[key] for key in ("Description", "LocationUri", "Parameters")} == {
        key: given[key] for key in ("Description", "LocationUri", "Parameters")}
    arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:database/{name}"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "etl"}
    with refused("AlreadyExistsException", 400, "Database already exists."):
        glue.create_database(DatabaseInput={"Name": name})
    glue.update_database(Name=name, DatabaseInput={"Name": name, "Description": "e"})
    changed = glue.get_database(Name=name, CatalogId=platform.ACCOUNT)["Database"]
    assert changed["Description"] == "e" and "LocationUri" not in changed
    assert changed["CreateTime"] == shown["CreateTime"]
    glue.create_table(DatabaseName=name, TableInput=table_input("t"))
    glue.delete_database(Name=name)
    with refused("EntityNotFoundException", 400, f"Database {name} not found."):
        glue.get_table(DatabaseName=name, Name="t")
    with refused("EntityNotFoundException", 400):
        glue.delete_database(Name=name)
    glue.create_database(DatabaseInput={"Name": name})
    assert glue.get_tables(DatabaseName=name)["TableList"] == []


def test_another_accounts_catalog_is_not_found(glue, database):
    with refused("EntityNotFoundException", 400):
        glue.get_database(Name=database, CatalogId="111111111111")


def test_databases_are_listed_in_pages(glue, name):
    names = [f"{name}-{n}" for n in range(3)]
    for one in names:
        glue.create_database(DatabaseInput={"Name": one})
    pages = list(glue.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 2}))
    listed = [d["Name"] for page in pages for d in page["DatabaseList"]]
    assert [n for n in listed if n in names] == names and len(pages) > 1


def test_table_comes_back_as_it_was_given(server, glue, database):
    given = table_input("Sales", ("day", "date"), Description="d", Owner="o")
    glue.create_table(DatabaseName=database.upper(), TableInput=given)
    shown = glue.get_table(DatabaseName=database, Name="SALES")["Table"]
    assert shown["Name"] == "sales" and shown["DatabaseName"] == database
    for member in ("TableType", "Parameters", "PartitionKeys", "StorageDescriptor", "Description",
                   "Owner"):
        assert shown[member] == given[member], member
    assert shown["VersionId"] == "0" and shown["CatalogId"] == platform.ACCOUNT
    assert shown["CreatedBy"].startswith("arn:aws:iam::") and shown["CreateTime"]
    with refused("AlreadyExistsException", 400, "Table already exists."):
        glue.create_table(DatabaseName=database, TableInput=given)
    with refused("EntityNotFoundException", 400, "Table none not found."):
        glue.get_table(DatabaseName=database, Name="none")
    with refused("InvalidInputException", 400):
        glue.create_table(DatabaseName=database, Name="x")


def test_catalog_outlives_the_server(make_server):
    server = make_server().start()
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "silver"})
    place = by_day(glue, "silver")
    glue.create_partition(**place, PartitionInput=partition("2024", "eu"))
    server.kill()
    glue = server.start().client("glue")
    assert glue.get_table(DatabaseName="silver", Name="sales")["Table"]["VersionId"] == "0"
    assert len(glue.get_partitions(**place)["Partitions"]) == 1


def test_update_made_from_an_old_version_is_refused(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input("t"))
    first = table_input("t", Description="first")
    glue.update_table(DatabaseName=database, TableInput=first, VersionId="0")
    text = "Update table failed due to concurrent modifications."
    with refused("ConcurrentModificationException", 400, text):
        glue.update_table(DatabaseName=database, TableInput=table_input("t"), VersionId="0")
    # The answer was lost: the same again is no conflict, and no further version.
    glue.update_table(DatabaseName=database, TableInput=first, VersionId="0")
    shown = glue.get_table(DatabaseName=database, Name="t")["Table"]
    assert (shown["Description"], shown["VersionId"]) == ("first", "1")
    glue.update_table(DatabaseName=database, TableInput=table_input("t", Description="any"))
    assert glue.get_table(DatabaseName=database, Name="t")["Table"]["VersionId"] == "2"


def test_iceberg_commit_replaces_the_pointer_that_it_read(glue, database):
    def pointer(now, before=None):
        parameters = {"table_type": "ICEBERG", "metadata_location": now}
        if before:
            parameters["previous_metadata_location"] = before
        return table_input("ice", Parameters=parameters)

    glue.create_table(DatabaseName=database, TableInput=pointer("s3://m/1"))
    glue.update_table(DatabaseName=database, TableInput=pointer("s3://m/2", "s3://m/1"),
                      SkipArchive=True)
    with refused("ConcurrentModificationException", 400):
        glue.update_table(DatabaseName=database, TableInput=pointer("s3://m/3", "s3://m/1"))
    versions = glue.get_table_versions(DatabaseName=database, TableName="ice")["TableVersions"]
    assert [v["VersionId"] for v in versions] == ["1"], "none was archived"


def test_versions_of_a_table(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input("t", Description="0"))
    for n in (1, 2, 3):
        glue.update_table(DatabaseName=database, TableInput=table_input("t", Description=str(n)))
    where = {"DatabaseName": database, "TableName": "t"}
    page = glue.get_table_versions(**where, MaxResults=3)
    rest = glue.get_table_versions(**where, NextToken=page["NextToken"])
    shown = [(v["VersionId"], v["Table"]["Description"])
             for v in page["TableVersions"] + rest["TableVersions"]]
    assert shown == [(str(n), str(n)) for n in (3, 2, 1, 0)] and "NextToken" not in rest
    old = glue.get_table_version(**where, VersionId="1")["TableVersion"]
    assert old["Table"]["Description"] == "1"
    with refused("EntityNotFoundException", 400):
        glue.get_table_version(**where, VersionId="17")


def test_tables_are_listed_by_expression_and_in_pages(glue, database):
    for one in ("sales_2023", "sales_2024", "returns"):
        glue.create_table(DatabaseName=database, TableInput=table_input(one))

    def listed(**more):
        return [t["Name"] for t in glue.get_tables(DatabaseName=database, **more)["TableList"]]

    assert listed() == ["returns", "sales_2023", "sales_2024"]
    assert listed(Expression="sales_.*") == ["sales_2023", "sales_2024"]
    assert listed(Expression="sales") == []
    page = glue.get_tables(DatabaseName=database, MaxResults=2)
    assert len(page["TableList"]) == 2
    assert listed(NextToken=page["NextToken"]) == ["sales_2024"]
    with refused("InvalidInputException", 400):
        listed(Expression="sales_(")
    answer = glue.batch_delete_table(DatabaseName=database, TablesToDelete=["returns", "none"])
    assert [e["ErrorDetail"]["ErrorCode"] for e in answer["Errors"]] == ["EntityNotFoundException"]
    glue.delete_table(DatabaseName=database, Name="sales_2023")
    assert listed() == ["sales_2024"]
    with refused("EntityNotFoundException", 400):
        glue.delete_table(DatabaseName=database, Name="sales_2023")


def test_partition_is_kept_changed_and_deleted(glue, database):
    place = by_day(glue, database)
    glue.create_partition(**place, PartitionInput=partition("2024", "eu"))
    shown = glue.get_partition(**place, PartitionValues=["2024", "eu"])["Partition"]
    assert shown["Values"] == ["2024", "eu"] and shown["TableName"] == "sales"
    assert shown["StorageDescriptor"] == partition("2024", "eu")["StorageDescriptor"]
    with refused("AlreadyExistsException", 400, "Partition already exists."):
        glue.create_partition(**place, PartitionInput=partition("2024", "eu"))
    with refused("InvalidInputException", 400, "number of partition"):
        glue.create_partition(**place, PartitionInput=partition("2024"))
    glue.update_partition(**place, PartitionValueList=["2024", "eu"],
                          PartitionInput=partition("2025", "eu"))
    with refused("EntityNotFoundException", 400, "Cannot find partition."):
        glue.get_partition(**place, PartitionValues=["2024", "eu"])
    glue.delete_partition(**place, PartitionValues=["2025", "eu"])
    with refused("EntityNotFoundException", 400):
        glue.delete_partition(**place, PartitionValues=["2025", "eu"])


def test_batches_of_partitions_tell_each_failure(glue, database):
    place = by_day(glue, database)
    glue.create_partition(**place, PartitionInput=partition("2024", "eu"))
    inputs = [partition("2024", "eu"), partition("2024", "us"), partition("2024")]
    errors = glue.batch_create_partition(**place, PartitionInputList=inputs)["Errors"]
    assert [(e["PartitionValues"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        (["2024", "eu"], "AlreadyExistsException"), (["2024"], "InvalidInputException")]
    answer = glue.batch_get_partition(**place, PartitionsToGet=[
        {"Values": ["2024", "us"]}, {"Values": ["2024", "cn"]}])
    assert [p["Values"] for p in answer["Partitions"]] == [["2024", "us"]]
    assert answer["UnprocessedKeys"] == [{"Values": ["2024", "cn"]}]
    errors = glue.batch_delete_partition(**place, PartitionsToDelete=[
        {"Values": ["2024", "us"]}, {"Values": ["2024", "cn"]}])["Errors"]
    assert [e["PartitionValues"] for e in errors] == [["2024", "cn"]]
    assert [p["Values"] for p in glue.get_partitions(**place)["Partitions"]] == [["2024", "eu"]]


def test_partitions_are_filtered_segmented_and_paged(glue, database):
    place = by_day(glue, database)
    inputs = [partition(str(year), region) for year in range(2019, 2025)
              for region in ("eu", "us", "it's")]
    assert glue.batch_create_partition(**place, PartitionInputList=inputs)["Errors"] == []

    def found(expression, **more):
        pages = glue.get_paginator("get_partitions").paginate(
            **place, Expression=expression, PaginationConfig={"PageSize": 4}, **more)
        return [tuple(p["Values"]) for page in pages for p in page["Partitions"]]

    assert len(found("")) == 18
    assert found("year = 2024 AND region in ('eu', 'us')") == [("2024", "eu"), ("2024", "us")]
    assert len(found("year between 2020 and 2022 and not region = 'eu'")) == 6
    assert len(found("year >= 2023 or region like 'e%'")) == 10
    assert found("region = 'it''s' and year < 2020") == [("2019", "it's")]
    parts = [found("", Segment={"SegmentNumber": n, "TotalSegments": 3}) for n in range(3)]
    assert sorted(sum(parts, [])) == sorted(found("")) and all(parts)
    lean = glue.get_partitions(**place, ExcludeColumnSchema=True, MaxResults=1)["Partitions"][0]
    assert "Columns" not in lean["StorageDescriptor"] and lean["StorageDescriptor"]["Location"]
    for bad in ("month = 1", "year = 'x'", "year ="):
        with refused("InvalidInputException", 400, "Unsupported expression"):
            glue.get_partitions(**place, Expression=bad)


def test_partition_indexes_are_shown(glue, database):
    glue.create_table(DatabaseName=database, TableInput=table_input("t", ("year", "int")),
                      PartitionIndexes=[{"IndexName": "by_year", "Keys": ["year"]}])
    shown = glue.get_partition_indexes(DatabaseName=database, TableName="t")
    assert shown["PartitionIndexDescriptorList"] == [
        {"IndexName": "by_year", "Keys": [{"Name": "year", "Type": "int"}], "IndexStatus": "ACTIVE"}]


def test_changes_are_events(server, glue, database, name):
    queue = server.client("sqs").create_queue(QueueName=name, Attributes={"Policy": platform.policy(
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
         "Action": "sqs:SendMessage", "Resource": "*"})})["QueueUrl"]
    platform.put_rule(server, name, {"Id": "q", "Arn": platform.queue_arn(name)},
                      pattern={"source": ["aws.glue"], "detail": {"databaseName": [database]}})
    place = by_day(glue, database)
    glue.batch_create_partition(**place, PartitionInputList=[partition("2024", "eu")])
    glue.delete_table(DatabaseName=database, Name="sales")
    told = []

    def received():
        answer = server.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        told.extend(json.loads(m["Body"]) for m in answer.get("Messages", []))
        return len(told) == 3

    wait_until(received, 20)
    kinds = [(e["detail-type"].split()[3], e["detail"]["typeOfChange"]) for e in told]
    assert sorted(kinds) == [("Database", "CreateTable"), ("Database", "DeleteTable"),
                             ("Table", "BatchCreatePartition")]
    changed, = (e for e in told if e["detail"]["typeOfChange"] == "BatchCreatePartition")
    assert changed["detail"]["changedPartitions"] == ["[2024, eu]"]
    assert changed["resources"] == [
        f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:table/{database}/sales"]


def test_policies_name_databases_and_tables(server, glue, database, name):
    glue.create_table(DatabaseName=database, TableInput=table_input("open"))
    glue.create_table(DatabaseName=database, TableInput=table_input("shut"))
    arn = f"arn:aws:glue:us-east-1:{platform.ACCOUNT}:table/{database}/open"
    allow = {"Effect": "Allow", "Action": "glue:GetTable", "Resource": arn}
    _, key = platform.make_user(server, name, allow)
    reader = server.client("glue", credentials=key)
    assert reader.get_table(DatabaseName=database, Name="open")["Table"]["Name"] == "open"
    with refused("AccessDeniedException"):
        reader.get_table(DatabaseName=database, Name="shut")
