-- What is kept, for how long, and what is counted by the month: the columns that the clean-ups and resets go by. Columns as in
-- the system we took over; times are milliseconds since 1970 (UTC), months are `YYYY-MM` and dates `YYYY-MM-DD` in Asia/Tokyo.

ALTER TABLE notification_templates ADD COLUMN source TEXT NOT NULL DEFAULT 'system' CHECK (source IN ('system', 'admin'));
ALTER TABLE notification_templates ADD COLUMN target_type TEXT NOT NULL DEFAULT 'users'
  CHECK (target_type IN ('all', 'users', 'groups'));
ALTER TABLE notification_templates ADD COLUMN target_ids TEXT;       -- a list, as JSON
ALTER TABLE notification_templates ADD COLUMN publish_at INTEGER;
ALTER TABLE notification_templates ADD COLUMN deleted_at INTEGER;    -- gone for people, kept until it is purged
CREATE INDEX notification_templates_expire ON notification_templates (expire_at) WHERE expire_at IS NOT NULL;
CREATE INDEX notification_templates_deleted ON notification_templates (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX user_notifications_template ON user_notifications (notification_template_id);

-- Who paid is no foreign key: what the law wants kept outlives the user. Of who is gone it says so, for the number may become
-- another user's.
CREATE TABLE payment_histories (
  id                       INTEGER PRIMARY KEY,
  payable_type             TEXT NOT NULL CHECK (payable_type IN ('user', 'group', 'gone_user')),
  payable_id               INTEGER NOT NULL,
  stripe_payment_intent_id TEXT NOT NULL UNIQUE,
  amount                   INTEGER NOT NULL CHECK (amount >= 0),         -- yen
  token_amount             INTEGER NOT NULL DEFAULT 0,
  status                   TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'refunded')),
  refund_status            TEXT CHECK (refund_status IN ('open', 'done', 'refused')),
  refund_amount            INTEGER NOT NULL DEFAULT 0 CHECK (refund_amount BETWEEN 0 AND amount),
  refunded_at              INTEGER,
  failure_message          TEXT,
  created_at               INTEGER NOT NULL,
  deleted_at               INTEGER                                       -- gone for people, kept until it is purged
) STRICT;
CREATE INDEX payment_histories_deleted ON payment_histories (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX payment_histories_payer ON payment_histories (payable_type, payable_id);
CREATE INDEX payment_histories_made ON payment_histories (created_at);

ALTER TABLE groups ADD COLUMN monthly_task_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN task_count_month TEXT;                     -- the month that is counted
ALTER TABLE groups ADD COLUMN subscription_active INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN subscription_plan TEXT CHECK (subscription_plan IN ('family', 'enterprise'));
ALTER TABLE groups ADD COLUMN subscription_ends_at INTEGER;              -- stays as a fact when it is over
ALTER TABLE groups ADD COLUMN max_members INTEGER NOT NULL DEFAULT 6;
CREATE INDEX groups_subscribed ON groups (subscription_ends_at) WHERE subscription_active = 1;

ALTER TABLE users ADD COLUMN birth_date TEXT CHECK (birth_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]');
ALTER TABLE users ADD COLUMN parent_consent_asked_at INTEGER;            -- a parent was asked; null is that nobody need be
ALTER TABLE users ADD COLUMN parent_consented_at INTEGER;
CREATE INDEX users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX token_transactions_user ON token_transactions (user_id, created_at);
CREATE INDEX ai_usage_logs_user ON ai_usage_logs (user_id, created_at);

CREATE TABLE monthly_reports (
  group_id         INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  month            TEXT NOT NULL,
  members          TEXT NOT NULL,                                        -- the same figures by user, as JSON
  tasks_completed  INTEGER NOT NULL,
  tokens_consumed  INTEGER NOT NULL,
  pictures_made    INTEGER NOT NULL,
  payments         INTEGER NOT NULL,
  payments_yen     INTEGER NOT NULL,                                     -- less what was refunded
  created_at       INTEGER NOT NULL,
  PRIMARY KEY (group_id, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE cache (
  key        TEXT PRIMARY KEY,
  tag        TEXT,
  value      TEXT NOT NULL,
  expires_at INTEGER                                                     -- null is never
) STRICT, WITHOUT ROWID;

-- Pictures of users who are gone: noted with the deletion of the user, struck out when the place has let go of them.
CREATE TABLE doomed_pictures (
  path  TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
