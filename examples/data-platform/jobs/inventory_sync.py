"""Stock: each JSON file under inventory/updates/ of the bronze bucket, a list of
{"product": …, "stock": …}, is merged into one silver object; for a product that is in several, the
file that was written last counts. Working through a file twice changes nothing.
"""

import json
import sys

import boto3

PREFIX, SUFFIX = "inventory/updates/", ".json"
TARGET = "inventory/stock.jsonl"


def arguments(argv):
    """["--env", "dev", …] as {"env": "dev", …}."""
    names, values = argv[::2], argv[1::2]
    return {name.removeprefix("--"): value for name, value in zip(names, values)}


def main(args):
    lake = f"data-lake-{args.get('env', 'dev')}"
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=f"{lake}-bronze", Prefix=PREFIX)
    files = [item for page in pages for item in page.get("Contents", [])]
    files = [file for file in files if file["Key"].endswith(SUFFIX)]
    stock = {}
    for file in sorted(files, key=lambda file: (file["LastModified"], file["Key"])):
        body = s3.get_object(Bucket=f"{lake}-bronze", Key=file["Key"])["Body"].read()
        stock |= {row["product"]: row["stock"] for row in json.loads(body)}
    lines = [json.dumps({"product": name, "stock": stock[name]}) + "\n" for name in sorted(stock)]
    s3.put_object(Bucket=f"{lake}-silver", Key=TARGET, Body="".join(lines).encode("utf-8"))
    print(f"{len(files)} files, {len(stock)} products to s3://{lake}-silver/{TARGET}")


if __name__ == "__main__":
    main(arguments(sys.argv[1:]))
