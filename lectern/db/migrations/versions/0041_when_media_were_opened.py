"""when somebody first opened what they watch"""

from alembic import op
import sqlalchemy as sa

revision = "0041"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "view_openings",
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("medium_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("first_utc_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("medium", "medium_id", "version", "subject", name=op.f("pk_view_openings")),
    )
    with op.batch_alter_table("view_openings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_view_openings_org_id"), ["org_id"], unique=False)


def downgrade() -> None:
    op.drop_table("view_openings")
