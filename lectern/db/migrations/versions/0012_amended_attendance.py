"""amended attendance, and one planned length"""

from typing import Any

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0012'
down_revision = '0016'
branch_labels = None
depends_on = None

_RULES = sa.table('attendance_rules', sa.column('scope', sa.String), sa.column('rule', schema.Json()))
_AUDIT = sa.table(
    'audit_entries', sa.column('id', sa.String), sa.column('action', sa.String), sa.column('details', schema.Json())
)
_SESSIONS = sa.table(
    'sessions', sa.column('id', sa.String), sa.column('org_id', sa.String), sa.column('planned_minutes', sa.Integer)
)


def upgrade() -> None:
    op.create_table('attendance_amendments',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('begun_by', sa.String(length=64), nullable=False),
    sa.Column('begun_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_attendance_amendments'))
    )
    with op.batch_alter_table('attendance_amendments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_amendments_org_id'), ['org_id'], unique=False)

    op.create_table('attendance_forgotten',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('forgotten_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('org_id', 'subject', name=op.f('pk_attendance_forgotten'))
    )
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('planned_minutes', sa.Integer(), nullable=True))
    _take_lengths_from_rules()
    _take_words_from_audit()


def _take_words_from_audit() -> None:
    """Why a check-in was corrected stands on the timeline, where it can be erased; nothing else has it now."""
    bind = op.get_bind()
    of = _AUDIT.c.action == 'checkin_corrected'
    for row in bind.execute(sa.select(_AUDIT.c.id, _AUDIT.c.details).where(of)).all():
        without = {name: value for name, value in row.details.items() if name != 'reason'}
        bind.execute(sa.update(_AUDIT).where(_AUDIT.c.id == row.id).values(details=without))


def _take_lengths_from_rules() -> None:
    """A length of a session's rule becomes the session's; one of an organisation, that of its sessions
    that have no rule of their own. No verdict changes."""
    bind = op.get_bind()
    ruled = {row.scope: row.rule for row in bind.execute(sa.select(_RULES.c.scope, _RULES.c.rule))}
    own = set(bind.execute(sa.select(_SESSIONS.c.id)).scalars()) & ruled.keys()
    for scope, rule in ruled.items():
        minutes = rule.get('planned_minutes')
        if minutes is None:
            continue
        which: Any = _SESSIONS.c.id == scope
        if scope not in own:
            which = sa.and_(
                _SESSIONS.c.org_id == scope,
                _SESSIONS.c.id.not_in(sa.select(_RULES.c.scope)),
            )
        bind.execute(sa.update(_SESSIONS).where(which).values(planned_minutes=minutes))
        without = rule | {'planned_minutes': None}
        bind.execute(sa.update(_RULES).where(_RULES.c.scope == scope).values(rule=without))


def downgrade() -> None:
    bind = op.get_bind()
    planned = dict(
        bind.execute(
            sa.select(_SESSIONS.c.id, _SESSIONS.c.planned_minutes).where(_SESSIONS.c.planned_minutes.is_not(None))
        ).all()
    )
    for row in bind.execute(sa.select(_RULES.c.scope, _RULES.c.rule)).all():
        if row.scope in planned:
            rule = row.rule | {'planned_minutes': planned[row.scope]}
            bind.execute(sa.update(_RULES).where(_RULES.c.scope == row.scope).values(rule=rule))
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.drop_column('planned_minutes')

    op.drop_table('attendance_forgotten')
    with op.batch_alter_table('attendance_amendments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_amendments_org_id'))

    op.drop_table('attendance_amendments')
