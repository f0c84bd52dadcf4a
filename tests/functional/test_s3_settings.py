"""What is kept of a bucket beside its objects, and AWS's answers where there is nothing."""

import datetime

import pytest
from support import platform
from support.errors import refused

NOTHING = [
    ("get_bucket_policy", "NoSuchBucketPolicy"),
    ("get_bucket_cors", "NoSuchCORSConfiguration"),
    ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
    ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
    ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ("get_bucket_tagging", "NoSuchTagSet"),
]
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def plain(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@pytest.mark.parametrize(("call", "code"), NOTHING)
def test_not_set(s3, bucket, call, code):
    with refused(code, 404) as seen:
        getattr(s3, call)(Bucket=bucket)
    assert seen.error["BucketName"] == bucket


def test_what_a_new_bucket_has(s3, bucket):
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert encryption["Rules"] == [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
        }
    ]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == ALL_BLOCKED
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert plain(s3.get_bucket_accelerate_configuration(Bucket=bucket)) == {}
    assert plain(s3.get_bucket_logging(Bucket=bucket)) == {}
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"


def test_encryption(s3, bucket):
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms",
                "KMSMasterKeyID": "alias/lake",
            },
            "BucketKeyEnabled": True,
        }
    ]
    wanted = {"Rules": rules}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=wanted)
    answer = s3.get_bucket_encryption(Bucket=bucket)
    assert answer["ServerSideEncryptionConfiguration"] == wanted
    s3.delete_bucket_encryption(Bucket=bucket)
    answer = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    by_default = answer["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert by_default == {"SSEAlgorithm": "AES256"}
    for wrong in [{"Rules": rules * 2}, {"Rules": []}]:
        with refused("MalformedXML", 400):
            s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=wrong)


def test_public_access_block(s3, bucket):
    some = {"BlockPublicAcls": True, "BlockPublicPolicy": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=some)
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(ALL_BLOCKED, False) | some
    for _ in range(2):
        s3.delete_public_access_block(Bucket=bucket)
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)


def test_ownership(s3, bucket, name):
    preferred = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=preferred)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == preferred
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=bucket)
    with refused("MalformedXML", 400):
        wrong = {"Rules": [{"ObjectOwnership": "Nobody"}]}
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=wrong)
    s3.create_bucket(Bucket=name + "-w", ObjectOwnership="ObjectWriter")
    controls = s3.get_bucket_ownership_controls(Bucket=name + "-w")["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "ObjectWriter"}]


def policy_of(bucket, **more):
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return platform.policy(statement | more)


def test_policy(s3, bucket):
    # Another action than those of this test, so that the policy stands in nobody's way.
    text = policy_of(bucket, Action="s3:PutBucketWebsite")
    answer = s3.put_bucket_policy(Bucket=bucket, Policy=text)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == text
    for _ in range(2):
        s3.delete_bucket_policy(Bucket=bucket)
    with refused("NoSuchBucketPolicy", 404, "The bucket policy does not exist"):
        s3.get_bucket_policy(Bucket=bucket)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        (policy_of("another"), "Policy has invalid resource"),
        (policy_of("x", Effect="Perhaps"), None),
    ],
)
def test_policies_that_aws_refuses(s3, bucket, text, message):
    with refused("MalformedPolicy", 400, message):
        s3.put_bucket_policy(Bucket=bucket, Policy=text)


def test_cors(s3, bucket):
    wanted = {
        "CORSRules": [
            {
                "ID": "one",
                "AllowedHeaders": ["*"],
                "AllowedMethods": ["GET", "PUT"],
                "AllowedOrigins": ["https://*.example.com", "http://localhost"],
                "ExposeHeaders": ["ETag"],
                "MaxAgeSeconds": 300,
            },
            {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"]},
        ]
    }
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=wanted)
    assert plain(s3.get_bucket_cors(Bucket=bucket)) == wanted
    s3.delete_bucket_cors(Bucket=bucket)
    with refused("NoSuchCORSConfiguration", 404):
        s3.get_bucket_cors(Bucket=bucket)
    with refused("InvalidRequest", 400):
        wrong = {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}
        s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=wrong)


def test_lifecycle(s3, bucket):
    when = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    tags = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]
    rules = [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "logs/", "Tags": tags, "ObjectSizeGreaterThan": 10}},
            "Expiration": {"Days": 30},
            "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
        },
        {
            "ID": "parts",
            "Status": "Disabled",
            "Filter": {},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
        {"ID": "once", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Date": when}},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert answer["Rules"] == rules
    assert answer["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"
    del rules[0]["ID"]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={"Rules": rules[:1]},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert answer["Rules"][0]["ID"]
    assert answer["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration", 404):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Expiration": {"Days": 0}}, "InvalidArgument"),
        ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML"),
        ({"Status": "enabled"}, "MalformedXML"),
        ({"Prefix": "both"}, "MalformedXML"),
        ({"ID": "x" * 256}, "InvalidArgument"),
        ({"Expiration": None}, "InvalidRequest"),
    ],
)
def test_lifecycles_that_aws_refuses(s3, bucket, change, code):
    rule = {"ID": "a", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}} | change
    rule = {name: value for name, value in rule.items() if value is not None}
    with refused(code, 400):
        wrong = {"Rules": [rule]}
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=wrong)


def test_acl(s3, bucket):
    answer = s3.get_bucket_acl(Bucket=bucket)
    owner = answer["Owner"]["ID"]
    grantee = {"ID": owner, "Type": "CanonicalUser"}
    assert answer["Grants"] == [{"Grantee": grantee, "Permission": "FULL_CONTROL"}]
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    same = {"Owner": {"ID": owner}, "Grants": answer["Grants"]}
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=same)
    with refused("AccessControlListNotSupported", 400):
        s3.put_bucket_acl(Bucket=bucket, ACL="public-read")


@pytest.mark.parametrize("sub", ["encryption", "publicAccessBlock", "cors", "lifecycle"])
def test_wrong_xml(signer, bucket, sub):
    answer = signer.send("PUT", f"/{bucket}", b"<Wrong/>", query=f"{sub}=")
    assert (answer.status, answer.code()) == (400, "MalformedXML")


def test_settings_end_with_their_bucket(fresh_server):
    s3 = fresh_server.client("s3")
    s3.create_bucket(Bucket="again")
    s3.put_bucket_policy(Bucket="again", Policy=policy_of("again", Action="s3:PutBucketWebsite"))
    fresh_server.restart()
    s3 = fresh_server.client("s3")
    assert s3.get_bucket_policy(Bucket="again")["Policy"]
    s3.delete_bucket(Bucket="again")
    s3.create_bucket(Bucket="again")
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket="again")


def test_settings_of_an_unknown_bucket(s3, name):
    with refused("NoSuchBucket", 404):
        s3.get_bucket_encryption(Bucket=name)
    with refused("NoSuchBucket", 404):
        s3.delete_bucket_cors(Bucket=name)
