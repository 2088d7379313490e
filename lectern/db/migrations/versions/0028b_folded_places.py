"""what is searched in, folded once and not at each search"""

from alembic import op
import sqlalchemy as sa

revision = '0028b'
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Filled as media are read anew; until then a search folds what it finds.
    with op.batch_alter_table('shelf', schema=None) as batch_op:
        batch_op.add_column(sa.Column('folded', sa.Text(), nullable=False, server_default=''))
    with op.batch_alter_table('shelf', schema=None) as batch_op:
        batch_op.alter_column('folded', server_default=None)
    op.execute(
        "INSERT INTO shelf_marks (medium, medium_id, org_id, mark) "
        "SELECT medium, medium_id, org_id, medium_id FROM shelf "
        "WHERE NOT EXISTS (SELECT 1 FROM shelf_marks AS old "
        "WHERE old.medium = shelf.medium AND old.medium_id = shelf.medium_id)"
    )


def downgrade() -> None:
    with op.batch_alter_table('shelf', schema=None) as batch_op:
        batch_op.drop_column('folded')
