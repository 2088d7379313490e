"""what of a kind is still open is found without reading all notices"""

from alembic import op

revision = '0033'
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_kind_settled_utc_ms', ['kind', 'settled_utc_ms'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.drop_index('ix_notices_kind_settled_utc_ms')
