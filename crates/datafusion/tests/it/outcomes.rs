//! What became of each row, as SQL reads it.

use std::sync::Arc;

use datafusion::prelude::SessionContext;
use leadsquared_datafusion::OutcomesFolder;
use leadsquared_emulator::{Emulator, Fault};

use crate::support::{Desk, create};

const INSERT: &str = "INSERT INTO leads VALUES ('a@example.com', 1), (NULL, 2), ('b@example.com', 3), ('A@example.com', 4)";

#[tokio::test]
async fn what_did_not_get_in_can_be_asked_for() {
    let desk = Desk::new().await;
    desk.leads(r#""EmailAddress" VARCHAR, "mx_Score" BIGINT"#)
        .await;
    assert!(desk.sql("SELECT * FROM leads_outcomes").await.is_empty());
    assert_eq!(desk.insert(INSERT).await, 2);

    let rest = desk
        .sql("SELECT row, outcome, code, reason, lead, account FROM leads_outcomes WHERE outcome <> 'created' ORDER BY row")
        .await;
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[0][..3], ["2", "rejected", "no-unique-field"]);
    assert!(rest[0][3].contains("no value in any unique field"));
    assert_eq!(rest[0][4], r#"[{"Attribute":"mx_Score","Value":"2"}]"#);
    assert_eq!(rest[0][5], "main");
    assert_eq!(
        rest[1][..3],
        ["4", "duplicate", "MXDuplicateEntryException"]
    );
    desk.books(4).await;
}

#[tokio::test]
async fn each_statement_has_a_name_and_the_next_query_sees_it() {
    let desk = Desk::new().await;
    desk.leads(r#""EmailAddress" VARCHAR, "mx_Score" BIGINT"#)
        .await;
    desk.sql("SET leadsquared.statement = 'first'").await;
    desk.insert(INSERT).await;
    let names = "SELECT DISTINCT statement FROM leads_outcomes ORDER BY statement";
    assert_eq!(desk.sql(names).await, [["first"]]);
    desk.sql("SET leadsquared.statement = ''").await;
    desk.insert("INSERT INTO leads VALUES ('c@example.com', 5)")
        .await;
    desk.insert("INSERT INTO leads VALUES ('d@example.com', 6)")
        .await;
    // By default each has a new one.
    assert_eq!(desk.sql(names).await.len(), 3);
    let files = desk
        .folder
        .path()
        .join("outcomes")
        .read_dir()
        .unwrap()
        .count();
    assert_eq!(files, 3, "nothing but the three files is left");
    desk.books(6).await;
}

#[tokio::test]
async fn a_statement_that_fails_leaves_its_outcomes_and_takes_none_of_an_earlier_one_away() {
    let desk = Desk::with(Emulator::builder()).await;
    desk.sql(&create(
        r#""EmailAddress" VARCHAR, "mx_Score" BIGINT"#,
        "OPTIONS ('max_rejects' '0')",
    ))
    .await;
    desk.sql("SET leadsquared.statement = 'nightly'").await;
    let error = desk.error(INSERT).await.to_string();
    assert!(
        error.contains("statement nightly stopped: 1 rows were rejected"),
        "{error}"
    );
    assert!(error.contains("Of 4 rows read until then"), "{error}");
    let failed = desk
        .sql("SELECT row, outcome FROM leads_outcomes ORDER BY row")
        .await;
    assert_eq!(failed.len(), 4);

    // Each attempt has its file, since nothing here remembers which leads another one created.
    desk.insert("INSERT INTO leads VALUES ('e@example.com', 1)")
        .await;
    let created = "SELECT row FROM leads_outcomes WHERE outcome = 'created'";
    let before = desk.sql(created).await;
    desk.emulator.script(Fault::status(401));
    desk.error("INSERT INTO leads VALUES ('f@example.com', 1), ('g@example.com', 2)")
        .await;
    assert_eq!(desk.sql(created).await, before);
    let attempts = desk.sql("SELECT count(*) FROM leads_outcomes").await;
    assert_eq!(attempts, [["7"]]);
    assert_eq!(before.len(), desk.emulator.lead_count());
    assert_eq!(
        desk.emulator.lead_count(),
        1 + failed.iter().filter(|row| row[1] == "created").count()
    );
}

#[tokio::test]
async fn a_folder_of_any_name_is_read_or_refused() {
    let desk = Desk::new().await;
    desk.leads(r#""EmailAddress" VARCHAR, "mx_Score" BIGINT"#)
        .await;
    desk.insert(INSERT).await;
    let file = desk
        .folder
        .path()
        .join("outcomes")
        .read_dir()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    for name in [
        "a b",
        "a?b",
        "a*b",
        "a[b]",
        "a[b",
        "a%20b",
        "a#b",
        "ä",
        "d.parquet",
    ] {
        let outcomes = OutcomesFolder::create(desk.folder.path().join(name)).unwrap();
        std::fs::copy(file.path(), outcomes.path().join(file.file_name())).unwrap();
        let session = SessionContext::new();
        session
            .register_table("o", Arc::new(outcomes.table()))
            .unwrap();
        let rows = session.sql("SELECT * FROM o").await.unwrap();
        assert_eq!(rows.count().await.unwrap(), 4, "{name}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;

        let name = std::ffi::OsStr::from_bytes(b"out\xFF");
        let error = OutcomesFolder::create(desk.folder.path().join(name)).unwrap_err();
        assert!(error.to_string().contains("not UTF-8"), "{error}");
    }
}
