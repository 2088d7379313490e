"""What workers with a token speak to, and where what they send waits."""

import time

from accounts.service import Accounts
from catalogue.replays import ReplayKeeper
from catalogue.workers.bell import Bell
from catalogue.workers.door import Door, WorkOrder
from catalogue.workers.grants import WorkSigner
from catalogue.workers.intake import BucketIntake, DiskIntake, Intake
from catalogue.workers.routes import WorkerRoutes
from catalogue.workers.tokens import WorkerTokens
from lectern.app.media_orders import Orders, media_endings
from lectern.app.settings import Settings
from lectern.app.storage import bucket_of
from lectern.jobs.job import Job


def intake_of(settings: Settings) -> Intake:
    """Where what workers send waits. Raises Conflict: the bucket's keys cannot be read."""
    bucket = bucket_of(settings)
    if bucket is None:
        return DiskIntake(settings.data)
    return BucketIntake(bucket, settings.data / "incoming")


def workers_door(
    settings: Settings, keeper: ReplayKeeper, accounts: Accounts, signer: WorkSigner, bell: Bell
) -> WorkerRoutes:
    """What workers with a token alone speak to.

    Raises:
        Conflict: the bucket's keys cannot be read.
    """
    database, bucket = keeper.database, bucket_of(settings)
    orders = Orders(database, settings.org_name)

    async def order_of(job: Job) -> WorkOrder:
        order = await orders.of(job)
        return WorkOrder(
            order.root, order.as_row()["media"], order.output, order.sources, order.assets, order.form
        )

    door = Door(
        database,
        keeper.files,
        intake_of(settings),
        bell,
        signer,
        order_of=order_of,
        endings=media_endings(),
        bucket=bucket,
        store=keeper.jobs,
        now=time.monotonic,
    )
    return WorkerRoutes(door, WorkerTokens(database, accounts), keeper.files)
