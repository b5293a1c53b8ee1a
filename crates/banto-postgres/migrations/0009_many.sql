-- Many jobs at once are nearly always new: they are written without asking first about each id, and without laying their arrays down
-- as tables, which is a quarter of the cost. Where one is known after all, that is undone, and each is asked about. To be able to
-- undo it costs a subtransaction, which a transaction of an application's should not have many of: so `accept` stays as it is.

-- As accept.
CREATE FUNCTION {s}.accept_many(_ids uuid[], _kinds text[], _versions integer[], _queues text[], _priorities integer[],
    _ins bigint[], _ats bigint[], _attempts_max integer[], _options text[], _payloads text[], _sums bigint[],
    _keys text[], _holds integer[], _hold_ms bigint[], _tell boolean, _wall bigint,
    OUT _answers uuid[], OUT _fresh boolean[])
LANGUAGE plpgsql AS $$
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
BEGIN
    IF _keys IS NULL THEN
        PERFORM {s}.admit(true);
        BEGIN
            INSERT INTO {s}.job (id, kind, version, queue, priority, enqueued_at, attempts_max, options, payload, sum)
                SELECT unnest(_ids), unnest(_kinds), unnest(_versions), unnest(_queues), unnest(_priorities), _now,
                    unnest(_attempts_max), unnest(_options), unnest(_payloads), unnest(_sums);
            WITH stands AS (
                INSERT INTO {s}.live (id, queue, kind, version, priority, state, run_at)
                    SELECT t.id, t.queue, t.kind, t.version, t.priority, (t.run_at <= _now)::integer, t.run_at
                    FROM (SELECT id, queue, kind, version, priority, coalesce(at, _now + coalesce("in", 0)) AS run_at
                        FROM (SELECT unnest(_ids) AS id, unnest(_queues) AS queue, unnest(_kinds) AS kind,
                            unnest(_versions) AS version, unnest(_priorities) AS priority, unnest(_ins) AS "in",
                            unnest(_ats) AS at) AS u) AS t
                    RETURNING queue, kind, version, state)
            INSERT INTO {s}.delta (queue, kind, version, what, n)
                SELECT t.queue, t.kind, t.version, what, t.n
                FROM (SELECT queue, kind, version, state, count(*) AS n FROM stands GROUP BY queue, kind, version, state) AS t,
                    unnest(ARRAY[t.state, 7::smallint]) AS what;
            IF _tell THEN
                PERFORM pg_notify('{s}.news', '');
            END IF;
            RETURN;
        EXCEPTION WHEN unique_violation THEN
            NULL;
        END;
    END IF;
    SELECT a._answers, a._fresh INTO _answers, _fresh
        FROM {s}.accept(_ids, _kinds, _versions, _queues, _priorities, _ins, _ats, _attempts_max, _options, _payloads, _sums,
            _keys, _holds, _hold_ms, _tell, _wall) AS a;
END $$;
