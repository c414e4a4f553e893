//! Checks of deletion files, which list the deleted rows of a fragment.
//!
//! Arrow's reader trusts the lengths in such a file. Damaged lengths can make it allocate more
//! memory than the machine has, which ends the process and cannot be caught. The lengths are
//! therefore compared with the length of the file first ("IPC File Format" in Arrow's specification
//! of its formats).

use std::{fs, path::Path};

use lance::{dataset::fragment::FileFragment, table::format::DeletionFile};
use lancedb::arrow::arrow_ipc::{
    Block, reader::read_footer_length, root_as_footer, root_as_message,
};
use tokio::task;

use crate::{Error, sync::unless_gone};

/// Bytes before a message: a mark, and its length.
const MESSAGE_PREFIX: usize = 8;
/// Bytes of the footer's length and of the magic number behind it.
const TRAILER: usize = 10;
/// Bytes of a deleted row's offset.
const OFFSET_BYTES: usize = 4;
/// Maximum bytes of a buffer beyond its values.
const PADDING: usize = 64;

/// Refuses a fragment of the table in `dir` whose deletion file cannot be read.
pub(super) async fn check(dir: &Path, fragment: &FileFragment) -> Result<(), Error> {
    let metadata = fragment.metadata();
    let Some(file) = &metadata.deletion_file else { return Ok(()) };
    if file.file_type.suffix() != "arrow" {
        return Ok(());
    }
    let path = dir.join("_deletions").join(file_name(metadata.id, file));
    let rows = metadata.physical_rows.unwrap_or(0);
    let checking = task::spawn_blocking(move || {
        let bytes = unless_gone(fs::read(&path)).map_err(Error::io("read", &path))?;
        if bytes.is_some_and(|bytes| is_sound(&bytes, rows)) {
            return Ok(());
        }
        let reason = "the list of deleted rows is unreadable";
        Err(Error::DamagedFile { path, reason: reason.to_owned() })
    });
    checking.await.map_err(|_| Error::Closed)?
}

/// Returns the name of a fragment's deletion file.
pub(super) fn file_name(fragment: u64, file: &DeletionFile) -> String {
    let (version, suffix) = (file.read_version, file.file_type.suffix());
    format!("{fragment}-{version}-{}.{suffix}", file.id)
}

/// Returns `true` if no length in the file exceeds the possible maximum for `rows` rows.
fn is_sound(bytes: &[u8], rows: usize) -> bool {
    let blocks = || {
        let (rest, trailer) = bytes.split_last_chunk::<TRAILER>()?;
        let length = read_footer_length(*trailer).ok()?;
        let footer = root_as_footer(rest.get(rest.len().checked_sub(length)?..)?).ok()?;
        let blocks = footer.recordBatches().into_iter().chain(footer.dictionaries());
        Some(blocks.flatten().copied().collect::<Vec<Block>>())
    };
    let most = PADDING + rows.saturating_mul(OFFSET_BYTES);
    blocks().is_some_and(|blocks| {
        blocks.iter().all(|block| is_block_sound(bytes, block, most).unwrap_or(false))
    })
}

/// Returns `true` if a block is within the file, its buffers are within the block, and none states
/// an unpacked length above `most` bytes. `None` if the block cannot be parsed.
fn is_block_sound(bytes: &[u8], block: &Block, most: usize) -> Option<bool> {
    let at = usize::try_from(block.offset()).ok()?;
    let body = at.checked_add(usize::try_from(block.metaDataLength()).ok()?)?;
    let end = body.checked_add(usize::try_from(block.bodyLength()).ok()?)?;
    let message = root_as_message(bytes.get(at + MESSAGE_PREFIX..body)?).ok()?;
    let body = bytes.get(body..end)?;
    let batch = message.header_as_record_batch()?;
    let is_packed = batch.compression().is_some();
    for buffer in batch.buffers()? {
        let at = usize::try_from(buffer.offset()).ok()?;
        let length = usize::try_from(buffer.length()).ok()?;
        let buffer = body.get(at..at.checked_add(length)?)?;
        if is_packed && let Some(unpacked) = buffer.first_chunk() {
            // -1 marks a buffer that is not packed.
            let unpacked = i64::from_le_bytes(*unpacked);
            if unpacked != -1 && usize::try_from(unpacked).ok()? > most {
                return Some(false);
            }
        }
    }
    Some(true)
}

#[cfg(test)]
mod tests;
