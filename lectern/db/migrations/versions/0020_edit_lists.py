"""edit lists with their revisions, who has them open, what microcourses were made of"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0020'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('edit_lists',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('replay_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('microcourse_id', sa.String(length=64), nullable=True),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('dropped_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edit_lists'))
    )
    with op.batch_alter_table('edit_lists', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edit_lists_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_edit_lists_replay_id'), ['replay_id'], unique=False)

    op.create_table('edit_revisions',
    sa.Column('edit_id', sa.String(length=64), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('change_id', sa.String(length=64), nullable=False),
    sa.Column('step', sa.String(length=8), nullable=False),
    sa.Column('what', sa.String(length=24), nullable=False),
    sa.Column('equals', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(length=64), nullable=False),
    sa.Column('utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('content', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('edit_id', 'revision', name=op.f('pk_edit_revisions')),
    sa.UniqueConstraint('edit_id', 'change_id', name=op.f('uq_edit_revisions_edit_id_change_id'))
    )
    with op.batch_alter_table('edit_revisions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edit_revisions_org_id'), ['org_id'], unique=False)

    op.create_table('edit_presence',
    sa.Column('replay_id', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('tab', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('edit_id', sa.String(length=64), nullable=True),
    sa.Column('guest_name', sa.String(length=300), nullable=True),
    sa.Column('seen_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('replay_id', 'subject', 'tab', name=op.f('pk_edit_presence'))
    )
    with op.batch_alter_table('edit_presence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_edit_presence_org_id'), ['org_id'], unique=False)

    op.create_table('microcourse_cuts',
    sa.Column('microcourse_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('edit_id', sa.String(length=64), nullable=True),
    sa.Column('edit_revision', sa.Integer(), nullable=True),
    sa.Column('content', schema.Json(), nullable=False),
    sa.Column('chapters', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('microcourse_id', 'version', name=op.f('pk_microcourse_cuts'))
    )
    with op.batch_alter_table('microcourse_cuts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_microcourse_cuts_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('microcourse_cuts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_microcourse_cuts_org_id'))

    op.drop_table('microcourse_cuts')
    with op.batch_alter_table('edit_presence', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edit_presence_org_id'))

    op.drop_table('edit_presence')
    with op.batch_alter_table('edit_revisions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edit_revisions_org_id'))

    op.drop_table('edit_revisions')
    with op.batch_alter_table('edit_lists', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_edit_lists_replay_id'))
        batch_op.drop_index(batch_op.f('ix_edit_lists_org_id'))

    op.drop_table('edit_lists')
