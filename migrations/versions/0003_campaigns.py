"""Campaigns"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TYPE admin_role AS ENUM ('admin', 'editor', 'viewer', 'account_manager')")
    op.execute("CREATE TYPE cadence AS ENUM ('by_hand', 'monthly', 'quarterly', 'half_yearly', 'yearly', 'before_review', 'before_renewal')")
    op.execute("CREATE TYPE campaign_state AS ENUM ('draft', 'scheduled', 'running', 'paused', 'finished')")
    op.execute("CREATE TYPE campaign_kind AS ENUM ('relationship', 'transactional')")
    op.create_table('api_key',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('hint', sa.Text(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('digest', name=op.f('uq_api_key_digest'))
    )
    op.create_table('closing_day',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('name', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closing_day')),
    sa.UniqueConstraint('day', 'country', name=op.f('uq_closing_day_day_country'), postgresql_nulls_not_distinct=True)
    )
    op.create_table('house_rules',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_house_rules_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_house_rules'))
    )
    op.create_table('place',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('zone', sa.Text(), nullable=False),
    sa.Column('country', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place')),
    sa.UniqueConstraint('zone', 'country', name=op.f('uq_place_zone_country'))
    )
    op.create_table('quota_table',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('quota', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quota_table')),
    sa.UniqueConstraint('name', name=op.f('uq_quota_table_name'))
    )
    op.create_table('rule_override',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('email_key', sa.Text(collation='C'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('granted_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('granted_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_override'))
    )
    op.create_index('ix_rule_override_email_key', 'rule_override', ['email_key', 'granted_at'], unique=False)
    op.create_table('idempotent_request',
    sa.Column('api_key_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('status', sa.SmallInteger(), nullable=True),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['api_key_id'], ['api_key.id'], name=op.f('fk_idempotent_request_api_key_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('api_key_id', 'key', name=op.f('pk_idempotent_request'))
    )
    op.create_index('ix_idempotent_request_began_at', 'idempotent_request', ['began_at'], unique=False)
    op.create_table('trigger_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('source', sa.Text(collation='C'), nullable=False),
    sa.Column('event_id', sa.Text(collation='C'), nullable=False),
    sa.Column('event', sa.Text(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sent_by', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('properties', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=True),
    sa.Column('account_id', sa.BigInteger(), nullable=True),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('decision', sa.Enum('scheduled', 'refused', name='event_decision'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('send_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_trigger_event_campaign_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_trigger_event')),
    sa.UniqueConstraint('source', 'event_id', name=op.f('uq_trigger_event_source_event_id'))
    )
    op.create_index('ix_trigger_event_changed_at', 'trigger_event', ['changed_at', 'id'], unique=False)
    op.create_index('ix_trigger_event_contact_id', 'trigger_event', ['contact_id'], unique=False, postgresql_where=sa.text('contact_id IS NOT NULL'))
    op.create_index('ix_trigger_event_send_at', 'trigger_event', ['send_at'], unique=False, postgresql_where=sa.text('send_at IS NOT NULL AND mailed_at IS NULL AND reason IS NULL'))
    op.create_index('ix_trigger_event_subject', 'trigger_event', ['campaign_id', 'subject'], unique=False, postgresql_where=sa.text('subject IS NOT NULL'))
    op.create_table('late_account',
    sa.Column('wave_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('occasion_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_late_account_wave_id')),
    sa.PrimaryKeyConstraint('wave_id', 'account_id', name=op.f('pk_late_account'))
    )
    op.create_index(op.f('ix_late_account_account_id'), 'late_account', ['account_id'], unique=False)
    op.add_column('account', sa.Column('time_zone', sa.Text(), nullable=True))
    op.add_column('account', sa.Column('review_on', sa.Date(), nullable=True))
    op.add_column('admin_user', sa.Column('role', sa.Enum('admin', 'editor', 'viewer', 'account_manager', name='admin_role'), server_default='admin', nullable=False))
    op.add_column('campaign', sa.Column('kind', sa.Enum('relationship', 'transactional', name='campaign_kind'), server_default='relationship', nullable=False))
    op.add_column('campaign', sa.Column('state', sa.Enum('draft', 'scheduled', 'running', 'paused', 'finished', name='campaign_state'), server_default='running', nullable=False))
    op.add_column('campaign', sa.Column('brand_id', sa.BigInteger(), nullable=True))
    op.add_column('campaign', sa.Column('audience', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('campaign', sa.Column('segment_quotas', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False))
    op.add_column('campaign', sa.Column('currency', sa.Text(), server_default='USD', nullable=False))
    op.add_column('campaign', sa.Column('rates', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('campaign', sa.Column('cadence', sa.Enum('by_hand', 'monthly', 'quarterly', 'half_yearly', 'yearly', 'before_review', 'before_renewal', name='cadence'), server_default='by_hand', nullable=False))
    op.add_column('campaign', sa.Column('starts_on', sa.Date(), nullable=True))
    op.add_column('campaign', sa.Column('ends_on', sa.Date(), nullable=True))
    op.add_column('campaign', sa.Column('wave_days', sa.SmallInteger(), server_default='30', nullable=False))
    op.add_column('campaign', sa.Column('spread_days', sa.SmallInteger(), nullable=True))
    op.add_column('campaign', sa.Column('daily_cap', sa.BigInteger(), server_default='100', nullable=False))
    op.add_column('campaign', sa.Column('account_cap', sa.BigInteger(), server_default='3', nullable=False))
    op.add_column('campaign', sa.Column('window_from', sa.SmallInteger(), server_default='9', nullable=False))
    op.add_column('campaign', sa.Column('window_to', sa.SmallInteger(), server_default='17', nullable=False))
    op.add_column('campaign', sa.Column('time_zone', sa.Text(), server_default='UTC', nullable=False))
    op.add_column('campaign', sa.Column('country', sa.Text(), nullable=True))
    op.add_column('campaign', sa.Column('reminders', postgresql.JSONB(astext_type=sa.Text()), server_default='[5, 10]', nullable=False))
    op.add_column('campaign', sa.Column('goes_by_itself', sa.Boolean(), server_default='false', nullable=False))
    op.add_column('campaign', sa.Column('sender_name', sa.Text(), nullable=True))
    op.add_column('campaign', sa.Column('rules', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('campaign', sa.Column('trigger', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('campaign', sa.Column('trouble', sa.Text(), nullable=True))
    op.add_column('campaign', sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False))
    op.create_foreign_key(op.f('fk_campaign_brand_id'), 'campaign', 'brand', ['brand_id'], ['id'])
    op.add_column('contact', sa.Column('last_transactional_on', sa.Date(), nullable=True))
    op.add_column('invitation', sa.Column('trigger_event_id', sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f('uq_invitation_contact_id_wave_id'), 'invitation', type_='unique')
    op.create_unique_constraint(op.f('uq_invitation_contact_id_wave_id_trigger_event_id'), 'invitation', ['contact_id', 'wave_id', 'trigger_event_id'], postgresql_nulls_not_distinct=True)
    op.add_column('message', sa.Column('place_id', sa.BigInteger(), nullable=True))
    op.add_column('message', sa.Column('due_on', sa.Date(), nullable=True))
    op.alter_column('message', 'due_at',
               existing_type=postgresql.TIMESTAMP(timezone=True),
               nullable=True)
    op.drop_index(op.f('ix_message_due'), table_name='message', postgresql_where="(state = 'queued'::message_state)")
    op.create_index('ix_message_due', 'message', ['wave_id', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'queued' AND due_at IS NOT NULL"))
    op.create_index('ix_message_account_id', 'message', ['account_id', 'claimed_at'], unique=False, postgresql_where=sa.text('number = 0'))
    op.create_index('ix_message_waiting', 'message', ['wave_id', 'place_id', 'number', 'due_on', 'id'], unique=False, postgresql_where=sa.text("state = 'queued' AND due_at IS NULL"))
    op.create_foreign_key(op.f('fk_message_place_id'), 'message', 'place', ['place_id'], ['id'])
    op.add_column('wave', sa.Column('brand_id', sa.BigInteger(), nullable=True))
    op.add_column('wave', sa.Column('audience', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('wave', sa.Column('segment_quotas', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False))
    op.add_column('wave', sa.Column('send_by', sa.Date(), nullable=True))
    op.add_column('wave', sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('wave', sa.Column('approved_by', sa.Text(), nullable=True))
    op.add_column('wave', sa.Column('reminded_to', sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f('fk_wave_brand_id'), 'wave', 'brand', ['brand_id'], ['id'])
    op.add_column('wave_account', sa.Column('due_on', sa.Date(), nullable=True))
    op.add_column('wave_account', sa.Column('occasion_on', sa.Date(), nullable=True))
    op.create_index('ix_wave_account_occasion', 'wave_account', ['account_id'], unique=False, postgresql_where=sa.text('occasion_on IS NOT NULL'))
    # Waves of before promised no reminders; mails that left long ago would get them now.
    op.execute("UPDATE campaign SET reminders = '[]'")


def downgrade() -> None:
    raise NotImplementedError("Migrations move forward only; restore a backup to go back.")
