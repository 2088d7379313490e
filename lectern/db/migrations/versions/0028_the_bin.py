"""the bin: what was deleted, until it is erased"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0028'
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('media_bin',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('changed_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('due_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('put_by', sa.String(length=64), nullable=False),
    sa.Column('with_replay', sa.String(length=64), nullable=True),
    sa.Column('was_told', sa.Boolean(), nullable=False),
    sa.Column('content', schema.Json(), nullable=False),
    sa.Column('erased_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('medium', 'medium_id', name=op.f('pk_media_bin'))
    )
    with op.batch_alter_table('media_bin', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_media_bin_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_media_bin_session_id'), ['session_id'], unique=False)
        batch_op.create_index('ix_media_bin_state_due_utc_ms', ['state', 'due_utc_ms'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('media_bin', schema=None) as batch_op:
        batch_op.drop_index('ix_media_bin_state_due_utc_ms')
        batch_op.drop_index(batch_op.f('ix_media_bin_session_id'))
        batch_op.drop_index(batch_op.f('ix_media_bin_org_id'))

    op.drop_table('media_bin')
