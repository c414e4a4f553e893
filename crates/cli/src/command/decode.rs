//! `decode-rows` (hidden): decodes a damaged file for `repair` in a separate process, which may
//! crash.

use std::{ffi::OsString, io};

use aios_memory::longterm::Decoder;

use crate::{failure::Failure, output::Output};

/// Name of the command.
const DECODE_ROWS: &str = "decode-rows";

/// Returns the decoder that runs this program with the command `decode-rows`.
pub(crate) fn decoder() -> Decoder {
    match std::env::current_exe() {
        Ok(path) => Decoder::Program { path, arguments: vec![OsString::from(DECODE_ROWS)] },
        Err(_) => Decoder::Nobody,
    }
}

pub(crate) async fn decode_rows() -> Result<(), Failure> {
    let Some(out) = Output::pipe() else {
        return Err(Failure::Usage {
            message: "this command is for `repair` only, which reads its output".to_owned(),
            hint: "run `aios-memory repair`",
        });
    };
    let decoded = aios_memory::longterm::decode_rows(io::stdin().lock(), out).await;
    decoded.map_err(|error| Failure::from(aios_memory::Error::from(error)))
}
