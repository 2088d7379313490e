"""recordings of groups: who is shown what a breakout group recorded"""

from alembic import op
import sqlalchemy as sa

revision = '0024'
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('group_replays',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('group_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('shown_to', sa.String(length=16), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=False),
    sa.Column('decided_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', 'group_id', name=op.f('pk_group_replays'))
    )
    with op.batch_alter_table('group_replays', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_replays_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('group_replays', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_group_replays_org_id'))

    op.drop_table('group_replays')
