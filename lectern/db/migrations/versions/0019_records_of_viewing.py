"""what was watched: a record per viewer and medium instead of a row per interval, and sums of the records"""

import hashlib
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from alembic import op
import msgspec
import sqlalchemy as sa

from lectern.db import schema

revision = '0019'
down_revision = '0017'
branch_labels = None
depends_on = None

_KEY = ('org_id', 'session_id', 'medium', 'medium_id', 'version', 'subject')
_INTERVALS = sa.table(
    'view_intervals',
    *(sa.column(name) for name in _KEY),
    *(sa.column(name) for name in ('player', 'from_ms', 'to_ms', 'started_utc_ms', 'wall_ms', 'speed')),
    sa.column('visible', sa.Boolean),
    sa.column('audible', sa.Boolean),
)
_MEDIA = sa.table(
    'view_media',
    *(sa.column(name) for name in ('key', 'org_id', 'session_id', 'medium', 'medium_id', 'version')),
    sa.column('duration_ms'),
    sa.column('zone'),
    sa.column('is_stale', sa.Boolean),
)
_RECORDS = sa.table(
    'view_records', sa.column('medium_key'), sa.column('subject'), sa.column('record', sa.LargeBinary)
)
_JITTER_MS = 2
_MEASURE_SLACK_MS = 1_000


def upgrade() -> None:
    op.create_table('view_media',
    sa.Column('key', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('duration_ms', sa.BigInteger(), nullable=False),
    sa.Column('zone', sa.String(length=64), nullable=False),
    sa.Column('is_stale', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_view_media')),
    sa.UniqueConstraint('medium', 'medium_id', 'version', name=op.f('uq_view_media_medium_medium_id_version'))
    )
    with op.batch_alter_table('view_media', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_view_media_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_view_media_session_id'), ['session_id'], unique=False)

    op.create_table('view_records',
    sa.Column('medium_key', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('record', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('medium_key', 'subject', name=op.f('pk_view_records'))
    )
    op.create_table('view_active',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('period', sa.String(length=8), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('org_id', 'period', 'subject', name=op.f('pk_view_active'))
    )
    op.create_table('view_pending',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('medium_key', sa.Integer(), nullable=False),
    sa.Column('change', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_view_pending'))
    )
    with op.batch_alter_table('view_pending', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_view_pending_medium_key'), ['medium_key'], unique=False)

    op.create_table('view_periods',
    sa.Column('medium_key', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('period', sa.String(length=8), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('viewers', sa.Integer(), nullable=False),
    sa.Column('sittings', sa.Integer(), nullable=False),
    sa.Column('bounce', sa.Integer(), nullable=False),
    sa.Column('reached_80', sa.Integer(), nullable=False),
    sa.Column('full', sa.Integer(), nullable=False),
    sa.Column('played_ms', sa.BigInteger(), nullable=False),
    sa.Column('covered_ms', sa.BigInteger(), nullable=False),
    sa.Column('effort_ms', sa.BigInteger(), nullable=False),
    sa.Column('hours', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('medium_key', 'period', name=op.f('pk_view_periods'))
    )
    with op.batch_alter_table('view_periods', schema=None) as batch_op:
        batch_op.create_index('ix_view_periods_org_id_period_viewers', ['org_id', 'period', 'viewers'], unique=False)

    op.create_table('view_curves',
    sa.Column('medium_key', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('block', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('steps', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('medium_key', 'block', name=op.f('pk_view_curves'))
    )
    _take_over_intervals()
    with op.batch_alter_table('view_totals', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_view_totals_session_id'))
        batch_op.drop_index(batch_op.f('ix_view_totals_org_id'))

    op.drop_table('view_totals')
    with op.batch_alter_table('view_intervals', schema=None) as batch_op:
        batch_op.drop_index('ix_view_intervals_subject_player_started_utc_ms')
        batch_op.drop_index(batch_op.f('ix_view_intervals_org_id'))

    op.drop_table('view_intervals')


def _take_over_intervals() -> None:
    """Every interval goes into its viewer's record; the server makes the sums of them when it has started."""
    bind = op.get_bind()
    order = [_INTERVALS.c[name] for name in (*_KEY[:5], 'subject', 'player', 'started_utc_ms')]
    rows = bind.execute(sa.select(_INTERVALS).order_by(*order)).all()
    for medium, of_medium in groupby(rows, key=_medium):
        watched = list(of_medium)
        named = dict(zip(_KEY[:5], medium, strict=True))
        longest = max(row.to_ms for row in watched)
        terms = {
            'duration_ms': _duration_ms(bind, named) or longest, 'zone': _zone(bind, medium[0]), 'is_stale': True
        }
        bind.execute(sa.insert(_MEDIA).values(**named, **terms))
        key = bind.execute(
            sa.select(_MEDIA.c.key).where(*(_MEDIA.c[name] == named[name] for name in _KEY[2:5]))
        ).scalar_one()
        for subject, of_viewer in groupby(watched, key=lambda row: row.subject):
            bind.execute(
                sa.insert(_RECORDS).values(medium_key=key, subject=subject, record=_record(list(of_viewer)))
            )


def _medium(row: Any) -> tuple[Any, ...]:
    return tuple(row)[:5]


def _duration_ms(bind: sa.Connection, named: dict[str, Any]) -> int | None:
    """Return how long this version is; of an earlier one, nobody knows any more."""
    of = sa.table(
        'replays' if named['medium'] == 'replay' else 'microcourses',
        *(sa.column(name) for name in ('id', 'version', 'duration_ms')),
    )
    query = sa.select(of.c.duration_ms).where(of.c.id == named['medium_id'], of.c.version == named['version'])
    return bind.execute(query).scalar_one_or_none()


def _zone(bind: sa.Connection, org_id: str) -> str:
    orgs = sa.table('orgs', sa.column('id'), sa.column('zone'))
    return bind.execute(sa.select(orgs.c.zone).where(orgs.c.id == org_id)).scalar_one_or_none() or 'UTC'


def _record(rows: list[Any]) -> bytes:
    base = min(row.started_utc_ms for row in rows)
    sittings = [
        (hashlib.blake2b(player.encode(), digest_size=8).digest(), 0, _stretches(base, of_player))
        for player, of_player in groupby(rows, key=lambda row: row.player)
    ]
    return msgspec.msgpack.encode((base, sorted(sittings)))


def _stretches(base: int, rows: Iterable[Any]) -> list[list[int]]:
    found: list[list[int]] = []
    for row in rows:
        how = round(row.speed * 1_000) * 4 + row.audible * 2 + row.visible
        after = row.started_utc_ms - base
        wall = min(row.wall_ms, round((row.to_ms - row.from_ms) / row.speed + _MEASURE_SLACK_MS))
        last = found[-1] if found else None
        goes_on = last is not None and last[1] == row.from_ms and last[4] == how
        if last is not None and goes_on and abs(last[2] + last[3] - after) <= _JITTER_MS:
            last[1], last[3] = row.to_ms, after + wall - last[2]
        else:
            found.append([row.from_ms, row.to_ms, after, wall, how])
    return found


def downgrade() -> None:
    """The earlier tables come back empty: one goes back to an earlier release by its backup."""
    op.drop_table('view_curves')
    with op.batch_alter_table('view_periods', schema=None) as batch_op:
        batch_op.drop_index('ix_view_periods_org_id_period_viewers')

    op.drop_table('view_periods')
    with op.batch_alter_table('view_pending', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_view_pending_medium_key'))

    op.drop_table('view_pending')
    op.drop_table('view_active')
    op.drop_table('view_records')
    with op.batch_alter_table('view_media', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_view_media_session_id'))
        batch_op.drop_index(batch_op.f('ix_view_media_org_id'))

    op.drop_table('view_media')
    op.create_table('view_intervals',
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('player', sa.String(length=64), nullable=False),
    sa.Column('from_ms', sa.BigInteger(), nullable=False),
    sa.Column('to_ms', sa.BigInteger(), nullable=False),
    sa.Column('started_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('wall_ms', sa.BigInteger(), nullable=False),
    sa.Column('speed', sa.Float(), nullable=False),
    sa.Column('visible', sa.Boolean(), nullable=False),
    sa.Column('audible', sa.Boolean(), nullable=False),
    sa.Column('received_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('subject', 'id', name=op.f('pk_view_intervals'))
    )
    with op.batch_alter_table('view_intervals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_view_intervals_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_view_intervals_subject_player_started_utc_ms', ['subject', 'player', 'started_utc_ms'], unique=False)

    op.create_table('view_totals',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('covered', schema.Json(), nullable=False),
    sa.Column('effort', schema.Json(), nullable=False),
    sa.Column('effort_ms', sa.BigInteger(), nullable=False),
    sa.Column('last_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('medium', 'medium_id', 'version', 'subject', name=op.f('pk_view_totals'))
    )
    with op.batch_alter_table('view_totals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_view_totals_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_view_totals_session_id'), ['session_id'], unique=False)
