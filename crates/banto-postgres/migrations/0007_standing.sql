-- A standing that cannot be read lets nobody in: a store that may have left must not give work.

CREATE OR REPLACE FUNCTION {s}.admit(_jobs boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _standing text;
    _stand text;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('{s}.standing', 0));
    IF current_setting('transaction_isolation') = 'read committed' THEN
        SELECT m.value INTO _standing FROM {s}.meta m WHERE m.name = 'standing';
    ELSE
        -- An older snapshot would not see what was changed meanwhile; so it is an error that it was.
        SELECT m.value INTO _standing FROM {s}.meta m WHERE m.name = 'standing' FOR SHARE;
    END IF;
    IF coalesce(_standing, '') = '' THEN
        RETURN;
    END IF;
    BEGIN
        _stand := _standing::json ->> 'stand';
    EXCEPTION WHEN data_exception THEN
        _stand := NULL;
    END;
    IF _stand IS NULL OR (_stand NOT IN ('cleared', 'arrived') AND NOT (_jobs AND _stand = 'leaving')) THEN
        RAISE EXCEPTION 'this store moves to or from another' USING ERRCODE = 'BN001', DETAIL = _standing;
    END IF;
END $$;
