-- Pictures and comments belong to a run, so that a generation that fails takes nothing from the one before it; an avatar
-- shows its last completed run. A picture that waits for its background to be removed is kept, as it is paid for. Why a
-- run failed is one sentence for the owner, and apart from it what the job said, for operators.

ALTER TABLE teacher_avatars ADD COLUMN shown_run TEXT;       -- the last run that was completed
ALTER TABLE teacher_avatars ADD COLUMN failure_detail TEXT;  -- what the job said, for operators

CREATE TABLE run_images (
  id                INTEGER PRIMARY KEY,
  teacher_avatar_id INTEGER NOT NULL REFERENCES teacher_avatars (id) ON DELETE CASCADE,
  image_type        TEXT NOT NULL CHECK (image_type IN ('bust', 'full_body')),
  expression_type   TEXT NOT NULL CHECK (expression_type IN ('normal', 'happy', 'sad', 'angry', 'surprised')),
  run               TEXT NOT NULL,
  path              TEXT NOT NULL,
  bytes             INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  UNIQUE (teacher_avatar_id, run, image_type, expression_type)
) STRICT;
INSERT INTO run_images SELECT id, teacher_avatar_id, image_type, expression_type, run, path, bytes, created_at FROM avatar_images;
DROP TABLE avatar_images;
ALTER TABLE run_images RENAME TO avatar_images;

CREATE TABLE run_comments (
  id                INTEGER PRIMARY KEY,
  teacher_avatar_id INTEGER NOT NULL REFERENCES teacher_avatars (id) ON DELETE CASCADE,
  event_type        TEXT NOT NULL,
  run               TEXT NOT NULL,
  comment_text      TEXT NOT NULL,
  created_at        INTEGER NOT NULL,
  UNIQUE (teacher_avatar_id, run, event_type)
) STRICT;
INSERT INTO run_comments SELECT id, teacher_avatar_id, event_type, run, comment_text, created_at FROM avatar_comments;
DROP TABLE avatar_comments;
ALTER TABLE run_comments RENAME TO avatar_comments;

CREATE TABLE avatar_drawings (
  teacher_avatar_id INTEGER NOT NULL REFERENCES teacher_avatars (id) ON DELETE CASCADE,
  run               TEXT NOT NULL,
  picture           TEXT NOT NULL,                       -- "bust_happy"
  path              TEXT NOT NULL,
  model             TEXT NOT NULL,
  seed              INTEGER NOT NULL,
  created_at        INTEGER NOT NULL,
  PRIMARY KEY (teacher_avatar_id, run, picture)
) STRICT, WITHOUT ROWID;

-- Only a completed run was charged: what is left of the last one is what the avatar shows.
UPDATE teacher_avatars SET shown_run =
  (SELECT i.run FROM avatar_images i JOIN token_transactions t ON t.run = i.run
    WHERE i.teacher_avatar_id = teacher_avatars.id ORDER BY t.id DESC LIMIT 1);

-- Until now the owner read what the job said.
UPDATE teacher_avatars SET failure_detail = failure_reason, failure_reason = 'アバターを作成できませんでした。'
  WHERE failure_reason IS NOT NULL;
