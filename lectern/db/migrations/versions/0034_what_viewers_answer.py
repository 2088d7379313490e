"""stars and comments of viewers, what they keep for later, what they pass on"""

from alembic import op
import sqlalchemy as sa

revision = '0034'
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'medium_ratings',
        sa.Column('medium', sa.String(length=16), nullable=False),
        sa.Column('medium_id', sa.String(length=64), nullable=False),
        sa.Column('rater', sa.String(length=64), nullable=False),
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('org_id', sa.String(length=64), nullable=False),
        sa.Column('session_id', sa.String(length=64), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.String(length=64), nullable=True),
        sa.Column('stars', sa.Integer(), nullable=False),
        sa.Column('comment', sa.Text(), nullable=False),
        sa.Column('waiting', sa.Boolean(), nullable=False),
        sa.Column('shown_stars', sa.Integer(), nullable=True),
        sa.Column('shown_comment', sa.Text(), nullable=False),
        sa.Column('shown_utc_ms', sa.BigInteger(), nullable=True),
        sa.Column('month', sa.String(length=8), nullable=True),
        sa.Column('hidden_by', sa.String(length=64), nullable=True),
        sa.Column('hidden_utc_ms', sa.BigInteger(), nullable=True),
        sa.Column('hidden_reason', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('medium', 'medium_id', 'rater', name=op.f('pk_medium_ratings')),
        sa.UniqueConstraint('id', name=op.f('uq_medium_ratings_id')),
    )
    with op.batch_alter_table('medium_ratings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_medium_ratings_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_medium_ratings_person_id'), ['person_id'], unique=False)
        batch_op.create_index('ix_medium_ratings_org_id_month', ['org_id', 'month'], unique=False)
    op.create_table(
        'medium_favourites',
        sa.Column('person_id', sa.String(length=64), nullable=False),
        sa.Column('medium', sa.String(length=16), nullable=False),
        sa.Column('medium_id', sa.String(length=64), nullable=False),
        sa.Column('org_id', sa.String(length=64), nullable=False),
        sa.Column('session_id', sa.String(length=64), nullable=True),
        sa.Column('kept_utc_ms', sa.BigInteger(), nullable=False),
        sa.Column('month', sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint('person_id', 'medium', 'medium_id', name=op.f('pk_medium_favourites')),
    )
    with op.batch_alter_table('medium_favourites', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_medium_favourites_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_medium_favourites_org_id_month', ['org_id', 'month'], unique=False)
        batch_op.create_index('ix_medium_favourites_medium_medium_id', ['medium', 'medium_id'], unique=False)
    op.create_table(
        'medium_shares',
        sa.Column('person_id', sa.String(length=64), nullable=False),
        sa.Column('medium', sa.String(length=16), nullable=False),
        sa.Column('medium_id', sa.String(length=64), nullable=False),
        sa.Column('month', sa.String(length=8), nullable=False),
        sa.Column('org_id', sa.String(length=64), nullable=False),
        sa.Column('session_id', sa.String(length=64), nullable=True),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('last_utc_ms', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('person_id', 'medium', 'medium_id', 'month', name=op.f('pk_medium_shares')),
    )
    with op.batch_alter_table('medium_shares', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_medium_shares_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_medium_shares_org_id_month', ['org_id', 'month'], unique=False)
    op.create_table(
        'exam_sums',
        sa.Column('session_id', sa.String(length=64), nullable=False),
        sa.Column('org_id', sa.String(length=64), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('answered', sa.Integer(), nullable=False),
        sa.Column('correct', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('session_id', name=op.f('pk_exam_sums')),
    )
    with op.batch_alter_table('exam_sums', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_exam_sums_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    for name in ('exam_sums', 'medium_shares', 'medium_favourites', 'medium_ratings'):
        op.drop_table(name)
