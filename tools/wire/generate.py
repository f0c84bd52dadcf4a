#!/usr/bin/env python3
"""Makes the wire types: C++ structs and descriptor tables from botocore's API models.

Usage: generate.py --operations src/wire/operations.toml --out BUILD/gen/wire/gen
       generate.py --operations … --list      (the file names it would write)

For each service of the list it writes <service>.h (a struct for each shape, an op tag for each
operation) and <service>.cpp (the tables of src/wire/shape.h), services.{h,cpp} that name all, and operations.h
that visits every operation.
Files that would not change are left alone. See docs/internals/wire.md.
"""

import argparse
import pathlib
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.dont_write_bytecode = True

import emit  # noqa: E402
import model  # noqa: E402


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def load_service(name, facts):
    import botocore.loaders

    raw = botocore.loaders.Loader().load_service_model(facts["model"], "service-2")
    return model.Service(name, facts, raw)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--operations", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path)
    arguments.add_argument("--list", action="store_true")
    args = arguments.parse_args()
    with args.operations.open("rb") as file:
        services = tomllib.load(file)
    names = sorted(services)
    if args.list:
        print(";".join(f"{name}{end}" for name in [*names, "services"] for end in (".h", ".cpp"))
              + ";operations.h")
        return
    args.out.mkdir(parents=True, exist_ok=True)
    loaded = [load_service(name, services[name]) for name in names]
    for name, service in zip(names, loaded):
        write_if_changed(args.out / f"{name}.h", emit.header(service))
        write_if_changed(args.out / f"{name}.cpp", emit.tables(service))
    write_if_changed(args.out / "services.h", emit.services_header())
    write_if_changed(args.out / "services.cpp", emit.services_source(names))
    write_if_changed(args.out / "operations.h", emit.operations_header(loaded))


if __name__ == "__main__":
    main()
