"""categories, tags, audiences, and the index of the library"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0029'
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('audiences',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('target_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('medium', 'medium_id', 'kind', 'target_id', name=op.f('pk_audiences'))
    )
    with op.batch_alter_table('audiences', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audiences_org_id'), ['org_id'], unique=False)

    op.create_table('categories',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('parent_id', sa.String(length=64), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_categories'))
    )
    with op.batch_alter_table('categories', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_categories_org_id'), ['org_id'], unique=False)

    op.create_table('medium_shelf',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('category_id', sa.String(length=64), nullable=True),
    sa.Column('description', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('medium', 'medium_id', name=op.f('pk_medium_shelf'))
    )
    with op.batch_alter_table('medium_shelf', schema=None) as batch_op:
        batch_op.create_index('ix_medium_shelf_category_id', ['category_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_medium_shelf_org_id'), ['org_id'], unique=False)

    op.create_table('medium_tags',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('tag_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('medium', 'medium_id', 'tag_id', name=op.f('pk_medium_tags'))
    )
    with op.batch_alter_table('medium_tags', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_medium_tags_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_medium_tags_tag_id', ['tag_id'], unique=False)

    op.create_table('shelf',
    sa.Column('n', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('shown_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('category_id', sa.String(length=64), nullable=True),
    sa.Column('own_window', sa.Boolean(), nullable=False),
    sa.Column('from_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('to_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('ended_utc_ms', sa.BigInteger(), nullable=True),
    sa.Column('title', sa.String(length=600), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('terms', sa.Text(), nullable=False),
    sa.Column('places', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('n', name=op.f('pk_shelf')),
    sa.UniqueConstraint('medium', 'medium_id', name=op.f('uq_shelf_medium_medium_id'))
    )
    with op.batch_alter_table('shelf', schema=None) as batch_op:
        batch_op.create_index('ix_shelf_category_id', ['category_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_shelf_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_shelf_org_id_shown_utc_ms_n', ['org_id', 'shown_utc_ms', 'n'], unique=False)

    op.create_table('shelf_marks',
    sa.Column('medium', sa.String(length=16), nullable=False),
    sa.Column('medium_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('mark', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('medium', 'medium_id', name=op.f('pk_shelf_marks'))
    )
    with op.batch_alter_table('shelf_marks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_shelf_marks_org_id'), ['org_id'], unique=False)

    op.create_table('tags',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('folded', sa.String(length=160), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tags')),
    sa.UniqueConstraint('org_id', 'folded', name=op.f('uq_tags_org_id_folded'))
    )
    with op.batch_alter_table('tags', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tags_org_id'), ['org_id'], unique=False)

    if op.get_bind().dialect.name == 'sqlite':
        op.execute(
            "CREATE VIRTUAL TABLE fulltext_shelf USING fts5"
            "(terms, content='', detail='none', columnsize=0, tokenize='ascii')"
        )
    else:
        op.execute("CREATE INDEX fulltext_shelf ON shelf USING gin (to_tsvector('simple', terms))")
    # What is there already is read by the first server that starts.
    for medium, table in (('replay', 'replays'), ('microcourse', 'microcourses'), ('series', 'series')):
        op.execute(
            "INSERT INTO shelf_marks (medium, medium_id, org_id, mark) "
            f"SELECT '{medium}', id, org_id, id FROM {table}"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TABLE fulltext_shelf')
    with op.batch_alter_table('tags', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tags_org_id'))

    op.drop_table('tags')
    with op.batch_alter_table('shelf_marks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_shelf_marks_org_id'))

    op.drop_table('shelf_marks')
    with op.batch_alter_table('shelf', schema=None) as batch_op:
        batch_op.drop_index('ix_shelf_org_id_shown_utc_ms_n')
        batch_op.drop_index(batch_op.f('ix_shelf_org_id'))
        batch_op.drop_index('ix_shelf_category_id')

    op.drop_table('shelf')
    with op.batch_alter_table('medium_tags', schema=None) as batch_op:
        batch_op.drop_index('ix_medium_tags_tag_id')
        batch_op.drop_index(batch_op.f('ix_medium_tags_org_id'))

    op.drop_table('medium_tags')
    with op.batch_alter_table('medium_shelf', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_medium_shelf_org_id'))
        batch_op.drop_index('ix_medium_shelf_category_id')

    op.drop_table('medium_shelf')
    with op.batch_alter_table('categories', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_categories_org_id'))

    op.drop_table('categories')
    with op.batch_alter_table('audiences', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audiences_org_id'))

    op.drop_table('audiences')
