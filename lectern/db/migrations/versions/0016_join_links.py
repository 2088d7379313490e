"""links that can be taken back"""

from alembic import op
import sqlalchemy as sa

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('join_links',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('person_id', sa.String(length=64), nullable=True),
    sa.Column('guest_name', sa.String(length=100), nullable=True),
    sa.Column('made_by', sa.String(length=64), nullable=False),
    sa.Column('made_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('expires_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('ended_utc_ms', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['sessions.id'], name=op.f('fk_join_links_session_id_sessions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_links'))
    )
    with op.batch_alter_table('join_links', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_join_links_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_join_links_session_id'), ['session_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('join_links', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_join_links_session_id'))
        batch_op.drop_index(batch_op.f('ix_join_links_org_id'))

    op.drop_table('join_links')
