//! `init`: from an export with names of its own to leads, with nothing else.

use serde_json::Value;

use crate::helpers::{Stage, assert_books, bare, columns};

/// An export as another program names things.
fn export() -> arrow::array::RecordBatch {
    let all = |texts: &[&str]| {
        let texts = texts.iter().map(|text| Some((*text).to_owned()));
        texts.collect::<Vec<_>>()
    };
    columns(&[
        ("E-Mail", all(&["ada@example.com", "grace@example.com"])),
        (
            "work email",
            all(&["ada@work.example", "grace@work.example"]),
        ),
        ("First Name", all(&[" Ada ", "Grace"])),
        ("SURNAME", all(&["Lovelace", "Hopper"])),
        ("Mobile No.", all(&["+91-8888888888", "+91-8888888889"])),
        ("mx_Joined", all(&["31/01/2026", "01/12/2025"])),
        ("City", all(&["London", "New York"])),
        ("lead \"score\"", all(&["7", "8"])),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_with_odd_names_is_loaded_with_init_check_and_load() {
    let stage = Stage::new().await;
    stage.parquet("my export.parquet", &export());

    let run = stage.run(&["init", "my export.parquet"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(run.stdout, "");
    run.assert_said(&[
        "1 sent under their own names, 5 renamed by a guess, 2 left out",
        "mapping.toml is written",
        "leadsquared check 'my export.parquet' --mapping mapping.toml",
    ]);
    let mapping = stage.read("mapping.toml");
    for line in [
        "\"E-Mail\" = \"EmailAddress\" # GUESS, by its name",
        "\"Mobile No.\" = \"Phone\" # GUESS, by its name",
        "# Sent under their own names: mx_Joined",
        "    \"work email\", # EmailAddress is taken from \"E-Mail\"; to take it from here, swap the two",
        "read_as = \"%d/%m/%Y\" # GUESS, by its first rows",
    ] {
        assert!(
            mapping.lines().any(|known| known == line),
            "{line}: {mapping}"
        );
    }

    let run = stage.run(&["check", "my export.parquet", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let (run, summary) = stage.load(&["my export.parquet", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("read", 2), ("created", 2)]);
    let leads = stage.leads();
    let fields = |email: &str| leads[email].fields.clone();
    let expected = |values: [&str; 6]| -> Vec<(String, String)> {
        let names = [
            "EmailAddress",
            "FirstName",
            "LastName",
            "Phone",
            "mx_Joined",
            "mx_City",
        ];
        names
            .iter()
            .zip(values)
            .map(|(name, value)| ((*name).to_owned(), value.to_owned()))
            .collect()
    };
    assert_eq!(
        fields("ada@example.com"),
        expected([
            "ada@example.com",
            "Ada",
            "Lovelace",
            "+91-8888888888",
            "2026-01-31",
            "London"
        ])
    );
    assert_eq!(
        fields("grace@example.com"),
        expected([
            "grace@example.com",
            "Grace",
            "Hopper",
            "+91-8888888889",
            "2025-12-01",
            "New York"
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_is_there_is_not_written_over_unless_asked() {
    let stage = Stage::new().await;
    stage.parquet("leads.parquet", &export());
    stage.write("mapping.toml", "drop = []");
    stage
        .run(&["init", "leads.parquet"])
        .assert_failed(2, &["mapping.toml is there already", "--output", "--force"]);
    assert_eq!(stage.read("mapping.toml"), "drop = []");
    let run = stage.run(&["init", "leads.parquet", "--force"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(stage.read("mapping.toml").contains("[rename]"));

    let run = stage.run(&["init", "leads.parquet", "--output", "-"]);
    assert_eq!(
        (run.code, &run.stdout),
        (Some(0), &stage.read("mapping.toml"))
    );
    stage
        .run(&["init", "leads.parquet", "--output", "no/such/folder.toml"])
        .assert_failed(
            1,
            &["no/such/folder.toml: the mapping can't be written there"],
        );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_without_a_unique_field_is_told() {
    let stage = Stage::new().await;
    stage.write(
        "scores.ndjson",
        "{\"score\":1,\"when\":\"2026-01-31\",\"tags\":{\"a\":1}}\n",
    );
    let run = stage.run(&["init", "scores.ndjson"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.assert_said(&["no column looks like an e-mail address or a phone number"]);
    assert!(
        stage
            .read("mapping.toml")
            .contains("# NO COLUMN looks like one")
    );
    stage
        .run(&["check", "scores.ndjson", "--mapping", "mapping.toml"])
        .assert_failed(1, &["no column is a unique field"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_input_is_told_as_ever() {
    let stage = Stage::new().await;
    stage
        .run(&["init", "gone.parquet"])
        .assert_failed(1, &["gone.parquet"]);
    stage.run(&["init"]).assert_failed(2, &["INPUT"]);
}

/// The schema that is kept for editors is the one that the command knows.
#[test]
fn the_schema_in_the_docs_is_current() {
    let output = bare(["init", "--schema"]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let schema: Value = serde_json::from_str(&printed).unwrap();
    for key in [
        "unique_fields",
        "drop",
        "rename",
        "constants",
        "defaults",
        "columns",
    ] {
        assert!(
            schema["properties"][key]["description"].is_string(),
            "{key}"
        );
    }
    let kept = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/mapping.schema.json"
    );
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(
        kept == printed,
        "make it anew: cargo run -- init --schema > docs/mapping.schema.json"
    );
}
