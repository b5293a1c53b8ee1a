-- A standing lets in only if it can be read whole: one that lacks a field may be what is left of another.

-- Whether a text is a standing, and nothing but that. Its fields are asked for their sorts alone: PostgreSQL cannot hold all that a
-- text in JSON may say.
CREATE FUNCTION {s}.is_standing(_text text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    _said json;
BEGIN
    _said := _text::json;
    IF json_typeof(_said) <> 'object' THEN
        RETURN false;
    END IF;
    RETURN coalesce(json_typeof(_said -> 'id') = 'string' AND _said ->> 'id' ~ '^[0-9a-fA-F]{16}$'
        AND json_typeof(_said -> 'stand') = 'string'
        AND _said ->> 'stand' IN ('leaving', 'left', 'arriving', 'clearing', 'cleared', 'arrived')
        AND json_typeof(_said -> 'place') = 'string' AND json_typeof(_said -> 'by') = 'string'
        AND json_typeof(_said -> 'at') = 'number' AND _said ->> 'at' ~ '^-?[0-9]{1,19}$'
        AND coalesce(json_typeof(_said -> 'bookmark'), 'null') IN ('string', 'null')
        AND NOT EXISTS (SELECT FROM json_object_keys(_said) AS k (name)
            WHERE k.name NOT IN ('id', 'stand', 'place', 'by', 'at', 'bookmark')), false);
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;

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
    IF {s}.is_standing(_standing) THEN
        _stand := _standing::json ->> 'stand';
    END IF;
    IF _stand IS NULL OR (_stand NOT IN ('cleared', 'arrived') AND NOT (_jobs AND _stand = 'leaving')) THEN
        RAISE EXCEPTION 'this store moves to or from another' USING ERRCODE = 'BN001', DETAIL = _standing;
    END IF;
END $$;
