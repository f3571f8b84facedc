//! The outcomes as SQL reads them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, project_schema};
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;

use url::Url;

use super::columns::schema;
use crate::LeadsError;

/// A table of all outcomes in an [`OutcomesFolder`](crate::OutcomesFolder), which has its columns.
///
/// Each query sees the statements that have ended by then. `SELECT * FROM leads_outcomes WHERE outcome <>
/// 'created'` is what did not get in.
#[derive(Clone, Debug)]
pub struct OutcomesTable {
    folder: PathBuf,
}

impl OutcomesTable {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that are there now.
    ///
    /// Each is named to DataFusion by itself: of a folder it would go on with the list of the first time.
    fn files(&self) -> std::result::Result<Vec<PathBuf>, LeadsError> {
        let unreadable = |error: std::io::Error| LeadsError::Outcomes {
            path: self.folder.clone(),
            doing: "read",
            cause: error.to_string(),
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "parquet")
            {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

#[async_trait]
impl TableProvider for OutcomesTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.files()?;
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(
                schema(),
                projection,
            )?)));
        }
        // By its parts: what is read as text takes some letters for a pattern.
        let urls = files.iter().map(|file| {
            let url = Url::from_file_path(file).map_err(|()| {
                DataFusionError::Execution(format!("{} is no absolute path", file.display()))
            })?;
            ListingTableUrl::try_new(url, None)
        });
        let options =
            ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
        let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<_>>()?)
            .with_listing_options(options)
            .with_schema(Arc::clone(schema()));
        let listing = ListingTable::try_new(config)?;
        listing.scan(state, projection, filters, limit).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        // Parquet leaves out row groups by them; the rows are looked at above.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
