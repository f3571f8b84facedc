//! Files and streams of any kind, from name and first bytes to a schema.

use std::fs;
use std::io::Write as _;

use leadsquared_adapter::{Error, Format, Input, ReadOptions, Source};
use leadsquared_core::Mapping;
use tempfile::TempDir;

use crate::helpers::{Pieces, Read, chain, lines, numbered, read, sample, try_read};

#[tokio::test]
async fn a_file_tells_its_name_size_and_how_far_reading_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("leads.ndjson");
    let text = lines((0..50_000).map(|row| format!("{{\"a\":{row},\"b\":\"some text\"}}")));
    fs::write(&path, &text).unwrap();

    let source = Source::open(&Input::file(&path), &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(**source.name(), *path.display().to_string());
    assert_eq!((source.format(), source.rows()), (Format::Ndjson, None));
    assert_eq!(source.bytes(), Some(text.len() as u64));
    let progress = source.progress();
    let sampled = progress.bytes_read();
    assert!(sampled > 0 && sampled < text.len() as u64 / 2, "{sampled}");
    let read = Read::all(source).await.whole();
    assert_eq!(progress.bytes_read(), text.len() as u64);
    assert_eq!(read.column("a").len(), 50_000);
    assert!(read.batches.len() >= 50_000 / 4096);
}

#[tokio::test]
async fn a_stream_has_no_size() {
    let bytes = &b"{\"a\":1}\n"[..];
    let source = Source::from_reader("<stdin>", bytes, &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(
        (source.format(), source.rows(), source.bytes()),
        (Format::Ndjson, None, None)
    );
    let read = Read::all(source).await.whole();
    assert_eq!(read.batches[0].origin.row(0).to_string(), "<stdin>, row 1");
}

#[tokio::test]
async fn errors_name_the_file_that_was_given() {
    let folder = TempDir::new().unwrap();
    let open = async |name: &str, bytes: Option<&[u8]>| {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
        let error = Source::open(&Input::file(&path), &ReadOptions::new())
            .await
            .unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
        error
    };
    assert!(matches!(
        open("missing.ndjson", None).await,
        Error::NotFound { .. }
    ));
    assert!(matches!(
        open("empty.ndjson", Some(b"")).await,
        Error::Empty { .. }
    ));
    assert!(matches!(
        open("empty.parquet", Some(b"")).await,
        Error::Empty { .. }
    ));
    assert!(matches!(
        open("blank.ndjson", Some(b"\n\n")).await,
        Error::OnlyBlank { .. }
    ));
    assert!(matches!(
        open("array.json", Some(b" [\n{}]")).await,
        Error::JsonArray { .. }
    ));
    assert!(matches!(
        open("a.txt", Some(b"Dear customer,\n")).await,
        Error::UnknownFormat { .. }
    ));
    assert!(matches!(
        open("a.json.xz", Some(b"\xfd7zXZ\0")).await,
        Error::Compressed { .. }
    ));
    assert!(matches!(
        open("a.json", Some(b"\xff\xfe{\0")).await,
        Error::Encoding { .. }
    ));
    fs::create_dir(folder.path().join("folder")).unwrap();
    let is_folder = open("folder", None).await;
    assert!(matches!(is_folder, Error::IsFolder { .. }));
    let words = "folder is a folder, where one file was to be read";
    assert!(is_folder.to_string().contains(words), "{is_folder}");
}

#[tokio::test]
async fn the_format_is_told_from_the_first_bytes_however_they_come() {
    let pieces = Pieces::new(["\u{feff}", " ", "\n", "{", "\"a\":1}"]);
    let source = Source::from_reader("<stdin>", pieces, &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(
        Read::all(source).await.whole().column("a"),
        numbered(&[(2, "1")])
    );

    let blank = " ".repeat(3000);
    let pieces = Pieces::new([
        blank.clone(),
        "\n".to_owned(),
        blank,
        "\n{\"a\":1}".to_owned(),
    ]);
    let source = Source::from_reader("<stdin>", pieces, &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(
        Read::all(source).await.whole().column("a"),
        numbered(&[(3, "1")])
    );

    let none = Source::from_reader("<stdin>", &b""[..], &ReadOptions::new())
        .await
        .unwrap_err();
    assert_eq!(
        none.to_string(),
        "<stdin> is empty (0 bytes); check the export that wrote it"
    );
}

#[tokio::test]
async fn an_array_is_read_line_by_line_if_the_format_is_given() {
    let text = "[1]\n{\"a\":1}\n";
    let error = try_read("leads.ndjson", text, &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::JsonArray { .. }), "{error}");
    let read = read(text, &sample(10)).await;
    assert_eq!(read.column("a"), numbered(&[(2, "1")]));
    assert_eq!(
        read.unreadable(),
        numbered(&[(1, "expected a JSON object, found a list")])
    );
}

#[tokio::test]
async fn a_column_that_is_not_there_is_an_error_before_any_row() {
    let options = ReadOptions::new().with_mapping(Mapping::new().drop_column("emial"));
    let error = try_read("leads.ndjson", "{\"email\":1}\n", &options)
        .await
        .unwrap_err();
    let text = chain(&error);
    assert!(
        text.starts_with(
            "leads.ndjson doesn't fit the mapping: the mapping names the column \"emial\""
        ),
        "{text}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_named_pipe_is_a_stream() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&path)
        .status()
        .unwrap();
    assert!(made.success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut pipe = fs::OpenOptions::new().write(true).open(path).unwrap();
            pipe.write_all(b"{\"a\":1}\n{\"a\":2}\n").unwrap();
        })
    };
    let inputs = Input::resolve([&path]).unwrap();
    let source = Source::open(&inputs[0], &ReadOptions::new()).await.unwrap();
    assert_eq!(source.bytes(), None);
    assert_eq!(
        Read::all(source).await.whole().column("a"),
        numbered(&[(1, "1"), (2, "2")])
    );
    writer.join().unwrap();
}

#[tokio::test]
async fn sources_and_streams_can_cross_threads() {
    fn send<T: Send + 'static>(value: T) -> T {
        value
    }
    let source = Source::from_reader("a", &b"{\"a\":1}"[..], &ReadOptions::new())
        .await
        .unwrap();
    let stream = send(source).into_stream();
    tokio::spawn(async move { drop(send(stream)) })
        .await
        .unwrap();
}
