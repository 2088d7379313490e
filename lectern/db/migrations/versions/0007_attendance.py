"""attendance: rules, decisions, objections, sign-ins"""

from alembic import op
import sqlalchemy as sa

from lectern.db import schema

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('attendance_rules',
    sa.Column('scope', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('rule', schema.Json(), nullable=False),
    sa.Column('changed_by', sa.String(length=64), nullable=False),
    sa.Column('changed_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_attendance_rules'))
    )
    with op.batch_alter_table('attendance_rules', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_rules_org_id'), ['org_id'], unique=False)

    op.create_table('attendance_decisions',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('decided_by', sa.String(length=64), nullable=False),
    sa.Column('decided_utc_ms', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance_decisions'))
    )
    with op.batch_alter_table('attendance_decisions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_decisions_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_attendance_decisions_session_id', ['session_id'], unique=False)

    op.create_table('attendance_objections',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('against', sa.String(length=16), nullable=False),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('objected_utc_ms', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by', sa.String(length=64), nullable=True),
    sa.Column('answered_utc_ms', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance_objections'))
    )
    with op.batch_alter_table('attendance_objections', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_objections_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_attendance_objections_session_id', ['session_id'], unique=False)

    op.create_table('attendance_sign_ins',
    sa.Column('session_id', sa.String(length=64), nullable=False),
    sa.Column('org_id', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('rounds', sa.Integer(), nullable=False),
    sa.Column('expected', sa.Integer(), nullable=False),
    sa.Column('signed_in', sa.Integer(), nullable=False),
    sa.Column('made_up', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_attendance_sign_ins'))
    )
    with op.batch_alter_table('attendance_sign_ins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_sign_ins_org_id'), ['org_id'], unique=False)


def downgrade() -> None:
    op.drop_table('attendance_sign_ins')
    op.drop_table('attendance_objections')
    op.drop_table('attendance_decisions')
    op.drop_table('attendance_rules')
