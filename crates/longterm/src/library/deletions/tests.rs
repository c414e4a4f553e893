//! Detection of damage before the file is read.

use std::sync::Arc;

use lancedb::arrow::{
    arrow_array::{RecordBatch, UInt32Array},
    arrow_ipc::{
        CompressionType,
        reader::FileReader,
        writer::{FileWriter, IpcWriteOptions},
    },
};

use super::*;

const ROWS: usize = 1000;

fn written(compression: Option<CompressionType>) -> Vec<u8> {
    let rows = UInt32Array::from_iter_values((0..ROWS as u32).step_by(3));
    let batch = RecordBatch::try_from_iter([("row_id", Arc::new(rows) as _)]).unwrap();
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut bytes = Vec::new();
    let schema = batch.schema();
    let mut writer = FileWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    drop(writer);
    bytes
}

#[test]
fn accepted_files_never_request_excessive_memory() {
    for compression in [None, Some(CompressionType::ZSTD)] {
        let bytes = written(compression);
        assert!(is_sound(&bytes, ROWS), "{compression:?}");
        for at in 0..bytes.len() {
            for bit in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bit;
                if is_sound(&damaged, ROWS) {
                    // Wrong numbers are accepted, and so is a panic: it can be caught.
                    let read = move || {
                        FileReader::try_new(std::io::Cursor::new(damaged), None)
                            .map(|reader| reader.flatten().count())
                    };
                    let _ = std::panic::catch_unwind(read);
                }
            }
        }
    }
}

#[test]
fn truncated_files_are_refused() {
    let bytes = written(Some(CompressionType::ZSTD));
    for length in 0..bytes.len() {
        assert!(!is_sound(&bytes[..length], ROWS), "{length}");
    }
}
