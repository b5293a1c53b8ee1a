//! What a demo made, or why it is not done, and where to look next.

use std::process::ExitCode;

use banto_cli::Address;
use serde_json::json;

use crate::{
    args::{self, Place},
    choose::Provider,
    demo::{self, Demo, Told},
    error::Error,
    print::{line, object, quoted, table},
};

use super::{FOUND, STORE, open, show::said_built_in};

/// `myteacher demo`.
pub async fn demo(typed: &args::Demo) -> Result<ExitCode, Error> {
    let place = &typed.place;
    let app = open(place).await?;
    let demo = demo::demo(&app, typed.look.look(), place.json).await?;
    if place.json {
        object(&json!({ "demo": demo, "files": place.files, "store": shown_store(place)? }))?;
    } else {
        shown(&demo, place)?;
    }
    Ok(match demo.told {
        _ if demo.elsewhere > 0 => ExitCode::from(FOUND),
        _ if demo.avatar.status == "completed" => ExitCode::SUCCESS,
        Some(told) => ExitCode::from(told.exit()),
        None => ExitCode::from(FOUND),
    })
}

fn shown(demo: &Demo, place: &Place) -> Result<(), Error> {
    if demo.elsewhere > 0 {
        line(&format!(
            "{} pictures are not in {}: another worker of this queue was quicker, and keeps them where it was told to \
             (MYTEACHER_FILES). Stop it, or let it use the same place.",
            demo.elsewhere, place.files
        ))?;
    } else if !demo.made.pictures.is_empty() {
        let mut files = table(["file", "size"]);
        for (_, path, bytes) in &demo.made.pictures {
            files.add_row([format!("{}/{path}", place.files), format!("{:.1} KiB", *bytes as f64 / 1024.0)]);
        }
        line(&files)?;
    }
    let mut counts = table(["avatar", "pictures", "comments", "tokens", "attempts", "time", "status"]);
    counts.add_row([
        demo.avatar.id.to_string(),
        demo.made.pictures.len().to_string(),
        demo.made.comments.len().to_string(),
        demo.charged.to_string(),
        demo.attempts.to_string(),
        format!("{:.2} s", demo.took_ms as f64 / 1_000.0),
        demo.avatar.status.clone(),
    ]);
    line(&counts)?;
    said_built_in(&demo.made.built_in)?;
    if let Some((title, message)) = &demo.notification {
        line(&format!("Notification: {title} ({message})"))?;
    }
    let next = Next::to(place)?;
    undone(demo, &next)?;
    if next.unnamed {
        line("\nThe commands below want BANTO_STORE (or BANTO_STORE_FILE) to say the address of this demo's store.")?;
    }
    line("\nWhere to look next:")?;
    for (command, what) in next.commands(demo) {
        line(&format!("  {command}   # {what}"))?;
    }
    Ok(())
}

/// Why the job is not done and what to do about it, as `queue explain` says it.
fn undone(demo: &Demo, next: &Next) -> Result<(), Error> {
    let Some(explained) = &demo.explained else { return Ok(()) };
    line(&format!("\nAvatar {} is not finished: {}", demo.avatar.id, explained.answer))?;
    if let Some(cure) = &explained.cure {
        line(&format!("What to do: {cure}"))?;
    }
    match (demo.avatar.failure.as_ref(), demo.told) {
        (Some(failure), _) => line(&format!("Its owner was told: {failure}")),
        (None, Some(Told { name, .. })) => {
            line(&format!("It was stopped by {name} and goes on where it was with: {}", next.worker()))
        }
        (None, None) => line(&format!("Once that is done it goes on where it was with: {}", next.worker())),
    }
}

/// The store's address, as it was given where that is no secret.
fn shown_store(place: &Place) -> Result<String, Error> {
    let url = place.stores.url()?;
    let address = Address::typed(&url)?;
    Ok(if address.file().is_some() { url } else { address.to_string() })
}

/// Commands that can be pasted: they name the store, the folder and the providers of this demo.
struct Next {
    program: String,
    store: String,
    files: String,
    settings: String,
    /// Whether the store is not named, for its address may hold a password.
    unnamed: bool,
}

impl Next {
    fn to(place: &Place) -> Result<Next, Error> {
        let named = |is_usual: bool, text: String| if is_usual { String::new() } else { text };
        let usual_files = place.files == args::FILES;
        let files = quoted(&place.files);
        let provider = |name: &str, chosen: Provider| named(chosen == Provider::Offline, format!("{name}={chosen} "));
        let (painter, writer) =
            (provider("MYTEACHER_PAINTER", place.painter), provider("MYTEACHER_WRITER", place.writer));
        let folder = named(usual_files, format!("MYTEACHER_FILES={files} "));
        let url = place.stores.url()?;
        let unnamed = Address::typed(&url)?.file().is_none();
        let data = place.stores.data()?.map(|file| quoted(&file.path.to_string_lossy()));
        let [data_typed, data_set] =
            ["--data ", "MYTEACHER_DATA="].map(|before| data.as_ref().map(|file| format!("{before}{file}")));
        let data_typed = data_typed.map(|flag| format!(" {flag}")).unwrap_or_default();
        let data_set = data_set.map(|set| format!("{set} ")).unwrap_or_default();
        Ok(Next {
            program: quoted(&std::env::args().next().unwrap_or_else(|| "myteacher".into())),
            store: named(unnamed || url == STORE, format!(" --store {}", quoted(&url))),
            files: named(usual_files, format!(" --files {files}")) + &data_typed,
            settings: format!("{data_set}{folder}{painter}{writer}"),
            unnamed,
        })
    }

    /// A worker takes the place of the pictures and the providers from the environment.
    fn worker(&self) -> String {
        let Next { program, store, settings, .. } = self;
        format!("{settings}{program} queue work --queue avatars{store}")
    }

    fn commands(&self, demo: &Demo) -> [(String, &'static str); 4] {
        let Next { program, store, files, .. } = self;
        let (avatar, job) = (demo.avatar.id, demo.job);
        [
            (format!("{program} avatars show {avatar}{store}{files}"), "the comments"),
            (format!("{program} queue show {job}{store}"), "what the job did"),
            (format!("{program} queue monitor{store}"), "how the queues stand"),
            (self.worker(), "a worker that stays"),
        ]
    }
}
