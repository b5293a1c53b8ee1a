-- What any language and any ORM can call inside its own transaction: a job of a transaction that is rolled back never was.
--
-- They run with the rights of whoever made the schema, so that an application's role needs no more than
--     GRANT USAGE ON SCHEMA {s} TO role;
-- What is given is checked as everywhere else: names, sizes, JSON.

-- A name of 1 to 128 letters of the house's alphabet, as it was given; else an error.
CREATE FUNCTION {s}.checked_name(_what text, _name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF _name IS NULL OR octet_length(_name) > 128 OR _name !~ '^[A-Za-z0-9][A-Za-z0-9._\\-]*$' THEN
        RAISE EXCEPTION 'could not take % as %: 1 to 128 of A-Z a-z 0-9 . _ - \ are allowed, a letter or digit first',
            quote_nullable(left(_name, 40)), _what USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN _name;
END $$;

CREATE FUNCTION {s}.checked_number(_what text, _number bigint, _least bigint, _most bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF _number NOT BETWEEN _least AND _most THEN
        RAISE EXCEPTION 'could not take % as %: % to % is allowed', _number, _what, _least, _most
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN _number;
END $$;

-- JSON of at most a mebibyte that is nested at most 100 deep, as it was given; else an error.
CREATE FUNCTION {s}.checked_payload(_payload text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    _brackets text;
BEGIN
    IF _payload IS NULL OR octet_length(_payload) > 1048576 THEN
        RAISE EXCEPTION 'could not take a payload: % bytes, and JSON of at most 1048576 is allowed',
            coalesce(octet_length(_payload)::text, 'no') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM _payload::json;
    -- Without its strings only the brackets count; what encloses nothing more goes, a level a step.
    IF length(_payload) - length(translate(_payload, '[{', '')) > 100 THEN
        _brackets := regexp_replace(regexp_replace(_payload, '"(?:[^"\\]|\\.)*"', '', 'g'), '[^][{}]', '', 'g');
        FOR _level IN 1..100 LOOP
            _brackets := regexp_replace(_brackets, '\[\]|\{\}', '', 'g');
            EXIT WHEN _brackets = '';
        END LOOP;
        IF _brackets <> '' THEN
            RAISE EXCEPTION 'could not take a payload: nesting is allowed to 100 levels'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
    END IF;
    RETURN _payload;
END $$;

-- The sum over all of a job that never changes: the first eight bytes of SHA-256 (FIPS 180-4).
CREATE FUNCTION {s}.sum_of(_id uuid, _kind text, _version integer, _queue text, _attempts_max integer, _options text, _key text,
    _payload text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || encode(substring(sha256(
        uuid_send(_id)
        || int8send(octet_length(_kind)) || convert_to(_kind, 'UTF8')
        || int8send(octet_length(_queue)) || convert_to(_queue, 'UTF8')
        || int8send(octet_length(coalesce(_options, ''))) || convert_to(coalesce(_options, ''), 'UTF8')
        || int8send(octet_length(coalesce(_key, ''))) || convert_to(coalesce(_key, ''), 'UTF8')
        || int8send(_version) || int8send(_attempts_max)
        || convert_to(_payload, 'UTF8')) FOR 8), 'hex'))::bit(64)::bigint
$$;

-- Accepts a job, and gives the one that stands for it: this one, or another that holds the key.
CREATE FUNCTION {s}.enqueue(
    kind text, payload text DEFAULT 'null', queue text DEFAULT 'default', key text DEFAULT NULL,
    run_at timestamptz DEFAULT NULL, priority integer DEFAULT 5, version integer DEFAULT 1, attempts_max integer DEFAULT NULL,
    hold text DEFAULT 'remember', hold_ms bigint DEFAULT 86400000, id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    _kind ALIAS FOR $1;
    _payload ALIAS FOR $2;
    _queue ALIAS FOR $3;
    _key ALIAS FOR $4;
    _run_at ALIAS FOR $5;
    _random text := replace(gen_random_uuid()::text, '-', '');
    _id uuid := coalesce($11, (lpad(to_hex({s}.now_ms()), 12, '0') || '7' || substr(_random, 14))::uuid);
    _runs boolean;
    _hold integer;
    _at bigint;
    _who uuid[];
BEGIN
    PERFORM {s}.checked_name('a kind', _kind), {s}.checked_name('a queue', _queue), {s}.checked_payload(_payload),
        {s}.checked_number('a priority', $6, 0, 9), {s}.checked_number('a version', $7, 1, 65535),
        {s}.checked_number('a number of attempts', $8, 1, 1000);
    IF $6 IS NULL OR $7 IS NULL THEN
        RAISE EXCEPTION 'could not take NULL as a priority or version: leave it out' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    _runs := _queue = 'schedules' OR starts_with(_queue, 'schedules.');
    IF _runs <> (_kind = 'banto.run') THEN
        RAISE EXCEPTION 'could not take "%" as the queue of "%": "schedules" and what begins with "schedules." are for runs of '
            'schedules, and those wait nowhere else', _queue, _kind USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF _run_at IS NOT NULL THEN
        _at := {s}.checked_number('a time in milliseconds since 1970',
            CASE WHEN isfinite(_run_at) THEN floor(extract(epoch FROM _run_at) * 1000)::bigint ELSE -1 END,
            0, 253402300799999);
    END IF;
    IF _key IS NOT NULL THEN
        IF octet_length(_key) NOT BETWEEN 1 AND 255 OR _key ~ ('[\u0001-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f'
            '\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]') THEN
            RAISE EXCEPTION 'could not take a key: 1 to 255 bytes without control or invisible characters are allowed'
                USING ERRCODE = 'invalid_parameter_value';
        END IF;
        _hold := array_position(ARRAY['queued', 'done', 'remember', 'period'], $9) - 1;
        IF _hold IS NULL OR (_hold >= 2 AND $10 IS NULL) THEN
            RAISE EXCEPTION 'could not take % as a hold: queued, done, remember and period are allowed, the last two with hold_ms',
                quote_nullable(left($9, 40)) USING ERRCODE = 'invalid_parameter_value';
        END IF;
        PERFORM {s}.checked_number('a hold in milliseconds', CASE WHEN _hold >= 2 THEN $10 END, 1, 315360000000);
    END IF;
    SELECT a._answers INTO _who FROM {s}.accept(ARRAY[_id], ARRAY[_kind], ARRAY[$7], ARRAY[_queue], ARRAY[$6],
        ARRAY[NULL]::bigint[], ARRAY[_at], ARRAY[coalesce($8, 0)], ARRAY[NULL]::text[], ARRAY[_payload],
        ARRAY[{s}.sum_of(_id, _kind, $7, _queue, coalesce($8, 0), NULL, _key, _payload)],
        CASE WHEN _key IS NOT NULL THEN ARRAY[_key] END, ARRAY[_hold],
        ARRAY[CASE WHEN _hold >= 2 THEN $10 END], true, NULL) AS a;
    RETURN coalesce(_who[1], _id);
END $$;

-- The same for a payload that is JSON to the database.
CREATE FUNCTION {s}.enqueue(
    kind text, payload jsonb, queue text DEFAULT 'default', key text DEFAULT NULL,
    run_at timestamptz DEFAULT NULL, priority integer DEFAULT 5, version integer DEFAULT 1, attempts_max integer DEFAULT NULL,
    hold text DEFAULT 'remember', hold_ms bigint DEFAULT 86400000, id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE sql AS $$
    SELECT {s}.enqueue($1, $2::text, $3, $4, $5, $6, $7, $8, $9, $10, $11)
$$;
CREATE FUNCTION {s}.enqueue(
    kind text, payload json, queue text DEFAULT 'default', key text DEFAULT NULL,
    run_at timestamptz DEFAULT NULL, priority integer DEFAULT 5, version integer DEFAULT 1, attempts_max integer DEFAULT NULL,
    hold text DEFAULT 'remember', hold_ms bigint DEFAULT 86400000, id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE sql AS $$
    SELECT {s}.enqueue($1, $2::text, $3, $4, $5, $6, $7, $8, $9, $10, $11)
$$;

-- Cancels a job: 'cancelled' if it waited, 'asked' if it runs, 'nothing' if it has ended, was asked before or is not there.
CREATE FUNCTION {s}.cancel(id uuid, by text DEFAULT session_user)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    _what integer;
BEGIN
    IF $2 IS NULL OR octet_length($2) > 255 THEN
        RAISE EXCEPTION 'could not take the name of who cancels: at most 255 bytes are allowed'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    _what := (SELECT c.what FROM {s}.cancel_jobs(ARRAY[$1], ARRAY[NULL]::text[], $2, NULL) AS c);
    IF _what IS NOT NULL THEN
        PERFORM pg_notify('{s}.news', '');
    END IF;
    RETURN CASE _what WHEN 1 THEN 'cancelled' WHEN 2 THEN 'asked' ELSE 'nothing' END;
END $$;
