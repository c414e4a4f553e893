//! Finds prompt injections and secrets in text
