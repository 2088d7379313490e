"""links that say who answers for them and how they are used, and reminders that end with their work"""

from alembic import op
import sqlalchemy as sa

revision = '0017'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('join_links', schema=None) as batch_op:
        batch_op.add_column(sa.Column('held_by', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('label', sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column('uses', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('used_utc_ms', sa.BigInteger(), nullable=True))

    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('about', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('settled_utc_ms', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_column('settled_utc_ms')
        batch_op.drop_column('about')

    with op.batch_alter_table('join_links', schema=None) as batch_op:
        batch_op.drop_column('used_utc_ms')
        batch_op.drop_column('uses')
        batch_op.drop_column('label')
        batch_op.drop_column('held_by')
