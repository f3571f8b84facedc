//! The same leads in every format, by the real command.

use std::fs;
use std::io::Write as _;

use arrow_ipc::writer::{FileWriter, StreamWriter};
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::helpers::{Stage, assert_books, columns, load_args, parquet};

/// How many leads there are.
const LEADS: usize = 60;

/// What makes a format lose something, if anything does.
const NAMES: [&str; 4] = [
    "Ada",
    "Zoë \"Z\"; O'Hara, jr.",
    " two\nlines ",
    "{\"not\":\"json\"}",
];

/// The fields of lead `n`, and those alone that have a value.
fn lead(n: usize) -> Vec<(&'static str, Option<String>)> {
    vec![
        ("EmailAddress", Some(format!("lead{n}@example.com"))),
        (
            "FirstName",
            (!n.is_multiple_of(5)).then(|| NAMES[n % 4].to_owned()),
        ),
        ("Phone", Some(format!("+91-00{n:08}"))),
        (
            "mx_Score",
            (!n.is_multiple_of(3)).then(|| format!("00{n}.50")),
        ),
    ]
}

fn table() -> arrow::array::RecordBatch {
    let names: Vec<&str> = lead(0).iter().map(|(name, _)| *name).collect();
    let column = |index: usize| (1..=LEADS).map(|n| lead(n)[index].1.clone()).collect();
    let all: Vec<_> = names.into_iter().zip((0..4).map(column)).collect();
    columns(&all)
}

fn ndjson() -> Vec<u8> {
    let line = |n| {
        let fields = lead(n).into_iter();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.into()));
        Value::Object(fields.collect()).to_string() + "\n"
    };
    (1..=LEADS).map(line).collect::<String>().into_bytes()
}

fn csv(delimiter: u8) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = arrow::csv::WriterBuilder::new()
        .with_delimiter(delimiter)
        .build(&mut file);
    writer.write(&table()).unwrap();
    drop(writer);
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn arrow_file() -> Vec<u8> {
    let mut writer = FileWriter::try_new(Vec::new(), &table().schema()).unwrap();
    writer.write(&table()).unwrap();
    writer.into_inner().unwrap()
}

fn arrow_stream() -> Vec<u8> {
    let mut writer = StreamWriter::try_new(Vec::new(), &table().schema()).unwrap();
    writer.write(&table()).unwrap();
    writer.into_inner().unwrap()
}

/// All leads are there, each with the fields that it has in the table and these.
fn assert_all(stage: &Stage, extra: impl Fn(usize) -> Vec<(&'static str, Option<String>)>) {
    let leads = stage.leads();
    assert_eq!(leads.len(), LEADS);
    for n in 1..=LEADS {
        let fields = lead(n).into_iter().chain(extra(n));
        let expected: Vec<_> = fields
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect();
        let found = &leads[&format!("lead{n}@example.com")];
        assert_eq!(found.fields, expected, "lead {n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_leads_in_every_format_from_files_and_from_standard_input() {
    let files = [
        ("leads.parquet", parquet(&table(), 25)),
        ("leads.parquet.gz", gzip(&parquet(&table(), 25))),
        ("leads.ndjson", ndjson()),
        ("leads.ndjson.gz", gzip(&ndjson())),
        (
            "leads.ndjson.zst",
            zstd::encode_all(&ndjson()[..], 3).unwrap(),
        ),
        ("leads.csv", csv(b',')),
        ("semicolons.csv", csv(b';')),
        ("leads.csv.gz", gzip(&csv(b','))),
        ("leads.tsv", csv(b'\t')),
        (
            "leads.tsv.zst",
            zstd::encode_all(&csv(b'\t')[..], 3).unwrap(),
        ),
        ("leads.arrow", arrow_file()),
        ("leads.arrows", arrow_stream()),
        ("without-a-name", arrow_stream()),
    ];
    for (name, bytes) in &files {
        let stage = Stage::new().await;
        stage.write(name, bytes);
        let (run, summary) = stage.load(&[name]);
        assert_eq!(run.code, Some(0), "{name}: {run:?}");
        assert_books(&summary, &[("created", LEADS as u64)]);
        assert_all(&stage, |_| vec![]);

        let stage = Stage::new().await;
        let mut command = stage.command(load_args(&["-"]));
        let run = stage.end_with_input(&mut command, bytes);
        assert_eq!(run.code, Some(0), "{name}: {run:?}");
        assert_books(&run.summary(), &[("created", LEADS as u64)]);
        assert_all(&stage, |_| vec![]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_and_the_delimiter_can_be_given() {
    for (format, bytes) in [
        ("parquet", parquet(&table(), 25)),
        ("ndjson", ndjson()),
        ("csv", csv(b',')),
        ("tsv", csv(b'\t')),
        ("arrow", arrow_file()),
        ("arrow", arrow_stream()),
    ] {
        let stage = Stage::new().await;
        stage.write("leads.dat", &bytes);
        let (run, summary) = stage.load(&["leads.dat", "--input-format", format]);
        assert_eq!(run.code, Some(0), "{format}: {run:?}");
        assert_books(&summary, &[("created", LEADS as u64)]);
    }
    let stage = Stage::new().await;
    stage.write("leads.csv", csv(b'^'));
    stage
        .run(&["load", "leads.csv"])
        .assert_failed(1, &["leads.csv", "no column is a unique field"]);
    let (run, _) = stage.load(&["leads.csv", "--delimiter", "^"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_all(&stage, |_| vec![]);

    let run = stage.run(&["load", "leads.csv", "--delimiter", "::"]);
    run.assert_failed(2, &["--delimiter", "one ASCII character"]);
}

/// A Hive folder of several formats, one part of it for each country and kind.
fn write_folder(stage: &Stage) {
    let put = |path: &str, bytes: &[u8]| {
        let path = stage.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let part = |first: usize, last: usize| {
        let table = table().slice(first - 1, last - first + 1);
        parquet(&table, 10)
    };
    put("leads/country=S%C3%A3o/kind=a/part-0.parquet", &part(1, 20));
    put("leads/country=IN/kind=a/part-0.parquet", &part(21, 40));
    put(
        "leads/country=IN/kind=__HIVE_DEFAULT_PARTITION__/part-0.parquet",
        &part(41, 60),
    );
    put("leads/_SUCCESS", b"");
    put("leads/country=IN/kind=a/.part-0.parquet.crc", b"crc!");
}

fn of_folder(n: usize) -> Vec<(&'static str, Option<String>)> {
    let country = if n <= 20 { "São" } else { "IN" };
    let kind = (n <= 40).then(|| "a".to_owned());
    vec![("mx_Country", Some(country.to_owned())), ("kind", kind)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hive_folder_gives_its_columns() {
    let stage = Stage::new().await;
    write_folder(&stage);
    stage.write("mapping.toml", "[rename]\ncountry = \"mx_Country\"\n");
    let (run, summary) = stage.load(&["leads", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_books(&summary, &[("created", LEADS as u64)]);
    assert_all(&stage, of_folder);

    // The same by a pattern, without one of the columns.
    let stage = Stage::new().await;
    write_folder(&stage);
    stage.write(
        "mapping.toml",
        "drop = [\"kind\"]\n[rename]\ncountry = \"mx_Country\"\n",
    );
    let (run, _) = stage.load(&["leads/country=*/*/*.parquet", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_all(&stage, |n| of_folder(n)[..1].to_vec());

    let run = stage.run(&["check", "leads", "--mapping", "mapping.toml"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.contains("mx_Country") && run.stdout.contains("kind"),
        "{}",
        run.stdout
    );
}

/// What a replay sends has the folders' columns too.
#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_a_folder_has_its_columns() {
    let stage = Stage::new().await;
    let put = |name: &str, text: &str| {
        let path = stage.path("leads/country=IN").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    // Under this mapping no row has a unique field.
    stage.write(
        "wrong.toml",
        "[rename]\nnote = \"EmailAddress\"\nemail = \"mx_Note\"\n",
    );
    stage.write(
        "mapping.toml",
        "[rename]\nemail = \"EmailAddress\"\ncountry = \"mx_Country\"\nnote = \"mx_Note\"\n",
    );
    put("a.csv", "email,note\na@example.com,\nb@example.com,\n");
    let (run, summary) = stage.load(&["leads", "--mapping", "wrong.toml"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("rejected", 2)]);

    let run = stage.run(&[
        "replay",
        "1",
        "--mapping",
        "mapping.toml",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let leads = stage.leads();
    assert_eq!(leads.len(), 2);
    assert!(
        leads
            .values()
            .all(|lead| lead.get("mx_Country") == Some("IN"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_of_csv_never_stop_the_good_ones() {
    let stage = Stage::new().await;
    let text = b"EmailAddress,FirstName\n\
        a@example.com,Ada\n\
        b@example.com,Grace,Hopper\n\
        c@example.com,\"Edsger\n\
        d@example.com,Barbara\n\
        e@example.com,Ren\xe9\n\
        f@example.com,\"Two\nlines\"\n";
    stage.write("leads.csv", text);
    let (run, summary) = stage.load(&["leads.csv", "--rejects", "rejects.ndjson"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_books(&summary, &[("created", 3), ("rejected", 3)]);
    let leads = stage.leads();
    let names: Vec<_> = leads
        .iter()
        .map(|(email, lead)| (email.as_str(), lead.get("FirstName").unwrap()))
        .collect();
    assert_eq!(
        names,
        [
            ("a@example.com", "Ada"),
            ("d@example.com", "Barbara"),
            ("f@example.com", "Two\nlines")
        ]
    );
    let mut rejects = stage.lines("rejects.ndjson");
    rejects.sort_by_key(|line| line["row"].as_u64());
    let told: Vec<_> = rejects
        .iter()
        .map(|line| {
            assert_eq!(line["file"], "leads.csv");
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            (line["row"].as_u64().unwrap(), text("reason"), text("raw"))
        })
        .collect();
    let expected = [
        (
            3,
            "expected 2 fields, found 3",
            "b@example.com,Grace,Hopper",
        ),
        (
            4,
            "column \"FirstName\" goes on after its closing quote",
            "c@example.com,\"Edsger",
        ),
        (
            6,
            "column \"FirstName\" is not UTF-8 (byte 0xE9)",
            "e@example.com,Ren\u{fffd}",
        ),
    ];
    assert_eq!(told.len(), 3, "{told:?}");
    for ((row, reason, raw), (expected, why, text)) in told.iter().zip(expected) {
        assert_eq!((*row, raw.as_str()), (expected, text), "{told:?}");
        assert!(reason.contains(why), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_ends_the_run_with_the_rows_before_it_in_the_books() {
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() * 2 / 3].to_vec();
    let row = |n: u32| format!("lead{n}@example.com,{}\n", n.wrapping_mul(2_654_435_761));
    let rows: Vec<String> = (1..=20_000).map(row).collect();
    let text = format!("EmailAddress,mx_Code\n{}", rows.concat());
    let stage = Stage::new().await;
    stage.write("leads.csv.gz", cut(gzip(text.as_bytes())));
    let (run, summary) = stage.load(&["leads.csv.gz"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    run.assert_said(&[
        "leads.csv.gz is damaged: its gzip data can't be read after row ",
        "the compressed data was cut short",
        "rows that were not read are not in the books",
    ]);
    let created = summary["created"].as_u64().unwrap();
    assert!((1000..20_000).contains(&created), "{summary:?}");
    assert_eq!(stage.emulator.lead_count() as u64, created);

    let stage = Stage::new().await;
    stage.write("leads.arrow", cut(arrow_file()));
    let run = stage.run(&["load", "leads.arrow"]);
    run.assert_failed(1, &["leads.arrow is an Arrow file that was cut short"]);
    stage.write("leads.csv", "EmailAddress,,Phone\n");
    let run = stage.run(&["load", "leads.csv"]);
    run.assert_failed(
        1,
        &[
            "leads.csv: the header in line 1",
            "column 2 of 3 has no name",
        ],
    );
    assert_eq!(stage.emulator.call_count(), 0);
}
