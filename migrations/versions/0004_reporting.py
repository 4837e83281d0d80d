"""Reporting"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What each answer's weight is split over, in the words of domain section 9: «tops parts path» for each finest driver.
    op.execute(
        "CREATE FUNCTION driver_parts(named jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$"
        " WITH named AS (SELECT split_part(path, '/', 1) AS top, path FROM jsonb_array_elements_text(named) path),"
        " split AS (SELECT DISTINCT top, substr(path, length(top) + 2) AS child FROM named WHERE top <> ''),"
        " finest AS (SELECT top, child, count(*) OVER (PARTITION BY top) AS parts FROM split one"
        " WHERE child <> '' OR NOT EXISTS (SELECT FROM split c WHERE c.top = one.top AND c.child <> ''))"
        " SELECT coalesce(array_agg(concat((SELECT count(DISTINCT top) FROM split), ' ', parts, ' ', top, '/', child)"
        " ORDER BY top, child), '{\"1 1 \"}') FROM finest $$"
    )
    op.create_table('column_mapping',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('header', sa.Text(), nullable=False),
    sa.Column('ours', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'header', name=op.f('pk_column_mapping'))
    )
    op.create_table('digest',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('manager_email', sa.Text(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('sending', 'sent', 'nothing_new', 'failed', name='digest_state'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_digest')),
    sa.UniqueConstraint('manager_email', 'day', name=op.f('uq_digest_manager_email_day'))
    )
    op.create_table('digest_rhythm',
    sa.Column('id', sa.SmallInteger(), nullable=False),
    sa.Column('switched_on', sa.Boolean(), nullable=False),
    sa.Column('weekday', sa.SmallInteger(), nullable=False),
    sa.Column('hour', sa.SmallInteger(), nullable=False),
    sa.Column('zone', sa.Text(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_digest_rhythm'))
    )
    op.create_table('digest_stop',
    sa.Column('manager_email', sa.Text(), nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('stopped_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('manager_email', name=op.f('pk_digest_stop'))
    )
    op.create_table('engagement_weights',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('weights', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('worked_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('contacts', sa.BigInteger(), server_default='0', nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_engagement_weights_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engagement_weights'))
    )
    op.create_table('import_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('purpose', sa.Text(), server_default='crm', nullable=False),
    sa.Column('state', sa.Enum('asking', 'looking', 'looked', 'taking', 'taken', 'stopped', 'failed', 'dropped', name='import_state'), nullable=False),
    sa.Column('taking', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('taken_by', sa.Text(), nullable=True),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('stop_asked', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('trouble', sa.Text(), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('forgotten_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_run'))
    )
    op.create_index('ix_import_run_made_at', 'import_run', ['made_at'], unique=False)
    op.create_table('standing',
    sa.Column('wave_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('annual_value', sa.Numeric(precision=20, scale=2), nullable=True),
    sa.Column('required', sa.SmallInteger(), nullable=True),
    sa.Column('target_decision_maker', sa.SmallInteger(), nullable=False),
    sa.Column('target_influencer', sa.SmallInteger(), nullable=False),
    sa.Column('target_user', sa.SmallInteger(), nullable=False),
    sa.Column('seats_decision_maker', sa.SmallInteger(), nullable=False),
    sa.Column('seats_influencer', sa.SmallInteger(), nullable=False),
    sa.Column('seats_user', sa.SmallInteger(), nullable=False),
    sa.Column('seats_unknown', sa.SmallInteger(), nullable=False),
    sa.Column('shortage', sa.SmallInteger(), nullable=False),
    sa.Column('contacts', sa.Integer(), nullable=False),
    sa.Column('contacts_decision_maker', sa.Integer(), nullable=False),
    sa.Column('contacts_influencer', sa.Integer(), nullable=False),
    sa.Column('contacts_user', sa.Integer(), nullable=False),
    sa.Column('contacts_unknown', sa.Integer(), nullable=False),
    sa.Column('sent_decision_maker', sa.Integer(), nullable=False),
    sa.Column('sent_influencer', sa.Integer(), nullable=False),
    sa.Column('sent_user', sa.Integer(), nullable=False),
    sa.Column('sent_unknown', sa.Integer(), nullable=False),
    sa.Column('answers_decision_maker', sa.Integer(), nullable=False),
    sa.Column('answers_influencer', sa.Integer(), nullable=False),
    sa.Column('answers_user', sa.Integer(), nullable=False),
    sa.Column('answers_unknown', sa.Integer(), nullable=False),
    sa.Column('bounced', sa.Integer(), nullable=False),
    sa.Column('promoters', sa.Integer(), nullable=False),
    sa.Column('passives', sa.Integer(), nullable=False),
    sa.Column('detractors', sa.Integer(), nullable=False),
    sa.Column('promoters_decision_maker', sa.Integer(), nullable=False),
    sa.Column('detractors_decision_maker', sa.Integer(), nullable=False),
    sa.Column('score_sum', sa.BigInteger(), nullable=False),
    sa.Column('score', sa.Numeric(), nullable=True),
    sa.Column('heard_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tally', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('sent', sa.Integer(), sa.Computed('sent_decision_maker + sent_influencer + sent_user + sent_unknown', persisted=True), nullable=False),
    sa.Column('answers', sa.Integer(), sa.Computed('answers_decision_maker + answers_influencer + answers_user + answers_unknown', persisted=True), nullable=False),
    sa.Column('wanted', sa.SmallInteger(), sa.Computed('target_decision_maker + target_influencer + target_user', persisted=True), nullable=False),
    sa.Column('heard', sa.SmallInteger(), sa.Computed('least(answers_decision_maker, target_decision_maker) + least(answers_influencer, target_influencer) + least(answers_user, target_user)', persisted=True), nullable=False),
    sa.Column('coverage', sa.Numeric(), sa.Computed('(least(answers_decision_maker, target_decision_maker) + least(answers_influencer, target_influencer) + least(answers_user, target_user))::numeric / nullif(target_decision_maker + target_influencer + target_user, 0)', persisted=True), nullable=True),
    sa.PrimaryKeyConstraint('wave_id', 'account_id', name=op.f('pk_standing'))
    )
    op.create_index(op.f('ix_standing_account_id'), 'standing', ['account_id'], unique=False)
    op.create_index('ix_standing_wave_id_annual_value', 'standing', ['wave_id', sa.literal_column('annual_value DESC NULLS LAST'), 'account_id'], unique=False)
    op.create_table('stirred',
    sa.Column('wave_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=True)
    )
    op.create_table('tally',
    sa.Column('wave_id', sa.BigInteger(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('amount', sa.Numeric(), nullable=False),
    sa.PrimaryKeyConstraint('wave_id', 'level', 'what', name=op.f('pk_tally'))
    )
    op.create_table('import_file',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('ordinal', sa.SmallInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=True),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('lines', sa.BigInteger(), nullable=False),
    sa.Column('header', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('sample', postgresql.JSONB(astext_type=sa.Text()), server_default='[]', nullable=False),
    sa.Column('mapping', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('fault', sa.Text(), nullable=True),
    sa.Column('outlook', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('outcome', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['run_id'], ['import_run.id'], name=op.f('fk_import_file_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_file'))
    )
    op.create_index(op.f('ix_import_file_run_id'), 'import_file', ['run_id'], unique=False)
    op.create_table('kept_columns',
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('list_key', sa.Text(), nullable=False),
    sa.Column('columns', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['admin_user.id'], name=op.f('fk_kept_columns_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'list_key', name=op.f('pk_kept_columns'))
    )
    op.create_table('merged_account',
    sa.Column('old_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('external_id', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_key', sa.Text(), nullable=False),
    sa.Column('merged_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('merged_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_merged_account_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('old_id', name=op.f('pk_merged_account')),
    sa.UniqueConstraint('external_id', name=op.f('uq_merged_account_external_id'))
    )
    op.create_index('ix_merged_account_account_id', 'merged_account', ['account_id'], unique=False)
    op.create_table('saved_view',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('list_key', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('shared', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['owner_id'], ['admin_user.id'], name=op.f('fk_saved_view_owner_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view'))
    )
    op.create_index('uq_saved_view_name', 'saved_view', ['list_key', 'owner_id', 'name'], unique=True, postgresql_where=sa.text('deleted_at IS NULL'))
    op.create_table('activity',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Enum('meeting', 'ticket', 'purchase', 'login', 'mail_reply', name='activity_kind'), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_activity_contact_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity')),
    sa.UniqueConstraint('contact_id', 'key', name=op.f('uq_activity_contact_id_key'))
    )
    op.create_table('contact_correction',
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('field', sa.Text(), nullable=False),
    sa.Column('crm_value', sa.Text(), nullable=True),
    sa.Column('unheard', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('corrected_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('corrected_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_contact_correction_contact_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('contact_id', 'field', name=op.f('pk_contact_correction'))
    )
    op.create_table('import_piece',
    sa.Column('file_id', sa.BigInteger(), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['file_id'], ['import_file.id'], name=op.f('fk_import_piece_file_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('file_id', 'part', 'number', name=op.f('pk_import_piece'))
    )
    op.create_table('exclusion_cost',
    sa.Column('wave_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('excluded', sa.BigInteger(), nullable=False),
    sa.Column('missed', sa.BigInteger(), nullable=False),
    sa.Column('seats_decision_maker', sa.SmallInteger(), nullable=False),
    sa.Column('seats_influencer', sa.SmallInteger(), nullable=False),
    sa.Column('seats_user', sa.SmallInteger(), nullable=False),
    sa.Column('seats_unknown', sa.SmallInteger(), nullable=False),
    sa.Column('shortage', sa.SmallInteger(), nullable=False),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_exclusion_cost_wave_id')),
    sa.PrimaryKeyConstraint('wave_id', 'account_id', name=op.f('pk_exclusion_cost'))
    )
    op.create_table('hand_pick',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('wave_id', sa.BigInteger(), nullable=True),
    sa.Column('act', sa.Enum('pin', 'exclude', name='hand_pick_act'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_by', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_hand_pick_wave_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hand_pick'))
    )
    op.create_index('ix_hand_pick_wave_id', 'hand_pick', ['wave_id'], unique=False)
    op.create_index('uq_hand_pick_standing', 'hand_pick', ['contact_id', 'wave_id'], unique=True, postgresql_nulls_not_distinct=True, postgresql_where=sa.text('undone_at IS NULL'))
    op.create_table('nomination_round',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('wave_id', sa.BigInteger(), nullable=True),
    sa.Column('campaign_id', sa.BigInteger(), nullable=True),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('revision', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.Text(), nullable=False),
    sa.CheckConstraint('(wave_id IS NULL) <> (campaign_id IS NULL)', name=op.f('ck_nomination_round_one_ground')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_nomination_round_campaign_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_nomination_round_wave_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nomination_round'))
    )
    op.create_index(op.f('ix_nomination_round_campaign_id'), 'nomination_round', ['campaign_id'], unique=False)
    op.create_index(op.f('ix_nomination_round_wave_id'), 'nomination_round', ['wave_id'], unique=False)
    op.create_table('wave_plan',
    sa.Column('wave_id', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.BigInteger(), nullable=False),
    sa.Column('worked_out_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('worked_out_by', sa.Text(), nullable=False),
    sa.Column('trail_to', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('totals', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('choices', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('terms', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('changed', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_wave_plan_wave_id')),
    sa.PrimaryKeyConstraint('wave_id', name=op.f('pk_wave_plan'))
    )
    op.create_table('nomination',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('round_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('deed', sa.Enum('added', 'corrected', 'left', 'came_back', 'excluded', 'readmitted', 'removed', 'done', 'nobody', 'reopened', name='nomination_deed'), nullable=False),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('after', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('done_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['nomination_round.id'], name=op.f('fk_nomination_round_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nomination'))
    )
    op.create_index('ix_nomination_contact_id', 'nomination', ['contact_id'], unique=False)
    op.create_index('ix_nomination_round_id', 'nomination', ['round_id', 'id'], unique=False)
    op.create_table('nomination_answer',
    sa.Column('round_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('word', sa.Enum('done', 'nobody', name='nomination_word'), nullable=False),
    sa.Column('said_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('said_by', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_nomination_answer_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['round_id'], ['nomination_round.id'], name=op.f('fk_nomination_answer_round_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('round_id', 'account_id', name=op.f('pk_nomination_answer'))
    )
    op.create_index(op.f('ix_nomination_answer_account_id'), 'nomination_answer', ['account_id'], unique=False)
    op.create_index('ix_account_country', 'account', ['country'], unique=False)
    op.create_index('ix_account_industry', 'account', ['industry'], unique=False)
    op.create_index('ix_account_manager', 'account', [sa.literal_column('lower(manager_email)')], unique=False)
    op.create_index('ix_account_manager_name', 'account', ['manager_name'], unique=False)
    op.create_index('ix_audit_entry_subject_id', 'audit_entry', ['subject', 'id'], unique=False)
    op.add_column('contact', sa.Column('engagement_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('contact', sa.Column('nominated_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('contact', sa.Column('search_words', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', translate(\n    coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, ''), '@._-/+', '      '))", persisted=True), nullable=False))
    op.create_index('ix_contact_nominated_at', 'contact', ['nominated_at'], unique=False, postgresql_where=sa.text('nominated_at IS NOT NULL'))
    op.create_index('ix_contact_search_words', 'contact', ['search_words'], unique=False, postgresql_using='gin')
    op.create_index('ix_decision_outcome', 'decision', ['wave_id', 'reason', 'seat', 'level', 'account_id', 'contact_id'], unique=False)
    op.create_index('ix_invitation_answered_at', 'invitation', ['answered_at'], unique=False, postgresql_where=sa.text('answered_at IS NOT NULL'))
    op.add_column('response', sa.Column('segments', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False))
    op.add_column('response', sa.Column('search_words', postgresql.TSVECTOR(), sa.Computed("to_tsvector(CASE split_part(language, '-', 1) WHEN 'ar' THEN 'arabic'::regconfig WHEN 'hy' THEN 'armenian'::regconfig WHEN 'eu' THEN 'basque'::regconfig WHEN 'ca' THEN 'catalan'::regconfig WHEN 'da' THEN 'danish'::regconfig WHEN 'nl' THEN 'dutch'::regconfig WHEN 'en' THEN 'english'::regconfig WHEN 'fi' THEN 'finnish'::regconfig WHEN 'fr' THEN 'french'::regconfig WHEN 'de' THEN 'german'::regconfig WHEN 'el' THEN 'greek'::regconfig WHEN 'hi' THEN 'hindi'::regconfig WHEN 'hu' THEN 'hungarian'::regconfig WHEN 'id' THEN 'indonesian'::regconfig WHEN 'ga' THEN 'irish'::regconfig WHEN 'it' THEN 'italian'::regconfig WHEN 'lt' THEN 'lithuanian'::regconfig WHEN 'ne' THEN 'nepali'::regconfig WHEN 'nb' THEN 'norwegian'::regconfig WHEN 'nn' THEN 'norwegian'::regconfig WHEN 'no' THEN 'norwegian'::regconfig WHEN 'pt' THEN 'portuguese'::regconfig WHEN 'ro' THEN 'romanian'::regconfig WHEN 'ru' THEN 'russian'::regconfig WHEN 'sr' THEN 'serbian'::regconfig WHEN 'es' THEN 'spanish'::regconfig WHEN 'sv' THEN 'swedish'::regconfig WHEN 'ta' THEN 'tamil'::regconfig WHEN 'tr' THEN 'turkish'::regconfig WHEN 'yi' THEN 'yiddish'::regconfig ELSE 'simple'::regconfig END, regexp_replace(comments::text, '([\\u3040-\\u30ff\\u3400-\\u9fff\\uf900-\\ufaff\\uac00-\\ud7af])', ' \\1 ', 'g')::jsonb)", persisted=True), nullable=False))
    op.add_column('response', sa.Column('driver_parts', sa.ARRAY(sa.Text()), sa.Computed('driver_parts(drivers)', persisted=True), nullable=False))
    op.drop_index(op.f('ix_response_wave_id_account_id'), table_name='response')
    op.create_index('ix_response_counted', 'response', ['wave_id', 'account_id'], unique=False, postgresql_include=['level', 'score', 'verdict'])
    op.create_index('ix_response_search_words', 'response', ['search_words'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_suppression_since_at'), 'suppression', ['since_at'], unique=False)
    op.create_index('ix_wave_account_value', 'wave_account', ['wave_id', sa.literal_column('annual_value DESC NULLS LAST'), 'account_id'], unique=False)
    op.execute(
        "UPDATE response r SET segments = i.segments FROM invitation i"
        " WHERE i.id = r.invitation_id AND i.segments <> '{}'"
    )
    op.execute("""
        CREATE FUNCTION keep_survey_version() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'survey version % of % is published and never changes', OLD.version, OLD.key;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER survey_version_never_changes BEFORE UPDATE OR DELETE ON survey_version
        FOR EACH ROW EXECUTE FUNCTION keep_survey_version()
    """)
    op.execute(
        "CREATE FUNCTION stir_account() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP = 'DELETE' THEN INSERT INTO stirred VALUES (OLD.wave_id, OLD.account_id);"
        " ELSE INSERT INTO stirred VALUES (NEW.wave_id, NEW.account_id); END IF;"
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION stir_wave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO stirred VALUES (NEW.id, NULL);"
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE FUNCTION stir_invited() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO stirred"
        " SELECT DISTINCT wave_id, CASE WHEN trigger_event_id IS NOT NULL THEN account_id END FROM told;"
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER stirs_frozen AFTER UPDATE OF state ON wave"
        " FOR EACH ROW WHEN ((OLD.state = 'draft') <> (NEW.state = 'draft')) EXECUTE FUNCTION stir_wave()"
    )
    op.execute(
        "CREATE TRIGGER stirs_invited AFTER INSERT ON invitation REFERENCING NEW TABLE AS told"
        " FOR EACH STATEMENT EXECUTE FUNCTION stir_invited()"
    )
    op.execute(
        "CREATE TRIGGER stirs_withdrawn AFTER DELETE ON invitation REFERENCING OLD TABLE AS told"
        " FOR EACH STATEMENT EXECUTE FUNCTION stir_invited()"
    )
    op.execute(
        "CREATE TRIGGER stirs_moved AFTER UPDATE OF sent_at, bounced_at, opened_at, refused_at, level ON invitation"
        " FOR EACH ROW WHEN ((OLD.sent_at IS NULL) <> (NEW.sent_at IS NULL)"
        " OR (OLD.bounced_at IS NULL) <> (NEW.bounced_at IS NULL)"
        " OR (OLD.opened_at IS NULL) <> (NEW.opened_at IS NULL)"
        " OR (OLD.refused_at IS NULL) <> (NEW.refused_at IS NULL) OR OLD.level <> NEW.level)"
        " EXECUTE FUNCTION stir_account()"
    )
    op.execute(
        "CREATE TRIGGER stirs_unknown AFTER UPDATE OF state ON message"
        " FOR EACH ROW WHEN (NEW.number = 0 AND (OLD.state = 'unknown') <> (NEW.state = 'unknown'))"
        " EXECUTE FUNCTION stir_account()"
    )
    op.execute(
        "CREATE TRIGGER stirs_answered AFTER INSERT OR DELETE ON response"
        " FOR EACH ROW EXECUTE FUNCTION stir_account()"
    )
    op.execute(
        "CREATE TRIGGER stirs_changed AFTER UPDATE ON response"
        " FOR EACH ROW WHEN ((OLD.state, OLD.score, OLD.verdict, OLD.answered_at)"
        " IS DISTINCT FROM (NEW.state, NEW.score, NEW.verdict, NEW.answered_at))"
        " EXECUTE FUNCTION stir_account()"
    )
    op.execute("INSERT INTO stirred SELECT id, NULL FROM wave")


def downgrade() -> None:
    raise NotImplementedError("Migrations move forward only; restore a backup to go back.")
