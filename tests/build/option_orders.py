#!/usr/bin/env python3
"""The guide's table of options names every field of every struct in it, in the order of declaration.

option_orders.py [--write]: PASS or FAIL lines; with --write the table is made from the headers.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guide.md"


def structs():
    """{name: fields} of every struct ...Options in the headers of the API, in order of path."""
    found = {}
    for header in sorted((ROOT / "model").rglob("*.h")):
        if header.parent.name in ("plan", "saving") and header.name != "load_model.h":
            continue
        for name, body in re.findall(r"^struct (\w*Options) \{\n(.*?)^\};", header.read_text(), re.M | re.S):
            body = re.sub(r"//.*", "", body)
            declarations = [re.sub(r"\s+", " ", d).strip() for d in body.split(";")]
            fields = []
            for declaration in declarations:
                match = re.match(r"^[\w:<>, &()*]+[>\w)] (\w+)( = .*|\{.*\})?$", declaration)
                if match:
                    fields.append(match.group(1))
                elif declaration:
                    sys.exit(f"FAIL options: {header}: cannot read '{declaration}' in {name}")
            found["datasets::Options" if name == "Options" else name] = fields
    return found


def rows(found):
    return [f"| `{name}` | {' '.join(f'`{field}`' for field in fields)} |" for name, fields in found.items()]


def main():
    found = structs()
    text = GUIDE.read_text()
    head, table = text.split("| struct | fields, in order |\n|---|---|\n")
    expected = rows(found)
    if "--write" in sys.argv:
        GUIDE.write_text(head + "| struct | fields, in order |\n|---|---|\n" + "\n".join(expected) + "\n")
        return
    if len(found) < 10 or "epochs" not in found.get("FitOptions", []):
        sys.exit(f"FAIL options: only {len(found)} structs found")
    written = table.strip().splitlines()
    wrong = [row for row in expected if row not in written] + [row for row in written if row not in expected]
    for row in wrong:
        print(f"FAIL options: docs/guide.md and the headers differ: {row} (tests/build/option_orders.py --write)")
    if wrong:
        sys.exit(1)
    print(f"PASS options: the order of {len(found)} structs in docs/guide.md")


if __name__ == "__main__":
    main()
