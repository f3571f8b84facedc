//! The page on SQL is held to what is so.

use std::path::Path;

use crate::support::Desk;

/// The blocks of a page that are in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let parts = page.split(fence.as_str()).skip(1);
    parts
        .filter_map(|part| part.split("\n```").next())
        .collect()
}

#[tokio::test]
async fn every_statement_of_the_page_does_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/sql.md")).unwrap();
    let statements = blocks(&page, "sql");
    assert_eq!(statements.len(), 6);

    let desk = Desk::new().await;
    let exports = root.join("examples/data/*.parquet");
    let mut shown = String::new();
    for statement in statements {
        let statement = statement.replace("exports/*.parquet", exports.to_str().unwrap());
        shown += &desk.sql(&statement).await.concat().join("\n");
    }

    // What EXPLAIN ANALYZE shows, but for the columns.
    let analyzed = blocks(&page, "text")[0].replace('\n', " ");
    let (head, metrics) = analyzed.split_once("…], statement=…), ").unwrap();
    assert!(shown.contains(head), "{shown}");
    assert!(shown.contains(metrics), "{metrics} is not in {shown}");
    // 20 or less, null or not a number: these are not asked for.
    assert!(desk.emulator.lead_count() > 500);
    let lead = &desk.emulator.leads()[0];
    assert_eq!(lead.get_in("mx_KYC", "Status"), Some("Pending"));
}
