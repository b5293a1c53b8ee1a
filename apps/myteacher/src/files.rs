//! Where pictures are kept: a folder by default, S3 by URL.
//!
//! A stored picture is durable before its row says that it is there; a path is made of numbers and closed words only, so
//! it cannot lead anywhere else. What cannot be kept says whether trying again may help or somebody has to mend it first.

#[cfg(feature = "s3")]
mod s3;

use std::{io, path::PathBuf, sync::Arc};

use banto::text::visible;
use futures_util::TryStreamExt;
use object_store::{Error, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path};

use crate::{avatar::Avatar, look::Picture};

#[cfg(feature = "s3")]
const ALLOWED: &str = "allowed are a folder and s3://bucket/prefix";
#[cfg(not(feature = "s3"))]
const ALLOWED: &str = "allowed is a folder; s3://bucket/prefix is too in a build with --features s3";
/// S3's codes for a refusal that stays until somebody mends a setting.
const REFUSALS: [&str; 8] = [
    "AccessDenied",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "PermanentRedirect",
    "SignatureDoesNotMatch",
];
/// How much of a server's words is shown.
const WORDS_CHARS_MAX: usize = 500;

/// Where pictures are kept. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    folder: Option<Arc<PathBuf>>,
    place: Arc<str>,
    missing: Arc<[String]>,
}

/// Pictures that could not be kept or looked up. Displays as a fragment that fits after "could not".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("keep pictures in \"{place}\": {what}")]
pub struct Unkept {
    place: Arc<str>,
    what: String,
    mends_itself: bool,
}

impl Unkept {
    /// Whether trying again may help; otherwise somebody has to mend a setting first.
    pub fn again(&self) -> bool {
        self.mends_itself
    }
}

impl Files {
    /// Opens `place`: the path of a folder, which is made if need be, or `s3://bucket/prefix` with the `AWS_*` variables of
    /// this process's environment (feature `s3`).
    pub fn open(place: &str) -> Result<Files, Unkept> {
        match place.split_once("://") {
            None if place.trim().is_empty() => Err(unkept(place, format!("it has no name; {ALLOWED}"), false)),
            None => Files::in_folder(place),
            #[cfg(feature = "s3")]
            Some(("s3", _)) => Files::in_bucket(place, s3::environment()),
            Some(_) => Err(unkept(place, ALLOWED.into(), false)),
        }
    }

    fn in_folder(place: &str) -> Result<Files, Unkept> {
        let wrong = |error: &dyn std::fmt::Display| unkept(place, error.to_string(), false);
        std::fs::create_dir_all(place).map_err(|error| wrong(&error))?;
        let store = LocalFileSystem::new_with_prefix(place).map_err(|error| wrong(&error))?;
        let store = Arc::new(store.with_automatic_cleanup(true));
        Ok(Files { store, folder: Some(Arc::new(PathBuf::from(place))), place: place.into(), missing: Arc::default() })
    }

    /// Opens `s3://bucket/prefix` with `settings` instead of the environment: `AWS_ACCESS_KEY_ID`, `AWS_REGION`,
    /// `AWS_ENDPOINT`, …
    #[cfg(feature = "s3")]
    pub fn in_bucket(place: &str, settings: impl IntoIterator<Item = (String, String)>) -> Result<Files, Unkept> {
        let settings = s3::settings(settings);
        let store = s3::open(place, &settings).map_err(|what| unkept(place, what, false))?;
        Ok(Files { store, folder: None, place: place.into(), missing: s3::missing(&settings).into() })
    }

    /// The names of the settings that the place lacks; empty when it can be used. Touches no network.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// What was opened, as it was written.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Where a picture of an avatar's present run is kept. The same picture has the same path in every attempt.
    pub fn path(avatar: &Avatar, picture: Picture) -> String {
        format!("{}{picture}.png", Files::folder(avatar) + &avatar.run + "/")
    }

    /// Where a picture of an avatar's present run is kept until its background is removed.
    pub fn drawing(avatar: &Avatar, picture: Picture) -> String {
        format!("{}drawn/{picture}.png", Files::folder(avatar) + &avatar.run + "/")
    }

    fn folder(avatar: &Avatar) -> String {
        format!("avatars/{}/{}/", avatar.user, avatar.id)
    }

    /// Asks the place for what it has of an avatar, so that a place that does not answer, or not to us, is known before
    /// anything is paid for.
    pub async fn ready(&self, avatar: &Avatar) -> Result<(), Unkept> {
        self.lists(&Files::folder(avatar)).await
    }

    /// Asks the place whether it answers, and to us.
    pub async fn answers(&self) -> Result<(), Unkept> {
        self.lists("avatars/").await
    }

    async fn lists(&self, folder: &str) -> Result<(), Unkept> {
        let all = self.parsed(folder)?;
        self.store.list(Some(&all)).try_next().await.map(drop).map_err(|error| self.failed(&error))
    }

    /// Stores bytes, replacing what was there. They are durable when this answers.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), Unkept> {
        self.store.put(&self.parsed(path)?, bytes.into()).await.map_err(|error| self.failed(&error))?;
        let Some(folder) = &self.folder else { return Ok(()) };
        let (folder, file) = (folder.clone(), folder.join(path));
        // A new folder is an entry of the one above it: up to the place itself, each must be as durable as the file.
        let synced = tokio::task::spawn_blocking(move || -> io::Result<()> {
            let below = |path: &&std::path::Path| path.starts_with(folder.as_path());
            file.ancestors().take_while(below).try_for_each(|path| std::fs::File::open(path)?.sync_all())
        });
        let written = synced.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        written.map_err(|error| unkept(&self.place, error.to_string(), true))
    }

    /// Whether a picture is really there.
    pub async fn has(&self, path: &str) -> Result<bool, Unkept> {
        match self.store.head(&self.parsed(path)?).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// A picture's bytes, if it is there.
    pub async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Unkept> {
        let found = match self.store.get(&self.parsed(path)?).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        found.bytes().await.map(|bytes| Some(bytes.to_vec())).map_err(|error| self.failed(&error))
    }

    /// Deletes a picture; one that is not there is deleted.
    pub async fn delete(&self, path: &str) -> Result<(), Unkept> {
        self.remove(&self.parsed(path)?).await
    }

    /// Deletes everything that is kept of an avatar but these pictures of its present run: what earlier runs made, and
    /// drawings that were left behind. Answers how many.
    pub async fn forget_all_but(&self, avatar: &Avatar, pictures: &[Picture]) -> Result<usize, Unkept> {
        let kept = pictures.iter().map(|picture| self.parsed(&Files::path(avatar, *picture)));
        let kept = kept.collect::<Result<Vec<Path>, Unkept>>()?;
        let all = self.parsed(&Files::folder(avatar))?;
        let listed: Vec<_> = self.store.list(Some(&all)).try_collect().await.map_err(|error| self.failed(&error))?;
        let mut deleted = 0;
        for object in listed.iter().filter(|object| !kept.contains(&object.location)) {
            self.remove(&object.location).await?;
            deleted += 1;
        }
        Ok(deleted)
    }

    /// The paths of everything that is kept of a user.
    pub async fn of_user(&self, user: i64) -> Result<Vec<String>, Unkept> {
        let all = self.parsed(&format!("avatars/{user}/"))?;
        let listed: Vec<_> = self.store.list(Some(&all)).try_collect().await.map_err(|error| self.failed(&error))?;
        Ok(listed.into_iter().map(|object| object.location.to_string()).collect())
    }

    async fn remove(&self, path: &Path) -> Result<(), Unkept> {
        match self.store.delete(path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn parsed(&self, path: &str) -> Result<Path, Unkept> {
        Path::parse(path).map_err(|error| unkept(&self.place, error.to_string(), false))
    }

    fn failed(&self, error: &Error) -> Unkept {
        let text = error.to_string();
        let code = code(&text);
        let denied = matches!(error, Error::Unauthenticated { .. } | Error::PermissionDenied { .. })
            || matches!(status(&text), Some("401" | "403"));
        if code == Some("NoSuchBucket") {
            return unkept(&self.place, "there is no such bucket; make it, or look at --files".into(), false);
        }
        if denied || code.is_some_and(|code| REFUSALS.contains(&code)) {
            let why = visible(code.unwrap_or(&text), WORDS_CHARS_MAX);
            return unkept(
                &self.place,
                format!("it refuses access ({why}); look at credentials, rights and region"),
                false,
            );
        }
        unkept(&self.place, visible(&text, WORDS_CHARS_MAX), true)
    }
}

fn unkept(place: &str, what: String, mends_itself: bool) -> Unkept {
    Unkept { place: place.into(), what, mends_itself }
}

/// The status of a refusal: that of a list is told in words alone.
fn status(text: &str) -> Option<&str> {
    text.split_once("status code: ")?.1.get(..3)
}

/// The code of an error in S3's form, which is XML.
fn code(text: &str) -> Option<&str> {
    text.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code)
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
