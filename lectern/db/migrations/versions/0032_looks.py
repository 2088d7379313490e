"""named looks of microcourses with their versions, and proposals that editors put aside"""

from alembic import op
import sqlalchemy as sa

revision = '0032'
down_revision = "0026"
branch_labels = None
depends_on = None

_SHOWN = 'accent, title_card, outro_words, logo, intro_id, outro_id'


def upgrade() -> None:
    op.create_table('brand_looks',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=64), nullable=False),
    sa.Column('created_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('retired_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_brand_looks'))
    )
    with op.batch_alter_table('brand_looks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_brand_looks_org_id'), ['org_id'], unique=False)

    op.create_table('brand_look_versions',
    sa.Column('look_id', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('accent', sa.String(length=7), nullable=False),
    sa.Column('title_card', sa.Boolean(), nullable=False),
    sa.Column('outro_words', sa.String(length=200), nullable=False),
    sa.Column('logo', sa.LargeBinary(), nullable=True),
    sa.Column('intro_id', sa.String(length=64), nullable=True),
    sa.Column('outro_id', sa.String(length=64), nullable=True),
    sa.Column('made_by', sa.String(length=64), nullable=False),
    sa.Column('made_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('look_id', 'version', name=op.f('pk_brand_look_versions'))
    )
    with op.batch_alter_table('brand_look_versions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_brand_look_versions_org_id'), ['org_id'], unique=False)

    op.create_table('brand_given',
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('subject_id', sa.String(length=64), nullable=False),
    sa.Column('look_id', sa.String(length=64), nullable=False),
    sa.Column('given_by', sa.String(length=64), nullable=False),
    sa.Column('given_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('org_id', 'subject_id', name=op.f('pk_brand_given'))
    )
    op.create_table('proposals_aside',
    sa.Column('replay_id', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('start_ms', sa.BigInteger(), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('put_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('replay_id', 'subject', 'start_ms', name=op.f('pk_proposals_aside'))
    )
    with op.batch_alter_table('proposals_aside', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposals_aside_org_id'), ['org_id'], unique=False)

    with op.batch_alter_table('microcourses', schema=None) as batch_op:
        batch_op.add_column(sa.Column('look_id', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('look_version', sa.Integer(), nullable=True))

    # What an organisation has chosen so far is its own look, without a name.
    op.execute(
        'INSERT INTO brand_looks (id, org_id, name, version, created_by, created_utc_ms) '
        "SELECT org_id, org_id, '', version, updated_by, updated_utc_ms FROM branding"
    )
    op.execute(
        f'INSERT INTO brand_look_versions (look_id, version, org_id, {_SHOWN}, made_by, made_utc_ms) '
        f'SELECT org_id, version, org_id, {_SHOWN}, updated_by, updated_utc_ms FROM branding'
    )
    op.drop_table('branding')


def downgrade() -> None:
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
    # An organisation keeps one look: the one that was its own by itself.
    op.execute(
        f'INSERT INTO branding (org_id, version, {_SHOWN}, updated_by, updated_utc_ms) '
        f"SELECT looks.org_id, shown.version, {', '.join(f'shown.{name}' for name in _SHOWN.split(', '))}, "
        'shown.made_by, shown.made_utc_ms FROM brand_looks looks '
        'JOIN brand_look_versions shown ON shown.look_id = looks.id AND shown.version = looks.version '
        'LEFT JOIN brand_given given ON given.org_id = looks.org_id AND given.subject_id = looks.org_id '
        'WHERE looks.id = COALESCE(given.look_id, looks.org_id)'
    )
    with op.batch_alter_table('microcourses', schema=None) as batch_op:
        batch_op.drop_column('look_version')
        batch_op.drop_column('look_id')

    with op.batch_alter_table('proposals_aside', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_proposals_aside_org_id'))

    op.drop_table('proposals_aside')
    op.drop_table('brand_given')
    with op.batch_alter_table('brand_look_versions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_brand_look_versions_org_id'))

    op.drop_table('brand_look_versions')
    with op.batch_alter_table('brand_looks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_brand_looks_org_id'))

    op.drop_table('brand_looks')
