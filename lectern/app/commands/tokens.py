"""Tokens: of people who join, and of media workers elsewhere."""

import argparse

from lectern.app.commands.operator import day, operator
from lectern.app.settings import Settings
from lectern.app.wiring import built
from signaling.entry.routes import NewJoinToken


async def join(arguments: argparse.Namespace, settings: Settings) -> None:
    """Print a join token."""
    wanted = NewJoinToken(
        role=arguments.role, external_id=arguments.person, name=arguments.name, ttl_s=arguments.ttl
    )
    async with built(settings) as services:
        print(
            await services.entry.issue(
                await services.doors.session(arguments.session), wanted, "lectern token"
            )
        )


async def create_for_worker(arguments: argparse.Namespace, settings: Settings) -> None:
    """Make a token for a worker; print it."""
    async with built(settings) as services:
        org = await services.accounts.org()
        _, text = await services.workers.tokens.make(operator(org.id), arguments.name)
    print(text)


async def list_of_workers(_arguments: argparse.Namespace, settings: Settings) -> None:
    """List the workers' tokens."""
    async with built(settings) as services:
        org = await services.accounts.org()
        for token in await services.workers.tokens.listed(org.id):
            state = f"taken back {day(token.revoked_utc_ms)}" if token.revoked_utc_ms else "in force"
            print(f"{token.id}  {day(token.created_utc_ms)}  {state}  {token.name}")


async def revoke_of_worker(arguments: argparse.Namespace, settings: Settings) -> None:
    """Take a token back."""
    async with built(settings) as services:
        org = await services.accounts.org()
        await services.workers.tokens.revoke(operator(org.id), arguments.id)
