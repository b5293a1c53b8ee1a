//! Where pictures are kept: a folder by default, S3 by URL.
//!
//! A stored picture is durable before its row says that it is there; a path is made of numbers and closed words only, so
//! it cannot lead anywhere else.

use std::{path::PathBuf, sync::Arc};

use futures_util::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path};

use crate::{avatar::Avatar, look::Picture};

/// Where pictures are kept. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    folder: Option<Arc<PathBuf>>,
    place: Arc<str>,
}

impl Files {
    /// Opens `place`: the path of a folder, which is made if need be, or `s3://bucket/prefix` with credentials from the
    /// environment (feature `s3`). Answers, if it cannot, a fragment that fits after "could not".
    pub fn open(place: &str) -> Result<Files, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("keep pictures in \"{place}\": {error}");
        if place.contains("://") {
            let url = url::Url::parse(place).map_err(|error| wrong(&error))?;
            if !(cfg!(feature = "s3") && url.scheme() == "s3") {
                let built = if cfg!(feature = "s3") {
                    "a folder or s3://bucket/prefix"
                } else {
                    "a folder (built without feature s3)"
                };
                return Err(wrong(&format!("allowed is {built}")));
            }
            let (store, prefix) =
                object_store::parse_url_opts(&url, std::env::vars()).map_err(|error| wrong(&error))?;
            let store = Arc::new(object_store::prefix::PrefixStore::new(store, prefix));
            return Ok(Files { store, folder: None, place: place.into() });
        }
        std::fs::create_dir_all(place).map_err(|error| wrong(&error))?;
        let store = LocalFileSystem::new_with_prefix(place).map_err(|error| wrong(&error))?;
        let store = Arc::new(store.with_automatic_cleanup(true));
        Ok(Files { store, folder: Some(Arc::new(PathBuf::from(place))), place: place.into() })
    }

    /// What was opened, as it was written.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Where a picture of an avatar's present run is kept. The same picture has the same path in every attempt.
    pub fn path(avatar: &Avatar, picture: Picture) -> String {
        format!("{}{picture}.png", Files::folder(avatar) + &avatar.run + "/")
    }

    fn folder(avatar: &Avatar) -> String {
        format!("avatars/{}/{}/", avatar.user, avatar.id)
    }

    /// Stores bytes, replacing what was there. They are durable when this answers.
    pub async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), object_store::Error> {
        let location = Path::parse(path)?;
        self.store.put(&location, bytes.into()).await?;
        let Some(folder) = &self.folder else { return Ok(()) };
        let file = folder.join(path);
        let synced = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
            std::fs::File::open(&file)?.sync_all()?;
            file.parent().map_or(Ok(()), |parent| std::fs::File::open(parent)?.sync_all())
        });
        let failed = |source| object_store::Error::Generic { store: "folder", source };
        synced.await.map_err(|error| failed(error.into()))?.map_err(|error| failed(error.into()))
    }

    /// Whether a picture is really there.
    pub async fn has(&self, path: &str) -> Result<bool, object_store::Error> {
        match self.store.head(&Path::parse(path)?).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Deletes pictures of the avatar's earlier runs. Answers how many.
    pub async fn forget_earlier_runs(&self, avatar: &Avatar) -> Result<usize, object_store::Error> {
        let (all, ours) = (Path::parse(Files::folder(avatar))?, Path::parse(Files::folder(avatar) + &avatar.run)?);
        let listed: Vec<_> = self.store.list(Some(&all)).try_collect().await?;
        let mut deleted = 0;
        for object in listed.iter().filter(|object| !object.location.prefix_matches(&ours)) {
            self.store.delete(&object.location).await?;
            deleted += 1;
        }
        Ok(deleted)
    }
}
