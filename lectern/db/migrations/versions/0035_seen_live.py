"""who was there when in lessons that are over, so that a lesson is folded once and not at each look"""

from alembic import op
import sqlalchemy as sa

revision = "0035"
down_revision = "0028b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live_lessons",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_live_lessons")),
    )
    with op.batch_alter_table("live_lessons", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_live_lessons_org_id"), ["org_id"], unique=False)

    op.create_table(
        "live_presence",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("participant", sa.String(length=64), nullable=False),
        sa.Column("is_learner", sa.Boolean(), nullable=False),
        sa.Column("spans", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "person_id", name=op.f("pk_live_presence")),
    )


def downgrade() -> None:
    op.drop_table("live_presence")
    with op.batch_alter_table("live_lessons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_live_lessons_org_id"))

    op.drop_table("live_lessons")
