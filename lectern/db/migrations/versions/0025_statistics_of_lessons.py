"""what lessons that are over come to, and who came in a period: statistics of months, quarters and years"""

from alembic import op
import sqlalchemy as sa

revision = '0025'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lesson_sums',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('sums', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_lesson_sums'))
    )
    with op.batch_alter_table('lesson_sums', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lesson_sums_org_id'), ['org_id'], unique=False)

    op.create_table('lesson_people',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('period', sa.String(length=8), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('org_id', 'period', 'subject', name=op.f('pk_lesson_people'))
    )


def downgrade() -> None:
    op.drop_table('lesson_people')
    with op.batch_alter_table('lesson_sums', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lesson_sums_org_id'))

    op.drop_table('lesson_sums')
