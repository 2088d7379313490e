"""What Lectern says of itself: its settings and its protocol."""

import argparse

from lectern.app.namespaces import async_api
from lectern.app.serve import as_json
from lectern.app.settings import Settings
from lectern.app.wiring import registry


async def protocol(_arguments: argparse.Namespace, _settings: Settings) -> None:
    """Print the AsyncAPI document."""
    print(as_json(async_api(registry())))


async def settings(_arguments: argparse.Namespace, _settings: Settings) -> None:
    """List every setting."""
    for name, field in Settings.model_fields.items():
        print(f"LECTERN_{name.upper()} = {field.default!s}\n    {field.description}")
