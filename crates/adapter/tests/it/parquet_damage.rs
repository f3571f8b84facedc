//! Broken and hostile Parquet files: always an error that names the file, never a panic.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, ListArray, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Field, Int32Type};
use leadsquared_adapter::{Error, Input, ReadOptions, Source};
use parquet::basic::Compression;
use tempfile::TempDir;

use crate::helpers::{Read, chain};
use crate::parquet_rows::{properties, save, table, write};

/// Reads `bytes` as the file `leads.parquet`, in batches of ten rows.
async fn read(folder: &TempDir, bytes: &[u8]) -> Result<Read, Error> {
    let input = Input::file(save(folder, "leads.parquet", bytes));
    let options = ReadOptions::new().with_batch_rows(10);
    Ok(Read::all(Source::open(&input, &options).await?).await)
}

/// 40 rows of several kinds of columns in two row groups, in few bytes.
fn small(compression: Compression) -> Vec<u8> {
    let email = |row| (row % 3 != 0).then(|| format!("lead{row}@example.com"));
    let emails: ArrayRef = Arc::new((0..40).map(email).collect::<StringArray>());
    let tags = ListArray::from_iter_primitive::<Int32Type, _, _>(
        (0..40).map(|row| (row % 4 != 0).then(|| (0..row % 5).map(Some))),
    );
    let status: ArrayRef = Arc::new(StringArray::from_iter_values(
        (0..40).map(|row| ["a", "b"][row % 2]),
    ));
    let kyc = StructArray::from(vec![(
        Arc::new(Field::new("status", DataType::Utf8, true)),
        status,
    )]);
    let batch = RecordBatch::try_from_iter([
        (
            "id",
            Arc::new(Int64Array::from_iter_values(0..40)) as ArrayRef,
        ),
        ("email", emails),
        ("tags", Arc::new(tags)),
        ("kyc", Arc::new(kyc)),
    ]);
    let properties = properties(compression, 20)
        .into_builder()
        .set_dictionary_enabled(true)
        .build();
    write(&batch.unwrap(), properties)
}

#[tokio::test]
async fn a_file_cut_anywhere_is_an_error_that_names_it() {
    let folder = TempDir::new().unwrap();
    let whole = small(Compression::SNAPPY);
    assert_eq!(
        read(&folder, &whole).await.unwrap().whole().numbers().len(),
        40
    );
    for length in 0..whole.len() {
        let error = read(&folder, &whole[..length]).await.unwrap_err();
        let text = chain(&error);
        assert!(text.contains("leads.parquet"), "{length}: {text}");
        match length {
            0 => assert!(matches!(error, Error::Empty { .. }), "{text}"),
            1..4 => assert!(matches!(error, Error::NotParquet { .. }), "{text}"),
            _ => {
                assert!(matches!(error, Error::TruncatedParquet { .. }), "{text}");
                assert!(
                    text.contains(&format!("cut short ({length} bytes")),
                    "{text}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_flipped_byte_costs_the_file_at_most() {
    let folder = TempDir::new().unwrap();
    let mut caught = 0;
    for compression in [Compression::SNAPPY, Compression::UNCOMPRESSED] {
        let whole = small(compression);
        let mut errors = 0;
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= [0xff, 0x01, 0x80][at % 3];
            let error = match read(&folder, &bytes).await {
                Ok(read) => {
                    // What was given before the error, if there is one, is whole rows.
                    let rows = read.numbers();
                    assert_eq!(rows, (1..=rows.len() as u64).collect::<Vec<_>>());
                    assert!(read.error.is_some() || rows.len() == 40, "{at}");
                    read.error
                }
                Err(error) => Some(error),
            };
            if let Some(error) = error {
                errors += 1;
                let text = chain(&error);
                assert!(text.contains("leads.parquet"), "{at}: {text}");
                caught += usize::from(text.contains("the decoder gave up"));
            }
        }
        assert!(errors > whole.len() / 4, "{errors} of {}", whole.len());
    }
    assert!(
        caught > 0,
        "no flip made the decoder panic: this test shows nothing of that"
    );
}

/// `data/checksums.parquet` is from another writer, pyarrow, which can write checksums: 30 rows in
/// groups of 10, uncompressed, with `id` from 1 and `email` as `lead1@example.com`.
#[tokio::test]
async fn a_page_that_fails_its_checksum_is_damage() {
    let folder = TempDir::new().unwrap();
    let mut bytes = include_bytes!("../data/checksums.parquet").to_vec();
    let whole = read(&folder, &bytes).await.unwrap().whole();
    assert_eq!(whole.column("email").len(), 30);
    assert_eq!(
        whole.column("email")[11],
        (12, "lead12@example.com".to_owned())
    );

    let at = bytes.windows(6).position(|text| text == b"lead12").unwrap();
    bytes[at + 5] = b'9';
    let broken = read(&folder, &bytes).await.unwrap();
    assert_eq!(broken.numbers(), (1..=10).collect::<Vec<u64>>());
    let text = chain(&broken.error.unwrap());
    assert!(text.contains("it can't be read after row 10"), "{text}");
    assert!(text.contains("CRC checksum mismatch"), "{text}");
}

#[tokio::test]
async fn rows_before_the_damage_are_given_out_first() {
    let folder = TempDir::new().unwrap();
    let mut bytes = write(&table(1000), properties(Compression::SNAPPY, 250));
    // Two thirds into the file are the pages of the third row group.
    let at = bytes.len() * 2 / 3;
    bytes[at..at + 3000].fill(0xff);
    let read = read(&folder, &bytes).await.unwrap();
    let rows = read.numbers();
    assert!((500..750).contains(&rows.len()), "{}", rows.len());
    assert!(
        read.column("id")
            .iter()
            .all(|(number, id)| number.to_string() == *id)
    );
    let error = read.error.unwrap();
    let Error::ParquetData { after_row, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*after_row, rows.len() as u64);
    let text = chain(&error);
    assert!(
        text.contains(&format!(
            "leads.parquet is damaged: it can't be read after row {after_row}; "
        )),
        "{text}"
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_file_that_ends_in_the_encrypted_magic_says_so() {
    let folder = TempDir::new().unwrap();
    let mut bytes = small(Compression::SNAPPY);
    let end = bytes.len() - 1;
    bytes[end] = b'E';
    let error = read(&folder, &bytes).await.unwrap_err();
    assert!(matches!(error, Error::EncryptedParquet { .. }), "{error}");
    bytes[3] = b'E';
    let error = read(&folder, &bytes).await.unwrap_err();
    assert!(matches!(error, Error::EncryptedParquet { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("leads.parquet is an encrypted Parquet file"),
        "{error}"
    );
}

#[tokio::test]
async fn a_footer_that_claims_to_be_huge_asks_for_no_memory() {
    let folder = TempDir::new().unwrap();
    let mut bytes = small(Compression::SNAPPY);
    let length = bytes.len() - 8;
    bytes[length..length + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let error = read(&folder, &bytes).await.unwrap_err();
    assert!(matches!(error, Error::ParquetFooter { .. }), "{error}");
}

#[tokio::test]
async fn text_in_a_file_called_parquet_is_not_parquet() {
    let folder = TempDir::new().unwrap();
    let error = read(&folder, b"{\"a\":1}\n").await.unwrap_err();
    assert!(matches!(error, Error::NotParquet { .. }), "{error}");
}
