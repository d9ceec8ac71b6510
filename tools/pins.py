"""Write the exact versions of the whole environment into pyproject.toml, or check that they are current.

python tools/pins.py          resolve anew and write [tool.uv] constraint-dependencies
python tools/pins.py --check  compare the pins with the installed packages; needs no network
"""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BLOCK = re.compile(r"constraint-dependencies = \[\n(.*?)\n\]", re.DOTALL)
OWN = "yrdecon"


def main() -> int:
    if "--check" in sys.argv[1:]:
        return check()
    write([])
    pins = resolve()
    write(pins)
    print(f"{len(pins)} pins written")
    return 0


def write(pins: list[str]) -> None:
    lines = "\n".join(f'  "{pin}",' for pin in pins)
    text = PROJECT.read_text(encoding="utf-8")
    block = f"constraint-dependencies = [\n{lines}\n]"
    PROJECT.write_text(BLOCK.sub(lambda _: block, text), encoding="utf-8")


def resolve() -> list[str]:
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "lock", "--upgrade", "--quiet"], cwd=PROJECT.parent, check=True)
    options = ["--all-groups", "--all-extras", "--no-hashes", "--no-emit-project", "--no-annotate", "--no-header"]
    command = [*uv, "export", "--quiet", *options]
    exported = subprocess.run(command, cwd=PROJECT.parent, check=True, capture_output=True, text=True)
    pins = [line.strip().replace('"', "'") for line in exported.stdout.splitlines()]
    return [pin for pin in pins if pin and not pin.startswith(("#", "-e", "."))]


def check() -> int:
    found = BLOCK.search(PROJECT.read_text(encoding="utf-8"))
    pins: dict[str, set[str]] = {}
    for pin in re.findall(r'"([^"]+)"', found.group(1) if found else ""):
        name, version = pin.split(";")[0].strip().split("==")
        pins.setdefault(normal(name), set()).add(version)
    wrong = []
    for package in importlib.metadata.distributions():
        name, version = normal(package.metadata["Name"]), package.version
        if name in (OWN, "pip", "uv", "setuptools", "wheel"):
            continue
        if version not in pins.get(name, set()):
            wrong.append(f"{name} {version} is installed, pinned is {sorted(pins.get(name, set())) or 'nothing'}")
    print("\n".join(wrong) or f"{len(pins)} packages are pinned, and what is installed agrees")
    return 1 if wrong else 0


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
