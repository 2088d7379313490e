"""series of microcourses and replays; from when to when a replay is shown"""

from alembic import op
import sqlalchemy as sa

revision = '0021b'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('series',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('shown', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('updated_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_series'))
    )
    with op.batch_alter_table('series', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_series_org_id'), ['org_id'], unique=False)

    op.create_table('series_items',
    sa.Column('series_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['series_id'], ['series.id'], name=op.f('fk_series_items_series_id_series')),
    sa.PrimaryKeyConstraint('series_id', 'position', name=op.f('pk_series_items'))
    )
    with op.batch_alter_table('series_items', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_series_items_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_series_items_medium_medium_id', ['medium', 'medium_id'], unique=False)

    op.create_table('replay_windows',
    sa.Column('replay_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('from_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('to_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('replay_id', name=op.f('pk_replay_windows'))
    )
    with op.batch_alter_table('replay_windows', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_replay_windows_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('replay_windows', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_replay_windows_org_id'))

    op.drop_table('replay_windows')
    with op.batch_alter_table('series_items', schema=None) as batch_op:
        batch_op.drop_index('ix_series_items_medium_medium_id')
        batch_op.drop_index(batch_op.f('ix_series_items_org_id'))

    op.drop_table('series_items')
    with op.batch_alter_table('series', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_series_org_id'))

    op.drop_table('series')
