"""servers"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('servers',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('address', sa.String(length=255), nullable=False),
    sa.Column('seen_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('loads', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_servers'))
    )
    op.create_table('session_stewards',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('server_id', sa.String(length=64), nullable=False),
    sa.Column('since_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_session_stewards'))
    )
    with op.batch_alter_table('session_stewards', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_session_stewards_server_id'), ['server_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('session_stewards', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_session_stewards_server_id'))

    op.drop_table('session_stewards')
    op.drop_table('servers')
