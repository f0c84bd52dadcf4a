"""Daily sales: one CSV file of the bronze bucket becomes JSON lines in the silver bucket.

Plain Python and boto3. When a rule starts the job, --bucket and --object_key name the file that
landed; started by hand or by a schedule, it works through every file under sales/.

A file's silver object is named after the file, so processing a file twice gives the same object
once. Lines that make no sense are counted and reported, and never fail the whole file.
"""

import csv
import io
import json
import sys
from decimal import Decimal, InvalidOperation

import boto3

PREFIX = "sales/"
COLUMNS = ("order_id", "order_date", "product_id", "quantity", "unit_price", "region")


def arguments(argv):
    """["--env", "dev", …] as {"env": "dev", …}."""
    names, values = argv[::2], argv[1::2]
    return {name.removeprefix("--"): value for name, value in zip(names, values)}


class SalesEtl:
    def __init__(self, args):
        self.args = args
        self.env = args.get("env", "dev")
        self.bronze = args.get("bucket", f"data-lake-{self.env}-bronze")
        self.silver = f"data-lake-{self.env}-silver"
        self.s3 = boto3.client("s3")

    def run(self):
        for key in self.keys():
            rows, refused = self.transform(self.extract(key))
            target = self.load(key, rows)
            print(f"s3://{self.bronze}/{key}: {len(rows)} rows to s3://{self.silver}/{target}")
            for line, reason in refused:
                print(f"s3://{self.bronze}/{key}, line {line}: {reason}", file=sys.stderr)

    def keys(self):
        """The file that started this run, or every file that is there."""
        if "object_key" in self.args:
            return [self.args["object_key"]]
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bronze, Prefix=PREFIX)
        found = (item["Key"] for page in pages for item in page.get("Contents", []))
        return [key for key in found if key.endswith(".csv")]

    def extract(self, key):
        body = self.s3.get_object(Bucket=self.bronze, Key=key)["Body"]
        reader = csv.DictReader(io.StringIO(body.read().decode("utf-8")))
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"s3://{self.bronze}/{key} has no column {', '.join(missing)}")
        return [(reader.line_num, row) for row in reader]

    def transform(self, records):
        """Typed rows with their amount, and (line, reason) of what is refused."""
        rows, refused, seen = [], [], set()
        for line, record in records:
            try:
                quantity = int(record["quantity"])
                price = Decimal(record["unit_price"])
            except (TypeError, ValueError, InvalidOperation):
                refused.append((line, "quantity or unit_price is no number"))
                continue
            if quantity <= 0:
                refused.append((line, f"quantity is {quantity}"))
            elif record["order_id"] in seen:
                refused.append((line, f"order {record['order_id']} is there twice"))
            else:
                seen.add(record["order_id"])
                rows.append({name: record[name] for name in COLUMNS}
                            | {"quantity": quantity, "unit_price": float(price),
                               "amount": float(quantity * price)})
        return rows, refused

    def load(self, key, rows):
        target = key.removesuffix(".csv") + ".jsonl"
        body = "".join(json.dumps(row) + "\n" for row in rows)
        self.s3.put_object(Bucket=self.silver, Key=target, Body=body.encode("utf-8"),
                           ContentType="application/x-ndjson")
        return target


if __name__ == "__main__":
    given = arguments(sys.argv[1:])
    print(f"{given.get('JOB_RUN_ID', 'local')} started by {given.get('trigger_source', 'hand')}")
    SalesEtl(given).run()
