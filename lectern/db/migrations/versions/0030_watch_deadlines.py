"""until when a required medium is to be watched, and which reminders were sent"""

from alembic import op
import sqlalchemy as sa

revision = '0030'
down_revision = "0027b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('watch_rules', schema=None) as batch_op:
        batch_op.add_column(sa.Column('due_utc_ms', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('due_set_utc_ms', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('told', sa.String(length=64), nullable=True))
        batch_op.create_index(batch_op.f('ix_watch_rules_due_utc_ms'), ['due_utc_ms'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('watch_rules', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watch_rules_due_utc_ms'))
        batch_op.drop_column('told')
        batch_op.drop_column('due_set_utc_ms')
        batch_op.drop_column('due_utc_ms')
