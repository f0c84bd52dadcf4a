"""The names of the program's failpoints, from the list that it checks itself by."""

import re

from support.server import TOP


def failpoint_names():
    text = (TOP / "src/base/failpoint.cpp").read_text()
    table = text[text.index("all_names[]") :]
    names = re.findall(r'^ *"([a-z_.]+)",?$', table[: table.index("};")], re.MULTILINE)
    assert len(names) > 20, "the list has another form now"
    return names
