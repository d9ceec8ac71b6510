"""Write the exact versions of the whole environment into pyproject.toml, or check that they are current.

python tools/pins.py                     resolve anew and write the pins; needs uv and the network
python -m uv run tools/pins.py --check   compare them with pyproject.toml and what is installed; needs neither
"""

import importlib.metadata
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
KEYS = ENVIRONMENT, BUILD = "constraint-dependencies", "build-constraint-dependencies"
BUILDERS = ("hatchling", "setuptools")
NOT_PINNED = {"yrdecon", "pip", "uv", "setuptools", "wheel"}
PIN = re.compile(r"([a-z0-9-]+)==([0-9][^\s;,]*)(?: ; ([^;]+))?")


def main() -> int:
    if "--check" in sys.argv[1:]:
        wrong = check()
        print("\n".join(wrong) or "every package is pinned, and what is installed agrees")
        return 1 if wrong else 0
    text = PROJECT.read_text(encoding="utf-8")
    pins = resolve(with_pins(with_pins(text, ENVIRONMENT, []), BUILD, []))
    text = with_pins(with_pins(text, ENVIRONMENT, pins), BUILD, resolve_builders(pins))
    PROJECT.write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(pins)} pins written")
    return 0


def with_pins(text: str, key: str, pins: list[str]) -> str:
    block = f"\n{key} = [\n" + "".join(f'  "{pin}",\n' for pin in pins) + "]"
    return re.sub(rf"\n{key} = \[\n(?:.*\n)*?\]", lambda _: block, text, count=1)


def resolve(project: str) -> list[str]:
    """Resolve every group and extra for every platform, away from the checkout and from older choices."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("README.md", "LICENSE", "DATA_NOTICE.md"):
            (Path(folder) / name).touch()
        (Path(folder) / "pyproject.toml").write_text(project, encoding="utf-8")
        options = ["--all-groups", "--all-extras", "--no-hashes", "--no-emit-project"]
        return pins_in(uv("export", *options, folder=folder))


def resolve_builders(pins: list[str]) -> list[str]:
    """Resolve what builds this package and the dependencies that come as source."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "builders.in").write_text("\n".join(BUILDERS), encoding="utf-8")
        (Path(folder) / "pins.txt").write_text("\n".join(pins), encoding="utf-8")
        options = ["--universal", "--python-version", "3.11", "--constraints", "pins.txt"]
        return pins_in(uv("pip", "compile", "builders.in", *options, folder=folder))


def uv(*arguments: str, folder: str) -> str:
    command = [sys.executable, "-m", "uv", *arguments, "--no-annotate", "--no-header", "--quiet"]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout


def pins_in(listing: str) -> list[str]:
    lines = [line.strip().replace('"', "'") for line in listing.splitlines()]
    pins = [line for line in lines if line and not line.startswith("#")]
    if strange := [pin for pin in pins if not PIN.fullmatch(pin)]:
        raise SystemExit(f"not of the form name==version ; marker: {strange}")
    return pins


def check() -> list[str]:
    """Return what is wrong, in words."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    here = pins_here(project["tool"]["uv"][ENVIRONMENT])
    building = pins_here(project["tool"]["uv"][BUILD])
    installed = {normal(p.metadata["Name"]): p.version for p in importlib.metadata.distributions()}
    # a group that is not installed, such as the documentation's, contradicts no pin
    stale = {n: v for n, v in here.items() if installed.get(n, v) != v}
    return [
        *(f"{n} {v} is installed but not pinned" for n, v in installed.items() if n not in {*here, *NOT_PINNED}),
        *(f"{n} is pinned to {v}, but {installed[n]} is installed" for n, v in stale.items()),
        *(f"{n} builds with {v}, but is pinned to {here[n]}" for n, v in building.items() if here.get(n, v) != v),
        *(f"{r} is required, but {here.get(normal(r.name), 'no version')} is pinned" for r in unmet(project, here)),
    ]


def pins_here(pins: list[str]) -> dict[str, str]:
    """Return the pins whose marker holds in this interpreter."""
    from packaging.markers import Marker

    parsed = [m.groups() for pin in pins if (m := PIN.fullmatch(pin))]
    if len(parsed) < len(pins):
        raise SystemExit("a pin is not of the form name==version ; marker; run python tools/pins.py")
    return {name: version for name, version, marker in parsed if not marker or Marker(marker).evaluate()}


def unmet(project: dict, here: dict[str, str]) -> list:
    """Return the declared requirements that no pin satisfies."""
    from packaging.requirements import Requirement

    groups = [*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()]
    declared = [Requirement(text) for group in [project["project"]["dependencies"], *groups] for text in group]
    return [r for r in declared if r.name != "yrdecon" and not r.specifier.contains(here.get(normal(r.name), "0.dev0"))]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
