"""erasing what was said aside, up to a recording"""

from alembic import op
import sqlalchemy as sa

revision = '0026'
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('aside_erasures', schema=None) as batch_op:
        batch_op.add_column(sa.Column('up_to_recording', sa.Integer(), nullable=True))
    # What was asked for before counts for all that was recorded until now.
    op.execute(
        'UPDATE aside_erasures SET up_to_recording = COALESCE((SELECT MAX(number) FROM recordings'
        ' WHERE recordings.session_id = aside_erasures.session_id), 0)'
    )
    with op.batch_alter_table('aside_erasures', schema=None) as batch_op:
        batch_op.alter_column('up_to_recording', existing_type=sa.Integer(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('aside_erasures', schema=None) as batch_op:
        batch_op.drop_column('up_to_recording')
