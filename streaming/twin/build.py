"""Builds the twin in place, for the interpreter that runs this: `python -m streaming.twin.build`.

The scripts call it once per content of the C files. Set-up goes on without the twin, so a failure is one line
and an exit code. Flags: everything that turns a mistake into a crash instead of a hole is on.
"""

import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

from streaming.twin import SOURCES, digest

FOLDER: Final = Path(__file__).parent
HARDENED: Final = (
    "-O2", "-fPIC", "-fvisibility=hidden", "-fstack-protector-strong", "-U_FORTIFY_SOURCE",
    "-D_FORTIFY_SOURCE=2", "-Wall", "-Wextra", "-Wno-cast-function-type", "-Wno-missing-field-initializers",
    "-Wl,-z,relro,-z,now",
)  # fmt: skip


def target() -> Path:
    """Where this interpreter looks for the extension."""
    return FOLDER / f"_twin{sysconfig.get_config_var('EXT_SUFFIX')}"


def build(output: Path, *flags: str) -> None:
    """Compile all C files into `output`. Raises OSError (no compiler), CalledProcessError (with `stderr`)."""
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[:1]
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        made = Path(folder) / output.name
        command = [
            *compiler,
            *HARDENED,
            *flags,
            f"-I{sysconfig.get_path('include')}",
            f'-DSOURCES_DIGEST="{digest()}"',
            *(str(source) for source in SOURCES if source.suffix == ".c"),
            "-shared",
            "-o",
            str(made),
            "-lcrypto",
        ]
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 our own files
        made.replace(output)  # a process that runs keeps the old one


def main() -> int:
    """0 when it was built."""
    try:
        build(target())
    except OSError as error:
        sys.stderr.write(f"no C compiler: {error}\n")
    except subprocess.CalledProcessError as error:
        sys.stderr.write(error.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
