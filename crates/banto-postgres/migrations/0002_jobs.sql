-- The verbs of jobs, each one call. Whatever has a number of rows takes arrays; where nothing is NULL the time is given,
-- else it is the server's. A function that was released keeps its arguments and its meaning, for an older build may still
-- call it; what must change gets another name.

-- Accepts jobs, in order. Gives who stands for each and whether it is new; nothing at all if all are new.
CREATE FUNCTION {s}.accept(_ids uuid[], _kinds text[], _versions integer[], _queues text[], _priorities integer[],
    _ins bigint[], _ats bigint[], _attempts_max integer[], _options text[], _payloads text[], _sums bigint[],
    _keys text[], _holds integer[], _hold_ms bigint[], _tell boolean, _wall bigint,
    OUT _answers uuid[], OUT _fresh boolean[])
LANGUAGE plpgsql AS $$
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    _new uuid[];
    _who uuid;
    _distinct boolean;
    r record;
BEGIN
    PERFORM {s}.admit(true);
    IF _keys IS NULL THEN
        WITH made AS (
            INSERT INTO {s}.job (id, kind, version, queue, priority, enqueued_at, attempts_max, options, payload, sum)
            SELECT t.id, t.kind, t.version, t.queue, t.priority, _now, t.attempts_max, t.options, t.payload, t.sum
            FROM unnest(_ids, _kinds, _versions, _queues, _priorities, _attempts_max, _options, _payloads, _sums)
                AS t (id, kind, version, queue, priority, attempts_max, options, payload, sum)
            ON CONFLICT (id) DO NOTHING RETURNING id)
        SELECT array_agg(id) INTO _new FROM made;
        IF cardinality(_new) = cardinality(_ids) THEN
            INSERT INTO {s}.live (id, queue, kind, version, priority, state, run_at)
                SELECT t.id, t.queue, t.kind, t.version, t.priority, (t.run_at <= _now)::integer, t.run_at
                FROM (SELECT id, queue, kind, version, priority, coalesce(at, _now + coalesce("in", 0)) AS run_at
                    FROM unnest(_ids, _queues, _kinds, _versions, _priorities, _ins, _ats)
                        AS u (id, queue, kind, version, priority, "in", at)) AS t;
            INSERT INTO {s}.delta (queue, kind, version, what, n)
                SELECT t.queue, t.kind, t.version, what, t.n
                FROM (SELECT queue, kind, version, (coalesce(at, _now + coalesce("in", 0)) <= _now)::integer AS state,
                        count(*) AS n
                    FROM unnest(_queues, _kinds, _versions, _ins, _ats) AS u (queue, kind, version, "in", at)
                    GROUP BY 1, 2, 3, 4) AS t, unnest(ARRAY[t.state, 7]) AS what;
            IF _tell THEN
                PERFORM pg_notify('{s}.news', '');
            END IF;
            RETURN;
        END IF;
        SELECT array_agg(t.id ORDER BY t.at), array_agg(t.id = n.id AND t.at = f.at IS TRUE ORDER BY t.at)
            INTO _answers, _fresh
            FROM unnest(_ids) WITH ORDINALITY AS t (id, at)
            JOIN (SELECT id, min(at) AS at FROM unnest(_ids) WITH ORDINALITY AS u (id, at) GROUP BY id) AS f ON f.id = t.id
            LEFT JOIN unnest(_new) AS n (id) ON n.id = t.id;
        _fresh := ARRAY(SELECT coalesce(one, false) FROM unnest(_fresh) WITH ORDINALITY AS t (one, at) ORDER BY at);
    ELSE
        _distinct := (SELECT count(DISTINCT id) = cardinality(_ids) FROM unnest(_ids) AS t (id));
        _answers := _ids;
        _fresh := array_fill(false, ARRAY[cardinality(_ids)]);
        -- In the order of the keys, where that means the same: so two calls do not wait for each other in a ring.
        FOR r IN
            SELECT * FROM unnest(_ids, _kinds, _versions, _queues, _priorities, _attempts_max, _options, _payloads, _sums,
                    _keys, _holds, _hold_ms) WITH ORDINALITY
                AS t (id, kind, version, queue, priority, attempts_max, options, payload, sum, key, hold, hold_ms, at)
            ORDER BY CASE WHEN _distinct THEN t.key COLLATE "C" END NULLS LAST, t.at
        LOOP
            _who := (SELECT j.id FROM {s}.job j WHERE j.id = r.id);
            IF _who IS NULL AND r.key IS NOT NULL THEN
                LOOP
                    INSERT INTO {s}.key AS k (key, job, until)
                        VALUES (r.key, r.id, CASE WHEN r.hold = 3 THEN {s}.later(_now, r.hold_ms) END)
                        ON CONFLICT (key) DO UPDATE SET job = excluded.job, until = excluded.until WHERE k.until <= _now;
                    EXIT WHEN FOUND;
                    SELECT k.job INTO _who FROM {s}.key k WHERE k.key = r.key;
                    EXIT WHEN FOUND;
                END LOOP;
            END IF;
            IF _who IS NULL THEN
                INSERT INTO {s}.job (id, kind, version, queue, priority, enqueued_at, attempts_max, key, hold, hold_ms,
                        options, payload, sum)
                    VALUES (r.id, r.kind, r.version, r.queue, r.priority, _now, r.attempts_max, r.key, r.hold, r.hold_ms,
                        r.options, r.payload, r.sum)
                    ON CONFLICT (id) DO NOTHING;
                IF NOT FOUND THEN
                    _who := r.id;
                    DELETE FROM {s}.key k WHERE k.key = r.key AND k.job = r.id;
                END IF;
            END IF;
            _answers[r.at] := coalesce(_who, r.id);
            _fresh[r.at] := _who IS NULL;
        END LOOP;
    END IF;
    WITH stands AS (
        INSERT INTO {s}.live (id, queue, kind, version, priority, state, hold, run_at)
            SELECT t.id, t.queue, t.kind, t.version, t.priority, (t.run_at <= _now)::integer, t.hold, t.run_at
            FROM (SELECT id, queue, kind, version, priority, hold, coalesce(at, _now + coalesce("in", 0)) AS run_at
                FROM unnest(_ids, _queues, _kinds, _versions, _priorities, _holds, _ins, _ats, _fresh)
                    AS u (id, queue, kind, version, priority, hold, "in", at, fresh) WHERE fresh) AS t
        RETURNING queue, kind, version, state)
    INSERT INTO {s}.delta (queue, kind, version, what, n)
        SELECT t.queue, t.kind, t.version, what, t.n
        FROM (SELECT queue, kind, version, state, count(*) AS n FROM stands GROUP BY queue, kind, version, state) AS t,
            unnest(ARRAY[t.state, 7::smallint]) AS what
        UNION ALL
        SELECT '', '', 0, 8, count(*) FROM unnest(_fresh) AS t (fresh) WHERE NOT fresh HAVING count(*) > 0;
    IF _tell AND true = ANY (_fresh) THEN
        PERFORM pg_notify('{s}.news', '');
    END IF;
END $$;

-- Leases jobs. The first row has no job: it says when time alone brings more, and the time. The others have in the place
-- of the time where they come from: 0 is what was adopted, then the queues by their number.
CREATE FUNCTION {s}.claim(_instance bigint, _queues text[], _limit integer, _lease_ms bigint, _adopt uuid[], _seed bigint,
    _wall bigint, _steady bigint, _boot bigint)
RETURNS TABLE (due_at bigint, now_ms bigint, id uuid, kind text, version integer, queue text, priority smallint,
    state smallint, run_at bigint, enqueued_at bigint, attempts_max integer, attempt integer, crashes integer, fence bigint,
    key text, hold smallint, hold_ms bigint, instance bigint, started_at bigint, cancel_asked boolean, error text,
    progress text, options text, payload text, sum bigint, cause text, park_text text, park_build text, finished_at bigint,
    token bigint, boot bigint, until bigint, length bigint, fits boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    _until bigint := {s}.later(coalesce(_steady, _now), _lease_ms);
    _left integer := _limit;
    _paused text[] := ARRAY(SELECT p.queue FROM {s}.pause p WHERE p.until IS NULL OR p.until > _now);
    _queue text;
    _section bigint := -1;
    _places tid[];
BEGIN
    PERFORM {s}.admit(false);
    -- Those whose time has come are made ready, so many a call: a million that come due at once must hold up nobody.
    IF EXISTS (SELECT FROM {s}.live l WHERE l.state = 0 AND l.queue = ANY (_queues) AND l.run_at <= _now) THEN
        WITH due AS MATERIALIZED (
            SELECT l.id FROM {s}.live l WHERE l.state = 0 AND l.queue = ANY (_queues) AND l.run_at <= _now
                LIMIT 10000 FOR UPDATE SKIP LOCKED),
        made AS (
            UPDATE {s}.live l SET state = 1, run_at = CASE WHEN l.crashes > 0
                    THEN least(l.run_at, (SELECT j.enqueued_at FROM {s}.job j WHERE j.id = l.id)) ELSE l.run_at END
                FROM due WHERE l.id = due.id AND l.state = 0 RETURNING l.queue, l.kind, l.version)
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            SELECT m.queue, m.kind, m.version, w.what, w.sign * m.n
            FROM (SELECT queue, kind, version, count(*) AS n FROM made GROUP BY queue, kind, version) AS m,
                (VALUES (0, -1), (1, 1)) AS w (what, sign);
    END IF;
    due_at := (SELECT min(q.at) FROM (
        SELECT CASE WHEN q = ANY (_paused) THEN (SELECT p.until FROM {s}.pause p WHERE p.queue = q)
            ELSE (SELECT l.run_at FROM {s}.live l WHERE l.state = 0 AND l.queue = q ORDER BY l.run_at LIMIT 1) END AS at
        FROM unnest(_queues) AS q) AS q);
    now_ms := _now;
    RETURN NEXT;
    -- First what is to be adopted (the queue of nothing), then each queue.
    FOREACH _queue IN ARRAY ARRAY[NULL]::text[] || _queues LOOP
        EXIT WHEN _left <= 0;
        _section := _section + 1;
        IF _queue IS NULL THEN
            CONTINUE WHEN _adopt IS NULL;
            _places := ARRAY(SELECT l.ctid FROM unnest(_adopt) WITH ORDINALITY AS a (id, at)
                JOIN {s}.live l ON l.id = a.id WHERE l.state = 3 AND l.queue <> ALL (_paused)
                ORDER BY a.at LIMIT _left FOR UPDATE OF l SKIP LOCKED);
        ELSE
            CONTINUE WHEN _queue = ANY (_paused);
            _places := ARRAY(SELECT l.ctid FROM {s}.live l WHERE l.state = 1 AND l.queue = _queue
                ORDER BY l.priority, l.run_at, l.id LIMIT _left FOR UPDATE SKIP LOCKED);
        END IF;
        CONTINUE WHEN cardinality(_places) = 0;
        RETURN QUERY WITH leased AS (
            UPDATE {s}.live l SET state = 2, attempt = least(l.attempt + 1, 65535), fence = least(l.fence + 1, 4294967295),
                token = uuid_hash_extended(l.id, _seed), boot = coalesce(_boot, 0), until = _until, length = _lease_ms,
                instance = _instance, started_at = _now, progress = NULL, cause = NULL, park_text = NULL, park_build = NULL
            WHERE l.ctid = ANY (_places) RETURNING l.*),
        counted AS (
            INSERT INTO {s}.delta (queue, kind, version, what, n)
                SELECT m.queue, m.kind, m.version, w.what, w.sign * m.n
                FROM (SELECT queue, kind, version, count(*) AS n FROM leased GROUP BY queue, kind, version) AS m,
                    (VALUES (CASE WHEN _queue IS NULL THEN 3 ELSE 1 END, -1), (2, 1), (9, 1)) AS w (what, sign)),
        freed AS (
            DELETE FROM {s}.key k USING leased l, LATERAL (SELECT j.key FROM {s}.job j WHERE j.id = l.id OFFSET 0) AS j
                WHERE l.hold = 0 AND k.key = j.key AND k.job = l.id)
        SELECT NULL::bigint, _section, l.id, j.kind, j.version, j.queue, j.priority, l.state, l.run_at, j.enqueued_at,
            j.attempts_max, l.attempt, l.crashes, l.fence, j.key, j.hold, j.hold_ms, l.instance, l.started_at,
            l.cancel_asked, l.error, l.progress, j.options, j.payload, j.sum, l.cause, l.park_text, l.park_build,
            NULL::bigint, l.token, l.boot, l.until, l.length,
            (l.queue, l.kind, l.version, l.priority, coalesce(l.hold, -1))
                = (j.queue, j.kind, j.version, j.priority, coalesce(j.hold, -1))
        FROM leased l LEFT JOIN LATERAL (SELECT * FROM {s}.job j WHERE j.id = l.id OFFSET 0) AS j ON true;
        _left := _left - cardinality(_places);
    END LOOP;
END $$;

-- Prolongs leases. Gives for each whether it is held (then: whether it is asked to stop).
CREATE FUNCTION {s}.renew(_ids uuid[], _fences bigint[], _tokens bigint[], _lease_ms bigint, _wall bigint, _steady bigint,
    _boot bigint) RETURNS TABLE (at bigint, cancel_asked boolean)
LANGUAGE sql AS $$
    UPDATE {s}.live l SET boot = coalesce(_boot, 0), length = _lease_ms,
        until = {s}.later(coalesce(_steady, _wall, {s}.now_ms()), _lease_ms)
    FROM unnest(_ids, _fences, _tokens) WITH ORDINALITY AS f (id, fence, token, at)
    WHERE l.id = f.id AND l.state = 2 AND l.fence = f.fence AND l.token = f.token
    RETURNING f.at, l.cancel_asked
$$;

-- Writes verdicts under leases that hold or, for a rescue, that are over; no job may be there twice. Gives which were
-- written, now or before; nothing if all were. What lies further in the future than its own length is over if _unknown
-- says so: the caller has seen it so for that long. What no verdict of the call has (errors, parks, keys) costs nothing.
CREATE FUNCTION {s}.finish(_ids uuid[], _fences bigint[], _tokens bigint[], _to integer[], _attempts integer[],
    _crashes integer[], _delays bigint[], _errors text[], _words text[], _causes text[], _park_texts text[],
    _park_builds text[], _rescue boolean, _unknown boolean[], _tell boolean, _wall bigint, _steady bigint, _boot bigint)
RETURNS boolean[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    _by bigint := coalesce(_steady, _now);
    _here bigint := coalesce(_boot, 0);
    _ended bigint[];
    _wrote bigint[];
    _free uuid[];
    _timed uuid[];
    _kept bigint[];
    _written boolean[];
BEGIN
    IF 4 <= ANY (_to) THEN
        WITH gone AS (
            DELETE FROM {s}.live l
                USING unnest(_ids, _fences, _tokens, _to, _attempts, _crashes, _errors, _unknown) WITH ORDINALITY
                    AS f (id, fence, token, goes, attempt, crashes, error, unknown, at)
                WHERE l.id = f.id AND f.goes >= 4 AND l.state = 2 AND l.fence = f.fence AND l.token = f.token
                    AND (NOT _rescue OR l.boot <> _here OR l.until <= _by OR (f.unknown AND l.until - _by > l.length + 1000))
                RETURNING f.at, f.goes, f.attempt, f.crashes, coalesce(f.error, l.error) AS error, l.id, l.queue, l.kind,
                    l.version, l.hold, l.run_at, l.fence, l.token, l.instance, l.started_at, l.cancel_asked, l.progress,
                    l.written, l.written_fence),
        filed AS (
            INSERT INTO {s}.ended (id, state, finished_at, run_at, attempt, crashes, fence, instance, started_at,
                    cancel_asked, error, progress, written, written_fence)
                SELECT id, goes, _now, run_at, attempt, crashes, fence, instance, started_at, cancel_asked, error, progress,
                    CASE WHEN _rescue THEN written ELSE token END, CASE WHEN _rescue THEN written_fence ELSE fence END
                FROM gone),
        sums AS (
            SELECT queue, kind, version, goes, count(*) AS n, array_agg(at) AS ats,
                array_agg(id) FILTER (WHERE hold <= 1) AS free, array_agg(id) FILTER (WHERE hold = 2) AS timed
            FROM gone GROUP BY queue, kind, version, goes),
        counted AS (
            INSERT INTO {s}.delta (queue, kind, version, what, n)
                SELECT m.queue, m.kind, m.version, w.what, w.sign * m.n
                FROM sums AS m, LATERAL (VALUES (2, -1), (m.goes, 1), (11, _rescue::integer)) AS w (what, sign)
                WHERE w.sign <> 0)
        SELECT array_agg(a.at), array_agg(a.free) FILTER (WHERE a.free IS NOT NULL),
                array_agg(a.timed) FILTER (WHERE a.timed IS NOT NULL) INTO _ended, _free, _timed
            FROM sums AS m, LATERAL unnest(m.ats, m.free, m.timed) AS a (at, free, timed);
        IF _free IS NOT NULL THEN
            DELETE FROM {s}.key k USING {s}.job j WHERE j.id = ANY (_free) AND k.key = j.key AND k.job = j.id;
        END IF;
        IF _timed IS NOT NULL THEN
            UPDATE {s}.key k SET until = {s}.later(_now, j.hold_ms)
                FROM {s}.job j WHERE j.id = ANY (_timed) AND k.key = j.key AND k.job = j.id;
        END IF;
    END IF;
    IF 4 > ANY (_to) THEN
        WITH kept AS (
            UPDATE {s}.live l SET state = f.goes, attempt = f.attempt, crashes = f.crashes,
                error = coalesce(f.error, l.error),
                run_at = CASE WHEN f.goes = 0 THEN {s}.later(_now, f.delay) ELSE l.run_at END,
                cause = f.cause, park_text = f.park_text, park_build = f.park_build,
                token = NULL, boot = NULL, until = NULL, length = NULL,
                written = CASE WHEN _rescue THEN l.written ELSE l.token END,
                written_fence = CASE WHEN _rescue THEN l.written_fence ELSE l.fence END
            FROM unnest(_ids, _fences, _tokens, _to, _attempts, _crashes, _delays, _errors, _causes, _park_texts, _park_builds,
                    _unknown) WITH ORDINALITY
                AS f (id, fence, token, goes, attempt, crashes, delay, error, cause, park_text, park_build, unknown, at)
            WHERE l.id = f.id AND f.goes < 4 AND l.state = 2 AND l.fence = f.fence AND l.token = f.token
                AND (NOT _rescue OR l.boot <> _here OR l.until <= _by OR (f.unknown AND l.until - _by > l.length + 1000))
            RETURNING f.at, f.goes, l.queue, l.kind, l.version),
        counted AS (
            INSERT INTO {s}.delta (queue, kind, version, what, n)
                SELECT m.queue, m.kind, m.version, w.what, w.sign * m.n
                FROM (SELECT queue, kind, version, goes, count(*) AS n FROM kept GROUP BY queue, kind, version, goes) AS m,
                    LATERAL (VALUES (2, -1), (m.goes, 1), (11, _rescue::integer)) AS w (what, sign) WHERE w.sign <> 0)
        SELECT array_agg(at) INTO _kept FROM kept;
        IF _tell AND _kept IS NOT NULL THEN
            PERFORM pg_notify('{s}.news', '');
        END IF;
    END IF;
    _wrote := _ended || _kept;
    IF _errors IS NOT NULL AND _wrote IS NOT NULL THEN
        INSERT INTO {s}.line (id, at, fence, word, text)
            SELECT f.id, _now, f.fence, f.word, f.error
            FROM unnest(_ids, _fences, _words, _errors) WITH ORDINALITY AS f (id, fence, word, error, at)
            WHERE f.error IS NOT NULL AND f.at = ANY (_wrote) ORDER BY f.at;
        PERFORM {s}.trim(_ids);
    END IF;
    IF cardinality(_wrote) = cardinality(_ids) THEN
        RETURN NULL;
    END IF;
    _written := ARRAY(SELECT f.at = ANY (coalesce(_wrote, '{}')) OR NOT _rescue AND (
            EXISTS (SELECT FROM {s}.live l WHERE l.id = f.id AND l.written = f.token AND l.written_fence = f.fence)
            OR EXISTS (SELECT FROM {s}.ended e WHERE e.id = f.id AND e.written = f.token AND e.written_fence = f.fence))
        FROM unnest(_ids, _fences, _tokens) WITH ORDINALITY AS f (id, fence, token, at) ORDER BY f.at);
    IF NOT _rescue THEN
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            SELECT '', '', 0, 10, count(*) FROM unnest(_written) AS t (one) WHERE NOT one HAVING count(*) > 0;
    END IF;
    RETURN _written;
END $$;

-- What running jobs say of themselves, in order; says how much was written.
CREATE FUNCTION {s}.record(_ids uuid[], _fences bigint[], _tokens bigint[], _sorts integer[], _texts text[], _wall bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    _done bigint := 0;
    _said uuid[] := '{}';
    r record;
BEGIN
    FOR r IN
        SELECT f.id, f.fence, f.sort, f.text
            FROM unnest(_ids, _fences, _tokens, _sorts, _texts) WITH ORDINALITY AS f (id, fence, token, sort, text, at)
            JOIN {s}.live l ON l.id = f.id AND l.state = 2 AND l.fence = f.fence AND l.token = f.token
            ORDER BY f.at FOR UPDATE OF l
    LOOP
        IF r.sort = 0 THEN
            UPDATE {s}.live l SET progress = r.text WHERE l.id = r.id;
        ELSIF r.sort = 1 THEN
            INSERT INTO {s}.line (id, at, fence, word, text) VALUES (r.id, _now, r.fence, 'log', r.text);
            _said := _said || r.id;
        ELSE
            UPDATE {s}.fire f SET output = r.text WHERE f.job = r.id;
            CONTINUE WHEN NOT FOUND;
        END IF;
        _done := _done + 1;
    END LOOP;
    PERFORM {s}.trim(_said);
    RETURN _done;
END $$;

-- Registers an instance or says that it lives.
CREATE FUNCTION {s}.beat(_id bigint, _said text, _wall bigint, _steady bigint, _boot bigint, OUT restart text, OUT now_ms bigint)
LANGUAGE plpgsql AS $$
BEGIN
    now_ms := coalesce(_wall, {s}.now_ms());
    INSERT INTO {s}.instance AS i (id, said, since, beat_boot, beat_ms)
        VALUES (_id, _said, now_ms, coalesce(_boot, 0), coalesce(_steady, now_ms))
        ON CONFLICT (id) DO UPDATE SET said = excluded.said, beat_boot = excluded.beat_boot, beat_ms = excluded.beat_ms
        RETURNING i.restart INTO restart;
    PERFORM {s}.fold();
END $$;

-- Parks rows that cannot be read, wherever they stand.
CREATE FUNCTION {s}.set_aside(_ids uuid[], _whys text[], _wall bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    r record;
    l {s}.live;
    j {s}.job;
    _again boolean := false;
BEGIN
    FOR r IN SELECT * FROM unnest(_ids, _whys) AS t (id, why) ORDER BY 1 LOOP
        SELECT * INTO l FROM {s}.live WHERE id = r.id FOR UPDATE;
        SELECT * INTO j FROM {s}.job WHERE id = r.id;
        IF j.id IS NULL THEN
            -- A place that leads to no job.
            DELETE FROM {s}.live WHERE id = r.id;
            _again := true;
            CONTINUE;
        END IF;
        IF l.id IS NULL THEN
            CONTINUE WHEN EXISTS (SELECT FROM {s}.ended e WHERE e.id = r.id);
            INSERT INTO {s}.live (id, queue, kind, version, priority, state, hold, run_at, cause, park_text)
                VALUES (j.id, j.queue, j.kind, j.version, j.priority, 3, j.hold, j.enqueued_at, 'damaged', r.why);
            _again := true;
            CONTINUE;
        END IF;
        UPDATE {s}.live SET state = 3, cause = 'damaged', park_text = r.why, park_build = NULL,
            token = NULL, boot = NULL, until = NULL, length = NULL WHERE id = r.id;
        INSERT INTO {s}.delta (queue, kind, version, what, n)
            VALUES (l.queue, l.kind, l.version, l.state, -1), (l.queue, l.kind, l.version, 3, 1);
        _again := _again OR (l.queue, l.kind, l.version) <> (j.queue, j.kind, j.version)
            OR NOT EXISTS (SELECT FROM {s}.counted c WHERE (c.queue, c.kind, c.version) = (l.queue, l.kind, l.version)
                AND c.what = 7);
    END LOOP;
    IF _again THEN
        PERFORM {s}.recount();
    END IF;
END $$;
