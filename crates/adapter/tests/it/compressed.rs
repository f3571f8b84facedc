//! gzip and zstd around other formats.

use std::io::Write as _;

use flate2::write::GzEncoder;
use leadsquared_adapter::{Error, Format, Input, ReadOptions, Source};
use parquet::basic::Compression;
use tempfile::TempDir;

use crate::helpers::{Pieces, Read, chain, lines, numbered, try_read};
use crate::parquet_rows::{properties, save, table, write};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;

const METHODS: [(&str, Compress); 2] = [("gz", gzip), ("zst", zstd)];

fn csv(rows: u32) -> String {
    let row = |id: u32| format!("{id},lead{}@example.com", id.wrapping_mul(2_654_435_761));
    lines(std::iter::once("id,email".to_owned()).chain((1..=rows).map(row)))
}

#[tokio::test]
async fn files_and_streams_are_decompressed_whatever_their_name() {
    let folder = TempDir::new().unwrap();
    for (ending, compress) in METHODS {
        for (text, format) in [
            ("{\"id\":1}\n{\"id\":2}\n", Format::Ndjson),
            ("id,b\n1,x\n2,y\n", Format::Csv),
            ("id\tb\n1\tx\n2\ty\n", Format::Tsv),
        ] {
            let bytes = compress(text.as_bytes());
            for name in ["leads".to_owned(), format!("leads.{ending}")] {
                let input = Input::file(save(&folder, &name, &bytes));
                let source = Source::open(&input, &ReadOptions::new()).await.unwrap();
                assert_eq!(source.format(), format);
                assert_eq!(source.bytes(), Some(bytes.len() as u64));
                let progress = source.progress();
                let read = Read::all(source).await.whole();
                assert_eq!(progress.bytes_read(), bytes.len() as u64);
                let ids: Vec<_> = read.column("id").into_iter().map(|(_, id)| id).collect();
                assert_eq!(ids, ["1", "2"]);
            }
            let read = try_read("<stdin>", bytes, &ReadOptions::new())
                .await
                .unwrap();
            assert_eq!(read.column("id").len(), 2);
        }
    }
}

/// Of a name, what says how it is compressed is no format.
#[tokio::test]
async fn the_name_inside_the_ending_is_a_promise() {
    let options = ReadOptions::new();
    let read = try_read("a.csv.gz", gzip(b"email\na@example.com\n"), &options);
    assert_eq!(
        read.await.unwrap().column("email"),
        numbered(&[(2, "a@example.com")])
    );
    let error = try_read("a.parquet.gz", gzip(b"email\n"), &options).await;
    assert!(matches!(error, Err(Error::NotParquet { .. })));
    let error = try_read("a.gz", gzip(b""), &options).await.unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{error}");
    let error = try_read("a.gz", gzip(&gzip(b"id,b\n")), &options)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Compressed { .. }), "{error}");
}

#[tokio::test]
async fn members_and_frames_follow_one_another() {
    for (_, compress) in METHODS {
        let parts = ["id,b\n1,", "x\n2", "", ",y\n3,z\n"];
        let mut bytes = parts.map(|part| compress(part.as_bytes())).concat();
        let read = try_read("leads", bytes.clone(), &ReadOptions::new())
            .await
            .unwrap();
        let expected = numbered(&[(2, "x"), (3, "y"), (4, "z")]);
        assert_eq!(read.whole().column("b"), expected);

        // However the bytes come.
        let pieces = Pieces::new(bytes.chunks(3));
        let source = Source::from_reader("leads", pieces, &ReadOptions::new())
            .await
            .unwrap();
        assert_eq!(Read::all(source).await.whole().column("b"), expected);

        // What follows them and is none is damage.
        bytes.extend_from_slice(b"garbage");
        let read = try_read("leads", bytes, &ReadOptions::new()).await.unwrap();
        assert_eq!(read.column("b"), expected);
        assert!(matches!(
            read.error,
            Some(Error::CompressedData { after_row: 4, .. })
        ));
    }
    // Parallel compressors begin with a frame to be skipped.
    let skipped = [
        &[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4][..],
        &zstd(b"id,b\n1,x\n"),
    ];
    let read = try_read("leads", skipped.concat(), &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(read.whole().column("b"), numbered(&[(2, "x")]));
}

#[tokio::test]
async fn compressed_parquet_goes_through_a_temporary_file() {
    let folder = TempDir::new().unwrap();
    let parquet = write(&table(100), properties(Compression::SNAPPY, 50));
    for (ending, compress) in METHODS {
        let bytes = compress(&parquet);
        let path = save(&folder, &format!("leads.parquet.{ending}"), &bytes);
        let source = Source::open(&Input::file(path), &ReadOptions::new())
            .await
            .unwrap();
        assert_eq!(
            (source.format(), source.rows()),
            (Format::Parquet, Some(100))
        );
        assert_eq!(Read::all(source).await.whole().numbers().len(), 100);

        let cut = bytes[..bytes.len() - 20].to_vec();
        let error = try_read("a.parquet.gz", cut, &ReadOptions::new())
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::CompressedData { after_row: 0, .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_compressed_file_cut_anywhere_is_an_error_after_its_rows() {
    let text = csv(60);
    for (_, compress) in METHODS {
        let whole = compress(text.as_bytes());
        let all = try_read("leads", whole.clone(), &ReadOptions::new())
            .await
            .unwrap();
        let all = all.whole().column("email");
        assert_eq!(all.len(), 60);
        for length in 0..whole.len() {
            let (rows, error) = match try_read("leads", &whole[..length], &ReadOptions::new()).await
            {
                Ok(read) => (read.column("email"), read.error.expect("it was cut")),
                Err(error) => (Vec::new(), error),
            };
            assert_eq!(rows, all[..rows.len()], "{length}");
            let text = chain(&error);
            assert!(text.contains("leads"), "{length}: {text}");
            if length >= 8 {
                let after = rows.last().map_or(0, |(number, _)| *number);
                assert!(
                    matches!(&error, Error::CompressedData { after_row, .. } if *after_row == after),
                    "{length}: {text}"
                );
                assert!(
                    text.contains("the compressed data was cut short"),
                    "{length}: {text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_flipped_byte_is_found() {
    let text = csv(60);
    for (_, compress) in METHODS {
        let whole = compress(text.as_bytes());
        let mut errors = 0;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= [0xff, 0x01, 0x80][at % 3];
            match try_read("leads.csv", bytes, &ReadOptions::new()).await {
                Ok(Read { error: None, .. }) => {}
                _ => errors += 1,
            }
        }
        // The fields of a gzip header say nothing of the data.
        assert!(errors + 16 > whole.len(), "{errors} of {}", whole.len());
    }
}

#[tokio::test]
async fn ndjson_tells_how_far_it_came() {
    let text = lines((1..=20_000).map(|id| format!("{{\"id\":{id}}}")));
    let mut bytes = gzip(text.as_bytes());
    let half = bytes.len() / 2;
    bytes.truncate(half);
    let read = try_read("leads.ndjson.gz", bytes, &ReadOptions::new())
        .await
        .unwrap();
    let last = *read.numbers().last().unwrap();
    assert!((1000..20_000).contains(&last), "{last}");
    let text = chain(&read.error.unwrap());
    let words = format!("its gzip data can't be read after row {last}; ");
    assert!(text.starts_with("leads.ndjson.gz is damaged: "), "{text}");
    assert!(text.contains(&words), "{text}");
}

/// Failing to read is no damage.
#[tokio::test]
async fn what_the_system_says_is_told_apart() {
    let bytes = gzip(csv(1000).as_bytes());
    let pieces = Pieces::new([&bytes[..bytes.len() / 2]]).then_fail("unplugged");
    let source = Source::from_reader("leads", pieces, &ReadOptions::new())
        .await
        .unwrap();
    let read = Read::all(source).await;
    let error = read.error.unwrap();
    assert!(matches!(error, Error::Read { .. }), "{error}");
    assert!(chain(&error).contains("unplugged"));
}

/// A frame with an empty block, whose header asks for a window of 2^(10 + exponent) bytes.
#[tokio::test]
async fn a_window_that_asks_for_too_much_memory_is_refused() {
    let frame = |exponent: u8| vec![0x28, 0xb5, 0x2f, 0xfd, 0, exponent << 3, 1, 0, 0];
    let error = try_read("leads.csv.zst", frame(18), &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::CompressedWide { .. }),
        "{}",
        chain(&error)
    );
    let error = try_read("leads.csv.zst", frame(17), &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Empty { .. }), "{}", chain(&error));
}
