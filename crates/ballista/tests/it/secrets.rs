//! Keys stay in executors.

use leadsquared_emulator::Emulator;

use crate::cluster::{REDIS_PASSWORD, cluster_or_skip};
use crate::data;
use crate::process::command;

const ACCESS: &str = "access-s3cret";
const SECRET: &str = "secret-s3cret";

#[tokio::test(flavor = "multi_thread")]
async fn no_process_ever_says_a_key_or_the_password() {
    let emulator = Emulator::builder()
        .keys(ACCESS, SECRET)
        .start()
        .await
        .unwrap();
    let cluster = cluster_or_skip!("main": &emulator);
    data::write(cluster.folder.path(), 80);
    let table = data::table("leads", "main");
    let mut said = String::new();
    for statement in [
        data::insert("leads", "true"),
        "EXPLAIN VERBOSE ".to_owned() + &data::insert("leads", "true"),
        "SELECT name, value FROM information_schema.df_settings;".to_owned(),
        "SELECT * FROM leads_outcomes;".to_owned(),
        // Fails on an executor.
        data::table("others", "nobody") + &data::insert("others", "true"),
    ] {
        let output = cluster.submit(&[], &(table.clone() + &statement));
        said += &String::from_utf8_lossy(&output.stdout);
        said += &String::from_utf8_lossy(&output.stderr);
    }
    assert_eq!(emulator.lead_count(), 80);
    assert!(
        said.contains("leadsquared.statement"),
        "the settings were not shown"
    );
    said += &cluster.said();
    for secret in [ACCESS, SECRET, REDIS_PASSWORD, "s3cret"] {
        assert!(!said.contains(secret), "{said}");
    }
    // Nor is one in what the cluster keeps on disk, but for the files that have them.
    let mut files = Vec::new();
    for folder in ["work-0", "work-1", "outcomes"] {
        collect(&cluster.folder.path().join(folder), &mut files);
    }
    assert!(!files.is_empty());
    for file in files {
        // What stages handed on is taken away meanwhile.
        let Ok(bytes) = std::fs::read(&file) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("s3cret"), "{}", file.display());
    }
}

#[test]
fn a_redis_that_is_not_there_is_told_without_its_password() {
    let mut executor = command();
    executor
        .args([
            "executor",
            "--scheduler",
            "127.0.0.1:1",
            "--processes",
            "2",
            "--outcomes",
        ])
        .arg(tempfile::tempdir().unwrap().path())
        .env(
            "LEADSQUARED_REDIS_URL",
            format!("redis://:{REDIS_PASSWORD}@127.0.0.1:1"),
        )
        .env("LEADSQUARED_HOST", "http://127.0.0.1:1")
        .env("LEADSQUARED_ACCESS_KEY", ACCESS)
        .env("LEADSQUARED_SECRET_KEY", SECRET);
    let output = executor.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("LEADSQUARED_REDIS_URL"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

fn collect(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}
