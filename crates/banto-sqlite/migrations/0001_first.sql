-- A job is one row in two halves. banto_job holds what moves: small, rewritten at each move, and every index is on it.
-- banto_payload holds what never changes, so that a claim or a finish does not write a megabyte again.
-- The prefix keeps the names apart from those of the application, whose own tables may live in this file.

CREATE TABLE banto_job (
    seq          INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    queue        TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    state        INTEGER NOT NULL,           -- 0 scheduled 1 ready 2 running 3 parked 4 done 5 dead 6 cancelled
    run_at       INTEGER NOT NULL,           -- times are wall-clock milliseconds since 1970, leases apart
    enqueued_at  INTEGER NOT NULL,
    attempts_max INTEGER NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    crashes      INTEGER NOT NULL DEFAULT 0,
    fence        INTEGER NOT NULL DEFAULT 0,
    key          TEXT,
    hold         INTEGER,                    -- 0 queued 1 done 2 remember 3 period
    hold_ms      INTEGER,
    token        INTEGER,                    -- of the last claim; kept after a finish, taken away by a rescue
    written      INTEGER,                    -- token and fence of the last lease a finish was written under,
    written_fence INTEGER,                   -- moved here from token and fence by the next claim
    lease_boot   INTEGER,                    -- which start of the machine lease_until counts from
    lease_until  INTEGER,                    -- milliseconds of the steady clock
    instance     INTEGER,
    started_at   INTEGER,
    finished_at  INTEGER,
    cancel_asked INTEGER NOT NULL DEFAULT 0,
    error        TEXT,
    cause        TEXT,
    park_text    TEXT,
    park_build   TEXT,
    progress     TEXT
) STRICT;

CREATE UNIQUE INDEX banto_job_id ON banto_job (id);
CREATE INDEX banto_job_scheduled ON banto_job (queue, run_at) WHERE state = 0;
CREATE INDEX banto_job_ready     ON banto_job (queue, priority, run_at, id) WHERE state = 1;
CREATE INDEX banto_job_running   ON banto_job (lease_boot, lease_until) WHERE state = 2;
CREATE INDEX banto_job_parked    ON banto_job (id) WHERE state = 3;
CREATE INDEX banto_job_strange   ON banto_job (seq) WHERE state < 0 OR state > 6; -- empty, unless somebody wrote here
CREATE INDEX banto_job_ended     ON banto_job (state, finished_at) WHERE state >= 4;

CREATE TABLE banto_payload (
    seq     INTEGER PRIMARY KEY,
    payload TEXT NOT NULL,
    options TEXT                             -- JSON; absent when the job asks for nothing of its own
) STRICT;

-- What was said of a job: by itself ("log") or by an outcome or order.
CREATE TABLE banto_line (
    seq   INTEGER NOT NULL,
    n     INTEGER NOT NULL,
    at    INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    word  TEXT    NOT NULL,
    text  TEXT    NOT NULL,
    PRIMARY KEY (seq, n)
) STRICT, WITHOUT ROWID;

-- The key is the primary key, so two jobs cannot hold one, however they race.
CREATE TABLE banto_key (
    key   TEXT PRIMARY KEY,
    job   BLOB NOT NULL,
    until INTEGER                            -- absent while only the job's end can let it go
) STRICT, WITHOUT ROWID;

CREATE INDEX banto_key_until ON banto_key (until) WHERE until IS NOT NULL;

-- Counted as jobs move, so that no question ever counts rows.
CREATE TABLE banto_count (
    queue   TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    version INTEGER NOT NULL,
    state   INTEGER NOT NULL,
    jobs    INTEGER NOT NULL,
    PRIMARY KEY (queue, kind, version, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE banto_pause (
    queue  TEXT PRIMARY KEY,
    by     TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    until  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE banto_instance (
    id        INTEGER PRIMARY KEY,
    said      TEXT    NOT NULL,              -- JSON
    since     INTEGER NOT NULL,
    beat_at   INTEGER NOT NULL,
    beat_boot INTEGER NOT NULL,
    beat_ms   INTEGER NOT NULL,              -- milliseconds of the steady clock
    restart   TEXT                           -- by whom it is ordered
) STRICT;

CREATE TABLE banto_tally (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    commits  INTEGER NOT NULL DEFAULT 0,
    news     INTEGER NOT NULL DEFAULT 1,     -- grows when there may be work or orders
    accepted INTEGER NOT NULL DEFAULT 0,
    doubles  INTEGER NOT NULL DEFAULT 0,
    claimed  INTEGER NOT NULL DEFAULT 0,
    late     INTEGER NOT NULL DEFAULT 0,
    rescued  INTEGER NOT NULL DEFAULT 0,
    removed  INTEGER NOT NULL DEFAULT 0,
    lost     INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO banto_tally (one) VALUES (1);
INSERT INTO banto_meta VALUES ('store', lower(hex(randomblob(16))));
