"""screen codes"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('screen_codes',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('by_roster', sa.Boolean(), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_screen_codes')),
    sa.UniqueConstraint('code', name=op.f('uq_screen_codes_code'))
    )
    with op.batch_alter_table('screen_codes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_screen_codes_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('screen_codes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_screen_codes_org_id'))

    op.drop_table('screen_codes')
