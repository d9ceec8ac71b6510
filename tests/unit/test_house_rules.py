"""The size, shape and layering rules of CONTRIBUTING.md, each shown to catch an offender."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import isroutine
from pathlib import Path

import pytest

import yrdecon as yd

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE, LONGEST_FUNCTION, USUAL_FUNCTION, MOST_OPTIONS = 300, 60, 30, 4
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
KERNEL_ROOTS = {"numpy", "scipy", "numba", "yrdecon"}
OPEN_KEYWORDS = {"Panel.assign": "the keywords are names of new columns"}
HEAVY = {
    "docx",
    "esda",
    "formulaic",
    "libpysal",
    "linearmodels",
    "maketables",
    "matplotlib",
    "mplfonts",
    "nbclient",
    "nbconvert",
    "nbformat",
    "openpyxl",
    "pandera",
    "pyarrow",
    "pydantic",
    "pyfixest",
    "pytask",
    "python_calamine",
    "rich",
    "seaborn",
    "spreg",
    "statsmodels",
    "typer",
    "typst",
}
NOT_OURS = ("tests/golden/own/",)
BINARY = {".docx", ".pdf", ".png", ".xlsx", ".zip"}


@dataclass(frozen=True)
class Source:
    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.text)

    @property
    def parts(self) -> tuple[str, ...]:
        return Path(self.path).with_suffix("").parts


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def tracked_files() -> tuple[str, ...]:
    """Return what git tracks; every file outside hidden and built folders where there is no git."""
    command = ["git", "ls-files"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8")
        found = listed.stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        found = [
            (Path(folder) / name).relative_to(ROOT).as_posix()
            for folder, _, names in os.walk(ROOT)
            if not re.search(r"[/\\](\.(?!ci)|__pycache__|_?build|dist)", folder[len(str(ROOT)) :])
            for name in names
            if name not in ("uv.lock", "pytask.lock")
        ]
    return tuple(sorted(f for f in found if (ROOT / f).is_file() and not f.startswith(NOT_OURS)))


def sources(*roots: str) -> list[Source]:
    names = [f for f in tracked_files() if f.endswith(".py") and f.startswith(tuple(f"{r}/" for r in roots))]
    return [Source(name, (ROOT / name).read_text(encoding="utf-8")) for name in names]


def functions(source: Source) -> list[ast.FunctionDef]:
    return [n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def public_functions(source: Source) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in source.tree.body:
        holders = [node, *node.body] if isinstance(node, ast.ClassDef) else [node]
        owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for n in holders:
            if isinstance(n, ast.FunctionDef) and not f"{owner}{n.name}".startswith("_") and n.name[0] != "_":
                yield f"{owner}{n.name}", n


def code_lines(source: Source, function: ast.FunctionDef) -> int:
    """Count lines that are neither blank, comment nor docstring."""
    first = function.body[0]
    text = range(first.lineno, first.end_lineno + 1) if ast.get_docstring(function) is not None else range(0)
    lines = source.text.splitlines()
    body = (lines[i - 1].strip() for i in range(function.lineno, function.end_lineno + 1) if i not in text)
    return sum(bool(line) and not line.startswith("#") for line in body)


def long_files(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > LONGEST_FILE:
        yield f"{source.path} has {lines} lines"


def long_functions(source: Source) -> Iterator[str]:
    for function in functions(source):
        if (lines := code_lines(source, function)) > LONGEST_FUNCTION:
            yield f"{source.path}:{function.name} has {lines} code lines"


def forbidden_names(source: Source) -> Iterator[str]:
    yield from (f"{source.path} says nothing: {part}" for part in source.parts if part in FORBIDDEN_NAMES)


def open_keywords(source: Source) -> Iterator[str]:
    for name, function in public_functions(source):
        if function.args.kwarg and name not in OPEN_KEYWORDS:
            yield f"{source.path}:{name} takes **{function.args.kwarg.arg}"


def many_options(source: Source) -> Iterator[str]:
    for name, function in public_functions(source):
        if len(function.args.kwonlyargs) > MOST_OPTIONS:
            yield f"{source.path}:{name} has {len(function.args.kwonlyargs)} options"


def untold_functions(source: Source) -> Iterator[str]:
    for name, function in public_functions(source):
        if not ast.get_docstring(function):
            yield f"{source.path}:{name} has no docstring"


def loose_results(source: Source) -> Iterator[str]:
    for name, function in public_functions(source):
        given = function.returns
        if isinstance(given, ast.Subscript) and isinstance(given.slice, ast.Tuple):
            if ast.unparse(given.value) == "tuple" and len(given.slice.elts) > 2:
                yield f"{source.path}:{name} returns {ast.unparse(given)}"


def imported_modules(source: Source) -> Iterator[tuple[str, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (("." * node.level + (node.module or ""), alias.name) for alias in node.names)


def relative_imports(source: Source) -> Iterator[str]:
    yield from (f"{source.path} imports {m} relatively" for m, _ in imported_modules(source) if m.startswith("."))


def private_imports(source: Source) -> Iterator[str]:
    own = ".".join(source.parts[:-1]) + "."
    for module, name in imported_modules(source):
        whole = f"{module}.{name}".rstrip(".")
        is_private = any(re.match(r"_[^_]", part) for part in whole.split("."))
        if module.startswith("yrdecon") and is_private and not whole.startswith(own):
            yield f"{source.path} imports {whole}"


def kernels_beyond_arrays(source: Source) -> Iterator[str]:
    for module, _ in imported_modules(source):
        root = module.split(".")[0]
        if root not in KERNEL_ROOTS | {"__future__"} and root not in sys.stdlib_module_names:
            yield f"{source.path} imports {module}"


def heavy_imports(source: Source) -> Iterator[str]:
    """Name heavy libraries imported when the module is, not when its function runs."""
    if source.path == "yrdecon/cli.py":
        return
    for node in source.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            roots = {m.split(".")[0] for m, _ in imported_modules(Source(source.path, ast.unparse(node)))}
            yield from (f"{source.path} imports {root} at the top" for root in sorted(roots & HEAVY))


def more_than_exports(source: Source) -> Iterator[str]:
    """Name statements of an __init__ that are neither docstring, import, __all__ nor __version__.

    The names of a package are exported together: ``from m import *`` with ``__all__ += m.__all__``.
    """
    names: set[str] = set()
    stated: set[str] | None = None
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom):
            packages = node.module == "yrdecon" and source.parts == ("yrdecon", "__init__")
            everything = str(node.module).removeprefix("yrdecon.") + ".__all__"
            found = {everything if alias.name == "*" else alias.asname or alias.name for alias in node.names}
            names |= set() if packages else found
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node) == "__all__: list[str] = []":
            stated = set()
        elif isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "__all__":
            stated = (stated or set()) | {ast.unparse(node.value)}
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            stated = set(ast.literal_eval(node.value))
        elif not (is_text(node) or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__")):
            yield f"{source.path}:{node.lineno} does more than re-export: {ast.unparse(node)[:40]}"
    if names != (stated or set()):
        yield f"{source.path}: __all__ and the imports differ in {sorted(names ^ (stated or set()))}"


def is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def foreign_places(source: Source) -> Iterator[str]:
    """Name folders of one machine and hosts of package registries."""
    folders = "|".join(["work", "tmp", "home", "root", "mnt", "Users", "opt"])
    hosts = "|".join(["pypi" + r"\.", "python" + r"hosted\.", "npm" + r"js\.", "proxy" + r"\.golang", "/simp" + "le/"])
    pattern = re.compile(rf"(?<![\w.:/~-])/(?:{folders})/[\w.]|://[^\s\"']*(?:{hosts})|{hosts.split('|')[1]}")
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := pattern.search(line):
            yield f"{source.path}:{number} names {line[found.start() : found.end() + 20]!r}"


PACKAGE, ALL_CODE = ("yrdecon",), ("yrdecon", "analysis", "benchmarks", "tools", "tests")
RULES = [
    (long_files, ALL_CODE, "x = 1\n" * 301),
    (long_functions, ALL_CODE, "def f():\n" + "    x = 1\n" * 60),
    (forbidden_names, ALL_CODE, ""),
    (open_keywords, PACKAGE, "def f(**options): ..."),
    (many_options, PACKAGE, "def f(*, a, b, c, d, e): ..."),
    (untold_functions, PACKAGE, "def f(): ..."),
    (loose_results, PACKAGE, "def f() -> tuple[int, int, int]: ..."),
    (relative_imports, ALL_CODE, "from . import panel"),
    (private_imports, PACKAGE, "from yrdecon.core.panel import _sorted"),
    (heavy_imports, PACKAGE, "from matplotlib import pyplot"),
    (kernels_beyond_arrays, ("yrdecon/kernels",), "import pandas as pd"),
]


@pytest.mark.parametrize(("rule", "roots", "offence"), RULES, ids=[r[0].__name__ for r in RULES])
def test_the_code_keeps_the_rule_and_the_rule_catches_an_offender(rule, roots, offence):
    assert list(rule(Source("yrdecon/other/utils.py", offence)))
    assert [offender for source in sources(*roots) for offender in rule(source)] == []


def test_nine_functions_in_ten_are_short():
    lines = [code_lines(s, f) for s in sources(*PACKAGE) for f in functions(s)]
    assert len(lines) > 100
    assert sum(n < USUAL_FUNCTION for n in lines) >= 0.9 * len(lines)


def test_a_docstring_a_comment_and_a_blank_line_are_not_code():
    source = Source("x.py", 'def f():\n    """Say.\n\n    More.\n    """\n\n    # why\n    return 1\n')
    assert code_lines(source, functions(source)[0]) == 2


@pytest.mark.parametrize("offence", ["x = 1", "from a import b\n__all__ = []", "def f(): ...", "from a import b"])
def test_an_init_that_does_more_than_export_is_caught(offence):
    assert list(more_than_exports(Source("yrdecon/x/__init__.py", offence)))


def test_every_init_only_exports():
    inits = [s for s in sources(*PACKAGE) if s.path.endswith("__init__.py")]
    assert len(inits) > 5
    assert [offender for source in inits for offender in more_than_exports(source)] == []


def test_exported_functions_show_an_example():
    shown = {n: "Examples\n" in (f.__doc__ or "") for n in yd.__all__ if isroutine(f := getattr(yd, n))}
    assert [name for name, has_example in shown.items() if not has_example] == []


def test_no_tracked_file_names_a_machine_or_a_package_registry():
    machine, host = "see /" + "home/ann/data", "https://" + "py" + "pi.org/project"
    assert list(foreign_places(Source("x.md", machine)))
    assert list(foreign_places(Source("x.md", host)))
    texts = [f for f in tracked_files() if Path(f).suffix not in BINARY]
    found = [o for f in texts for o in foreign_places(Source(f, (ROOT / f).read_text(encoding="utf-8")))]
    assert found == []
