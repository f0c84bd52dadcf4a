#!/usr/bin/env python3
"""Who may include whom in src/ (ARCHITECTURE.md, "Folders"); prints what breaks the rule.

    include_rule.py [SRC]

Each folder names the folders that it stands on; what those stand on comes with them. Files with
wider rights, and who may name a third-party library, are listed below with the reason.
"""

import re
import sys
from pathlib import Path

STANDS_ON = {
    "base": [],
    "io": ["base"],
    "http": ["io"],
    "wire": ["http"],
    "pattern": ["base"],
    "calendar": ["base"],
    "terraform": ["base"],
    "store": ["io"],
    "iam": ["store"],
    "events": ["store", "pattern", "calendar", "iam", "http"],
    "schedule": ["events"],
    "s3": ["events"],
    "glue": ["events"],
    "sqs": ["events"],
    "sns": ["events"],
    "logs": ["events"],
    "metrics": ["events"],
    "ssm": ["events"],
    "secretsmanager": ["events"],
    "cloudtrail": ["iam"],
    "explain": ["events"],
    "console": ["events", "wire"],
    "server": ["*"],
    "cli": ["*"],
}

# The wire in a service's folder: only where operations become calls (api*.h, api*.cpp) ...
WIRE_FILES = re.compile(r"api\w*\.(h|cpp)$")
# ... and where the service gives the wire what it asks for.
WIRE_HEADERS_FOR_ALL = {
    "wire/auth.h",  # the interfaces that iam implements: keys and decisions
    "wire/audit.h",  # as auth.h: what cloudtrail is told
    "wire/cors.h",  # as auth.h: what s3 answers browsers
    "wire/observer.h",  # as auth.h: what s3 measures of its requests
    "wire/sigv4.h",  # pure signing, without the protocols
}

LIBRARIES = {
    "boost/asio/": {"base", "io", "http", "wire", "store"},  # store resumes who waits for a commit
    "boost/": {"base", "io", "http", "wire"},
    "openssl/": {"base", "io", "http", "wire"},
    "simdjson": {"base", "io", "http", "wire", "pattern"},
    "pugixml": {"wire"},
    "re2/": {"wire", "logs", "pattern", "glue", "ssm"},
    "sqlite3.h": {"store", "cli"},  # cli names its version
    "toml++/": {"server"},
    "CLI/": {"cli"},
    "isa-l": {"base"},
}

INCLUDE = re.compile(r'^#include (?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def closure(folder, seen=None):
    seen = set() if seen is None else seen
    for below in STANDS_ON.get(folder, []):
        if below not in seen:
            seen.add(below)
            closure(below, seen)
    return seen


def check_own(path, folder, included):
    other = included.split("/")[0]
    if "/" not in included or other == folder:
        return None
    reach = closure(folder)
    if "*" in reach or other in reach or other == "pch":
        return None
    if other == "wire" and "iam" in {folder, *reach}:
        return wire_verdict(path, included)
    return f"{folder}/ may not include {other}/ ({included})"


def wire_verdict(path, included):
    if WIRE_FILES.match(path.name) or included in WIRE_HEADERS_FOR_ALL:
        return None
    if path.name.endswith("_test.cpp"):
        return None
    return f"only api*.cpp may include the wire ({included})"


def check_library(folder, included):
    for prefix, folders in LIBRARIES.items():
        if included.startswith(prefix):
            if folder in folders:
                return None
            return f"<{included}> belongs behind {', '.join(sorted(folders))}"
    return None


def find_cycle(graph):
    """A list of files that include one another in a circle, or None."""
    state = {}

    def visit(node, trail):
        state[node] = "open"
        for following in graph.get(node, []):
            if state.get(following) == "open":
                return [*trail[trail.index(following) :], following] if following in trail else None
            if following not in state:
                found = visit(following, [*trail, following])
                if found:
                    return found
        state[node] = "done"
        return None

    for node in sorted(graph):
        if node not in state:
            found = visit(node, [node])
            if found:
                return found
    return None


def check(src):
    """Every breach as "file: what"."""
    sys.setrecursionlimit(10000)
    breaches, graph = [], {}
    for path in sorted([*src.rglob("*.h"), *src.rglob("*.cpp")]):
        name = path.relative_to(src).as_posix()
        folder = name.split("/")[0] if "/" in name else ""
        if folder and folder not in STANDS_ON:
            breaches.append(f"{name}: tools/include_rule.py doesn't know the folder {folder}/")
            continue
        graph[name] = []
        for own, library in INCLUDE.findall(path.read_text(encoding="utf-8")):
            if own and (src / own).exists():
                graph[name].append(own)
            if not folder:
                continue  # main.cpp and the precompiled header
            breach = check_own(path, folder, own) if own else check_library(folder, library)
            if breach:
                breaches.append(f"{name}: {breach}")
    cycle = find_cycle(graph)
    if cycle:
        breaches.append("a circle of includes: " + " -> ".join(cycle))
    return breaches


if __name__ == "__main__":
    found = check(Path(sys.argv[1] if len(sys.argv) > 1 else "src"))
    print("\n".join(found) if found else "the include rule holds")
    sys.exit(1 if found else 0)
