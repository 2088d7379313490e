"""closed attendance"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0008'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attendance_disclosures',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=96), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('salt', sa.String(length=64), nullable=False),
    sa.Column('value', schema.Json(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', 'edition', 'line', 'label', name=op.f('pk_attendance_disclosures'))
    )
    with op.batch_alter_table('attendance_disclosures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_disclosures_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_attendance_disclosures_subject'), ['subject'], unique=False)

    op.create_table('attendance_records',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('head', sa.String(length=64), nullable=False),
    sa.Column('previous_head', sa.String(length=64), nullable=True),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('closed_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('closed_by', sa.String(length=64), nullable=False),
    sa.Column('accepted', schema.Json(), nullable=False),
    sa.Column('lines', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', 'edition', name=op.f('pk_attendance_records'))
    )
    with op.batch_alter_table('attendance_records', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_records_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('attendance_records', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_records_org_id'))

    op.drop_table('attendance_records')
    with op.batch_alter_table('attendance_disclosures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_disclosures_subject'))
        batch_op.drop_index(batch_op.f('ix_attendance_disclosures_org_id'))

    op.drop_table('attendance_disclosures')
