"""the look of microcourses: clips, logo, colour"""

from alembic import op
import sqlalchemy as sa

revision = '0023b'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('branding',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('accent', sa.String(length=7), nullable=False),
    sa.Column('title_card', sa.Boolean(), nullable=False),
    sa.Column('outro_words', sa.String(length=200), nullable=False),
    sa.Column('logo', sa.LargeBinary(), nullable=True),
    sa.Column('intro_id', sa.String(length=64), nullable=True),
    sa.Column('outro_id', sa.String(length=64), nullable=True),
    sa.Column('updated_by', sa.String(length=64), nullable=False),
    sa.Column('updated_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('org_id', name=op.f('pk_branding'))
    )
    op.create_table('brand_clips',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('duration_ms', sa.BigInteger(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('job_id', sa.String(length=64), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_brand_clips'))
    )
    with op.batch_alter_table('brand_clips', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_brand_clips_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('brand_clips', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_brand_clips_org_id'))

    op.drop_table('brand_clips')
    op.drop_table('branding')
