//! A list of tasks in a file: adds the arguments to it, completes the first open task, and prints
//! the list. The list in FILE is still there at the next call.
//!
//! ```text
//! cargo run -p aios-working --example todo_list -- FILE "buy flour" "bake the bread"
//! ```
//!
//! Without arguments it uses a temporary file and a sample.
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{env, error::Error, path::PathBuf};

use aios_working::{Config, Task, TaskStatus, TaskUpdate, Working};

const SAMPLE: [&str; 3] = ["buy flour", "bake the bread", "write to Ada"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (file, descriptions) = match arguments.split_first() {
        Some((file, descriptions)) => (PathBuf::from(file), descriptions.to_vec()),
        None => (folder.path().join("list.db"), SAMPLE.map(str::to_owned).to_vec()),
    };

    // A task is on disk when `put` returns.
    let working = Working::open(&file, Config::default())?;
    for description in descriptions {
        working.tasks().put(Task::new(description)).await?;
    }

    // The first open task is done. The time of its end is set with its status.
    let open = working.tasks().list(None, Some(TaskStatus::Pending)).await?;
    if let Some(task) = open.first() {
        let unchanged = TaskUpdate::default();
        working.tasks().set_status(&task.id, TaskStatus::Completed, unchanged).await?;
    }
    working.close().await;

    // Another process would find the same.
    let working = Working::open(&file, Config::default())?;
    for task in working.tasks().list(None, None).await? {
        let mark = if task.status.is_final() { 'x' } else { ' ' };
        println!("[{mark}] {}", task.description);
    }

    // Words are compared by their stems: "baking" finds "bake".
    for hit in working.records().find("baking", Default::default()).await? {
        println!("found: {} ({})", hit.record.text, hit.record.key());
    }
    working.close().await;
    Ok(())
}
