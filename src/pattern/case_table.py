#!/usr/bin/env python3
"""Writes case_table.inc: upper and lower case of every character of the Basic Multilingual Plane,
one by one, without locale or context (Unicode's full mappings, e.g. "ß" -> "SS").

Usage: case_table.py > case_table.inc
"""
import unicodedata


def runs(mapping):
    """Groups {character: mapped character} into (first, last, step, distance)."""
    out = []
    for c in sorted(mapping):
        distance = mapping[c] - c
        if out and out[-1][3] == distance:
            first, last, step, _ = out[-1]
            if (first == last and c - last in (1, 2)) or (first != last and c - last == step):
                out[-1] = (first, c, c - last, distance)
                continue
        out.append((c, c, 1, distance))
    return out


def utf8(text):
    return "".join(f"\\x{b:02x}" for b in text.encode())


def main():
    print("// Made by case_table.py from Unicode", unicodedata.unidata_version + "; don't edit.")
    plain = {"lower": {}, "upper": {}}
    special = {"lower": {}, "upper": {}}
    for c in list(range(0xD800)) + list(range(0xE000, 0x10000)):
        for name in plain:
            mapped = getattr(chr(c), name)()
            if mapped == chr(c):
                continue
            (plain if len(mapped) == 1 else special)[name][c] = ord(mapped) if len(mapped) == 1 else mapped
    for name in plain:
        print(f"constexpr CaseRun {name}_runs[] = {{")
        row = "   "
        for first, last, step, distance in runs(plain[name]):
            item = f" {{0x{first:x}, 0x{last:x}, {step}, {distance}}},"
            if len(row) + len(item) > 100:
                print(row)
                row = "   "
            row += item
        print(row)
        print("};")
        print(f"constexpr CaseText {name}_texts[] = {{")
        for c, mapped in sorted(special[name].items()):
            print(f'    {{0x{c:x}, "{utf8(mapped)}"}},')
        print("};")


main()
