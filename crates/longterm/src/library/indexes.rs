//! The indexes that every table has.

use lancedb::{
    Table,
    index::{
        Index,
        scalar::{BTreeIndexBuilder, FtsIndexBuilder},
    },
};

/// Name of the full-text index.
pub(super) const TERMS_INDEX: &str = "terms_idx";

/// Builds the indexes that every table has, replacing existing ones.
pub(super) async fn make_indexes(table: &Table) -> Result<(), lancedb::Error> {
    let index = FtsIndexBuilder::default()
        .base_tokenizer("whitespace".to_owned())
        .lower_case(false)
        .stem(false)
        .remove_stop_words(false)
        .ascii_folding(false)
        .max_token_length(None)
        .with_position(false);
    let index = table.create_index(&["terms"], Index::FTS(index));
    index.name(TERMS_INDEX.to_owned()).execute().await?;
    for column in ["key", "session"] {
        let index = Index::BTree(BTreeIndexBuilder::default());
        table.create_index(&[column], index).execute().await?;
    }
    Ok(())
}
