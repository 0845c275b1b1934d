"""The code of a guide's page as files (our own code; standard library only).

A fenced block whose first lines name a file (`# conftest.py`, `// sidegate.js`, `// tests/A.php` after `<?php`)
is that file.
"""
import pathlib
import re
import textwrap

GUIDES = pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide"
BLOCK = re.compile(r"^(?P<indent> *)```(?:python|js|php)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)
NAME = re.compile(r"^(?:#|//) (?P<name>[\w./-]+\.\w+)$", re.M)


def write_files(page, folder):
    """Writes the page's files into the folder and gives their names."""
    names = []
    for block in BLOCK.finditer((GUIDES / page).read_text()):
        code = textwrap.dedent(block["code"])
        name = NAME.search("\n".join(code.splitlines()[:2]))
        if name:
            file = pathlib.Path(folder) / name["name"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(code)
            names.append(name["name"])
    return names
