"""Surveys and delivery"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TYPE verdict AS ENUM ('human', 'suspect', 'machine')")
    op.execute("ALTER TYPE suppression_reason ADD VALUE IF NOT EXISTS 'repeated_bounce'")
    op.execute("ALTER TYPE message_state ADD VALUE IF NOT EXISTS 'delivered'")
    op.execute("ALTER TYPE message_state ADD VALUE IF NOT EXISTS 'bounced'")
    op.execute("ALTER TYPE message_state ADD VALUE IF NOT EXISTS 'complained'")
    op.execute("ALTER TYPE message_state ADD VALUE IF NOT EXISTS 'rejected'")
    op.create_table('logo',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('png', sa.LargeBinary(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_logo'))
    )
    op.create_table('brand',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sender_name', sa.Text(), nullable=False),
    sa.Column('sender_address', sa.Text(), nullable=False),
    sa.Column('reply_to', sa.Text(), nullable=False),
    sa.Column('postal_address', sa.Text(), nullable=False),
    sa.Column('colour', sa.Text(), nullable=False),
    sa.Column('text_colour', sa.Text(), nullable=True),
    sa.Column('footer', sa.Text(), nullable=False),
    sa.Column('privacy_url', sa.Text(), nullable=True),
    sa.Column('logo_digest', sa.Text(), nullable=True),
    sa.Column('is_default', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['logo_digest'], ['logo.digest'], name=op.f('fk_brand_logo_digest')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_brand')),
    sa.UniqueConstraint('key', name=op.f('uq_brand_key'))
    )
    op.create_index('uq_brand_is_default', 'brand', ['is_default'], unique=True, postgresql_where=sa.text('is_default'))
    op.create_table('survey',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('draft', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('brand_id', sa.BigInteger(), nullable=True),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['brand_id'], ['brand.id'], name=op.f('fk_survey_brand_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey')),
    sa.UniqueConstraint('key', name=op.f('uq_survey_key'))
    )
    op.create_table('survey_revision',
    sa.Column('survey_id', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('draft', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('saved_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_survey_revision_survey_id')),
    sa.PrimaryKeyConstraint('survey_id', 'revision', name=op.f('pk_survey_revision'))
    )
    op.create_table('sending_pause',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('wave_id', sa.BigInteger(), nullable=True),
    sa.Column('cause', sa.Enum('by_hand', 'bounces', 'complaints', 'errors', 'account', 'sender', 'daily_quota', name='pause_cause'), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('since_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('paused_by', sa.Text(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_sending_pause_wave_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sending_pause'))
    )
    op.create_index('uq_sending_pause_open', 'sending_pause', ['wave_id', 'cause'], unique=True, postgresql_where=sa.text('ended_at IS NULL'), postgresql_nulls_not_distinct=True)
    op.create_table('past_attempt',
    sa.Column('attempt_id', sa.Uuid(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_past_attempt_message_id')),
    sa.PrimaryKeyConstraint('attempt_id', name=op.f('pk_past_attempt'))
    )
    op.create_index(op.f('ix_past_attempt_message_id'), 'past_attempt', ['message_id'], unique=False)
    op.create_table('receipt',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Enum('sent', 'delivered', 'delayed', 'bounced', 'complained', 'rejected', 'opened', 'clicked', 'other', name='receipt_kind'), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('attempt_id', sa.Uuid(), nullable=True),
    sa.Column('provider_id', sa.Text(), nullable=True),
    sa.Column('bounce', sa.Text(), nullable=True),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_receipt_message_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('key', name=op.f('uq_receipt_key'))
    )
    op.create_index('ix_receipt_message_id', 'receipt', ['message_id'], unique=False, postgresql_where=sa.text('message_id IS NOT NULL'))
    op.create_index('ix_receipt_unmatched', 'receipt', ['received_at'], unique=False, postgresql_where=sa.text('message_id IS NULL'))
    op.add_column('invitation', sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('invitation', sa.Column('scanned_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('invitation', sa.Column('trapped_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('message', sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('message', sa.Column('delayed_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('message', sa.Column('bounced_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('message', sa.Column('bounce', sa.Text(), nullable=True))
    op.add_column('message', sa.Column('complained_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_message_attempt_id', 'message', ['attempt_id'], unique=True, postgresql_where=sa.text('attempt_id IS NOT NULL'))
    op.create_index('ix_message_provider_id', 'message', ['provider_id'], unique=False, postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.create_index('ix_message_unknown', 'message', ['claimed_at'], unique=False, postgresql_where=sa.text("state = 'unknown'"))
    op.create_index('ix_message_wave_id_claimed_at', 'message', ['wave_id', 'claimed_at'], unique=False)
    op.add_column('response', sa.Column('comments', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('response', sa.Column('ratings', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('response', sa.Column('may_contact', sa.Boolean(), nullable=True))
    op.add_column('response', sa.Column('verdict', sa.Enum('human', 'suspect', 'machine', name='verdict'), server_default='human', nullable=False))
    op.add_column('response', sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    _move_comments()
    op.drop_column('response', 'comment')
    op.add_column('response_revision', sa.Column('confirmed', sa.Boolean(), server_default='true', nullable=False))
    op.add_column('response_revision', sa.Column('evidence', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('suppression', sa.Column('scope', sa.Text(collation='C'), server_default='*', nullable=False))
    op.add_column('survey_version', sa.Column('brand_id', sa.BigInteger(), nullable=True))
    op.add_column('survey_version', sa.Column('mails', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('survey_version', sa.Column('published_by', sa.Text(), nullable=True))
    op.create_foreign_key(op.f('fk_survey_version_brand_id'), 'survey_version', 'brand', ['brand_id'], ['id'])
    op.drop_constraint('pk_suppression', 'suppression')
    op.create_primary_key('pk_suppression', 'suppression', ['email_key', 'scope', 'reason'])
    _move_suppressed_contacts()
    # A mail that was given back kept its claim; from now on a claim says that it may have left.
    op.execute("UPDATE message SET claimed_at = NULL, attempt_id = NULL WHERE state = 'queued'")


def _move_comments() -> None:
    """One comment becomes the first of up to two, under the key it has in every survey of the first release."""
    op.execute(
        """
        UPDATE survey_version SET definition = jsonb_set(
            definition #- '{questions,comment}', '{questions,comments}',
            jsonb_build_array(jsonb_build_object('key', 'why', 'text', definition #> '{questions,comment}')))
        WHERE definition #> '{questions,comment}' IS NOT NULL
        """
    )
    op.execute("UPDATE response SET comments = jsonb_build_object('why', comment) WHERE comment IS NOT NULL")
    op.execute(
        """
        UPDATE response_revision SET said = (said - 'comment') || jsonb_build_object(
            'comments', CASE WHEN said ->> 'comment' IS NULL THEN '{}'::jsonb
                             ELSE jsonb_build_object('why', said ->> 'comment') END,
            'ratings', '{}'::jsonb, 'may_contact', NULL)
        """
    )


def _move_suppressed_contacts() -> None:
    """What the CRM says about a contact's mailbox belongs to the address, so that a corrected one is free."""
    op.execute(
        """
        INSERT INTO suppression (email_key, reason, detail)
        SELECT DISTINCT email_key, CAST('by_hand' AS suppression_reason), 'so said the CRM' FROM contact
        WHERE status = 'suppressed' AND email_key IS NOT NULL
        ON CONFLICT DO NOTHING
        """
    )


def downgrade() -> None:
    raise NotImplementedError("Migrations move forward only; restore a backup to go back.")
