"""minutes of viewing by the department that viewers were in"""

from alembic import op
import sqlalchemy as sa

revision = '0031'
down_revision = "0030"
branch_labels = None
depends_on = None

EMPTY = b"\x80"


def upgrade() -> None:
    with op.batch_alter_table('view_periods', schema=None) as batch_op:
        batch_op.add_column(sa.Column('departments', sa.LargeBinary(), nullable=True))
    periods = sa.table('view_periods', sa.column('departments', sa.LargeBinary()))
    op.execute(periods.update().values(departments=EMPTY))
    with op.batch_alter_table('view_periods', schema=None) as batch_op:
        batch_op.alter_column('departments', existing_type=sa.LargeBinary(), nullable=False)
    # All sums are made of the records again, by the server, medium after medium.
    media = sa.table('view_media', sa.column('is_stale', sa.Boolean()))
    op.execute(media.update().values(is_stale=True))


def downgrade() -> None:
    with op.batch_alter_table('view_periods', schema=None) as batch_op:
        batch_op.drop_column('departments')
