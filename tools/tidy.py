#!/usr/bin/env python3
"""Keeps the tree as CONTRIBUTING.md says: format, include rule, lengths, coroutine rules, links.

    tidy.py [--junit FILE]

Every check looks at the whole tree and prints what breaks it; the last line is
"N passed, N failed".
"""

import argparse
import ast
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import include_rule

TOP = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
TEXT = {".h", ".cpp", ".py", ".sh", ".md", ".txt", ".toml", ".json", ".cmake", ".in", ".yml"}


def tree():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True).stdout
    paths = [TOP / name for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if path.is_file()]


FILES = tree()
NAME = {path: path.relative_to(TOP).as_posix() for path in FILES}
CPP = [path for path in FILES if path.suffix in (".h", ".cpp")]
PYTHON = [path for path in FILES if path.suffix == ".py"]


def shell_scripts():
    for path in FILES:
        if path.suffix == ".sh":
            yield path
        elif not path.suffix and path.read_bytes().startswith(b"#!/usr/bin/env bash"):
            yield path


def texts():
    scripts = set(shell_scripts())
    for path in FILES:
        if path.suffix in TEXT or path.name in ("CMakeLists.txt", "Makefile") or path in scripts:
            yield path, path.read_text(encoding="utf-8", errors="replace")


def check_format():
    formatter = shutil.which("clang-format-19")
    if formatter is None:
        return ["clang-format-19 is not installed (tools/install.sh test)"]
    command = [formatter, "--dry-run", "--Werror", "--ferror-limit=1", *map(str, CPP)]
    result = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
    found = re.findall(r"^(\S+?):(\d+):.*clang-formatted", result.stderr, re.MULTILINE)
    if result.returncode and not found:
        return [result.stderr[:500]]  # It says so in words that we don't know.
    return [f"{Path(path).relative_to(TOP)}:{line}: not formatted" for path, line in found]


def check_includes():
    return include_rule.check(TOP / "src")


def check_file_length():
    code = {".h", ".cpp", ".py", ".sh"}
    counted = ((path, text.count("\n")) for path, text in texts() if path.suffix in code)
    return [
        f"{NAME[path]}: {lines} lines, at most {FILE_LINES_MAX}"
        for path, lines in counted
        if lines > FILE_LINES_MAX
    ]


# Namespaces are not indented, so a function opens at column 0, or at 2 inside a class.
OPENS = re.compile(r"^( {0,2})(?! )(?!namespace|class|struct|enum|union|extern|\}|//|#)\S.*\{$")


def cpp_functions(lines):
    """(first line, number of lines), by indentation: clang-format has seen to that."""
    start, indent = None, ""
    for number, line in enumerate(lines, 1):
        if start is None:
            opened = OPENS.match(line)
            if opened:
                start, indent = number, opened.group(1)
        elif line.startswith(indent + "}"):
            yield start, number - start + 1
            start = None


def check_function_length():
    found = []
    for path in CPP:
        if path.name.endswith("_vectors.h"):  # a table of test data
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        for start, length in cpp_functions(lines):
            if length > FUNCTION_LINES_MAX and "R\"" not in "".join(lines[start : start + 3]):
                found.append(f"{NAME[path]}:{start}: {length} lines, at most {FUNCTION_LINES_MAX}")
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = node.end_lineno - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    found.append(f"{NAME[path]}:{node.lineno}: {length} lines")
    return found


def check_todo():
    word = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b(?!\(#\d+\))")
    return [
        f"{NAME[path]}:{number}: a {found.group(1)} needs an issue number: (#123)"
        for path, text in texts()
        if path.suffix != ".md"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := word.search(line)) and "mktemp" not in line and "mkstemp" not in line
    ]


STRINGS = re.compile(
    r'//[^\n]*|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL
)
CAPTURING = re.compile(r"(?<![\w\])])\[(?!\[)[^\]\[]*[&=\w][^\]\[]*\]\s*[({m]")
CAPTURING_TASK = re.compile(
    r"\[[^\]\[]*[&=\w][^\]\[]*\]\s*\([^()]*\)\s*(mutable\s*)?->\s*Task<"
)


def blanked(text):
    """Without comments and literals, every newline in its place."""
    return STRINGS.sub(lambda found: '""' + "\n" * found.group(0).count("\n"), text)


def awaited(text, start):
    """The expression that follows a co_await at `start`."""
    depth = 0
    for position in range(start, len(text)):
        character = text[position]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        if depth < 0 or (depth == 0 and character in ";,"):
            return text[start:position]
    return text[start:]


def check_coroutines():
    found = []
    for path in CPP:
        text = blanked(path.read_text(encoding="utf-8"))
        for match in re.finditer(r"\bco_await\b", text):
            expression = awaited(text, match.end())
            where = f"{NAME[path]}:{text.count(chr(10), 0, match.start()) + 1}"
            if CAPTURING.search(expression):
                found.append(f"{where}: name the capturing lambda before the co_await")
            elif re.search(r"[({,\w>]\s*\{\s*[^\s}]", expression):
                found.append(f"{where}: name the {{…}} aggregate before the co_await")
        for match in CAPTURING_TASK.finditer(text):
            body = awaited(text, match.end())
            if re.search(r"\bco_(await|return|yield)\b", body):
                where = f"{NAME[path]}:{text.count(chr(10), 0, match.start()) + 1}"
                found.append(f"{where}: a capturing lambda must not be a coroutine")
    return found


def check_headers():
    return [
        f"{NAME[path]}: a header opens with what it is (///)"
        for path in CPP
        if path.suffix == ".h" and not path.read_text(encoding="utf-8").startswith("//")
    ]


# In pieces, so that this file doesn't hold what it looks for.
PLACES = re.compile(
    r"(?<![\w.])/(?:work|home/\w+|root)/"
    r"|\b(?:[a-z]+\.)*(?:pypi|pythonhosted|npmjs|golang|crates)\.(?:org|com|io)\b"
    r"|\bdeb\.debian\.org\b"
)


def check_places():
    return [
        f"{NAME[path]}:{number}: a path or host of somebody's machine: {found.group(0)}"
        for path, text in texts()
        if path.name != "tidy.py"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := PLACES.search(line))
    ]


def check_whitespace():
    found = []
    for path, text in texts():
        if text and not text.endswith("\n"):
            found.append(f"{NAME[path]}: no newline at the end")
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip() and path.suffix != ".md":
                found.append(f"{NAME[path]}:{number}: blanks at the end of the line")
            if "\t" in line and path.name != "Makefile" and path.suffix in {".h", ".cpp", ".py"}:
                found.append(f"{NAME[path]}:{number}: a tab")
    return found


def check_shell():
    found = []
    for path in shell_scripts():
        result = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
        if result.returncode != 0:
            found.append(f"{NAME[path]}: {result.stderr.strip()}")
    if shutil.which("shellcheck"):
        names = [str(path.relative_to(TOP)) for path in shell_scripts()]
        command = ["shellcheck", "-x", "-f", "gcc", *names]
        result = subprocess.run(command, cwd=TOP, capture_output=True, text=True)
        found += result.stdout.splitlines()
    return found


def check_links():
    found = []
    for path in FILES:
        if path.suffix != ".md":
            continue
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"", text):
            link = target[0] or target[1]
            if "://" not in link and not (path.parent / link).exists():
                found.append(f"{NAME[path]}: the link to {link} leads nowhere")
    return found


def check_map():
    """ARCHITECTURE.md says what each folder of src/ is for."""
    text = (TOP / "ARCHITECTURE.md").read_text(encoding="utf-8")
    folders = {name.split("/")[1] for name in NAME.values() if re.match(r"src/\w+/", name)}
    return [
        f"ARCHITECTURE.md doesn't name src/{folder}/"
        for folder in sorted(folders)
        if not re.search(rf"`(src/)?{folder}/`", text)
    ]


CHECKS = [
    check_format,
    check_includes,
    check_file_length,
    check_function_length,
    check_todo,
    check_coroutines,
    check_headers,
    check_places,
    check_whitespace,
    check_shell,
    check_links,
    check_map,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--junit")
    junit = parser.parse_args().junit
    suite, failed = ElementTree.Element("testsuite", name="tidy"), 0
    for check in CHECKS:
        name = check.__name__.removeprefix("check_")
        found = check()
        print(f"{name}: {'ok' if not found else ''}")
        print("".join(f"  {line}\n" for line in found), end="")
        case = ElementTree.SubElement(suite, "testcase", classname="tidy", name=name)
        if found:
            failed += 1
            message = f"{len(found)} found"
            ElementTree.SubElement(case, "failure", message=message).text = "\n".join(found)
    if junit:
        ElementTree.ElementTree(suite).write(junit, encoding="unicode")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
