//! Objects, from a server that speaks S3, and files behind a web address.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use futures::StreamExt as _;
use leadsquared_adapter::{Error, Input, ReadOptions, Source, StoreError};
use leadsquared_core::Mapping;
use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::arrow_rows::file;
use crate::compressed::gzip;
use crate::helpers::{Read, chain};
use crate::s3::{KEY, S3, SECRET};

fn store(s3: &S3) -> Arc<dyn ObjectStore> {
    keys(s3, KEY, SECRET)
}

fn keys(s3: &S3, key: &str, secret: &str) -> Arc<dyn ObjectStore> {
    let store = AmazonS3Builder::new()
        .with_endpoint(s3.url())
        .with_allow_http(true)
        .with_bucket_name("exports")
        .with_access_key_id(key)
        .with_secret_access_key(secret);
    Arc::new(store.build().unwrap())
}

async fn listed(s3: &S3, url: &str) -> Result<Vec<Input>, Error> {
    Input::list(vec![Input::in_store(url, store(s3)).unwrap()]).await
}

async fn open(s3: &S3, key: &str, options: &ReadOptions) -> Result<Source, Error> {
    let input = Input::in_store(&format!("s3://exports/{key}"), store(s3)).unwrap();
    Source::open(&input, options).await
}

/// `rows` lines of about 100 bytes.
fn lines(rows: u64) -> String {
    let line = |row| format!("{{\"row\":{row},\"text\":\"{:0>80}\"}}\n", row * 7919);
    (1..=rows).map(line).collect()
}

/// A table of three columns, of which two are wide, without compression.
fn table(rows: i64, group_rows: usize) -> Vec<u8> {
    let text = |salt: i64| {
        let texts = (1..=rows).map(move |row| format!("{salt} {:0>100}", row * 7919 % 1_000_003));
        Arc::new(StringArray::from_iter_values(texts)) as ArrayRef
    };
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=rows));
    let batch =
        RecordBatch::try_from_iter([("left", text(1)), ("row", numbers), ("right", text(2))])
            .unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_dictionary_enabled(false)
        .set_compression(Compression::UNCOMPRESSED)
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn numbered(rows: u64) -> Vec<(u64, String)> {
    (1..=rows).map(|row| (row, row.to_string())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_read_in_order_in_blocks_and_once() {
    let s3 = S3::start().await;
    let text = lines(30_000);
    s3.put("in/leads.ndjson", &text);
    let source = open(&s3, "in/leads.ndjson", &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(&**source.name(), "s3://exports/in/leads.ndjson");
    assert_eq!(source.bytes(), Some(text.len() as u64));
    let progress = source.progress();
    let read = Read::all(source).await.whole();
    assert_eq!(read.column("row"), numbered(30_000));
    assert_eq!(progress.bytes_read(), text.len() as u64);
    assert_eq!(s3.given("in/leads.ndjson"), text.len(), "each byte once");
    let ranges: Vec<_> = s3
        .take_asked()
        .into_iter()
        .map(|asked| asked.range)
        .collect();
    assert!(
        ranges.len() > 3 && ranges.iter().all(Option::is_some),
        "{ranges:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_only_opened_costs_its_start() {
    let s3 = S3::start().await;
    s3.put("leads.ndjson", lines(100_000));
    let source = open(&s3, "leads.ndjson", &ReadOptions::new())
        .await
        .unwrap();
    drop(source);
    assert!(
        s3.given("leads.ndjson") < 3_000_000,
        "{}",
        s3.given("leads.ndjson")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_off_cost_nothing_that_was_read() {
    let s3 = S3::start().await;
    let text = lines(30_000);
    s3.put("leads.ndjson", &text);
    // In the first block, in later ones, and twice in one.
    s3.cut([10_000, 100_000, 100_000, 900_000]);
    let source = open(&s3, "leads.ndjson", &ReadOptions::new())
        .await
        .unwrap();
    let read = Read::all(source).await.whole();
    assert_eq!(read.column("row"), numbered(30_000));
    assert_eq!(s3.cuts_left(), 0);
    // The piece that was cut is given twice, and nothing before it.
    let again = s3.given("leads.ndjson") - text.len();
    assert!(again < 400_000, "{again}");

    let table = table(20_000, 5_000);
    s3.put("leads.parquet", &table);
    s3.cut([100, 100_000, 200_000]);
    let source = open(&s3, "leads.parquet", &ReadOptions::new())
        .await
        .unwrap();
    let read = Read::all(source).await.whole();
    assert_eq!(read.column("row"), numbered(20_000));
    assert_eq!(s3.cuts_left(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_parquet_only_the_mapped_columns_are_asked_for() {
    let s3 = S3::start().await;
    let table = table(40_000, 10_000);
    s3.put("leads.parquet", &table);
    let source = open(&s3, "leads.parquet", &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(source.rows(), Some(40_000));
    let progress = source.progress();
    let read = Read::all(source).await.whole();
    assert_eq!(read.column("row"), numbered(40_000));
    let given = s3.given("leads.parquet");
    assert!(given < table.len() + 200_000, "{given} of {}", table.len());
    assert_eq!(progress.bytes_read(), given as u64);
    assert!(s3.take_asked().len() < 20);

    let mapping = Mapping::new().drop_column("left").drop_column("right");
    let options = ReadOptions::new().with_mapping(mapping);
    let source = open(&s3, "leads.parquet", &options).await.unwrap();
    let read = Read::all(source).await.whole();
    assert_eq!(read.column("row"), numbered(40_000));
    let given = s3.given("leads.parquet");
    // 8 bytes a row, and what is read to open it.
    assert!(given < 40_000 * 8 + 200_000, "{given}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_replaced_while_it_is_read_is_an_error_and_no_mixture() {
    for (is_strict, name) in [(true, "a"), (false, "b")] {
        let s3 = S3::start().await;
        if !is_strict {
            s3.ignore_conditions();
        }
        for (key, content) in [
            (format!("{name}.ndjson"), lines(60_000).into_bytes()),
            (format!("{name}.parquet"), table(60_000, 6_000)),
        ] {
            s3.put(&key, &content);
            let source = open(&s3, &key, &ReadOptions::new()).await.unwrap();
            let mut stream = source.into_stream();
            assert!(stream.next().await.unwrap().is_ok());
            // The same size, and another end.
            let mut other = content.clone();
            let at = other.len() - 70_000;
            other[at..at + 8].fill(b'7');
            s3.put(&key, &other);
            let mut error = None;
            while let Some(item) = stream.next().await {
                error = item.err();
            }
            let error = error.unwrap();
            assert!(
                matches!(
                    &error,
                    Error::Store { source: StoreError::Changed, after_row: Some(row), .. } if *row > 0
                ),
                "{error:?}"
            );
            assert!(chain(&error).contains("was replaced"), "{}", chain(&error));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_the_one_that_was_opened_first() {
    let s3 = S3::start().await;
    s3.put("leads.ndjson", lines(10));
    let input = Input::in_store("s3://exports/leads.ndjson", store(&s3)).unwrap();
    assert_eq!(input.version(), None);
    let options = ReadOptions::new();
    Source::open(&input.clone(), &options).await.unwrap();
    let (size, version) = input.version().unwrap();
    assert_eq!(size, lines(10).len() as u64);
    assert!(version.starts_with("etag "), "{version}");
    Source::open(&input, &options).await.unwrap();
    assert_eq!(input.version().unwrap().1, version);

    s3.put("leads.ndjson", lines(10).replace("\"row\":3", "\"row\":4"));
    let error = Source::open(&input, &options).await.unwrap_err();
    assert!(
        matches!(
            &error,
            Error::Store {
                source: StoreError::Changed,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn patterns_and_folders_name_objects() {
    let s3 = S3::start().await;
    for key in [
        "in/b.ndjson",
        "in/a.ndjson",
        "in/2026/c d.ndjson",
        "in/2026/day=1/e.ndjson",
        "in/_SUCCESS",
        "in/.part.crc",
        "in/_temporary/0/f.ndjson",
        "in/literal*.ndjson",
        "in/[x].ndjson",
        "other.ndjson",
    ] {
        s3.put(key, lines(1));
    }
    for (url, keys) in [
        (
            "in/*.ndjson",
            vec![
                "in/[x].ndjson",
                "in/a.ndjson",
                "in/b.ndjson",
                "in/literal*.ndjson",
            ],
        ),
        (
            "in/**/*.ndjson",
            vec![
                "in/2026/c d.ndjson",
                "in/2026/day=1/e.ndjson",
                "in/[x].ndjson",
                "in/a.ndjson",
                "in/b.ndjson",
                "in/literal*.ndjson",
            ],
        ),
        (
            "in/2026/",
            vec!["in/2026/c d.ndjson", "in/2026/day=1/e.ndjson"],
        ),
        ("in/[ab].ndjson", vec!["in/a.ndjson", "in/b.ndjson"]),
        ("in/_S*", vec!["in/_SUCCESS"]),
        // The name of an object comes before what it would mean.
        ("in/literal*.ndjson", vec!["in/literal*.ndjson"]),
        ("in/[x].ndjson", vec!["in/[x].ndjson"]),
        ("in/a.ndjson", vec!["in/a.ndjson"]),
    ] {
        let found = listed(&s3, &format!("s3://exports/{url}")).await.unwrap();
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        let keys: Vec<_> = keys
            .iter()
            .map(|key| format!("s3://exports/{key}"))
            .collect();
        assert_eq!(found, keys, "{url}");
    }
    for name in ["s3://exports", "s3://exports/"] {
        let found = listed(&s3, name).await.unwrap();
        assert_eq!(found.len(), 7, "{found:?}");
        for input in &found {
            let source = Source::open(input, &ReadOptions::new()).await.unwrap();
            Read::all(source).await.whole();
        }
    }
    let twice = [
        "s3://exports/in/b.ndjson",
        "s3://exports/in/?.ndjson",
        "s3://exports/in/b.ndjson",
    ]
    .map(|url| Input::in_store(url, store(&s3)).unwrap());
    let found = Input::list(twice.into()).await.unwrap();
    let found: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["s3://exports/in/b.ndjson", "s3://exports/in/a.ndjson"]
    );

    let none = listed(&s3, "s3://exports/in/*.csv").await.unwrap_err();
    assert!(matches!(none, Error::NoMatch { .. }), "{none:?}");
    let none = listed(&s3, "s3://exports/nothing/").await.unwrap_err();
    assert!(
        chain(&none).contains("s3://exports/nothing/: there is no object"),
        "{none}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_names_the_place_and_the_remedy() {
    let s3 = S3::start().await;
    s3.put("leads.ndjson", lines(10));
    s3.put("empty.ndjson", "");
    let options = ReadOptions::new();
    let said = |error: Error| chain(&error);

    let missing = said(open(&s3, "no.parquet", &options).await.unwrap_err());
    assert_eq!(
        missing,
        "s3://exports/no.parquet: can't be read: there is no object \"no.parquet\" in the bucket \
         \"exports\"; check the name"
    );
    let empty = open(&s3, "empty.ndjson", &options).await.unwrap_err();
    assert!(matches!(empty, Error::Empty { .. }), "{empty:?}");

    let wrong = [("NOBODY", SECRET), (KEY, "wrong")];
    for (key, secret) in wrong {
        let input = Input::in_store("s3://exports/leads.ndjson", keys(&s3, key, secret)).unwrap();
        let error = said(Source::open(&input, &options).await.unwrap_err());
        assert!(
            error.contains("access to the object \"leads.ndjson\""),
            "{error}"
        );
        assert!(
            error.contains("check the keys in the environment"),
            "{error}"
        );
        assert!(!error.contains("NOBODY") && !error.contains(KEY), "{error}");
        let folder = Input::in_store("s3://exports/", keys(&s3, key, secret)).unwrap();
        let error = said(Input::list(vec![folder]).await.unwrap_err());
        assert!(
            error.contains("access to the bucket \"exports\" was denied"),
            "{error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_busy_is_asked_again() {
    let s3 = S3::start().await;
    s3.put("leads.ndjson", lines(10));
    s3.fail([503, 500]);
    let source = open(&s3, "leads.ndjson", &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(Read::all(source).await.whole().column("row"), numbered(10));
}

/// Answers each connection with `answer`, and gives back what was asked.
fn web(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            asked.push(String::from_utf8_lossy(&request[..read]).into_owned());
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_without_ranges_gives_all_at_once() {
    let body = lines(1000);
    let whole = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let (url, asked) = web(vec![whole.clone(), whole]);
    let url = format!("{url}/a%20b/leads.ndjson?sig=s3cr3t&x=%2F");
    let inputs = Input::list(Input::resolve([&url]).unwrap()).await.unwrap();
    assert!(!format!("{inputs:?}").contains("s3cr3t"));
    let source = Source::open(&inputs[0], &ReadOptions::new()).await.unwrap();
    assert_eq!(Some(&**source.name()), url.split('?').next());
    assert_eq!(source.bytes(), Some(body.len() as u64));
    assert_eq!(
        Read::all(source).await.whole().column("row"),
        numbered(1000)
    );
    for request in asked.join().unwrap() {
        assert!(
            request.starts_with("GET /a%20b/leads.ndjson?sig=s3cr3t&x=%2F HTTP/1.1"),
            "{request}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_web_server_says_is_told_without_the_query() {
    for (answer, words) in [
        (
            "HTTP/1.1 404 Not Found\r\ncontent-length: 6\r\n\r\ns3cr3t",
            "there is no file at http",
        ),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\ns3cr3t",
            "403 Forbidden",
        ),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/?s3cr3t\r\ncontent-length: 0\r\n\r\n",
            "redirects are not followed",
        ),
        (
            "HTTP/1.1 400 Bad\r\ncontent-length: 6\r\n\r\ns3cr3t",
            "400 Bad",
        ),
    ] {
        let (url, _) = web(vec![answer.to_owned()]);
        let input = Input::url(&format!("{url}/leads.parquet?sig=s3cr3t")).unwrap();
        let error = Source::open(&input, &ReadOptions::new()).await.unwrap_err();
        let said = chain(&error);
        assert!(said.contains(words), "{said}");
        assert!(!format!("{said} {error:?}").contains("s3cr3t"), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_groups_that_nobody_needs_are_not_asked_for() {
    let s3 = S3::start().await;
    let table = table(40_000, 4_000);
    s3.put("leads.parquet", &table);
    let mut source = open(&s3, "leads.parquet", &ReadOptions::new())
        .await
        .unwrap();
    s3.take_asked();
    // The third group has a row that is needed, the fifth two, the last one.
    let needed = [8_001, 17_000, 18_000, 40_000];
    let left_out = source.leave_out(|rows| !needed.iter().any(|row| rows.contains(row)));
    assert_eq!(left_out, 7 * 4_000);
    assert_eq!(source.rows(), Some(40_000));
    let read = Read::all(source).await.whole();
    let expected: Vec<_> = [8_001..=12_000, 16_001..=20_000, 36_001..=40_000]
        .into_iter()
        .flatten()
        .map(|row: u64| (row, row.to_string()))
        .collect();
    assert_eq!(read.column("row"), expected);
    let given = s3.given("leads.parquet");
    assert!(
        given < table.len() * 3 / 10 + 150_000,
        "{given} of {}",
        table.len()
    );

    // All of them, and none.
    let mut source = open(&s3, "leads.parquet", &ReadOptions::new())
        .await
        .unwrap();
    s3.take_asked();
    assert_eq!(source.leave_out(|_| true), 40_000);
    assert!(Read::all(source).await.whole().batches.is_empty());
    assert_eq!(s3.given("leads.parquet"), 0);
    let mut source = open(&s3, "leads.parquet", &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(source.leave_out(|_| false), 0);
    assert_eq!(
        Read::all(source).await.whole().column("row"),
        numbered(40_000)
    );
}

/// Serves `content` by ranges, without an `ETag`; each body breaks off after 30,000 bytes.
fn tired_web(content: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
            let (_, range) = request.split_once("range: bytes=").unwrap();
            let (from, to) = range.lines().next().unwrap().split_once('-').unwrap();
            let from: usize = from.parse().unwrap();
            let end = content.len().min(to.parse::<usize>().unwrap() + 1);
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\ncontent-length: {}\r\n\
                 content-range: bytes {from}-{}/{}\r\n\
                 last-modified: Thu, 26 Nov 2026 12:00:00 GMT\r\n\r\n",
                end - from,
                end - 1,
                content.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            let body = &content.as_bytes()[from..end.min(from + 30_000)];
            stream.write_all(body).unwrap();
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_goes_on_where_it_broke_off_also_without_an_etag() {
    let content = lines(10_000);
    let url = format!("{}/leads.ndjson", tired_web(content.clone()));
    let input = Input::url(&url).unwrap();
    let source = Source::open(&input, &ReadOptions::new()).await.unwrap();
    assert_eq!(source.bytes(), Some(content.len() as u64));
    let progress = source.progress();
    assert_eq!(
        Read::all(source).await.whole().column("row"),
        numbered(10_000)
    );
    assert_eq!(progress.bytes_read(), content.len() as u64);
    let (_, version) = input.version().unwrap();
    assert!(version.starts_with("modified "), "{version}");
}

/// And not that there is no room for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_takes_a_temporary_file_says_what_the_store_says() {
    let arrow = |rows| file(&[crate::arrow_rows::batch(0..rows)], None);
    for (key, content) in [
        ("leads.arrow", arrow(20_000)),
        ("leads.parquet.gz", gzip(&table(10_000, 5_000))),
    ] {
        assert!(content.len() > 100_000, "{}", content.len());
        let s3 = S3::start().await;
        s3.put(key, &content);
        let input = Input::in_store(&format!("s3://exports/{key}"), store(&s3)).unwrap();
        // Its start is there, and nothing after it.
        s3.fail_after_start(403);
        let error = Source::open(&input, &ReadOptions::new()).await.unwrap_err();
        let is_denied = matches!(
            &error,
            Error::Store {
                source: StoreError::Denied { .. },
                after_row: None,
                ..
            }
        );
        assert!(is_denied, "{key}: {error:?}");
    }
}

/// A body without an end must not be read to its end.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_no_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/leads.csv", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).unwrap();
        let head = "HTTP/1.1 403 Forbidden\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        // So much that no buffer of the system's takes it.
        (0..1_000)
            .take_while(|_| stream.write_all(chunk.as_bytes()).is_ok())
            .count()
    });
    let input = Input::url(&url).unwrap();
    let error = Source::open(&input, &ReadOptions::new()).await.unwrap_err();
    assert!(chain(&error).contains("403 Forbidden"), "{error:?}");
    let sent = server.join().unwrap();
    assert!(sent < 1_000, "all {sent} pieces were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_that_gives_no_length_is_told_as_that() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n\
                   4\r\na,b\n\r\n0\r\n\r\n";
    let (url, _) = web(vec![chunked.to_owned(); 2]);
    let input = Input::url(&format!("{url}/leads.csv?sig=s3cr3t")).unwrap();
    let error = Source::open(&input, &ReadOptions::new()).await.unwrap_err();
    assert_eq!(
        chain(&error),
        format!(
            "{url}/leads.csv: can't be read: the server doesn't say how long the file is, which reading \
             it takes; download it first"
        )
    );
}

/// Before the first row too, a connection that breaks off is not the disk's fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_that_breaks_off_at_once_is_told_as_that() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\nconnection: close\r\n\r\na,b";
    let (url, _) = web(vec![cut.to_owned(); 2]);
    let input = Input::url(&format!("{url}/leads.csv")).unwrap();
    let error = Source::open(&input, &ReadOptions::new()).await.unwrap_err();
    let is_unreachable = matches!(
        &error,
        Error::Store {
            source: StoreError::Unreachable { .. },
            after_row: None,
            ..
        }
    );
    assert!(is_unreachable, "{error:?}");
}
