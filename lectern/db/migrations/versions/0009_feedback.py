"""feedback"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0009'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('feedback_counts',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('question', sa.String(length=20), nullable=False),
    sa.Column('grade', sa.Integer(), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('shown', sa.Integer(), nullable=False),
    sa.Column('waiting', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', 'question', 'grade', name=op.f('pk_feedback_counts')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('feedback_counts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_counts_org_id'), ['org_id'], unique=False)

    op.create_table('feedback_texts',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('contact', sa.Text(), nullable=True),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=True),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('owner_person_id', sa.String(length=64), nullable=True),
    sa.Column('due_on', sa.String(length=10), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback_texts')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('feedback_texts', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_feedback_texts_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_feedback_texts_session_id', ['session_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('feedback_texts', schema=None) as batch_op:
        batch_op.drop_index('ix_feedback_texts_session_id')
        batch_op.drop_index(batch_op.f('ix_feedback_texts_org_id'))

    op.drop_table('feedback_texts')
    with op.batch_alter_table('feedback_counts', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_feedback_counts_org_id'))

    op.drop_table('feedback_counts')
