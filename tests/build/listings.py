#!/usr/bin/env python3
"""listings.py FOLDER: writes every complete C++ listing of README.md and docs/guide.md (those with a main) to FOLDER,
with a CMakeLists.txt that builds them against the installed package. Prints: name, "run" or "compile", place."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
folder = pathlib.Path(sys.argv[1])
names = []
for page in ("README.md", "docs/guide.md"):
    text = (ROOT / page).read_text()
    for match in re.finditer(r"^```cpp\n(.*?)^```$", text, re.M | re.S):
        code = match.group(1)
        if "int main(" not in code:
            continue
        name = f"listing_{len(names) + 1}"
        names.append(name)
        (folder / f"{name}.cc").write_text(code)
        download = re.search(r"datasets::(mnist|cifar10)::", code)
        print(name, "compile" if download else "run", f"{page}:{text.count(chr(10), 0, match.start()) + 1}")
(folder / "CMakeLists.txt").write_text(
    "cmake_minimum_required(VERSION 3.25)\nproject(listings CXX)\nfind_package(shoal REQUIRED)\n"
    "add_compile_options(-Wall -Wextra -Wpedantic)\n"
    + "".join(f"add_executable({n} {n}.cc)\ntarget_link_libraries({n} PRIVATE shoal::shoal)\n" for n in names))
