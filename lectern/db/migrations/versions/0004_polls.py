"""polls: ballots, question sets, deadlines by poll"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('class_deadlines', schema=None) as batch_op:
        batch_op.alter_column('kind', existing_type=sa.String(length=16), type_=sa.String(length=64), existing_nullable=False)

    op.create_table('poll_ballots',
    sa.Column('poll_id', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('answer', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('poll_id', 'key', name=op.f('pk_poll_ballots')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('poll_ballots', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_poll_ballots_org_id'), ['org_id'], unique=False)

    op.create_table('question_sets',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('questions', schema.Json(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('updated_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question_sets'))
    )
    with op.batch_alter_table('question_sets', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_question_sets_org_id'), ['org_id'], unique=False)

    op.create_table('session_question_sets',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('set_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', 'set_id', name=op.f('pk_session_question_sets'))
    )
    with op.batch_alter_table('session_question_sets', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_session_question_sets_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    op.drop_table('session_question_sets')
    op.drop_table('question_sets')
    op.drop_table('poll_ballots')
    op.execute(sa.text("DELETE FROM class_deadlines WHERE kind LIKE '%/%'"))
    with op.batch_alter_table('class_deadlines', schema=None) as batch_op:
        batch_op.alter_column('kind', existing_type=sa.String(length=64), type_=sa.String(length=16), existing_nullable=False)
