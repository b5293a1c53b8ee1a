-- A hold is worth nothing without its run: an avatar that is deleted, or made anew before its lost run was reconciled, gives
-- its tokens back. A trigger, since rows are deleted by whoever may, and not by this program alone.

CREATE TRIGGER teacher_avatars_deleted AFTER DELETE ON teacher_avatars BEGIN
  DELETE FROM token_holds WHERE run = old.run;
END;
CREATE TRIGGER teacher_avatars_anew AFTER UPDATE OF run ON teacher_avatars WHEN new.run <> old.run BEGIN
  DELETE FROM token_holds WHERE run = old.run;
END;

-- What was left behind until now.
DELETE FROM token_holds WHERE run NOT IN (SELECT run FROM teacher_avatars WHERE generation_status IN ('pending', 'generating'));
