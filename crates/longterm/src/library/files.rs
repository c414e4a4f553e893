//! Files that the current version of the table needs.

use lance::index::DatasetIndexExt;

use super::{Library, deletions, fragments::not_local};
use crate::{
    Error,
    sync::checksums::{Needed, Part, name_of},
};

impl Library {
    /// Returns the files that this version needs.
    pub(crate) async fn needed(&self) -> Result<Needed, Error> {
        let failed = || Error::library("list the files");
        let version = self.version().await?;
        let dataset = self.table.dataset().ok_or_else(not_local)?.get().await.map_err(failed())?;
        let name = |path: std::path::PathBuf| name_of(&self.site.dir, &path).unwrap_or_default();
        let mut needed = Needed::default();
        if let Some(manifest) = self.site.manifests()?.remove(&version) {
            needed.files.insert(name(manifest), Part::Manifest);
        }
        for fragment in dataset.get_fragments() {
            let metadata = fragment.metadata();
            for file in &metadata.files {
                let part = Part::Rows { fragment: metadata.id };
                needed.files.insert(name(self.dir.join("data").join(&file.path)), part);
            }
            if let Some(file) = &metadata.deletion_file {
                let file = deletions::file_name(metadata.id, file);
                let part = Part::Deletions { fragment: metadata.id };
                needed.files.insert(name(self.dir.join("_deletions").join(file)), part);
            }
        }
        let indexes = dataset.load_indices().await.map_err(Error::library("list the indexes"))?;
        for index in indexes.iter() {
            let field = index.fields.first().and_then(|id| dataset.schema().field_by_id(*id));
            let column = field.map_or_else(|| index.name.clone(), |field| field.name.clone());
            let dir = self.dir.join("_indices").join(index.uuid.to_string());
            needed.indexes.insert(name(dir), column);
        }
        Ok(needed)
    }
}
