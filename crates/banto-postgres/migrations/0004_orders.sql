-- What operators order, a page of jobs a call. Whoever calls has read the jobs and so knows which can be read at all; that
-- an order still applies is asked again here, under the row's lock.

-- Ends jobs that wait, asks those that run. A job whose row cannot be read comes with its reason, and is ended.
-- Gives 1 for each that was ended, 2 for each that was asked.
CREATE FUNCTION {s}.cancel_jobs(_ids uuid[], _whys text[], _by text, _wall bigint) RETURNS TABLE (id uuid, what integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    r record;
    l {s}.live;
    j {s}.job;
BEGIN
    FOR r IN SELECT * FROM unnest(_ids, _whys) AS t (id, why) ORDER BY t.id LOOP
        SELECT * INTO l FROM {s}.live x WHERE x.id = r.id FOR UPDATE;
        CONTINUE WHEN l.id IS NULL OR (l.state = 2 AND l.cancel_asked AND r.why IS NULL);
        INSERT INTO {s}.line (id, at, fence, word, text) VALUES (l.id, _now, l.fence, 'cancel', _by);
        id := l.id;
        what := CASE WHEN l.state = 2 AND r.why IS NULL THEN 2 ELSE 1 END;
        RETURN NEXT;
        IF what = 2 THEN
            UPDATE {s}.live x SET cancel_asked = true WHERE x.id = r.id;
            CONTINUE;
        END IF;
        DELETE FROM {s}.live x WHERE x.id = r.id;
        INSERT INTO {s}.ended (id, state, finished_at, run_at, attempt, crashes, fence, instance, started_at, cancel_asked,
                error, progress, written, written_fence)
            VALUES (l.id, 6, _now, l.run_at, l.attempt, l.crashes, l.fence, l.instance, l.started_at, l.cancel_asked,
                coalesce(r.why, l.error), l.progress, l.written, l.written_fence);
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            VALUES (l.queue, l.kind, l.version, l.state, -1), (l.queue, l.kind, l.version, 6, 1);
        SELECT * INTO j FROM {s}.job x WHERE x.id = r.id;
        IF r.why IS NOT NULL THEN
            DELETE FROM {s}.key k WHERE k.job = r.id AND k.until IS NULL;
        ELSIF j.hold <= 1 THEN
            DELETE FROM {s}.key k WHERE k.key = j.key AND k.job = r.id;
        ELSIF j.hold = 2 THEN
            UPDATE {s}.key k SET until = {s}.later(_now, j.hold_ms) WHERE k.key = j.key AND k.job = r.id;
        END IF;
    END LOOP;
END $$;

-- Runs jobs again, or now, each with its options as they are to be (NULL where they stay). Gives 1 for each that will run, 2
-- for each whose key is another's.
CREATE FUNCTION {s}.retry_jobs(_ids uuid[], _options text[], _sums bigint[], _lifts boolean[], _by text, _wall bigint)
RETURNS TABLE (id uuid, what integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    r record;
    l {s}.live;
    e {s}.ended;
    j {s}.job;
BEGIN
    FOR r IN SELECT * FROM unnest(_ids, _options, _sums, _lifts) AS t (id, options, sum, lift) ORDER BY t.id LOOP
        SELECT * INTO l FROM {s}.live x WHERE x.id = r.id AND x.state = 0 FOR UPDATE;
        SELECT * INTO e FROM {s}.ended x WHERE x.id = r.id AND x.state IN (5, 6) FOR UPDATE;
        CONTINUE WHEN l.id IS NULL AND e.id IS NULL;
        SELECT * INTO j FROM {s}.job x WHERE x.id = r.id;
        id := r.id;
        what := 1;
        IF e.id IS NOT NULL AND j.hold = 3 THEN
            PERFORM FROM {s}.key k WHERE k.key = j.key AND k.job <> j.id AND (k.until IS NULL OR k.until > _now);
            what := 1 + FOUND::integer;
        ELSIF e.id IS NOT NULL AND j.hold IS NOT NULL THEN
            INSERT INTO {s}.key AS k (key, job, until) VALUES (j.key, j.id, NULL)
                ON CONFLICT (key) DO UPDATE SET job = excluded.job, until = NULL WHERE k.job = excluded.job OR k.until <= _now;
            what := 2 - FOUND::integer;
        END IF;
        RETURN NEXT;
        CONTINUE WHEN what = 2;
        INSERT INTO {s}.line (id, at, fence, word, text) VALUES (r.id, _now, coalesce(l.fence, e.fence), 'retry', _by);
        IF r.lift THEN
            UPDATE {s}.job x SET options = r.options, sum = CASE WHEN x.sum IS NULL THEN NULL ELSE r.sum END WHERE x.id = r.id;
        END IF;
        IF l.id IS NOT NULL THEN
            UPDATE {s}.live x SET state = 1, run_at = _now, cancel_asked = false WHERE x.id = r.id;
        ELSE
            DELETE FROM {s}.ended x WHERE x.id = r.id;
            INSERT INTO {s}.live (id, queue, kind, version, priority, state, hold, run_at, fence, instance, started_at,
                    error, progress, written, written_fence)
                VALUES (j.id, j.queue, j.kind, j.version, j.priority, 1, j.hold, _now, e.fence, e.instance, e.started_at,
                    e.error, e.progress, e.written, e.written_fence);
        END IF;
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            VALUES (j.queue, j.kind, j.version, coalesce(l.state, e.state), -1), (j.queue, j.kind, j.version, 1, 1);
    END LOOP;
END $$;

-- Lets parked jobs run. Gives 1 for each.
CREATE FUNCTION {s}.release_jobs(_ids uuid[], _by text, _wall bigint) RETURNS TABLE (id uuid, what integer)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    r record;
    l {s}.live;
BEGIN
    FOR r IN SELECT * FROM unnest(_ids) AS t (id) ORDER BY t.id LOOP
        SELECT * INTO l FROM {s}.live x WHERE x.id = r.id AND x.state = 3 FOR UPDATE;
        CONTINUE WHEN l.id IS NULL;
        id := r.id;
        what := 1;
        RETURN NEXT;
        INSERT INTO {s}.line (id, at, fence, word, text) VALUES (r.id, _now, l.fence, 'release', _by);
        UPDATE {s}.live x SET state = 1, run_at = _now, cancel_asked = false, cause = NULL, park_text = NULL,
            park_build = NULL WHERE x.id = r.id;
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            VALUES (l.queue, l.kind, l.version, 3, -1), (l.queue, l.kind, l.version, 1, 1);
    END LOOP;
END $$;

-- Deletes jobs that have ended, with their trails; a run's end is kept on its due instant. Gives which were there.
CREATE FUNCTION {s}.remove_jobs(_ids uuid[], _lasts text[]) RETURNS TABLE (id uuid)
LANGUAGE sql AS $$
    WITH e AS (
        DELETE FROM {s}.ended e USING unnest(_ids) AS i (id) WHERE e.id = i.id RETURNING e.id, e.state),
    j AS (
        DELETE FROM {s}.job j USING e WHERE j.id = e.id RETURNING j.id, j.queue, j.kind, j.version, e.state),
    l AS (
        DELETE FROM {s}.line l USING e WHERE l.id = e.id),
    f AS (
        UPDATE {s}.fire f SET last = t.last FROM unnest(_ids, _lasts) AS t (id, last)
            WHERE t.last IS NOT NULL AND f.job = t.id),
    c AS (
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            SELECT m.queue, m.kind, m.version, w.what, w.sign * m.n
            FROM (SELECT queue, kind, version, state, count(*) AS n FROM j GROUP BY queue, kind, version, state) AS m,
                LATERAL (VALUES (m.state, -1), (12, 1)) AS w (what, sign))
    SELECT j.id FROM j
$$;
