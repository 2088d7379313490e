"""group notes"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0011'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('group_notes',
    sa.Column('group_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('base', sa.LargeBinary(), nullable=True),
    sa.Column('base_n', sa.Integer(), nullable=False),
    sa.Column('pieces', sa.Integer(), nullable=False),
    sa.Column('writers', schema.Json(), nullable=False),
    sa.Column('chars', schema.Json(), nullable=False),
    sa.Column('is_kept', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('group_id', name=op.f('pk_group_notes'))
    )
    with op.batch_alter_table('group_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_notes_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_group_notes_session_id'), ['session_id'], unique=False)

    op.create_table('group_note_changes',
    sa.Column('group_id', sa.String(length=64), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('author', sa.String(length=64), nullable=False),
    sa.Column('change', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('group_id', 'n', name=op.f('pk_group_note_changes'))
    )
    with op.batch_alter_table('group_note_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_group_note_changes_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_group_note_changes_session_id'), ['session_id'], unique=False)


def downgrade() -> None:
    op.drop_table('group_note_changes')
    op.drop_table('group_notes')
