"""erasing for good what was said aside"""

from alembic import op
import sqlalchemy as sa

revision = '0027b'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('aside_erasures',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('asked_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('done_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_aside_erasures'))
    )
    with op.batch_alter_table('aside_erasures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_aside_erasures_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('aside_erasures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_aside_erasures_org_id'))

    op.drop_table('aside_erasures')
