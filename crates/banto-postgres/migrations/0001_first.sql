-- A job's words are written once, when it comes, and stay where they are until it is pruned (job). Where it stands is a small
-- row: in live until it ends, then in ended. So the table that every claim and finish touches holds only what has not ended,
-- whatever is kept of the past, and a payload is never written a second time.
--
-- Every job has its row in job and exactly one in live or ended. No partitions by day: an id must be unique over all days,
-- and what may go is decided by how a job ended and when, not by when it came.
--
-- {s} is the schema. Times are milliseconds since 1970 by the server's clock, except boot and until where a clock is given.

CREATE TABLE {s}.meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE {s}.job (
    id           uuid     PRIMARY KEY,
    kind         text     COLLATE "C" NOT NULL,
    version      integer  NOT NULL,
    queue        text     COLLATE "C" NOT NULL,
    priority     smallint NOT NULL,
    enqueued_at  bigint   NOT NULL,
    attempts_max integer  NOT NULL,             -- 0: none was ordered
    key          text     COLLATE "C",
    hold         smallint,                      -- 0 queued 1 done 2 remember 3 period
    hold_ms      bigint,
    options      text,                          -- JSON; absent when the job asks for nothing of its own
    payload      text     NOT NULL,             -- JSON, byte for byte: jsonb would not keep it
    sum          bigint                         -- of all that never changes; absent: not to be compared
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- Written at each claim, renewal and finish: room in each page, so that a renewal finds its place beside its row.
CREATE TABLE {s}.live (
    id            uuid     PRIMARY KEY,
    queue         text     COLLATE "C" NOT NULL,
    kind          text     COLLATE "C" NOT NULL,
    version       integer  NOT NULL,
    priority      smallint NOT NULL,
    state         smallint NOT NULL CHECK (state BETWEEN 0 AND 3), -- 0 scheduled 1 ready 2 running 3 parked
    hold          smallint,
    run_at        bigint   NOT NULL,
    attempt       integer  NOT NULL DEFAULT 0,
    crashes       integer  NOT NULL DEFAULT 0,
    fence         bigint   NOT NULL DEFAULT 0,
    token         bigint,                       -- the lease: present while it runs
    boot          bigint,
    until         bigint,
    length        bigint,                       -- how long it was given for, in milliseconds
    instance      bigint,
    started_at    bigint,
    cancel_asked  boolean  NOT NULL DEFAULT false,
    error         text,
    progress      text,                         -- JSON
    cause         text,
    park_text     text,
    park_build    text,
    written       bigint,                       -- token and fence of the last lease that a finish wrote this row under
    written_fence bigint
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
        autovacuum_analyze_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);

CREATE INDEX live_line    ON {s}.live (queue, priority, run_at, id) WHERE state = 1;
CREATE INDEX live_due     ON {s}.live (queue, run_at)               WHERE state = 0;
-- Not by until: then every renewal would write an entry. Few run at once, and all of them are looked at.
CREATE INDEX live_running ON {s}.live (id)                          WHERE state = 2;
CREATE INDEX live_parked  ON {s}.live (id)                          WHERE state = 3;

CREATE TABLE {s}.ended (
    id            uuid     PRIMARY KEY,
    state         smallint NOT NULL CHECK (state BETWEEN 4 AND 6), -- 4 done 5 dead 6 cancelled
    finished_at   bigint   NOT NULL,
    run_at        bigint   NOT NULL,
    attempt       integer  NOT NULL,
    crashes       integer  NOT NULL,
    fence         bigint   NOT NULL,
    instance      bigint,
    started_at    bigint,
    cancel_asked  boolean  NOT NULL,
    error         text,
    progress      text,
    written       bigint,
    written_fence bigint
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

CREATE INDEX ended_at ON {s}.ended (state, finished_at, id);

-- What was said of a job: by itself ("log") or by an outcome or order.
CREATE TABLE {s}.line (
    id    uuid   NOT NULL,
    n     bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    at    bigint NOT NULL,
    fence bigint NOT NULL,
    word  text   NOT NULL,
    text  text   NOT NULL,
    PRIMARY KEY (id, n)
);

-- The key is the primary key, so two jobs cannot hold one, however they race.
CREATE TABLE {s}.key (
    key   text COLLATE "C" PRIMARY KEY,
    job   uuid NOT NULL,
    until bigint                                -- absent while only the job's end can let it go
);
CREATE INDEX key_until ON {s}.key (until) WHERE until IS NOT NULL;

-- Counted as jobs move, so that no question ever counts rows. A row of its own for each class would be fought over by
-- everybody; so each transaction adds rows to delta, and now and then somebody folds those into count.
-- what: 0 to 6 the states; 7 accepted 8 doubles 9 claimed 10 late 11 rescued 12 removed.
CREATE TABLE {s}.count (
    queue   text     COLLATE "C" NOT NULL,
    kind    text     COLLATE "C" NOT NULL,
    version integer  NOT NULL,
    what    smallint NOT NULL,
    n       bigint   NOT NULL,
    PRIMARY KEY (queue, kind, version, what)
) WITH (fillfactor = 50);
CREATE TABLE {s}.delta (
    queue   text     COLLATE "C" NOT NULL,
    kind    text     COLLATE "C" NOT NULL,
    version integer  NOT NULL,
    what    smallint NOT NULL,
    n       bigint   NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE VIEW {s}.counted AS
    SELECT queue, kind, version, what, sum(n)::bigint AS n
    FROM (SELECT * FROM {s}.count UNION ALL SELECT * FROM {s}.delta) AS both_of_them GROUP BY queue, kind, version, what;

CREATE TABLE {s}.pause (
    queue  text COLLATE "C" PRIMARY KEY,
    by     text NOT NULL,
    reason text NOT NULL,
    at     bigint NOT NULL,
    until  bigint
);

CREATE TABLE {s}.instance (
    id        bigint PRIMARY KEY,
    said      text   NOT NULL,                  -- JSON
    since     bigint NOT NULL,
    beat_boot bigint NOT NULL,
    beat_ms   bigint NOT NULL,
    restart   text                              -- by whom it is ordered
) WITH (fillfactor = 50);

-- Any job as it stands. The last column says whether its place fits it.
CREATE VIEW {s}.whole AS
    SELECT j.id, j.kind, j.version, j.queue, j.priority, coalesce(l.state, e.state) AS state,
        coalesce(l.run_at, e.run_at) AS run_at, j.enqueued_at, j.attempts_max, coalesce(l.attempt, e.attempt) AS attempt,
        coalesce(l.crashes, e.crashes) AS crashes, coalesce(l.fence, e.fence) AS fence, j.key, j.hold, j.hold_ms,
        coalesce(l.instance, e.instance) AS instance, coalesce(l.started_at, e.started_at) AS started_at,
        coalesce(l.cancel_asked, e.cancel_asked) AS cancel_asked, coalesce(l.error, e.error) AS error,
        coalesce(l.progress, e.progress) AS progress, j.options, j.payload, j.sum, l.cause, l.park_text, l.park_build,
        e.finished_at, l.token, l.boot, l.until, l.length,
        CASE WHEN l.id IS NULL THEN e.id IS NOT NULL ELSE e.id IS NULL AND (l.queue, l.kind, l.version, l.priority,
            coalesce(l.hold, -1)) = (j.queue, j.kind, j.version, j.priority, coalesce(j.hold, -1)) END AS fits
    FROM {s}.job j LEFT JOIN {s}.live l ON l.id = j.id LEFT JOIN {s}.ended e ON e.id = j.id;

CREATE FUNCTION {s}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

-- So many milliseconds later, at most the last moment there is.
CREATE FUNCTION {s}.later(_at bigint, _ms bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE WHEN _ms > 9223372036854775807 - greatest(_at, 0) THEN 9223372036854775807 ELSE _at + _ms END $$;

-- Folds what was counted into the counts. One at a time; whoever comes second has nothing to do.
CREATE FUNCTION {s}.fold() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF pg_try_advisory_xact_lock(hashtextextended('{s}.fold', 0)) THEN
        WITH gone AS (DELETE FROM {s}.delta RETURNING queue, kind, version, what, n)
        INSERT INTO {s}.count AS c (queue, kind, version, what, n)
            SELECT queue, kind, version, what, sum(n) FROM gone GROUP BY queue, kind, version, what
            ON CONFLICT (queue, kind, version, what) DO UPDATE SET n = c.n + excluded.n;
    END IF;
END $$;

-- Counts every job where it stands; what is no state stays. For rows whose class somebody has changed.
CREATE FUNCTION {s}.recount() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE {s}.live, {s}.ended, {s}.delta, {s}.count IN SHARE ROW EXCLUSIVE MODE;
    WITH gone AS (DELETE FROM {s}.delta WHERE what > 6 RETURNING queue, kind, version, what, n)
    INSERT INTO {s}.count AS c SELECT queue, kind, version, what, sum(n) FROM gone GROUP BY queue, kind, version, what
        ON CONFLICT (queue, kind, version, what) DO UPDATE SET n = c.n + excluded.n;
    DELETE FROM {s}.delta;
    DELETE FROM {s}.count WHERE what < 7;
    INSERT INTO {s}.count SELECT queue, kind, version, state, count(*) FROM (
        SELECT queue, kind, version, state FROM {s}.live
        UNION ALL
        SELECT j.queue, j.kind, j.version, e.state FROM {s}.ended e JOIN {s}.job j ON j.id = e.id) AS jobs
        GROUP BY queue, kind, version, state;
END $$;

-- Of a trail only the last lines are kept.
CREATE FUNCTION {s}.trim(_ids uuid[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM {s}.line l USING unnest(_ids) AS i (id) WHERE l.id = i.id
        AND l.n <= (SELECT m.n FROM {s}.line m WHERE m.id = i.id ORDER BY m.n DESC OFFSET 200 LIMIT 1)
$$;
