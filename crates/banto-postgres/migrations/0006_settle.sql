-- Moving house: how this store stands in a move to or from another (JSON, '' in none), and what comes with it.
--
-- Whoever depends on it holds a lock that all may hold at once until its transaction ends; whoever changes it holds that lock
-- alone. So when a step is done nobody is under way who was let in before it, whosever transaction that be.

INSERT INTO {s}.meta (name, value) VALUES ('standing', '');

-- Lets in what an open store does, or jobs only. Else the error says how the store stands in its detail.
CREATE FUNCTION {s}.admit(_jobs boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _standing text;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('{s}.standing', 0));
    IF current_setting('transaction_isolation') = 'read committed' THEN
        SELECT m.value INTO _standing FROM {s}.meta m WHERE m.name = 'standing';
    ELSE
        -- An older snapshot would not see what was changed meanwhile; so it is an error that it was.
        SELECT m.value INTO _standing FROM {s}.meta m WHERE m.name = 'standing' FOR SHARE;
    END IF;
    IF _standing <> '' AND _standing::json ->> 'stand' NOT IN ('cleared', 'arrived')
            AND NOT (_jobs AND _standing::json ->> 'stand' = 'leaving') THEN
        RAISE EXCEPTION 'this store moves to or from another' USING ERRCODE = 'BN001', DETAIL = _standing;
    END IF;
END $$;

-- Keeps jobs as they stood at another store; gives those that were not here. No id may be there twice.
CREATE FUNCTION {s}.put_jobs(_ids uuid[], _kinds text[], _versions integer[], _queues text[], _priorities integer[],
    _ins bigint[], _ats bigint[], _attempts_max integer[], _options text[], _payloads text[], _sums bigint[],
    _keys text[], _holds integer[], _hold_ms bigint[], _states integer[], _enqueued bigint[], _attempts integer[],
    _crashes integer[], _fences bigint[], _instances bigint[], _started bigint[], _finished bigint[], _asked boolean[],
    _errors text[], _progress text[], _causes text[], _park_texts text[], _park_builds text[])
RETURNS uuid[] LANGUAGE sql AS $$
    WITH t AS (
        SELECT * FROM unnest(_ids, _kinds, _versions, _queues, _priorities, _ats, _attempts_max, _options, _payloads, _sums, _keys,
                _holds, _hold_ms, _states, _enqueued, _attempts, _crashes, _fences, _instances, _started, _finished, _asked,
                _errors, _progress, _causes, _park_texts, _park_builds)
            AS u (id, kind, version, queue, priority, run_at, attempts_max, options, payload, sum, key, hold, hold_ms, state,
                enqueued_at, attempt, crashes, fence, instance, started_at, finished_at, cancel_asked, error, progress,
                cause, park_text, park_build)),
    made AS (
        INSERT INTO {s}.job (id, kind, version, queue, priority, enqueued_at, attempts_max, key, hold, hold_ms, options,
                payload, sum)
            SELECT id, kind, version, queue, priority, enqueued_at, attempts_max, key, hold, hold_ms, options, payload, sum
            FROM t ON CONFLICT (id) DO NOTHING RETURNING id),
    new AS (SELECT t.* FROM t JOIN made ON made.id = t.id),
    lives AS (
        INSERT INTO {s}.live (id, queue, kind, version, priority, state, hold, run_at, attempt, crashes, fence, instance,
                started_at, cancel_asked, error, progress, cause, park_text, park_build)
            SELECT id, queue, kind, version, priority, state, hold, run_at, attempt, crashes, fence, instance, started_at,
                cancel_asked, error, progress, cause, park_text, park_build
            FROM new WHERE state < 4),
    ended AS (
        INSERT INTO {s}.ended (id, state, finished_at, run_at, attempt, crashes, fence, instance, started_at, cancel_asked,
                error, progress)
            SELECT id, state, finished_at, run_at, attempt, crashes, fence, instance, started_at, cancel_asked, error, progress
            FROM new WHERE state >= 4),
    counted AS (
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            SELECT m.queue, m.kind, m.version, w.what, m.n
            FROM (SELECT queue, kind, version, state, count(*) AS n FROM new GROUP BY queue, kind, version, state) AS m,
                LATERAL (VALUES (m.state), (7)) AS w (what))
    SELECT coalesce(array_agg(id), '{}') FROM made
$$;

-- Deletes so many jobs, the oldest first, as a prune does; says how many there were.
CREATE FUNCTION {s}.clear_jobs(_limit integer) RETURNS bigint LANGUAGE sql AS $$
    WITH j AS (
        DELETE FROM {s}.job j WHERE j.id = ANY (ARRAY(SELECT id FROM {s}.job ORDER BY id LIMIT _limit))
            RETURNING j.id, j.queue, j.kind, j.version),
    l AS (DELETE FROM {s}.live l USING j WHERE l.id = j.id RETURNING l.id, l.state),
    e AS (DELETE FROM {s}.ended e USING j WHERE e.id = j.id RETURNING e.id, e.state),
    n AS (DELETE FROM {s}.line n USING j WHERE n.id = j.id),
    c AS (
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            SELECT m.queue, m.kind, m.version, w.what, w.sign * m.n
            FROM (SELECT j.queue, j.kind, j.version, s.state, count(*) AS n
                FROM j JOIN (SELECT * FROM l UNION ALL SELECT * FROM e) AS s ON s.id = j.id
                GROUP BY j.queue, j.kind, j.version, s.state) AS m,
                LATERAL (VALUES (m.state, -1), (12, 1)) AS w (what, sign))
    SELECT count(*) FROM j
$$;
