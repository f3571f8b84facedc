//! Broken and hostile Arrow IPC: always an error that names the source, never a panic.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow_ipc::CompressionType;
use leadsquared_adapter::{Error, ReadOptions};

use crate::arrow_rows::{COMPRESSIONS, batch, file, stream};
use crate::helpers::{Read, chain, try_read};

async fn read(bytes: &[u8]) -> Result<Read, Error> {
    try_read("leads.arrow", bytes, &ReadOptions::new().with_batch_rows(7)).await
}

/// The rows that were given, and the error that there was.
async fn outcome(bytes: &[u8]) -> (Vec<u64>, Option<Error>) {
    match read(bytes).await {
        Ok(read) => (read.numbers(), read.error),
        Err(error) => (Vec::new(), Some(error)),
    }
}

#[tokio::test]
async fn a_file_cut_anywhere_is_an_error_that_names_it() {
    let whole = file(&[batch(0..10), batch(10..20)], None);
    assert_eq!(read(&whole).await.unwrap().whole().numbers().len(), 20);
    for length in 0..whole.len() {
        let error = read(&whole[..length]).await.unwrap_err();
        let text = chain(&error);
        assert!(text.contains("leads.arrow"), "{length}: {text}");
        if length >= 6 {
            assert!(matches!(error, Error::TruncatedArrow { .. }), "{text}");
            let words = format!("cut short ({length} bytes");
            assert!(text.contains(&words), "{text}");
        }
    }
}

#[tokio::test]
async fn a_stream_cut_anywhere_is_an_error_after_the_rows_before_it() {
    for compression in COMPRESSIONS {
        let whole = stream(&[batch(0..10), batch(10..20)], compression);
        let mut counts = std::collections::BTreeSet::new();
        for length in 0..whole.len() {
            let (rows, error) = outcome(&whole[..length]).await;
            assert_eq!(rows, (1..=rows.len() as u64).collect::<Vec<_>>());
            counts.insert(rows.len());
            let error = error.expect("it was cut");
            let text = chain(&error);
            assert!(text.contains("leads.arrow"), "{length}: {text}");
            if let Error::ArrowData { after_row, .. } = &error {
                assert_eq!(*after_row, rows.len() as u64);
                assert!(text.contains("cut short"), "{text}");
            }
        }
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [0, 10, 20]);
        // All rows, and the mark at the end missing.
        let (rows, error) = outcome(&whole[..whole.len() - 8]).await;
        assert_eq!(rows.len(), 20);
        let text = chain(&error.unwrap());
        assert!(text.contains("it can't be read after row 20"), "{text}");
        assert!(text.contains("the mark of its end is missing"), "{text}");
    }
}

#[tokio::test]
async fn what_follows_a_stream_is_not_passed_over() {
    let one = stream(&[batch(0..10)], None);
    let (rows, error) = outcome(&[one.clone(), one].concat()).await;
    assert_eq!(rows.len(), 10);
    let text = chain(&error.unwrap());
    assert!(text.contains("bytes follow the mark of its end"), "{text}");
}

#[tokio::test]
async fn a_flipped_byte_costs_the_source_at_most() {
    let mut caught = 0;
    for compression in COMPRESSIONS {
        let batches = [batch(0..5), batch(5..10)];
        for whole in [file(&batches, compression), stream(&batches, compression)] {
            let mut errors = 0;
            for at in (0..whole.len()).step_by(5) {
                let mut bytes = whole.clone();
                bytes[at] ^= [0xff, 0x01, 0x80][at % 3];
                let (rows, error) = outcome(&bytes).await;
                assert_eq!(rows, (1..=rows.len() as u64).collect::<Vec<_>>());
                if let Some(error) = error {
                    errors += 1;
                    let text = chain(&error);
                    assert!(text.contains("leads.arrow"), "{at}: {text}");
                    caught += usize::from(text.contains("the decoder gave up"));
                }
            }
            assert!(errors > whole.len() / 50, "{errors} of {}", whole.len());
        }
    }
    assert!(
        caught > 0,
        "no flip made the decoder panic: this test shows nothing of that"
    );
}

/// Eight bytes that may be a length are made a huge one, wherever they are: of messages, bodies,
/// buffers, blocks and what is compressed. None may be believed.
#[tokio::test]
async fn a_length_that_claims_to_be_huge_asks_for_no_memory() {
    for compression in COMPRESSIONS {
        let batches = [batch(0..10)];
        for whole in [file(&batches, compression), stream(&batches, compression)] {
            for huge in [i64::MAX, 1 << 45, 1 << 33] {
                for at in (0..whole.len() - 8).step_by(8) {
                    let mut bytes = whole.clone();
                    bytes[at..at + 8].copy_from_slice(&huge.to_le_bytes());
                    let (rows, _) = outcome(&bytes).await;
                    assert!(rows.len() <= 10, "{at}");
                }
            }
        }
    }
}

/// A length that its compressed bytes could come to, and that is more than is held in memory.
#[tokio::test]
async fn a_buffer_of_more_than_two_gib_is_not_decompressed() {
    let values = (0..8_000_i64).map(|row| row.wrapping_mul(0x1E37_79B9_7F4A_7C15) >> 16);
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    let batch = RecordBatch::try_from_iter([("id", values)]).unwrap();
    let mut bytes = stream(&[batch], Some(CompressionType::ZSTD));
    let length = 64_000_i64.to_le_bytes();
    let places: Vec<_> = (0..bytes.len() - 8)
        .filter(|&at| bytes[at..at + 8] == length)
        .collect();
    assert_eq!(places.len(), 1);
    bytes[places[0]..places[0] + 8].copy_from_slice(&(3_i64 << 30).to_le_bytes());
    let text = chain(&outcome(&bytes).await.1.unwrap());
    assert!(text.contains("too many for one batch"), "{text}");
}
