-- Schedules: who has which (banto_service, banto_schedule), which are paused (banto_halt), and the ledger of due instants.
--
-- The ledger's key is the schedule and the instant, so a due instant fires at most once, however many schedulers live.

CREATE TABLE banto_service (
    service         TEXT    PRIMARY KEY,
    generation      INTEGER NOT NULL DEFAULT 0,
    registered_by   INTEGER NOT NULL,
    accounted_until INTEGER NOT NULL,
    by              INTEGER,                 -- the instance that accounted last: the leader
    base            INTEGER,                 -- its wall clock minus its steady clock, and
    boot            INTEGER                  -- the boot of that steady clock
) STRICT, WITHOUT ROWID;

CREATE TABLE banto_schedule (
    name       TEXT    PRIMARY KEY,
    service    TEXT    NOT NULL,
    revision   INTEGER NOT NULL,
    model      TEXT    NOT NULL,             -- JSON
    action     TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    build      TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

CREATE TABLE banto_halt (
    schedule TEXT    PRIMARY KEY,            -- '' is all of them
    by       TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    until    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE banto_fire (
    schedule TEXT    NOT NULL,
    due_at   INTEGER NOT NULL,
    fate     INTEGER NOT NULL,               -- 0 fired 1 skipped 2 missed
    reason   TEXT,
    count    INTEGER NOT NULL,
    late     INTEGER NOT NULL,
    note     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    by       INTEGER NOT NULL,
    job      BLOB,
    output   TEXT,                           -- JSON: what its run left behind
    last     TEXT,                           -- JSON: its run as it was when the job was removed
    PRIMARY KEY (schedule, due_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX banto_fire_due ON banto_fire (fate, due_at DESC, schedule);

-- The last due instant of each fate, which no age deletes.
CREATE TABLE banto_fire_last (
    schedule TEXT    NOT NULL,
    fate     INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    PRIMARY KEY (schedule, fate)
) STRICT, WITHOUT ROWID;
