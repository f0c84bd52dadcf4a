#!/usr/bin/env python3
"""Reads a JUnit report: prints "PASSED FAILED", or with --failures what failed and why.

A report that isn't there or can't be read counts as nothing passed, nothing failed; ./test takes
that for a failure.
"""

import sys
import xml.etree.ElementTree as ElementTree


def cases_of(path):
    try:
        return list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return []


def failure_of(case):
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return found
    return None


def was_skipped(case):
    return case.find("skipped") is not None or case.get("status") in ("notrun", "disabled")


def reason(case, failure):
    text = (failure.text or "").strip() or (case.findtext("system-out") or "").strip()
    lines = [line for line in text.splitlines() if line.strip()]
    # pytest marks the lines that tell with "E", GoogleTest with "Failure".
    telling = [line for line in lines if line.startswith("E ") or "Failure" in line] or lines[-8:]
    return [failure.get("message", "")[:200]] + telling[:8]


def main():
    arguments = sys.argv[1:]
    cases = cases_of(arguments[-1])
    failed = [(case, failure_of(case)) for case in cases if failure_of(case) is not None]
    if arguments[0] == "--failures":
        for case, failure in failed:
            print(f"{case.get('classname', '')} {case.get('name', '')}")
            for line in reason(case, failure):
                print(f"    {line[:180]}")
        return
    skipped = sum(was_skipped(case) for case in cases)
    print(len(cases) - len(failed) - skipped, len(failed))


if __name__ == "__main__":
    main()
