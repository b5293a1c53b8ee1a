-- Who is taught, and with whom: groups, and what of a user the scheduled work asks for. Columns as in the system we took over;
-- times are milliseconds since 1970 (UTC), dates are `YYYY-MM-DD` in the zone of whoever they are about.

CREATE TABLE groups (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL DEFAULT 0
) STRICT;

ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN theme TEXT NOT NULL DEFAULT 'adult' CHECK (theme IN ('adult', 'child'));
ALTER TABLE users ADD COLUMN group_id INTEGER REFERENCES groups (id) ON DELETE SET NULL;
ALTER TABLE users ADD COLUMN group_edit_flg INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN token_mode TEXT NOT NULL DEFAULT 'individual' CHECK (token_mode IN ('individual', 'group'));
ALTER TABLE users ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN deleted_at INTEGER;             -- gone for people, kept until it is purged
CREATE INDEX users_group ON users (group_id);

ALTER TABLE token_balances ADD COLUMN free_reset_month TEXT;  -- `2025-12`: the month its free tokens are of
