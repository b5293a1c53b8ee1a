-- Schedules: who has which (service, schedule), which are paused (halt), and the ledger of due instants (fire).
--
-- The ledger's key is the schedule and the instant, so a due instant fires at most once, however many schedulers live.

CREATE TABLE {s}.service (
    service         text   COLLATE "C" PRIMARY KEY,
    generation      bigint NOT NULL DEFAULT 0,
    registered_by   bigint NOT NULL,
    accounted_until bigint NOT NULL,
    by              bigint,                     -- the instance that accounted last: the leader
    base            bigint,                     -- its wall clock minus its steady clock, and
    boot            bigint                      -- the boot of that steady clock
);

CREATE TABLE {s}.schedule (
    name       text   COLLATE "C" PRIMARY KEY,
    service    text   COLLATE "C" NOT NULL,
    revision   bigint NOT NULL,
    model      text   NOT NULL,                 -- JSON
    action     text   NOT NULL,
    source     text   NOT NULL,
    build      text   NOT NULL,
    since      bigint NOT NULL,
    retired_at bigint
);

CREATE TABLE {s}.halt (
    schedule text   COLLATE "C" PRIMARY KEY,    -- '' is all of them
    by       text   NOT NULL,
    reason   text   NOT NULL,
    at       bigint NOT NULL,
    until    bigint
);

CREATE TABLE {s}.fire (
    schedule text     COLLATE "C" NOT NULL,
    due_at   bigint   NOT NULL,
    fate     smallint NOT NULL CHECK (fate BETWEEN 0 AND 2), -- 0 fired 1 skipped 2 missed
    reason   text,
    count    bigint   NOT NULL,
    late     boolean  NOT NULL,
    note     text     NOT NULL,
    at       bigint   NOT NULL,
    by       bigint   NOT NULL,
    job      uuid,
    output   text,                              -- JSON: what its run left behind
    last     text,                              -- JSON: its run as it was when the job was removed
    PRIMARY KEY (schedule, due_at)
);
CREATE INDEX fire_due ON {s}.fire (fate, due_at DESC, schedule);
CREATE INDEX fire_of  ON {s}.fire (schedule, fate, due_at);
CREATE INDEX fire_job ON {s}.fire (job) WHERE job IS NOT NULL;

-- Registers all schedules of a service. Answers each: 0 new 1 same 2 changed 3 taken.
CREATE FUNCTION {s}.register(_service text, _by bigint, _build text, _as_of bigint, _names text[], _revisions bigint[],
    _models text[], _actions text[], _sources text[], _wall bigint, OUT _generation bigint, OUT _answers integer[])
LANGUAGE plpgsql AS $$
DECLARE
    _at bigint := least(_as_of, coalesce(_wall, {s}.now_ms()));
    _answer integer;
    _changed boolean;
    r record;
    k {s}.schedule;
BEGIN
    PERFORM {s}.admit(false);
    INSERT INTO {s}.service AS s (service, registered_by, accounted_until) VALUES (_service, _by, _at)
        ON CONFLICT (service) DO UPDATE SET registered_by = excluded.registered_by;
    UPDATE {s}.schedule SET retired_at = _at
        WHERE service = _service AND retired_at IS NULL AND NOT (name = ANY (_names));
    _changed := FOUND;
    _answers := '{}';
    FOR r IN SELECT * FROM unnest(_names, _revisions, _models, _actions, _sources) WITH ORDINALITY
        AS t (name, revision, model, action, source, at) ORDER BY t.at
    LOOP
        SELECT * INTO k FROM {s}.schedule s WHERE s.name = r.name FOR UPDATE;
        _answer := CASE
            WHEN k.name IS NULL THEN 0
            WHEN k.service <> _service AND k.retired_at IS NULL THEN 3
            WHEN k.service <> _service OR k.retired_at IS NOT NULL THEN 0
            WHEN k.revision = r.revision THEN 1
            ELSE 2 END;
        _answers := _answers || _answer;
        CONTINUE WHEN _answer = 3;
        _changed := _changed OR _answer <> 1;
        INSERT INTO {s}.schedule AS s (name, service, revision, model, action, source, build, since)
            VALUES (r.name, _service, r.revision, r.model, r.action, r.source, _build,
                CASE WHEN _answer = 1 THEN k.since ELSE _at END)
            ON CONFLICT (name) DO UPDATE SET service = excluded.service, revision = excluded.revision,
                model = excluded.model, action = excluded.action, source = excluded.source, build = excluded.build,
                since = excluded.since, retired_at = NULL;
    END LOOP;
    UPDATE {s}.service SET generation = generation + _changed::integer WHERE service = _service
        RETURNING generation INTO _generation;
    PERFORM pg_notify('{s}.news', '');
END $$;

-- Accounts for due instants, each with its job if it is to run. Answers each: 'run', 'there', 'stale', or the reason why not.
CREATE FUNCTION {s}.fire(_service text, _by bigint, _schedules text[], _revisions bigint[], _dues bigint[], _counts bigint[],
    _reasons text[], _fates integer[], _lates boolean[], _evens boolean[], _notes text[],
    _ids uuid[], _kinds text[], _versions integer[], _queues text[], _priorities integer[], _ins bigint[], _ats bigint[],
    _attempts_max integer[], _options text[], _payloads text[], _sums bigint[], _keys text[], _holds integer[],
    _hold_ms bigint[], _account_until bigint, _rewind boolean, _generation bigint, _wall bigint, _steady bigint, _boot bigint)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    _now bigint := coalesce(_wall, {s}.now_ms());
    _answers text[] := '{}';
    _answer text;
    _note text;
    _fate integer;
    _who uuid[];
    _new boolean[];
    r record;
BEGIN
    PERFORM {s}.admit(false);
    -- One scheduler of a service after the other.
    PERFORM FROM {s}.service s WHERE s.service = _service FOR UPDATE;
    FOR r IN SELECT * FROM unnest(_schedules, _revisions, _dues, _counts, _reasons, _fates, _lates, _evens, _notes, _ids, _kinds,
            _versions, _queues, _priorities, _ins, _ats, _attempts_max, _options, _payloads, _sums, _keys, _holds, _hold_ms)
        WITH ORDINALITY AS t (schedule, revision, due_at, count, reason, fate, late, even, note, id, kind, version, queue,
            priority, "in", at, attempts_max, options, payload, sum, key, hold, hold_ms, nth) ORDER BY t.nth
    LOOP
        _note := r.note;
        _fate := (SELECT f.fate FROM {s}.fire f WHERE f.schedule = r.schedule AND f.due_at = r.due_at);
        IF NOT EXISTS (SELECT FROM {s}.schedule s WHERE s.name = r.schedule AND s.service = _service
                AND s.revision = r.revision AND s.retired_at IS NULL) THEN
            _answer := 'stale';
        ELSIF _fate IS NOT NULL AND (r.reason IS NOT NULL OR _fate <> 2) THEN
            _answer := 'there';
        ELSIF r.reason IS NOT NULL THEN
            _answer := r.reason;
        ELSIF EXISTS (SELECT FROM {s}.halt h WHERE h.schedule = r.schedule AND (h.until IS NULL OR h.until > _now)) THEN
            _answer := 'paused';
        ELSIF NOT r.even AND EXISTS (SELECT FROM {s}.halt h WHERE h.schedule = '' AND (h.until IS NULL OR h.until > _now)) THEN
            _answer := 'maintenance';
        ELSE
            SELECT a._answers, a._fresh INTO _who, _new
                FROM {s}.accept(ARRAY[r.id], ARRAY[r.kind], ARRAY[r.version], ARRAY[r.queue], ARRAY[r.priority], ARRAY[r."in"],
                    ARRAY[r.at], ARRAY[r.attempts_max], ARRAY[r.options], ARRAY[r.payload], ARRAY[r.sum],
                    CASE WHEN r.key IS NOT NULL THEN ARRAY[r.key] END, ARRAY[r.hold], ARRAY[r.hold_ms], true, _now) AS a;
            IF _new[1] IS FALSE THEN
                _answer := 'overlap';
                _note := 'job ' || _who[1] || ' has not ended';
            ELSE
                _answer := 'run';
            END IF;
        END IF;
        _answers := _answers || _answer;
        CONTINUE WHEN _answer IN ('stale', 'there');
        INSERT INTO {s}.fire AS f (schedule, due_at, fate, reason, count, late, note, at, by, job)
            VALUES (r.schedule, r.due_at,
                CASE WHEN _answer = 'run' THEN 0 WHEN r.reason IS NOT NULL THEN r.fate ELSE 1 END,
                nullif(_answer, 'run'), r.count, r.late, _note, _now, _by, CASE WHEN _answer = 'run' THEN r.id END)
            ON CONFLICT (schedule, due_at) DO UPDATE SET fate = excluded.fate, reason = excluded.reason,
                count = excluded.count, late = excluded.late, note = excluded.note, at = excluded.at, by = excluded.by,
                job = excluded.job, output = NULL, last = NULL;
    END LOOP;
    IF _account_until IS NOT NULL THEN
        UPDATE {s}.service s SET by = _by, base = _now - coalesce(_steady, _now), boot = coalesce(_boot, 0),
            accounted_until = CASE WHEN _rewind THEN _account_until ELSE greatest(s.accounted_until, _account_until) END
            WHERE s.service = _service AND s.generation = _generation;
    END IF;
    RETURN _answers;
END $$;
