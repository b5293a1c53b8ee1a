//! What is taken for an address, what is refused, and what of it is shown.

use banto_store::GivenClock;

use super::*;
use crate::Wanted;

fn refused(text: &str) -> String {
    let error = text.parse::<Address>().unwrap_err();
    assert_eq!(*error.fault(), Fault::Config, "{text}");
    let said = error.to_string();
    assert!(!said.contains("hunter2") && !said.contains('\u{1b}'), "{said}");
    said
}

#[test]
fn what_nobody_knows_hears_what_there_is_and_shows_no_secret() {
    for text in
        ["mysql://root:hunter2@host/db", "", "jobs.db", "sq\u{1b}lite://x", "MEMORY:", "postgress://a:hunter2@b"]
    {
        let said = refused(text);
        assert!(said.contains("this build knows") && said.contains("memory:"), "{said}");
    }
    assert!(refused("memory:jobs:hunter2").contains("its address is memory:"));
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_sort_that_was_left_out_of_a_build_is_told_apart_from_one_that_there_is_not() {
    let said = refused("postgresql://ann:hunter2@db/x");
    assert!(said.contains("this build was made without it (feature postgres)"), "{said}");
}

#[cfg(feature = "sqlite")]
#[test]
fn a_path_is_a_file_where_people_type() {
    for text in ["jobs.db", "/var/lib/jobs.db", "./a:b.db", "sqlite://jobs.db?busy_ms=9", "sqlite:jobs.db"] {
        assert!(Address::typed(text).unwrap().file().is_some(), "{text}");
    }
    for text in ["mysql://x", "a:b.db", ""] {
        assert!(Address::typed(text).is_err(), "{text}");
    }
    let shown = Address::typed("sqlite://jobs.db?busy_ms=9").unwrap();
    assert_eq!((shown.to_string(), shown.mark()), ("sqlite://jobs.db".to_owned(), None));
}

#[tokio::test]
async fn memory_is_for_who_stays_and_not_for_a_command() {
    let clock = Arc::new(GivenClock::at(0));
    let found = "memory:".parse::<Address>().unwrap().open(true, clock.clone()).await.unwrap();
    assert_eq!((found.store.about().store.as_str(), found.schema), ("memory", None));
    let wanted = Wanted { url: "memory:".into(), migrate: true };
    let error = wanted.open(clock).await.err().unwrap();
    assert!(error.to_string().starts_with("use a store in memory: it would be gone"), "{error}");
}

#[test]
fn who_prints_what_is_wanted_prints_no_password() {
    let wanted = Wanted { url: "mysql://ann:hunter2@db/x".into(), migrate: true };
    assert!(!format!("{wanted:?}").contains("hunter2"));
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn only_who_may_makes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("jobs.db").display());
    let open = |migrate| {
        let wanted = Wanted { url: url.clone(), migrate };
        async move { wanted.open(Arc::new(GivenClock::at(0))).await.map(|found| found.schema) }
    };
    assert!(open(false).await.unwrap_err().to_string().contains("there is no such file"));
    let made = open(true).await.unwrap().unwrap();
    assert_eq!(made.0, 0);
    assert_eq!(open(false).await.unwrap(), Some((made.1, made.1)));
}
