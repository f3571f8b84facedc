//! Input that can't be loaded: an error that names it and the remedy, before anything is sent.

use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};

use crate::helpers::{Stage, assert_books, columns, lead_lines, leads, number, parquet};

/// Loads and checks `args`, which fail with these words; nothing is sent and no file is made.
fn assert_refused(stage: &Stage, args: &[&str], words: &[&str]) {
    let outputs = ["--results", "results.ndjson", "--rejects", "rejects.ndjson"];
    let run = stage.run(&[&["load"], args, &outputs].concat());
    run.assert_failed(1, words);
    run.assert_said(&["leadsquared: error: "]);
    assert!(!stage.path("results.ndjson").exists());
    assert!(!stage.path("rejects.ndjson").exists());
    assert_eq!(stage.emulator.call_count(), 0);

    stage
        .run(&[&["check"], args].concat())
        .assert_failed(1, words);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_none() {
    let stage = Stage::new().await;
    stage.write("empty.parquet", "");
    stage.write("blank.ndjson", "\n\n");
    stage.write("prose.txt", "Dear customer,\n");
    assert_refused(
        &stage,
        &["missing.parquet"],
        &["missing.parquet", "no such file"],
    );
    assert_refused(&stage, &["*.csv"], &["*.csv", "no file matches"]);
    assert_refused(&stage, &["empty.parquet"], &["empty.parquet", "0 bytes"]);
    assert_refused(
        &stage,
        &["blank.ndjson"],
        &["blank.ndjson", "only blank lines"],
    );
    assert_refused(
        &stage,
        &["prose.txt"],
        &[
            "prose.txt",
            "neither Parquet nor NDJSON, CSV, TSV or Arrow IPC",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_files() {
    let stage = Stage::new().await;
    std::fs::create_dir(stage.path("empty")).unwrap();
    let words = ["empty: there is no file to read in this folder"];
    assert_refused(&stage, &["empty"], &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_parquet_file() {
    let stage = Stage::new().await;
    let whole = parquet(&leads(1..=100), 100);
    stage.write("cut.parquet", &whole[..whole.len() / 2]);
    assert_refused(
        &stage,
        &["cut.parquet"],
        &["cut.parquet", "cut short", "export it again"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_type_without_a_text() {
    let stage = Stage::new().await;
    let batch = RecordBatch::try_from_iter([
        (
            "EmailAddress",
            Arc::new(StringArray::from(vec!["a@example.com"])) as ArrayRef,
        ),
        ("photo", Arc::new(BinaryArray::from_vec(vec![b"\xff\xd8"]))),
    ]);
    stage.parquet("photos.parquet", &batch.unwrap());
    let words = [
        "photos.parquet",
        "\"photo\"",
        "Binary",
        "caused by",
        "drop them in the mapping",
    ];
    assert_refused(&stage, &["photos.parquet"], &words);

    stage.write("mapping.toml", "drop = [\"photo\"]");
    let (run, summary) = stage.load(&["photos.parquet", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_column_in_the_mapping() {
    let stage = Stage::new().await;
    let emails = vec![Some("a@example.com".to_owned())];
    stage.parquet("leads.parquet", &columns(&[("email", emails)]));
    for (mapping, line) in [
        (
            "[rename]\nemail = \"EmailAddress\"\nemial = \"Phone\"",
            "line 3",
        ),
        (
            "drop = [\n  \"emial\",\n]\n[rename]\nemail = \"EmailAddress\"",
            "line 2",
        ),
    ] {
        stage.write("mapping.toml", mapping);
        let place = format!("mapping.toml, {line}");
        let words = [
            place.as_str(),
            "leads.parquet",
            "\"emial\"",
            "did you mean \"email\"?",
        ];
        assert_refused(
            &stage,
            &["leads.parquet", "--mapping", "mapping.toml"],
            &words,
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_cannot_be_read() {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=1));
    let args = ["leads.ndjson", "--mapping", "mapping.toml"];
    assert_refused(
        &stage,
        &args,
        &["mapping.toml", "can't be read", "No such file"],
    );
    stage.write(
        "mapping.toml",
        "[rename]\na = \"B\"\n\n[constant]\nSource = \"x\"\n",
    );
    assert_refused(
        &stage,
        &args,
        &[
            "mapping.toml, line 4",
            "a mapping has no key `constant`",
            "did you mean `constants`?",
        ],
    );
    stage.write("mapping.toml", "[rename]\na = 5\n");
    assert_refused(
        &stage,
        &args,
        &["mapping.toml, line 2", "`a = 5`", "expected a string"],
    );
    stage.write("mapping.toml", "[rename\n");
    assert_refused(&stage, &args, &["mapping.toml, line 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_lead_column_at_all() {
    let stage = Stage::new().await;
    let cities = vec![Some("Pune".to_owned())];
    stage.parquet("cities.parquet", &columns(&[("city", cities)]));
    let words = [
        "cities.parquet",
        "no column is a unique field",
        "EmailAddress",
        "Phone",
        "city",
    ];
    assert_refused(&stage, &["cities.parquet"], &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_third_file_is_told_before_the_first_row_is_sent() {
    let stage = Stage::new().await;
    stage.parquet("a.parquet", &leads(1..=100));
    stage.write("b.ndjson", lead_lines(101..=200));
    stage.parquet("c.parquet", &columns(&[("city", vec![None])]));
    assert_refused(
        &stage,
        &["a.parquet", "b.ndjson", "c.parquet"],
        &["c.parquet"],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_breaks_in_the_middle_is_delivered_up_to_there() {
    let stage = Stage::new().await;
    let mut file = parquet(&leads(1..=9000), 1000);
    let late = file.len() / 10 * 8;
    file[late..late + 4000].fill(0xff);
    stage.write("broken.parquet", &file);
    stage.write("next.ndjson", lead_lines(9001..=9002));
    let args = [
        "broken.parquet",
        "next.ndjson",
        "--results",
        "results.ndjson",
    ];
    let (run, summary) = stage.load(&args);
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&[
        "error: broken.parquet is damaged",
        "after row ",
        "caused by",
        "rows that were not read are not in the books",
    ]);
    let created = number(&summary, "created");
    assert!((1..9000).contains(&created), "{summary:?}");
    assert_books(&summary, &[("created", created)]);
    assert_eq!(stage.emulator.lead_count() as u64, created);
    assert_eq!(stage.lines("results.ndjson").len() as u64, created);
    assert!(!stage.leads().contains_key("lead9001@example.com"));

    stage
        .run(&["check", "broken.parquet"])
        .assert_failed(1, &["broken.parquet is damaged"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_lines_never_stop_the_good_ones() {
    let stage = Stage::new().await;
    let lines = format!(
        "{}{{\"EmailAddress\":\n[1]\n\"x\"\n{}",
        lead_lines(1..=2),
        lead_lines(3..=4)
    );
    stage.write("leads.ndjson", lines);
    let (run, summary) = stage.load(&["leads.ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 4), ("rejected", 3)]);
    assert_eq!(stage.leads().len(), 4);
}
