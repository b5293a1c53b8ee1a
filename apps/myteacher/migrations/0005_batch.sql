-- Scheduled group tasks: what is to be done, by whom, and when; every due instant of each and what became of it; the tasks that
-- came of that; and the days off. Columns as in the system we took over, and what it lacked: a due instant has one row, how far
-- a plan is accounted for is kept, and whom a task's owner is still to hear of it.

CREATE TABLE holidays (
  id         INTEGER PRIMARY KEY,
  date       TEXT NOT NULL UNIQUE CHECK (date IS date(date)),
  name       TEXT NOT NULL,
  source     TEXT NOT NULL CHECK (source IN ('law', 'own')),  -- the law's are kept by the program, own ones by people
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE scheduled_group_tasks (
  id                         INTEGER PRIMARY KEY,
  group_id                   INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  created_by                 INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title                      TEXT NOT NULL,
  description                TEXT,
  requires_image             INTEGER NOT NULL DEFAULT 0,
  requires_approval          INTEGER NOT NULL DEFAULT 0,
  reward                     INTEGER NOT NULL DEFAULT 0,
  assigned_user_id           INTEGER,                    -- no reference: were it set to null with the user, the task would be everybody's
  auto_assign                INTEGER NOT NULL DEFAULT 0,
  schedules                  TEXT NOT NULL,              -- JSON: daily, weekly and monthly entries
  due_duration_days          INTEGER,
  due_duration_hours         INTEGER,
  start_date                 TEXT NOT NULL,              -- in the creator's zone, as every date here
  end_date                   TEXT,                       -- the last day, which is in it
  skip_holidays              INTEGER NOT NULL DEFAULT 0,
  move_to_next_business_day  INTEGER NOT NULL DEFAULT 0,
  delete_incomplete_previous INTEGER NOT NULL DEFAULT 1,
  month_end                  TEXT NOT NULL DEFAULT 'last_day',  -- what days 29 to 31 are in a shorter month: skip, last_day
  missed                     TEXT NOT NULL DEFAULT 'last',      -- what an outage missed is made up for: skip, last, all:N
  is_active                  INTEGER NOT NULL DEFAULT 1,
  paused_at                  INTEGER,
  accounted_until            INTEGER,                    -- every due instant up to it has its row; null: since it was created
  fault                      TEXT,                       -- why its plan cannot be read
  created_at                 INTEGER NOT NULL,
  updated_at                 INTEGER NOT NULL,
  deleted_at                 INTEGER
) STRICT;
CREATE INDEX scheduled_group_tasks_active ON scheduled_group_tasks (group_id, is_active);

CREATE TABLE scheduled_task_tags (
  id                INTEGER PRIMARY KEY,
  scheduled_task_id INTEGER NOT NULL REFERENCES scheduled_group_tasks (id) ON DELETE CASCADE,
  tag_name          TEXT NOT NULL,
  UNIQUE (scheduled_task_id, tag_name)
) STRICT;

CREATE TABLE tasks (
  id                  INTEGER PRIMARY KEY,
  user_id             INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  source_proposal_id  INTEGER,
  assigned_by_user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
  approved_by_user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
  title               TEXT NOT NULL,
  description         TEXT,
  due_date            TEXT,                              -- `2026-12-01T09:00:00+09:00`, in the creator's zone
  span                INTEGER NOT NULL DEFAULT 1,        -- 1 is short
  priority            INTEGER NOT NULL DEFAULT 3,
  group_task_id       TEXT,                              -- the same for all that were made at once
  reward              INTEGER NOT NULL DEFAULT 0,
  requires_approval   INTEGER NOT NULL DEFAULT 0,
  requires_image      INTEGER NOT NULL DEFAULT 0,
  approved_at         INTEGER,
  is_completed        INTEGER NOT NULL DEFAULT 0,
  completed_at        INTEGER,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL,
  deleted_at          INTEGER
) STRICT;
CREATE INDEX tasks_user ON tasks (user_id);
CREATE INDEX tasks_group ON tasks (group_task_id);

CREATE TABLE tags (
  id         INTEGER PRIMARY KEY,
  user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (user_id, name)
) STRICT;

CREATE TABLE task_tag (
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  tag_id  INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  PRIMARY KEY (task_id, tag_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE scheduled_task_executions (
  id                INTEGER PRIMARY KEY,
  scheduled_task_id INTEGER NOT NULL REFERENCES scheduled_group_tasks (id) ON DELETE CASCADE,
  due_at            INTEGER,                             -- the instant of the creator's local time; null: the plan could not be read
  due_local         TEXT NOT NULL,                       -- the same for people, with the offset, so that 01:30 is never twice the same
  executed_at       INTEGER NOT NULL,
  status            TEXT NOT NULL CHECK (status IN ('success', 'failed', 'skipped', 'missed')),
  attempts          INTEGER NOT NULL DEFAULT 1,
  retry_at          INTEGER,                             -- when a failed one is tried again; null: it stays failed
  group_task_id     TEXT,
  created_task_id   INTEGER REFERENCES tasks (id) ON DELETE SET NULL,  -- the first
  deleted_task_id   INTEGER REFERENCES tasks (id) ON DELETE SET NULL,  -- the first
  created_count     INTEGER NOT NULL DEFAULT 0,
  deleted_count     INTEGER NOT NULL DEFAULT 0,
  note              TEXT,
  error_message     TEXT,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  UNIQUE (scheduled_task_id, due_at)                     -- whoever comes second does nothing
) STRICT;
CREATE INDEX scheduled_task_executions_task ON scheduled_task_executions (scheduled_task_id, executed_at);
CREATE INDEX scheduled_task_executions_retry ON scheduled_task_executions (retry_at) WHERE retry_at IS NOT NULL;
CREATE INDEX scheduled_task_executions_created ON scheduled_task_executions (created_task_id);
CREATE INDEX scheduled_task_executions_deleted ON scheduled_task_executions (deleted_task_id);

-- Owners who are still to be told. A row is made with its task, in one transaction, and goes with the notification, in another.
CREATE TABLE task_notices (
  task_id  INTEGER PRIMARY KEY REFERENCES tasks (id) ON DELETE CASCADE,
  attempts INTEGER NOT NULL DEFAULT 0,
  error    TEXT
) STRICT;
