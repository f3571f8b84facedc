//! What became of each row, kept in files that SQL can read.

mod columns;
mod file;
mod folder;
mod table;

pub(crate) use file::OutcomesFile;
pub use folder::OutcomesFolder;
pub use table::OutcomesTable;
