-- The tables of an avatar's making. Columns as in the system we took over, and what it lacked: `run` ties every picture,
-- comment, charge and notification to one generation, so that a second attempt neither paints, pays nor tells twice.
-- Times are milliseconds since 1970 (UTC).

CREATE TABLE users (
  id       INTEGER PRIMARY KEY,
  name     TEXT NOT NULL,
  timezone TEXT NOT NULL DEFAULT 'Asia/Tokyo'
) STRICT;

CREATE TABLE teacher_avatars (
  id                INTEGER PRIMARY KEY,
  user_id           INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  look              TEXT NOT NULL,                       -- every attribute, as JSON
  generation_status TEXT NOT NULL DEFAULT 'pending'
                    CHECK (generation_status IN ('pending', 'generating', 'completed', 'failed')),
  generating_since  INTEGER,
  failure_reason    TEXT,                                -- shown to the owner
  run               TEXT NOT NULL,                       -- this generation
  job               TEXT NOT NULL,                       -- the job that makes it
  estimated_token_usage INTEGER NOT NULL,
  last_generated_at INTEGER,
  is_visible        INTEGER NOT NULL DEFAULT 1,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL
) STRICT;
-- What reconcile looks through: small, however many avatars there are.
CREATE INDEX teacher_avatars_unfinished ON teacher_avatars (id) WHERE generation_status IN ('pending', 'generating');

CREATE TABLE avatar_images (
  id                INTEGER PRIMARY KEY,
  teacher_avatar_id INTEGER NOT NULL REFERENCES teacher_avatars (id) ON DELETE CASCADE,
  image_type        TEXT NOT NULL CHECK (image_type IN ('bust', 'full_body')),
  expression_type   TEXT NOT NULL CHECK (expression_type IN ('normal', 'happy', 'sad', 'angry', 'surprised')),
  run               TEXT NOT NULL,
  path              TEXT NOT NULL,
  bytes             INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  UNIQUE (teacher_avatar_id, image_type, expression_type)
) STRICT;

CREATE TABLE avatar_comments (
  id                INTEGER PRIMARY KEY,
  teacher_avatar_id INTEGER NOT NULL REFERENCES teacher_avatars (id) ON DELETE CASCADE,
  event_type        TEXT NOT NULL,
  run               TEXT NOT NULL,
  comment_text      TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  UNIQUE (teacher_avatar_id, event_type)
) STRICT;

CREATE TABLE ai_cost_rates (
  service_type   TEXT NOT NULL CHECK (service_type IN ('image', 'cut_out', 'chat_in', 'chat_out')),
  service_detail TEXT NOT NULL,                          -- the model
  tokens         INTEGER NOT NULL,                       -- for one image, or for 1,000 of the provider's tokens
  is_active      INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (service_type, service_detail)
) STRICT;
INSERT INTO ai_cost_rates (service_type, service_detail, tokens) VALUES
  ('image', 'anything-v4.0', 1000), ('image', 'animagine-xl-3.1', 400), ('image', 'stable-diffusion-3.5-medium', 4600),
  ('cut_out', 'rembg', 50), ('chat_in', 'default', 1), ('chat_out', 'default', 1);

CREATE TABLE ai_usage_logs (
  id                INTEGER PRIMARY KEY,
  teacher_avatar_id INTEGER NOT NULL REFERENCES teacher_avatars (id) ON DELETE CASCADE,
  user_id           INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  run               TEXT NOT NULL,
  item              TEXT NOT NULL,                       -- "bust_happy", "bust_happy cut out", "login"
  provider          TEXT NOT NULL,
  model             TEXT NOT NULL,
  units             INTEGER NOT NULL,
  token_cost        INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  UNIQUE (run, item)
) STRICT;

CREATE TABLE token_balances (
  user_id          INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  free_balance     INTEGER NOT NULL DEFAULT 0 CHECK (free_balance >= 0),
  paid_balance     INTEGER NOT NULL DEFAULT 0 CHECK (paid_balance >= 0),
  total_consumed   INTEGER NOT NULL DEFAULT 0,
  monthly_consumed INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What a running generation may cost at most; taken before the first picture, so that nobody spends it meanwhile.
CREATE TABLE token_holds (
  run        TEXT PRIMARY KEY,
  user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  amount     INTEGER NOT NULL CHECK (amount >= 0),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_holds_user ON token_holds (user_id);

CREATE TABLE token_transactions (
  id            INTEGER PRIMARY KEY,
  user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type          TEXT NOT NULL CHECK (type IN ('consume', 'purchase', 'admin_adjust', 'free_reset', 'refund', 'ai_usage')),
  amount        INTEGER NOT NULL,                        -- negative is spent
  free_part     INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  reason        TEXT NOT NULL,
  run           TEXT UNIQUE,                             -- one charge for one generation
  created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE notification_templates (
  id         INTEGER PRIMARY KEY,
  sender_id  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type       TEXT NOT NULL,
  priority   TEXT NOT NULL CHECK (priority IN ('info', 'normal', 'important')),
  title      TEXT NOT NULL,
  message    TEXT NOT NULL,
  run        TEXT UNIQUE,                                -- one word for one generation's end
  expire_at  INTEGER,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE user_notifications (
  id                       INTEGER PRIMARY KEY,
  user_id                  INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  notification_template_id INTEGER NOT NULL REFERENCES notification_templates (id) ON DELETE CASCADE,
  is_read                  INTEGER NOT NULL DEFAULT 0,
  read_at                  INTEGER,
  UNIQUE (user_id, notification_template_id)
) STRICT;
