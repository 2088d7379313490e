"""media workers: their tokens, and when they were last heard of"""

from alembic import op
import sqlalchemy as sa

revision = '0023'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('worker_tokens',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('secret_hash', sa.String(length=64), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('revoked_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_tokens'))
    )
    with op.batch_alter_table('worker_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_worker_tokens_org_id'), ['org_id'], unique=False)

    op.create_table('worker_sightings',
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('token_id', sa.String(length=64), nullable=True),
    sa.Column('version', sa.String(length=32), nullable=False),
    sa.Column('seen_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_worker_sightings'))
    )


def downgrade() -> None:
    op.drop_table('worker_sightings')
    with op.batch_alter_table('worker_tokens', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_worker_tokens_org_id'))

    op.drop_table('worker_tokens')
