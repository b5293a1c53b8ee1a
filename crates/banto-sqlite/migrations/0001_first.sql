-- A job's row is written when the job comes, and again when something out of the ordinary befalls it. The ordinary way,
-- ready, running, done, leaves it alone: a small row moves from banto_ready to banto_lease to banto_done. So the payload
-- is not written three times over, and the trees that every claim and finish touch stay small (measured: 1.4 to 1.9 times
-- the jobs a second of one table with partial indexes).
--
-- Where a job stands: running if it has a lease; else done if banto_done has it; else as banto_job.state says. A job has a
-- row in banto_ready exactly while it stands ready.
--
-- The prefix keeps these names apart from those of the application, whose own tables may live in this file.
-- Times are wall-clock milliseconds since 1970, except boot and until: the steady clock of one start of the machine.

CREATE TABLE banto_job (
    seq           INTEGER PRIMARY KEY,
    id            BLOB    NOT NULL,
    kind          TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    queue         TEXT    NOT NULL,
    priority      INTEGER NOT NULL,
    state         INTEGER NOT NULL,          -- 0 scheduled 1 ready (or running, or done) 3 parked 5 dead 6 cancelled
    run_at        INTEGER NOT NULL,
    enqueued_at   INTEGER NOT NULL,
    attempts_max  INTEGER NOT NULL,          -- 0: none was ordered
    attempt       INTEGER NOT NULL DEFAULT 0,
    crashes       INTEGER NOT NULL DEFAULT 0,
    fence         INTEGER NOT NULL DEFAULT 0,
    key           TEXT,
    hold          INTEGER,                   -- 0 queued 1 done 2 remember 3 period
    hold_ms       INTEGER,
    written       INTEGER,                   -- token and fence of the last lease that a finish wrote this row under
    written_fence INTEGER,
    instance      INTEGER,
    started_at    INTEGER,
    finished_at   INTEGER,
    cancel_asked  INTEGER NOT NULL DEFAULT 0,
    error         TEXT,
    cause         TEXT,
    park_text     TEXT,
    park_build    TEXT,
    progress      TEXT,                      -- JSON
    options       TEXT,                      -- JSON; absent when the job asks for nothing of its own
    payload       TEXT,                      -- absent when it is long: then banto_payload has it
    sum           INTEGER                    -- of all that never changes; absent: not to be compared
) STRICT;

CREATE UNIQUE INDEX banto_job_id ON banto_job (id);
CREATE INDEX banto_job_scheduled ON banto_job (queue, run_at) WHERE state = 0;
CREATE INDEX banto_job_parked    ON banto_job (id) WHERE state = 3;
CREATE INDEX banto_job_ended     ON banto_job (state, finished_at) WHERE state >= 5;
-- Empty, unless somebody wrote into the file. (Not "NOT IN": for that SQLite makes a temporary table for every row written.)
CREATE INDEX banto_job_strange   ON banto_job (seq) WHERE state < 0 OR state = 2 OR state = 4 OR state > 6;

-- Long payloads, apart from what a retry or an order writes anew.
CREATE TABLE banto_payload (
    seq     INTEGER PRIMARY KEY,
    payload TEXT NOT NULL
) STRICT;

-- In the order of claiming.
CREATE TABLE banto_ready (
    queue    TEXT    NOT NULL,
    priority INTEGER NOT NULL,
    run_at   INTEGER NOT NULL,
    id       BLOB    NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (queue, priority, run_at, id)
) STRICT, WITHOUT ROWID;

-- What runs: few rows, so that those whose time is over are found by looking at all. By the job's number, not its id:
-- each claim and each finish goes through this table, and a number is found in half the time.
CREATE TABLE banto_lease (
    seq          INTEGER PRIMARY KEY,
    fence        INTEGER NOT NULL,
    token        INTEGER NOT NULL,
    boot         INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    instance     INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    cancel_asked INTEGER NOT NULL,
    progress     TEXT
) STRICT;

CREATE TABLE banto_done (
    seq         INTEGER PRIMARY KEY,
    finished_at INTEGER NOT NULL,
    started_at  INTEGER NOT NULL,
    attempt     INTEGER NOT NULL,
    crashes     INTEGER NOT NULL,
    fence       INTEGER NOT NULL,
    token       INTEGER NOT NULL,
    instance    INTEGER NOT NULL
) STRICT;

CREATE INDEX banto_done_at ON banto_done (finished_at);

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
    state   INTEGER NOT NULL,                -- as above, and 2 running 4 done
    jobs    INTEGER NOT NULL,
    PRIMARY KEY (queue, kind, version, state)
) STRICT, WITHOUT ROWID;

CREATE TABLE banto_pause (
    queue  TEXT    PRIMARY KEY,
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
    beat_ms   INTEGER NOT NULL,              -- of the steady clock
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
