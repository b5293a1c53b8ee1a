//! `banto up` as a process: from a banto.toml that a row has written, with all that it has started.
//!
//! Whatever runs under it carries a mark in its environment, so that a row sees what is left of it when it is gone.

use std::path::PathBuf;

use crate::{
    Told,
    process::{Process, Start},
    stage::{Scene, write},
};

/// The mark: a variable whose value is the folder of the scene.
const MARK: &str = "BANTO_CHAOS_SCENE";

/// A banto.toml in a scene.
pub struct Up<'a> {
    scene: &'a Scene<'a>,
    file: PathBuf,
}

impl<'a> Up<'a> {
    /// Writes it down; each `[[schedule]]` and `[[program]]` that is to be seen has [`Up::mark`] in its text.
    pub fn new(scene: &'a Scene<'a>, text: &str) -> Told<Up<'a>> {
        let file = scene.dir.join("banto.toml");
        write(&file, text.as_bytes())?;
        Ok(Up { scene, file })
    }

    /// The line that gives a schedule's command or a program the mark.
    pub fn mark(scene: &Scene<'_>) -> String {
        format!("env = {{ {MARK} = '{}' }}", scene.dir.display())
    }

    /// Starts it.
    pub fn start(&self, name: &str) -> Told<Process> {
        let (url, file) = (self.scene.url(), self.file.display().to_string());
        Start::command(name, self.scene, &["up", "--store", &url, "--config", &file, "--name", name]).start(self.scene)
    }
}

/// The processes that carry the mark of this scene and have not ended. One that nobody has waited for has no environment.
pub fn marked(scene: &Scene<'_>) -> Told<Vec<u32>> {
    let mark = format!("{MARK}={}", scene.dir.display()).into_bytes();
    let all = std::fs::read_dir("/proc").map_err(|error| format!("list \"/proc\": {error}"))?;
    let pids = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let carries = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark)
    };
    Ok(pids.filter(carries).collect())
}
