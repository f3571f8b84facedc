//! What a user reads with SQL; the queries are those of `docs/ledger.md`.

use leadsquared_sink::{Journal, Outcome};

use crate::support::{Scene, call, end, intent, row_of};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ledger.md");

/// A run with a bit of everything.
async fn scene() -> Scene {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let mut streamed = end(1, Outcome::Created);
    streamed.row = row_of("a stream", 1);
    call(
        &run,
        vec![
            end(1, Outcome::Created),
            end(2, Outcome::Rejected),
            streamed,
        ],
    )
    .await;
    run.intend(intent([3, 4, 5, 9])).await.unwrap();
    drop(run);
    scene
}

#[tokio::test]
async fn results_are_one_simple_query() {
    let scene = scene().await;
    let sql = scene.sql();
    let mut query = sql
        .prepare("SELECT file || ':' || row || ' ' || outcome || ' ' || coalesce(code, lead_id) FROM results WHERE run = 1")
        .unwrap();
    let lines: Vec<String> = query
        .query_map((), |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        lines,
        [
            "leads.ndjson:1 created lead-1",
            "leads.ndjson:2 rejected no-unique-field",
            "a stream:1 created lead-1",
        ]
    );
}

#[tokio::test]
async fn the_views_names_of_outcomes_are_ours() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let ends = (1..)
        .zip(Outcome::ALL)
        .map(|(row, outcome)| end(row, outcome));
    run.settle(ends.collect()).await.unwrap();
    run.flush().await.unwrap();
    let sql = scene.sql();
    for (row, outcome) in (1..).zip(Outcome::ALL) {
        let query = "SELECT outcome FROM results WHERE row = ?1";
        let name: String = sql.query_row(query, [row], |row| row.get(0)).unwrap();
        assert_eq!(name, outcome.as_str());
        let query = format!("SELECT {outcome} FROM books");
        let rows: i64 = sql.query_row(&query, (), |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "{outcome}");
    }
}

#[tokio::test]
async fn rows_share_their_texts() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let ends = (1..=100).map(|row| end(row, Outcome::Rejected));
    run.settle(ends.collect()).await.unwrap();
    let mut other = end(101, Outcome::Rejected);
    other.reason = None;
    run.settle(vec![other]).await.unwrap();
    run.flush().await.unwrap();
    let count = "SELECT count(*) FROM reasons";
    let texts: i64 = scene.sql().query_row(count, (), |row| row.get(0)).unwrap();
    assert_eq!(texts, 2);
}

#[tokio::test]
async fn the_rows_of_a_call_are_ranges_that_sql_reads() {
    let scene = scene().await;
    let rows: Vec<String> = {
        let sql = scene.sql();
        let mut query = sql.prepare("SELECT rows FROM calls ORDER BY id").unwrap();
        let rows = query.query_map((), |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    // The stream's row was named in the outcomes only.
    assert_eq!(rows, ["[[0,1,2],[0,1,1]]", "[[0,3,5],[0,9,9]]"]);
}

#[tokio::test]
async fn the_queries_in_the_docs_run() {
    let scene = scene().await;
    let docs = std::fs::read_to_string(DOCS).unwrap();
    let mut queries = 0;
    for block in docs.split("```sql\n").skip(1) {
        let block = block.split("```").next().unwrap();
        for query in block
            .split_inclusive(';')
            .filter(|query| !query.trim().is_empty())
        {
            let sql = scene.sql();
            let mut statement = sql
                .prepare(query)
                .unwrap_or_else(|error| panic!("{query}: {error}"));
            let mut rows = statement.query(()).unwrap();
            let mut found = 0;
            while rows.next().unwrap().is_some() {
                found += 1;
            }
            let is_change = query.trim_start().starts_with("DELETE") || query.contains("VACUUM");
            assert!(found > 0 || is_change, "nothing comes of {query}");
            queries += 1;
        }
    }
    assert!(queries >= 5, "{queries}");
}
