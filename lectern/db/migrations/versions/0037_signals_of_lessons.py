"""what lessons come to for signals over several of them"""

from alembic import op
import sqlalchemy as sa

revision = '0037'
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'lesson_signals',
        sa.Column('session_id', sa.String(length=64), nullable=False),
        sa.Column('org_id', sa.String(length=64), nullable=False),
        sa.Column('basis', sa.String(length=32), nullable=False),
        sa.Column('marks', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('session_id', name=op.f('pk_lesson_signals')),
    )
    with op.batch_alter_table('lesson_signals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lesson_signals_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    op.drop_table('lesson_signals')
