//! Two processes with one memory. The example starts itself as a second process on the same
//! directory. That one stores a note, and the first one, which had opened the memory before, finds
//! it at once. The memory lies in a temporary directory.
//!
//! ```text
//! cargo run -p aios-memory --example two_processes
//! ```
#![allow(clippy::print_stdout, reason = "an example shows its result")]

use std::{
    env,
    error::Error,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{self, Command, Stdio},
};

use aios_memory::{AgentMemory, Config};

const NOTE: &str = "The staging database moved to port 5433.";
const STORED: &str = "stored";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match env::args().nth(1) {
        Some(directory) => write(Path::new(&directory)).await,
        None => find().await,
    }
}

/// Opens a new memory, starts the second process, and searches for its note.
async fn find() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let directory = folder.path().join("memory");
    let memory = AgentMemory::open(Config::at(&directory)).await?;
    let found = memory.recall("which port does staging use?").await?;
    println!("process {}: opened a memory, which has {} hits", process::id(), found.hits.len());

    let mut writer = Command::new(env::current_exe()?)
        .arg(&directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    println!("process {}: started as the writer", writer.id());

    let mut reply = String::new();
    let output = writer.stdout.take().ok_or("expected the output of the writer")?;
    BufReader::new(output).read_line(&mut reply)?;
    if reply.trim_end() != STORED {
        return Err("the writer failed to store its note".into());
    }

    // The writer still has the memory open.
    let found = memory.recall("which port does staging use?").await?;
    let hit = found.hits.first().ok_or("expected the note of the other process")?;
    println!("process {}: found {:?}", process::id(), hit.text);

    // The end of its input ends the writer.
    drop(writer.stdin.take());
    if !writer.wait()?.success() {
        return Err("the writer failed to close the memory".into());
    }
    memory.shutdown().await?;
    Ok(())
}

/// Stores the note, reports it, and keeps the memory open until the input ends.
async fn write(directory: &Path) -> Result<(), Box<dyn Error>> {
    let memory = AgentMemory::open(Config::at(directory)).await?;
    memory.remember(NOTE).await?;
    println!("{STORED}");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    memory.shutdown().await?;
    Ok(())
}
