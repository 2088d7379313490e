"""microcourses are reviewed; what was published stays as a version; an organisation's terms"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0021'
down_revision = '0025'
branch_labels = None
depends_on = None

_MICROCOURSES = sa.table(
    'microcourses',
    *(sa.column(name) for name in ('id', 'org_id', 'title', 'start_ms', 'end_ms', 'duration_ms', 'state', 'version')),
    *(sa.column(name) for name in ('created_by', 'published_utc_ms', 'live_version', 'made_by', 'job_id')),
)
_RELEASES = sa.table(
    'microcourse_releases',
    *(sa.column(name) for name in ('microcourse_id', 'version', 'org_id', 'title', 'start_ms', 'end_ms')),
    *(sa.column(name) for name in ('duration_ms', 'published_by', 'published_utc_ms', 'job_id')),
)


def upgrade() -> None:
    op.create_table('microcourse_releases',
    sa.Column('microcourse_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('start_ms', sa.BigInteger(), nullable=False),
    sa.Column('end_ms', sa.BigInteger(), nullable=False),
    sa.Column('duration_ms', sa.BigInteger(), nullable=False),
    sa.Column('reviewed_by', sa.String(length=64), nullable=True),
    sa.Column('published_by', sa.String(length=64), nullable=False),
    sa.Column('published_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('replaced_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('job_id', sa.String(length=64), nullable=True),
    sa.PrimaryKeyConstraint('microcourse_id', 'version', name=op.f('pk_microcourse_releases'))
    )
    with op.batch_alter_table('microcourse_releases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_microcourse_releases_org_id'), ['org_id'], unique=False)

    op.create_table('microcourse_reviews',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('microcourse_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=True),
    sa.Column('asked_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('reviewer', sa.String(length=64), nullable=True),
    sa.Column('reviewed_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('points', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_microcourse_reviews'))
    )
    with op.batch_alter_table('microcourse_reviews', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_microcourse_reviews_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_microcourse_reviews_microcourse_id_id', ['microcourse_id', 'id'], unique=False)

    op.create_table('catalogue_terms',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('terms', schema.Json(), nullable=False),
    sa.Column('updated_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('org_id', name=op.f('pk_catalogue_terms'))
    )
    with op.batch_alter_table('microcourses', schema=None) as batch_op:
        batch_op.add_column(sa.Column('live_version', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('made_by', sa.String(length=64), nullable=True))

    _keep_what_is_published()


def _keep_what_is_published() -> None:
    """What is published becomes a version that stays; by whom it was published stands in the audit log."""
    bind = op.get_bind()
    columns = _MICROCOURSES.c
    bind.execute(sa.update(_MICROCOURSES).values(made_by=columns.created_by))
    published = columns.state == 'published'
    bind.execute(sa.update(_MICROCOURSES).where(published).values(live_version=columns.version))
    kept = sa.select(
        *(columns[name] for name in ('id', 'version', 'org_id', 'title', 'start_ms', 'end_ms')),
        sa.func.coalesce(columns.duration_ms, columns.end_ms - columns.start_ms),
        columns.created_by,
        sa.func.coalesce(columns.published_utc_ms, 0),
        columns.job_id,
    ).where(published)
    bind.execute(sa.insert(_RELEASES).from_select([column.name for column in _RELEASES.columns], kept))


def downgrade() -> None:
    op.execute("UPDATE microcourses SET state = 'ready' WHERE state IN ('in_review', 'sent_back', 'reviewed', 'retired')")
    with op.batch_alter_table('microcourses', schema=None) as batch_op:
        batch_op.drop_column('made_by')
        batch_op.drop_column('live_version')

    op.drop_table('catalogue_terms')
    with op.batch_alter_table('microcourse_reviews', schema=None) as batch_op:
        batch_op.drop_index('ix_microcourse_reviews_microcourse_id_id')
        batch_op.drop_index(batch_op.f('ix_microcourse_reviews_org_id'))

    op.drop_table('microcourse_reviews')
    with op.batch_alter_table('microcourse_releases', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_microcourse_releases_org_id'))

    op.drop_table('microcourse_releases')
