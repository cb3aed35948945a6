"""One folder that installs the sandbox where no registry is reached: `python -m tests.bundle`.

It holds the wheels that requirements.lock names, of this machine's platform, with their hashes; our own wheel, in which
lessons, patients and documents are; FHIR packages that were fetched; `deploy/`; and what installs it all.  A hall's network
fails on the morning of the event: the folder comes on a stick.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from tests.places import PROJECT

NAMED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
LEFT_OUT = ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD")
INSTALL = """#!/bin/sh
# Installs the sandbox from this folder alone: ./install.sh [FOLDER]; python3 must be of the version that wheels/ are for.
set -eu
cd "$(dirname "$0")"
sha256sum --check --quiet SHA256SUMS
target="${1:-/opt/connectathon}"
"${PYTHON:-python3}" -m venv "$target"
"$target/bin/python" -m pip install --quiet --no-index --find-links wheels --no-deps --require-hashes \\
    --requirement requirements.txt
for package in packages/*.tgz; do
    [ ! -e "$package" ] || "$target/bin/connectathon" packages add "$package"
done
echo "$target/bin/connectathon serve"
"""


def downloaded(wheels: Path) -> None:
    """Fetches what the lock names, by its hashes, for this platform."""
    options = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:")
    named = ("--dest", str(wheels), "--requirement", str(PROJECT / "requirements.lock"))
    subprocess.run([sys.executable, "-m", "pip", "download", *options, *named], check=True)


def packed_again(wheels: Path, names: Iterable[str]) -> None:
    """Packs distributions that are installed here as wheels, where nothing can be fetched."""
    for name in names:
        try:
            pack(distribution(name), wheels)
        except PackageNotFoundError:
            continue  # of another platform


def pack(installed: Distribution, wheels: Path) -> Path:
    """Packs one distribution as the wheel that it was (PyPA binary distribution format).

    Args:
        installed: What is installed here.
        wheels: The folder for the wheel.

    Returns:
        The wheel.
    """
    files = [
        file
        for file in installed.files or ()
        # scripts are made anew from the entry points
        if ".." not in file.parts and file.suffix != ".pyc" and file.name not in LEFT_OUT
    ]
    (about,) = {file.parts[0] for file in files if file.parts[0].endswith(".dist-info")}
    tags = re.findall(r"^Tag: (\S+)-(\S+)-(\S+)$", installed.read_text("WHEEL") or "", re.MULTILINE)
    tag = "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
    wheel = wheels / f"{about.removesuffix('.dist-info')}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        record = []
        for file in files:
            content = Path(str(file.locate())).read_bytes()
            archive.writestr(str(file), content)
            digest = (
                base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            )
            record.append(f"{file},sha256={digest},{len(content)}\n")
        archive.writestr(f"{about}/RECORD", "".join([*record, f"{about}/RECORD,,\n"]))
    return wheel


def own_wheel(wheels: Path) -> None:
    """Builds ours, which needs no network."""
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, str(wheels), str(PROJECT)], check=True
    )


def put_together(folder: Path) -> None:
    """Adds to the wheels in a folder what else an event needs, and how to install it."""
    requirements = []
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        name, version, *_ = wheel.name.split("-")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        requirements.append(f"{name}=={version} --hash=sha256:{digest}\n")
    (folder / "requirements.txt").write_text("".join(requirements), encoding="utf-8")
    (folder / "install.sh").write_text(INSTALL, encoding="utf-8")
    (folder / "install.sh").chmod(0o755)
    for name in ("deploy", "docs"):
        shutil.copytree(PROJECT / name, folder / name, dirs_exist_ok=True)
    packages = PROJECT / "out" / "packages"
    if packages.is_dir():
        (folder / "packages").mkdir(exist_ok=True)
        for package in packages.glob("*.tgz"):
            shutil.copy(package, folder / "packages")
    sums = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder)}\n"
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != "SHA256SUMS"
    ]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def locked() -> list[str]:
    """Returns the names in the lock."""
    return NAMED.findall((PROJECT / "requirements.lock").read_text(encoding="utf-8"))


def main() -> None:
    """Makes the folder anew."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", type=Path, default=PROJECT / "out" / "bundle")
    said = "wheels from what is installed here, whose hashes are then those of this folder, not the lock's"
    options.add_argument("--installed", action="store_true", help=said)
    given = options.parse_args()
    shutil.rmtree(given.to, ignore_errors=True)
    wheels = given.to / "wheels"
    wheels.mkdir(parents=True)
    if given.installed:
        packed_again(wheels, locked())
    else:
        downloaded(wheels)
    own_wheel(wheels)
    put_together(given.to)
    size = sum(file.stat().st_size for file in given.to.rglob("*") if file.is_file())
    print(f"{given.to}: {len([*wheels.iterdir()])} wheels, {size >> 20} MB")


if __name__ == "__main__":
    main()
