//! Wrong SQL is told before anything is sent.

use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::SessionConfig;
use leadsquared_datafusion::{Accounts, LeadsError};

use crate::support::{Desk, account, create, ours, rows, session};

const COLUMNS: &str = r#""EmailAddress" VARCHAR, "Phone" VARCHAR, "mx_Score" INT, "mx_Born" DATE"#;

/// What an `EXPLAIN` of a statement shows or fails with.
async fn explained(desk: &Desk, statement: &str) -> String {
    match desk.session.sql(&format!("EXPLAIN {statement}")).await {
        Err(error) => error.to_string(),
        Ok(frame) => match frame.collect().await {
            Err(error) => error.to_string(),
            Ok(batches) => rows(&batches).concat().join("\n"),
        },
    }
}

#[tokio::test]
async fn a_statement_that_is_wrong_says_so_and_sends_nothing() {
    let desk = Desk::new().await;
    desk.leads(COLUMNS).await;
    desk.sql("CREATE TABLE people AS VALUES ('a@example.com', '1', 'x', 1.5)")
        .await;
    for (statement, says) in [
        (
            r#"INSERT INTO leads ("EmailAdress") VALUES ('a')"#,
            "EmailAdress",
        ),
        (
            "INSERT INTO leads SELECT nobody FROM people",
            "No field named nobody",
        ),
        (
            "INSERT INTO leads SELECT column1 FROM people",
            "Column count doesn't match",
        ),
        (
            r#"INSERT INTO leads ("EmailAddress", "mx_Score") SELECT column1, column3 FROM people"#,
            "column 2 of the query, \"column3\", is Utf8",
        ),
        (
            r#"INSERT INTO leads ("EmailAddress", "mx_Score") SELECT column1, column4 FROM people"#,
            "is Float64, and \"mx_Score\" of leads takes Int32",
        ),
        (
            r#"INSERT INTO leads ("EmailAddress", "mx_Born") SELECT column1, column2 AS born FROM people"#,
            "\"born\"",
        ),
        (
            r#"INSERT INTO leads ("EmailAddress", "Phone") SELECT column1 AS "Phone", column2 AS "EmailAddress" FROM people"#,
            "column 1 of the query is \"Phone\" and would become \"EmailAddress\"",
        ),
        (
            "INSERT INTO leads VALUES ('a@example.com', '1', 'many', NULL)",
            "many",
        ),
        (
            "INSERT OVERWRITE leads SELECT column1, column2, NULL AS a, NULL AS b FROM people",
            "INSERT OVERWRITE is not possible",
        ),
        (
            "REPLACE INTO leads SELECT column1, column2, NULL AS a, NULL AS b FROM people",
            "REPLACE INTO is not possible",
        ),
        (
            "SELECT * FROM leads",
            "anything but INSERT INTO is not possible",
        ),
        (
            "SELECT count(*) FROM leads",
            "anything but INSERT INTO is not possible",
        ),
        (
            "INSERT INTO leads SELECT * FROM leads",
            "anything but INSERT INTO is not possible",
        ),
        ("DELETE FROM leads", "nor taken away"),
        (r#"UPDATE leads SET "Phone" = '1'"#, "neither read, changed"),
        ("TRUNCATE TABLE leads", "TRUNCATE"),
    ] {
        let error = desk.error(statement).await;
        assert!(error.to_string().contains(says), "{statement}: {error}");
        assert!(!format!("{error:?}").starts_with("IoError"), "{error:?}");
        // It is told as early as an EXPLAIN, as an error or where the plan would be.
        if statement.starts_with("INSERT") {
            let explained = explained(&desk, statement).await;
            assert!(explained.contains(says), "{statement}: {explained}");
        }
    }
    assert_eq!(desk.emulator.call_count(), 0);
    assert!(desk.sql("SELECT * FROM leads_outcomes").await.is_empty());
}

#[tokio::test]
async fn what_the_query_itself_casts_or_renames_is_its_own_business() {
    let desk = Desk::new().await;
    desk.leads(COLUMNS).await;
    desk.sql("CREATE TABLE people AS VALUES ('a@example.com', '12', '34', 1.5)")
        .await;
    let inserted = desk
        .insert(
            r#"INSERT INTO leads ("EmailAddress", "mx_Score", "mx_Born")
               SELECT column1, CAST(column3 AS INT), TRY_CAST(column2 AS DATE) FROM people"#,
        )
        .await;
    assert_eq!(inserted, 1);
    // "Phone" is left out of the table's columns here: the query's may go where it likes.
    let inserted = desk
        .insert(r#"INSERT INTO leads ("EmailAddress") SELECT column2 AS "Phone" FROM people"#)
        .await;
    assert_eq!(inserted, 1);
    assert_eq!(desk.emulator.leads()[0].get("mx_Score"), Some("34"));
}

#[tokio::test]
async fn a_table_that_cant_be_says_why() {
    let desk = Desk::new().await;
    for (statement, says) in [
        (create(r#""FirstName" VARCHAR"#, ""), "don't make leads"),
        (
            create(r#""EmailAddress" VARCHAR, "x" INTERVAL"#, ""),
            "\"x\"",
        ),
        (
            create(COLUMNS, "OPTIONS ('unique_field' 'Phone')"),
            "did you mean \"unique_fields\"?",
        ),
        (
            create(COLUMNS, "OPTIONS ('nulls' 'keep')"),
            "it can be omit or clear",
        ),
        (
            create(COLUMNS, "OPTIONS ('access_key' 'hunter2')"),
            "looks like a secret",
        ),
        (
            create(COLUMNS, "OPTIONS ('leads.secretKey' 'hunter2')"),
            "looks like a secret",
        ),
        (
            create(COLUMNS, "").replace(
                "leadsquared://main",
                "https://k:hunter2@api-in21.leadsquared.com",
            ),
            "the name of an account",
        ),
        (
            create(COLUMNS, "").replace("LOCATION", "PARTITIONED BY (\"Phone\") LOCATION"),
            "PARTITIONED BY",
        ),
    ] {
        let error = desk.error(&statement).await.to_string();
        assert!(error.contains(says), "{statement}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert_eq!(desk.emulator.call_count(), 0);
}

#[tokio::test]
async fn an_account_that_isnt_there_is_told_with_the_nearest_before_anything_runs() {
    let desk = Desk::new().await;
    desk.sql(&create(COLUMNS, "").replace("//main", "//mian"))
        .await;
    let says = "there is no account \"mian\" in this session; did you mean \"main\"?";
    let insert = "INSERT INTO leads VALUES ('a', 'b', 1, NULL)";
    let error = desk.error(insert).await.to_string();
    assert!(error.contains(says), "{error}");
    let explained = explained(&desk, insert).await;
    assert!(explained.contains(says), "{explained}");

    let bare = session(SessionConfig::new());
    bare.sql(&create(COLUMNS, "")).await.unwrap();
    let insert = bare
        .sql("INSERT INTO leads VALUES ('a', 'b', 1, NULL)")
        .await
        .unwrap();
    let error = insert.collect().await.unwrap_err();
    assert_eq!(ours(&error), &LeadsError::NoAccounts);
}

#[tokio::test]
async fn no_key_is_in_what_a_session_shows_of_itself() {
    let desk = Desk::new().await;
    desk.leads(COLUMNS).await;
    let accounts = Accounts::new().with("main", account(&desk.emulator));
    let mut shown = vec![format!("{accounts:?}")];
    desk.sql("SET datafusion.catalog.information_schema = true")
        .await;
    for statement in [
        "SHOW ALL",
        "SHOW CREATE TABLE leads",
        "EXPLAIN VERBOSE INSERT INTO leads VALUES ('a', 'b', 1, NULL)",
    ] {
        shown.push(format!("{:?}", desk.sql(statement).await));
    }
    let shown = shown.concat();
    assert!(shown.contains("leadsquared.statement"));
    assert!(!shown.contains(desk.emulator.secret_key()));
    assert!(!shown.contains(desk.emulator.access_key()));
}

#[tokio::test]
async fn a_value_that_stays_the_same_may_be_of_another_type() {
    let desk = Desk::new().await;
    desk.leads(COLUMNS).await;
    let insert = "INSERT INTO leads VALUES ('a@example.com', 42, 7.0, '2000-01-01'), ('b@example.com', NULL, '8', NULL)";
    assert_eq!(desk.insert(insert).await, 2);
    let leads = desk.emulator.leads();
    assert_eq!(leads[0].get("Phone"), Some("42"));
    assert_eq!(leads[0].get("mx_Score"), Some("7"));
    assert_eq!(leads[0].get("mx_Born"), Some("2000-01-01"));
    assert_eq!(leads[1].get("mx_Score"), Some("8"));
}

#[tokio::test]
async fn a_plan_that_was_optimized_before_is_not_taken_for_wrong() {
    let desk = Desk::new().await;
    desk.leads(COLUMNS).await;
    desk.sql("CREATE TABLE people AS VALUES ('a@example.com', '12', '34', 1.5)")
        .await;
    let insert = r#"INSERT INTO leads ("EmailAddress", "mx_Score") SELECT column1, CAST(column3 AS INT) FROM people"#;
    desk.sql(&format!("PREPARE p AS {insert}")).await;
    assert_eq!(desk.insert("EXECUTE p").await, 1);

    let state = desk.session.state();
    let plan = state.create_logical_plan(insert).await.unwrap();
    let plan = state.optimize(&state.optimize(&plan).unwrap()).unwrap();
    state.create_physical_plan(&plan).await.unwrap();
}

#[tokio::test]
async fn rows_that_dont_come_by_sql_must_have_the_tables_columns() {
    let desk = Desk::new().await;
    desk.leads(r#""EmailAddress" VARCHAR, "mx_Score" BIGINT"#)
        .await;
    for query in [
        r#"SELECT 'a@example.com' AS "EmailAddress", 'many' AS "mx_Score""#,
        r#"SELECT 'a@example.com' AS "EmailAddress", 1::BIGINT AS "Password""#,
        r#"SELECT 'a@example.com' AS "EmailAddress""#,
        r#"SELECT 'a@example.com' AS "EmailAddress", 1::BIGINT AS "mx_Score", 'x' AS "More""#,
    ] {
        let frame = desk.session.sql(query).await.unwrap();
        let written = frame
            .write_table("leads", DataFrameWriteOptions::new())
            .await;
        let error = written.unwrap_err();
        assert!(
            matches!(ours(&error), LeadsError::OtherColumns { .. }),
            "{query}: {error}"
        );
    }
    assert_eq!(desk.emulator.call_count(), 0);
    let right = r#"SELECT 'a@example.com' AS "EmailAddress", 1::BIGINT AS "mx_Score""#;
    let frame = desk.session.sql(right).await.unwrap();
    frame
        .write_table("leads", DataFrameWriteOptions::new())
        .await
        .unwrap();
    assert_eq!(desk.emulator.leads()[0].get("mx_Score"), Some("1"));
}
