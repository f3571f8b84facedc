//! What became of each row, as SQL reads it.

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

    // A later one that ends replaces it, and one that fails after that does not.
    desk.insert("INSERT INTO leads VALUES ('e@example.com', 1)")
        .await;
    let ended = desk.sql("SELECT row, outcome FROM leads_outcomes").await;
    assert_eq!(ended, [["1", "created"]]);
    desk.emulator.script(Fault::status(401));
    desk.error("INSERT INTO leads VALUES ('f@example.com', 1), ('g@example.com', 2)")
        .await;
    assert_eq!(
        desk.sql("SELECT row, outcome FROM leads_outcomes").await,
        ended
    );
}
