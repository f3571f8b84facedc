//! `init`: from an export with names of its own to leads, with nothing else.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use serde_json::Value;

use crate::helpers::{Stage, assert_books, bare, columns};

/// An export as another program names things.
fn export() -> RecordBatch {
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
        "1 sent under their own names, 5 renamed by a guess, 2 left out, 1 date form guessed",
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
        .assert_failed(1, &["no/such/folder.toml: can't be written there"]);
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

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_never_replaced_by_its_mapping() {
    let stage = Stage::new().await;
    let export = "Email,Phone\na@example.com,8888888888\n";
    std::fs::create_dir(stage.path("exports")).unwrap();
    stage.write("exports/a.csv", export);
    stage.write("exports/b.csv", export);
    for args in [
        &["exports/a.csv", "-o", "exports/../exports/a.csv", "--force"][..],
        &["exports/a.csv", "-o", "exports/a.csv"],
        // It is an input as much as the one whose columns count.
        &["exports", "-o", "exports/b.csv", "--force"],
    ] {
        stage
            .run(&[&["init"], args].concat())
            .assert_failed(2, &["is one of the inputs", "name another file"]);
    }
    assert_eq!(stage.read("exports/a.csv"), export);
    assert_eq!(stage.read("exports/b.csv"), export);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_command_is_the_one_for_all_that_was_given() {
    let stage = Stage::new().await;
    let export = "Email;Phone\na@example.com;8888888888\n";
    std::fs::create_dir(stage.path("exports")).unwrap();
    stage.write("exports/a b.txt", export);
    stage.write("exports/c.txt", export);
    let hint = |args: &[&str], next: &str| {
        let mut command = stage.command([&["init", "--force"], args].concat());
        let run = stage.end_with_input(&mut command, export.as_bytes());
        assert_eq!(run.code, Some(0), "{run:?}");
        let said = run.stderr.lines().last().unwrap();
        assert!(said.ends_with(&format!("then: {next}")), "{said}: {next}");
        let mapping = stage.read("mapping.toml");
        let line = format!("#   {next}");
        assert!(mapping.lines().any(|known| known == line), "{mapping}");
    };
    hint(
        &["exports/*.txt", "--input-format", "csv"],
        "leadsquared check 'exports/*.txt' --input-format csv --mapping mapping.toml",
    );
    hint(
        &["exports", "--input-format", "csv", "--delimiter", ";"],
        "leadsquared check exports --input-format csv --delimiter ';' --mapping mapping.toml",
    );
    hint(
        &["-", "--input-format", "csv"],
        "leadsquared check INPUT --input-format csv --mapping mapping.toml",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_name_that_comes_twice_is_told() {
    let stage = Stage::new().await;
    let field = |name| Field::new(name, DataType::Utf8, true);
    let schema = Schema::new(vec![field("Email"), field("City"), field("Email")]);
    let values: ArrayRef = Arc::new(StringArray::from(vec!["a@example.com"]));
    let batch = RecordBatch::try_new(Arc::new(schema), vec![values; 3]).unwrap();
    stage.parquet("twice.parquet", &batch);
    let run = stage.run(&["init", "twice.parquet"]);
    run.assert_failed(
        1,
        &[
            "twice.parquet: the column \"Email\" comes twice",
            "give one of them another name",
        ],
    );
    assert!(!stage.path("mapping.toml").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_goes_where_it_is_asked_to() {
    let stage = Stage::new().await;
    let schema = stage.run(&["init", "--schema"]).stdout;
    let args = ["init", "--schema", "-o", "schema.json"];
    let run = stage.run(&args);
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(stage.read("schema.json"), schema);
    assert!(!stage.path("mapping.toml").exists());

    stage.write("schema.json", "mine");
    stage
        .run(&args)
        .assert_failed(2, &["schema.json is there already", "--force"]);
    assert_eq!(stage.read("schema.json"), "mine");
    let run = stage.run(&[&args[..], &["--force"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(stage.read("schema.json"), schema);
    let run = stage.run(&["init", "--schema", "-o", "-"]);
    assert_eq!(run.stdout, schema);
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
