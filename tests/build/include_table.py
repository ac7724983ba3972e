#!/usr/bin/env python3
"""Holds the includes of the sources and the links between libraries against the tables of docs/architecture.md.

include_table.py [ROOT]: a FAIL line for each breach, or PASS lines.
include_table.py --self-test [ROOT]: plants breaches in a small tree and expects each to be found.
"""
import pathlib
import re
import sys
import tempfile

TOP = ("common", "model", "ps", "worker", "launcher")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def read_tables(root):
    """({floor: floors it may include}, [(foreign header, path prefix that may include it)])"""
    rows, foreign, section = [], [], None
    for line in (root / "docs/architecture.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else None
        if cells is None:
            section = None
        elif cells[0] in ("floor", "header"):
            section = cells[0]
        elif section == "floor" and "`" in cells[0]:
            rows.append((re.findall(r"`([^`]+)`", cells[0]), re.findall(r"`([^`]+)`", cells[2])))
        elif section == "header" and "`" in cells[0]:
            foreign += [(cells[0].strip("`"), cells[1].strip("`"))]
    allowed = {}
    for floors, below in rows:  # from the bottom up, so a row names only rows above it in the table
        for floor in below:
            if floor not in allowed:
                raise SystemExit(f"FAIL docs/architecture.md: `{floor}` is named before its own row")
        reachable = set(floors).union(*(allowed[floor] for floor in below))
        allowed.update({floor: reachable for floor in floors})
    if len(allowed) < 20 or len(foreign) < 3:
        raise SystemExit("FAIL docs/architecture.md: the tables of floors are not where they are expected")
    return allowed, foreign


def floor_of(path, allowed):
    """The floor of a file: its folder."""
    folder = str(pathlib.PurePosixPath(path).parent)
    return folder if folder in allowed else None


def check_sources(root, allowed, foreign):
    problems, files = [], 0
    for top in TOP:
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            files += 1
            name = file.relative_to(root).as_posix()
            floor = floor_of(name, allowed)
            if floor is None:
                problems.append(f"{name}: its folder is no floor of docs/architecture.md")
                continue
            for quoted, angled in INCLUDE.findall(file.read_text(errors="replace")):
                include = quoted or angled
                for header, home in foreign:
                    if re.match(re.escape(header) + r"($|[./])", include) and not name.startswith(home):
                        problems.append(f"{name}: includes {include}, which only {home} may")
                if not quoted:
                    if include.split("/")[0] in TOP and (root / include).exists():
                        problems.append(f"{name}: <{include}> is ours and wants quotes")
                    continue
                if "/" in include and include.split("/")[0] not in TOP:
                    continue  # Highway's, which wants quotes
                target = floor_of(include, allowed)
                if not (root / include).is_file():
                    problems.append(f'{name}: "{include}" is no file of ours, seen from the root')
                elif target is None or target not in allowed[floor]:
                    problems.append(f'{name}: {floor} may not include "{include}"')
    return problems, files


def check_links(root, allowed):
    """shoal_library(NAME FOLDERS ... DEPENDS ...): what a library links must be what its folders may include."""
    text = (root / "CMakeLists.txt").read_text()
    calls = re.findall(r"^shoal_library\(([^)]*)\)", text, re.M)
    libraries = {}
    for call in calls:
        words = call.split()
        fields, field = {"FOLDERS": [], "DEPENDS": [], "PRIVATE": []}, None
        for word in words[1:]:
            if word in fields:
                field = word
            else:
                fields[field].append(word)
        libraries["shoal_" + words[0]] = fields
    problems = []
    for name, fields in libraries.items():
        for folder in fields["FOLDERS"]:
            if folder not in allowed:
                problems.append(f"CMakeLists.txt: {name}: {folder} is no floor of docs/architecture.md")
        for dependency in fields["DEPENDS"] + fields["PRIVATE"]:
            if not dependency.startswith("shoal_"):
                continue
            for folder in libraries[dependency]["FOLDERS"]:
                for own in fields["FOLDERS"]:
                    if folder not in allowed.get(own, ()):
                        problems.append(f"CMakeLists.txt: {name} ({own}) may not link {dependency} ({folder})")
    built = {folder for fields in libraries.values() for folder in fields["FOLDERS"]} | {"launcher"}
    problems += [f"CMakeLists.txt: no library holds the floor {floor}" for floor in sorted(set(allowed) - built)]
    return problems, len(libraries)


def check(root):
    allowed, foreign = read_tables(root)
    sources, files = check_sources(root, allowed, foreign)
    links, libraries = check_links(root, allowed)
    return sources, files, links, libraries


BREACHES = {
    "a layer that knows the network": ("model/layers/a.cc", '#include "ps/client/client.h"'),
    "a kernel that knows graphs": ("model/kernels/a.cc", '#include "model/graph/node.h"'),
    "a server that knows MPI's floor": ("ps/server/a.cc", '  #  include   "common/mpi/mpi.h"'),
    "a worker that knows the store": ("worker/a.cc", '#include "ps/store/store.h"'),
    "a folder without a row": ("model/magic/a.h", "#pragma once"),
    "Asio outside of its header": ("common/net/a.cc", "#include <boost/asio/post.hpp>"),
    "HDF5 outside of common/io": ("model/saving/a.cc", "#include <hdf5.h>"),
    "MPI outside of common/mpi": ("launcher/a.cc", '#include "mpi.h"'),
    "a path that is not from the root": ("common/base/a.cc", '#include "error.h"'),
}
SOUND = {
    "common/base/error.h": "#include <string>\n",
    "common/mpi/mpi.h": "#include <mpi.h>\n",
    "common/net/asio.h": "#include <boost/asio.hpp>\n",
    "model/graph/node.h": "", "ps/client/client.h": "", "ps/store/store.h": "",
    "model/layers/fine.cc": '#include "model/graph/node.h"\n#include "common/base/error.h"\n',
}


def self_test(root):
    """One line per planted breach."""
    def plant(tree, files, cmake=lambda text: text):
        for name, text in {**SOUND, **files}.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(text)
        (tree / "docs").mkdir()
        (tree / "docs/architecture.md").write_text((root / "docs/architecture.md").read_text())
        (tree / "CMakeLists.txt").write_text(cmake((root / "CMakeLists.txt").read_text()))
        sources, _, links, _ = check(tree)
        return sources, links

    def report(what, good):
        print(("PASS " if good else "FAIL ") + "include table: " + what)
        return good

    good = True
    with tempfile.TemporaryDirectory() as folder:
        good &= report("a sound tree has no breach", plant(pathlib.Path(folder), {}) == ([], []))
    for what, (name, text) in BREACHES.items():
        with tempfile.TemporaryDirectory() as folder:
            sources, _ = plant(pathlib.Path(folder), {name: text + "\n"})
            good &= report("finds " + what, len(sources) >= 1 and all(p.startswith(name) for p in sources))
    with tempfile.TemporaryDirectory() as folder:
        bad = lambda text: text.replace("FOLDERS ps/client DEPENDS", "FOLDERS ps/client DEPENDS shoal_model")
        _, links = plant(pathlib.Path(folder), {}, bad)
        good &= report("finds a client that links the model", any("shoal_ps_client" in p for p in links))
    return good


def main():
    arguments = [a for a in sys.argv[1:] if a != "--self-test"]
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parents[2]
    if "--self-test" in sys.argv:
        sys.exit(0 if self_test(root) else 1)
    sources, files, links, libraries = check(root)
    for problem in sources + links:
        print("FAIL " + problem)
    if files < 20 or libraries < 15:
        print(f"FAIL include table: only {files} sources and {libraries} libraries found")
        sys.exit(1)
    if not sources:
        print(f"PASS include table: {files} sources")
    if not links:
        print(f"PASS include table: {libraries} libraries")
    sys.exit(1 if sources or links else 0)


if __name__ == "__main__":
    main()
