"""notices: the outbox, what people chose, calls to lessons; mail addresses of people"""

import json

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0010'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_feeds',
    sa.Column('person_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_calendar_feeds')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_feeds_token_hash'))
    )
    with op.batch_alter_table('calendar_feeds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calendar_feeds_org_id'), ['org_id'], unique=False)

    op.create_table('lesson_calls',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('due_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('call', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_lesson_calls'))
    )
    with op.batch_alter_table('lesson_calls', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lesson_calls_due_utc_ms'), ['due_utc_ms'], unique=False)
        batch_op.create_index(batch_op.f('ix_lesson_calls_org_id'), ['org_id'], unique=False)

    op.create_table('mail_gate',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('paced_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('closed_until_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('since_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_gate'))
    )
    op.create_table('notice_choices',
    sa.Column('person_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=True),
    sa.Column('muted', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_notice_choices'))
    )
    with op.batch_alter_table('notice_choices', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_choices_org_id'), ['org_id'], unique=False)

    op.create_table('notice_rules',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('rules', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('org_id', name=op.f('pk_notice_rules'))
    )
    op.create_table('notices',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('person_id', sa.String(length=64), nullable=True),
    sa.Column('address', sa.String(length=254), nullable=True),
    sa.Column('session_id', sa.String(length=64), nullable=True),
    sa.Column('facts', schema.Json(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('problem', sa.String(length=40), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('not_before_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('expires_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('lease', sa.String(length=64), nullable=True),
    sa.Column('leased_until_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('done_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('read_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_created_utc_ms', ['created_utc_ms'], unique=False)
        batch_op.create_index(batch_op.f('ix_notices_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_notices_person_id_created_utc_ms', ['person_id', 'created_utc_ms'], unique=False)
        batch_op.create_index(batch_op.f('ix_notices_session_id'), ['session_id'], unique=False)
        batch_op.create_index('ix_notices_state_not_before_utc_ms', ['state', 'not_before_utc_ms'], unique=False)

    op.add_column('persons', sa.Column('email', sa.String(length=254), nullable=True))

    # Lessons that are planned already are to be called to as well.
    rows = op.get_bind().execute(
        sa.text("SELECT id, org_id, title, starts_utc_ms, zone, created_utc_ms FROM sessions WHERE state = 'scheduled'")
    ).all()
    for row in rows:
        call = {'title': row.title, 'starts_utc_ms': row.starts_utc_ms, 'zone': row.zone, 'changed_utc_ms': row.created_utc_ms, 'told': True}
        op.get_bind().execute(
            sa.text('INSERT INTO lesson_calls (session_id, org_id, version, due_utc_ms, "call") VALUES (:id, :org, 0, 0, :call)'),
            {'id': row.id, 'org': row.org_id, 'call': json.dumps(call)},
        )



def downgrade() -> None:
    op.drop_column('persons', 'email')

    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('ix_notices_state_not_before_utc_ms')
        batch_op.drop_index(batch_op.f('ix_notices_session_id'))
        batch_op.drop_index('ix_notices_person_id_created_utc_ms')
        batch_op.drop_index(batch_op.f('ix_notices_org_id'))
        batch_op.drop_index('ix_notices_created_utc_ms')

    op.drop_table('notices')
    op.drop_table('notice_rules')
    with op.batch_alter_table('notice_choices', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notice_choices_org_id'))

    op.drop_table('notice_choices')
    op.drop_table('mail_gate')
    with op.batch_alter_table('lesson_calls', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lesson_calls_org_id'))
        batch_op.drop_index(batch_op.f('ix_lesson_calls_due_utc_ms'))

    op.drop_table('lesson_calls')
    with op.batch_alter_table('calendar_feeds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_calendar_feeds_org_id'))

    op.drop_table('calendar_feeds')
