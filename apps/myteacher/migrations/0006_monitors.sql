-- What the monitors saw: the health of Redis, look by look, and how logging in went, period by period. Times are milliseconds
-- since 1970 (UTC). What could not be told is NULL, never 0.

CREATE TABLE redis_metrics (
  id             INTEGER PRIMARY KEY,
  server         TEXT NOT NULL,                          -- host:port, without a password
  looked_at      INTEGER NOT NULL,
  verdict        TEXT NOT NULL CHECK (verdict IN ('well', 'warning', 'critical', 'unreachable')),
  findings       TEXT NOT NULL,                          -- what is not well, as JSON: [{"what","level","why"}]
  memory_percent REAL,
  hit_rate       REAL,                                   -- since the look before
  -- The server's counters as they stood: the next look takes the differences.
  run_id         TEXT,
  commands       INTEGER,
  hits           INTEGER,
  misses         INTEGER,
  evicted        INTEGER,
  rejected       INTEGER,
  slow_last      INTEGER                                 -- the newest number in the slow log
) STRICT;
CREATE INDEX redis_metrics_server ON redis_metrics (server, looked_at);
CREATE INDEX redis_metrics_old ON redis_metrics (looked_at);

CREATE TABLE auth_metrics (
  id              INTEGER PRIMARY KEY,
  period_start    INTEGER NOT NULL,
  period_minutes  INTEGER NOT NULL,
  total_requests  INTEGER NOT NULL,                      -- that ended well or badly
  breeze_success  INTEGER NOT NULL,
  cognito_success INTEGER NOT NULL,
  auth_failure    INTEGER NOT NULL,
  mapping_error   INTEGER NOT NULL,
  success_rate    REAL,                                  -- percent; NULL without a request
  failure_rate    REAL,
  created_at      INTEGER NOT NULL,
  UNIQUE (period_start, period_minutes)
) STRICT;

-- One alert for one warning of one period, whoever sees it first.
CREATE TABLE auth_alerts (
  id             INTEGER PRIMARY KEY,
  period_start   INTEGER NOT NULL,
  period_minutes INTEGER NOT NULL,
  kind           TEXT NOT NULL CHECK (kind IN ('success', 'failure', 'mapping', 'input')),
  level          TEXT NOT NULL CHECK (level IN ('warning', 'critical')),
  message        TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  UNIQUE (period_start, period_minutes, kind)
) STRICT;
