"""who is on the roster, as the timeline tells the class

Until now a timeline said how many people a roster held; from now on it says who came onto it and who was taken
off. What was said before is completed from the roster's own rows: each was written in the same moment as the
event that told of it.
"""

import json

from alembic import op
import sqlalchemy as sa

revision = '0039'
down_revision = '0037'
branch_labels = None
depends_on = None

EVENTS = sa.table(
    'timeline_events',
    sa.column('session_id', sa.String),
    sa.column('seq', sa.Integer),
    sa.column('type', sa.String),
    sa.column('utc_ms', sa.BigInteger),
    sa.column('payload', sa.Text),
)
ROSTER = sa.table(
    'roster_entries',
    sa.column('session_id', sa.String),
    sa.column('person_id', sa.String),
    sa.column('added_utc_ms', sa.BigInteger),
)


def upgrade() -> None:
    connection = op.get_bind()
    told = sa.select(EVENTS.c.session_id).where(EVENTS.c.type == 'roster_changed').distinct()
    for session_id in connection.execute(told).scalars().all():
        named(connection, session_id)


def named(connection: sa.Connection, session_id: str) -> None:
    """Write into each event of a session whose rows are not younger than it; the last one takes what is left."""
    changes = _changes(connection, session_id)
    rows = connection.execute(
        sa.select(ROSTER.c.person_id, ROSTER.c.added_utc_ms)
        .where(ROSTER.c.session_id == session_id)
        .order_by(ROSTER.c.person_id)
    ).all()
    added: list[list[str]] = [[] for _ in changes]
    for person_id, added_utc_ms in rows:
        at = next((i for i, (_, utc_ms, _) in enumerate(changes) if utc_ms >= added_utc_ms), len(changes) - 1)
        added[at].append(person_id)
    for (seq, _, payload), persons in zip(changes, added, strict=True):
        _put(connection, session_id, seq, json.loads(payload) | {'added': persons})


def _changes(connection: sa.Connection, session_id: str) -> list[tuple[int, int, str]]:
    query = sa.select(EVENTS.c.seq, EVENTS.c.utc_ms, EVENTS.c.payload)
    mine = (EVENTS.c.session_id == session_id, EVENTS.c.type == 'roster_changed')
    rows = connection.execute(query.where(*mine).order_by(EVENTS.c.seq))
    return [(row.seq, row.utc_ms, row.payload) for row in rows]


def _put(connection: sa.Connection, session_id: str, seq: int, payload: dict[str, object]) -> None:
    one = (EVENTS.c.session_id == session_id, EVENTS.c.seq == seq)
    written = json.dumps(payload, separators=(',', ':'))
    connection.execute(sa.update(EVENTS).where(*one).values(payload=written))


def downgrade() -> None:
    """The names stay where they are: the release before does not read them, and they are true."""
