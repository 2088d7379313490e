"""recordings of several machines"""

from alembic import op
import sqlalchemy as sa

revision = '0015'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('packaging_places',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('place', sa.String(length=64), nullable=False),
    sa.Column('since_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_packaging_places'))
    )
    op.create_table('recordings',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('started_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('counted_bytes', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('session_id', 'number', name=op.f('pk_recordings'))
    )
    op.create_table('shared_keys',
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('purpose', name=op.f('pk_shared_keys'))
    )


def downgrade() -> None:
    op.drop_table('shared_keys')
    op.drop_table('recordings')
    op.drop_table('packaging_places')
