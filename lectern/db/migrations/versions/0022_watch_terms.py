"""terms of watching: required media, no skipping, watermark; captions"""

from alembic import op
import sqlalchemy as sa

revision = '0022'
down_revision = '0023b'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('watch_rules',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('no_skipping', sa.Boolean(), nullable=False),
    sa.Column('watermark', sa.Boolean(), nullable=True),
    sa.PrimaryKeyConstraint('medium', 'medium_id', name=op.f('pk_watch_rules'))
    )
    with op.batch_alter_table('watch_rules', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_watch_rules_org_id'), ['org_id'], unique=False)

    op.create_table('captions',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=35), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('medium', 'medium_id', 'language', name=op.f('pk_captions'))
    )
    with op.batch_alter_table('captions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_captions_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('captions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_captions_org_id'))

    op.drop_table('captions')
    with op.batch_alter_table('watch_rules', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_watch_rules_org_id'))

    op.drop_table('watch_rules')
