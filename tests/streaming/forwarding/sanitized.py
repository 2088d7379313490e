"""Runs the hot path's tests on a twin built with sanitizers; arguments: that file, then pytest's."""

import importlib.util
import sys

import pytest


def main() -> int:
    """Put the given build in the place of the usual one, then run pytest."""
    name = "streaming.twin._twin"
    spec = importlib.util.spec_from_file_location(name, sys.argv[1])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    return pytest.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
