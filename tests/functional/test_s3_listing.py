"""Listings: prefixes, delimiters, pages, in both versions."""

import pytest
from support.errors import refused

TREE = ["a", "a/1", "a/2", "a/b/1", "a/b/2", "b", "c/1", "c/2", "d", "ü/1"]


@pytest.fixture
def tree(s3, bucket):
    for key in TREE:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def both(answer):
    keys = [item["Key"] for item in answer.get("Contents", [])]
    return keys, [item["Prefix"] for item in answer.get("CommonPrefixes", [])]


CASES = {
    "all": ({}, TREE, []),
    "prefix": ({"Prefix": "a/"}, ["a/1", "a/2", "a/b/1", "a/b/2"], []),
    "delimiter": ({"Delimiter": "/"}, ["a", "b", "d"], ["a/", "c/", "ü/"]),
    "below": ({"Prefix": "a/", "Delimiter": "/"}, ["a/1", "a/2"], ["a/b/"]),
    "half a prefix": ({"Prefix": "a/b", "Delimiter": "/"}, [], ["a/b/"]),
    "other delimiter": ({"Delimiter": "1"}, ["a", "a/2", "a/b/2", "b", "c/2", "d"],
                        ["a/1", "a/b/1", "c/1", "ü/1"]),
    "nothing": ({"Prefix": "zz"}, [], []),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2"])
def test_listing(s3, tree, case, call):
    asked, keys, prefixes = CASES[case]
    answer = getattr(s3, call)(Bucket=tree, **asked)
    assert both(answer) == (keys, prefixes)
    assert answer["IsTruncated"] is False and answer["Name"] == tree
    assert answer["MaxKeys"] == 1000 and answer["Prefix"] == asked.get("Prefix", "")
    if call == "list_objects_v2":
        assert answer["KeyCount"] == len(keys) + len(prefixes)
    for item in answer.get("Contents", []):
        assert item["Size"] == len(item["Key"].encode()) and item["ETag"].startswith('"')
        assert item["StorageClass"] == "STANDARD"
        assert ("Owner" in item) == (call == "list_objects")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2"])
def test_pages_give_everything_once(s3, tree, size, delimiter, call):
    asked = {"Bucket": tree, **({"Delimiter": delimiter} if delimiter else {})}
    keys, prefixes = [], []
    pages = list(s3.get_paginator(call).paginate(**asked, PaginationConfig={"PageSize": size}))
    for page in pages:
        some_keys, some_prefixes = both(page)
        assert len(some_keys) + len(some_prefixes) <= size
        keys += some_keys
        prefixes += some_prefixes
    assert (keys, prefixes) == CASES["delimiter" if delimiter else "all"][1:]


def test_version_2_markers(s3, tree):
    answer = s3.list_objects_v2(Bucket=tree, StartAfter="a/b/1")
    assert both(answer)[0] == TREE[4:] and answer["StartAfter"] == "a/b/1"
    first = s3.list_objects_v2(Bucket=tree, MaxKeys=2)
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(
        Bucket=tree, MaxKeys=2, ContinuationToken=token, StartAfter="zz"
    )
    assert both(second)[0] == TREE[2:4] and second["ContinuationToken"] == token
    assert "StartAfter" not in second
    assert "Owner" in s3.list_objects_v2(Bucket=tree, FetchOwner=True)["Contents"][0]


def test_version_1_markers(s3, tree):
    answer = s3.list_objects(Bucket=tree, Marker="a/2", MaxKeys=2)
    assert both(answer)[0] == ["a/b/1", "a/b/2"] and answer["Marker"] == "a/2"
    assert answer["IsTruncated"] is True and "NextMarker" not in answer
    assert s3.list_objects(Bucket=tree, Delimiter="/", MaxKeys=1)["NextMarker"] == "a"
    inside = s3.list_objects(Bucket=tree, Delimiter="/", Marker="a/b/1")
    assert both(inside) == (["b", "d"], ["c/", "ü/"])


def test_max_keys_zero(s3, tree):
    answer = s3.list_objects_v2(Bucket=tree, MaxKeys=0)
    assert both(answer) == ([], []) and answer["IsTruncated"] is False


def test_bad_tokens(s3, signer, tree):
    for token in ("", "nonsense"):
        with refused("InvalidArgument", 400, "The continuation token provided is incorrect"):
            s3.list_objects_v2(Bucket=tree, ContinuationToken=token)
    answer = signer.send("GET", f"/{tree}", query="max-keys=many")
    assert (answer.status, answer.code()) == (400, "InvalidArgument")


def test_encoding_is_done_only_where_it_is_asked(signer, tree):
    assert "<Key>ü/1</Key>" in signer.send("GET", f"/{tree}").text
    encoded = signer.send("GET", f"/{tree}", query="encoding-type=url&list-type=2")
    assert "<Key>%C3%BC/1</Key>" in encoded.text
    assert "<EncodingType>url</EncodingType>" in encoded.text
