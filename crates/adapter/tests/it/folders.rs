//! Folders, and the columns that are in their names.

use std::fs;
use std::path::Path;

use arrow::array::AsArray;
use leadsquared_adapter::{Error, Input, ReadOptions, Source};
use leadsquared_core::Mapping;
use parquet::basic::Compression;
use tempfile::TempDir;

use crate::arrow_rows::{batch, stream};
use crate::compressed::gzip;
use crate::helpers::{Read, numbered};
use crate::parquet_rows::{properties, write};

fn put(folder: &TempDir, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The names of the inputs, relative to the folder.
fn names(folder: &TempDir, inputs: &[Input]) -> Vec<String> {
    let name = |input: &Input| {
        let path = input.path().unwrap().strip_prefix(folder.path()).unwrap();
        path.display().to_string()
    };
    inputs.iter().map(name).collect()
}

async fn read(input: &Input, options: &ReadOptions) -> Read {
    Read::all(Source::open(input, options).await.unwrap())
        .await
        .whole()
}

#[test]
fn a_folder_is_all_files_below_it() {
    let folder = TempDir::new().unwrap();
    for path in [
        "in/b.csv",
        "in/a/z.csv",
        "in/a/_SUCCESS",
        "in/_temporary/0/c.csv",
        "in/.git/d.csv",
        "in/.e.csv.crc",
        "in/_key=1/f.csv",
    ] {
        put(&folder, path, "a,b\n");
    }
    let expected = ["in/_key=1/f.csv", "in/a/z.csv", "in/b.csv"];
    let inputs = Input::resolve([folder.path().join("in")]).unwrap();
    assert_eq!(names(&folder, &inputs), expected);
    // One that comes by its own name too is read once.
    let arguments = [folder.path().join("in/b.csv"), folder.path().join("in/")];
    let inputs = Input::resolve(arguments).unwrap();
    assert_eq!(
        names(&folder, &inputs),
        ["in/b.csv", "in/_key=1/f.csv", "in/a/z.csv"]
    );

    fs::create_dir_all(folder.path().join("none/deep")).unwrap();
    put(&folder, "none/_SUCCESS", "");
    let error = Input::resolve([folder.path().join("none")]).unwrap_err();
    assert!(matches!(error, Error::EmptyFolder { .. }), "{error}");
    assert!(
        error.to_string().contains("none: there is no file to read"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_come_to_an_end() {
    let folder = TempDir::new().unwrap();
    put(&folder, "in/a/x.csv", "a,b\n");
    std::os::unix::fs::symlink(folder.path().join("in"), folder.path().join("in/a/up")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("in/pipe"))
        .status();
    assert!(made.unwrap().success());
    let inputs = Input::resolve([folder.path().join("in")]).unwrap();
    assert_eq!(names(&folder, &inputs), ["in/a/x.csv"]);
}

#[test]
fn columns_are_in_all_folders_of_the_path_as_it_was_given() {
    let folder = TempDir::new().unwrap();
    put(
        &folder,
        "env=prod/leads/country=IN/day=2026-01-01/part-0.csv",
        "a,b\n",
    );
    let of = |argument: &str| {
        let inputs = Input::resolve([folder.path().join(argument)]).unwrap();
        let pairs = inputs[0].partitions();
        let pairs = pairs.map(|(key, value)| format!("{key}={}", value.unwrap_or("null")));
        pairs.collect::<Vec<_>>().join(" ")
    };
    // However the file was come by: what its path says is so.
    let all = "env=prod country=IN day=2026-01-01";
    for argument in [
        "env=prod/leads",
        "./env=prod/./leads/",
        "env=prod/leads/country=IN",
        "env=prod/leads/country=*/*/*.csv",
        "env=prod/leads/**/*.csv",
        "*/leads/*/*/*",
        "env=prod/leads/country=IN/day=2026-01-01/part-0.csv",
    ] {
        assert_eq!(of(argument), all, "{argument}");
    }
}

#[tokio::test]
async fn every_format_gets_the_columns() {
    let folder = TempDir::new().unwrap();
    let table = crate::parquet_rows::table(20);
    let files: [(&str, Vec<u8>); 5] = [
        (
            "a.parquet",
            write(&table, properties(Compression::SNAPPY, 10)),
        ),
        ("b.ndjson", b"{\"id\":1}\nbad\n{\"id\":2}\n".to_vec()),
        ("c.csv", b"id,b\n1,x\n2,y\n".to_vec()),
        ("d.csv.gz", gzip(b"id,b\n1,x\n2,y\n")),
        ("e.arrow", stream(&[batch(0..5)], None)),
    ];
    for (name, bytes) in &files {
        put(
            &folder,
            &format!("in/country=S%C3%A3o/day=__HIVE_DEFAULT_PARTITION__/{name}"),
            bytes,
        );
    }
    let options = ReadOptions::new().with_batch_rows(3);
    let inputs = Input::resolve([folder.path().join("in")]).unwrap();
    assert_eq!(inputs.len(), files.len());
    for input in &inputs {
        let source = Source::open(input, &options).await.unwrap();
        let (schema, rows) = (source.schema(), source.rows());
        let last: Vec<_> = schema
            .fields()
            .iter()
            .rev()
            .take(2)
            .map(|field| field.name())
            .collect();
        assert_eq!(last, ["day", "country"]);
        let read = Read::all(source).await.whole();
        let numbers = read.numbers();
        assert!(rows.is_none_or(|rows| rows == numbers.len() as u64));
        let expected: Vec<_> = numbers.iter().map(|&row| (row, "São".to_owned())).collect();
        assert_eq!(read.column("country"), expected, "{input}");
        assert_eq!(read.column("day"), []);
        assert!(
            read.types("day")
                .iter()
                .all(|data_type| data_type == "Utf8")
        );
        assert_eq!(read.column("id").len(), numbers.len());
        // It is made once.
        let texts: Vec<_> = read
            .batches
            .iter()
            .map(|batch| {
                batch
                    .batch
                    .column_by_name("country")
                    .unwrap()
                    .as_string::<i32>()
                    .values()
                    .as_ptr()
            })
            .collect();
        let first = texts[0];
        assert!(texts.iter().all(|&text| text == first));
    }
}

#[tokio::test]
async fn row_groups_of_a_partition_can_be_left_out_too() {
    let folder = TempDir::new().unwrap();
    let table = batch(0..30);
    let file = write(&table, properties(Compression::SNAPPY, 10));
    put(&folder, "in/country=IN/a.parquet", &file);
    let inputs = Input::resolve([folder.path().join("in")]).unwrap();
    let mut source = Source::open(&inputs[0], &ReadOptions::new()).await.unwrap();
    assert_eq!(source.leave_out(|rows| rows.contains(&15)), 10);
    let read = Read::all(source).await.whole();
    let expected: Vec<u64> = (1..=10).chain(21..=30).collect();
    assert_eq!(read.numbers(), expected);
    assert_eq!(read.column("country").len(), 20);
}

#[tokio::test]
async fn the_file_comes_first_and_the_mapping_names_both() {
    let folder = TempDir::new().unwrap();
    put(
        &folder,
        "in/country=IN/day=1/a.csv",
        "email,country\na@example.com,FR\nb@example.com,\n",
    );
    // NDJSON that comes to have the column late.
    let late = "{\"email\":\"c@example.com\"}\n{\"email\":\"d@example.com\",\"country\":\"NL\"}\n";
    put(&folder, "in/country=IN/day=1/b.ndjson", late);
    let inputs = Input::resolve([folder.path().join("in")]).unwrap();
    let mapping = Mapping::new()
        .rename("country", "mx_Country")
        .drop_column("day");
    let options = ReadOptions::new()
        .with_mapping(mapping)
        .with_sample(1, 1 << 20)
        .with_batch_rows(1);

    let source = Source::open(&inputs[0], &options).await.unwrap();
    let names: Vec<_> = source
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, ["email", "country", "day"]);
    let csv = Read::all(source).await.whole();
    assert_eq!(csv.column("country"), numbered(&[(2, "FR")]));
    assert!(csv.batches[0].batch.column_by_name("day").is_none());

    let ndjson = read(&inputs[1], &options).await;
    assert_eq!(ndjson.column("country"), numbered(&[(1, "IN"), (2, "NL")]));

    let unknown = ReadOptions::new().with_mapping(Mapping::new().drop_column("dy"));
    let error = Source::open(&inputs[0], &unknown).await.unwrap_err();
    assert!(matches!(error, Error::Mapping { .. }), "{error}");
}

/// A column that comes late and can't be sent is an unreadable line, also where the mapping names a
/// column that only the folder has.
#[tokio::test]
async fn a_late_column_is_checked_beside_those_of_the_folder() {
    let folder = TempDir::new().unwrap();
    let lines = "{\"email\":\"a@example.com\"}\n{\"email\":\"b@example.com\",\"x\":[[1]]}\n";
    put(&folder, "in/country=IN/a.ndjson", lines);
    let input = Input::file(folder.path().join("in/country=IN/a.ndjson"));
    let input = input.partitioned(Path::new("country=IN/a.ndjson"));
    let mapping = Mapping::new()
        .rename("country", "mx_Country")
        .rename("email", "EmailAddress");
    let options = ReadOptions::new()
        .with_mapping(mapping)
        .with_sample(1, 1 << 20);
    let read = read(&input, &options).await;
    assert_eq!(read.column("country"), numbered(&[(1, "IN")]));
    assert_eq!(read.unreadable().len(), 1);
}
