"""Test companies: pytest with pytest-xdist, by the code of docs/guide/pytest.md as it stands there."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

from common import Env, Report, need
from pages import write_files

env = Env("rest")
need("pytest", "pip install pytest pytest-xdist")
need("xdist", "pip install pytest-xdist")
r = Report("pytest")


def companies():
    with urllib.request.urlopen(f"{env.base}/sidegate/v1/demo/companies", timeout=30) as answer:
        return json.load(answer)


def run(*arguments):
    """Runs the page's tests; the exit code and what pytest said."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments],
                          cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


with tempfile.TemporaryDirectory() as folder:
    names = write_files("pytest.md", folder)
    r.check("the page has fixtures and tests", names == ["conftest.py", "test_departments.py"], str(names))
    before = r.step("list the test companies", companies)
    for name, arguments, workers in (("one process", (), 1), ("four workers", ("-n", "4", "-vv"), 4)):
        code, said = run(*arguments)
        passed = re.search(r"(\d+) passed", said)
        r.check(f"{name}: its 8 tests pass", code == 0 and passed and passed[1] == "8", "" if code == 0 else said[-600:])
        if workers > 1:
            seen = set(re.findall(r"\[(gw\d+)\]", said))
            r.check(f"{name}: more than one of them worked", len(seen) > 1, str(sorted(seen)))
        r.check(f"{name}: they leave no company behind", companies() == before)
    # A mistake in the fixture's use is seen: without a reset the second test finds what the first one made.
    conftest = pathlib.Path(folder) / "conftest.py"
    conftest.write_text(re.sub(r"return control\(\"POST\", f\"/\{worker_company.*", "return worker_company", conftest.read_text()))
    code, said = run()
    meet = code == 1 and "1 passed" in said and "7 failed" in said
    r.check("without the reset the tests meet each other", meet, "" if meet else said[-600:])
r.done()
