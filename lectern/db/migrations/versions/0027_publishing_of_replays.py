"""publishing of replays: what is asked of them, and what was decided upon each"""

from alembic import op
import sqlalchemy as sa

revision = '0027'
down_revision = '0021b'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('replay_rules',
    sa.Column('of_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('rules', sa.Text(), nullable=False),
    sa.Column('updated_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('of_id', name=op.f('pk_replay_rules'))
    )
    with op.batch_alter_table('replay_rules', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_replay_rules_org_id'), ['org_id'], unique=False)

    op.create_table('replay_decisions',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('held', sa.Boolean(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=True),
    sa.Column('decided_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_replay_decisions'))
    )
    with op.batch_alter_table('replay_decisions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_replay_decisions_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('replay_decisions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_replay_decisions_org_id'))

    op.drop_table('replay_decisions')
    with op.batch_alter_table('replay_rules', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_replay_rules_org_id'))

    op.drop_table('replay_rules')
