//! CSV and TSV: what their rows are, and which can't be one.

use futures::StreamExt as _;
use leadsquared_adapter::{Delimiter, Error, Format, ReadOptions, Source};
use leadsquared_core::Mapping;
use proptest::prelude::*;
use tokio::io::AsyncWriteExt as _;

use crate::helpers::{Pieces, Read, chain, numbered, try_read};

/// Reads CSV to its end.
async fn read(text: impl Into<Vec<u8>>, options: &ReadOptions) -> Read {
    try_read("leads.csv", text, options).await.unwrap().whole()
}

async fn read_plain(text: &str) -> Read {
    read(text, &ReadOptions::new()).await
}

#[tokio::test]
async fn every_column_is_text_as_it_stands() {
    let text = "\u{feff}phone,score, name ,day\r\n\
                +91-0987,007, Ada ,2026-01-01\r\n\
                0044,1e5,,\"\"\r\n";
    let source = Source::from_reader("leads.csv", text.as_bytes(), &ReadOptions::new())
        .await
        .unwrap();
    assert_eq!(source.format(), Format::Csv);
    let schema = source.schema();
    let names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
    assert_eq!(names, ["phone", "score", "name", "day"]);

    let read = Read::all(source).await.whole();
    assert_eq!(
        read.column("phone"),
        numbered(&[(2, "+91-0987"), (3, "0044")])
    );
    assert_eq!(read.column("score"), numbered(&[(2, "007"), (3, "1e5")]));
    // An empty field is null, in quotes or not; spaces are somebody's.
    assert_eq!(read.column("name"), numbered(&[(2, " Ada ")]));
    assert_eq!(read.column("day"), numbered(&[(2, "2026-01-01")]));
    assert_eq!(read.types("score"), ["Utf8"]);
}

#[tokio::test]
async fn a_row_has_the_number_of_the_line_it_starts_in() {
    let text = "a,b\n1,\"x\ny\r\nz\"\n\n\r\n  \n2,\"say \"\"hi\"\", you\"\r3,c";
    let read = read_plain(text).await;
    assert_eq!(read.column("a"), numbered(&[(2, "1"), (8, "2"), (9, "3")]));
    assert_eq!(
        read.column("b"),
        numbered(&[(2, "x\ny\r\nz"), (8, "say \"hi\", you"), (9, "c")])
    );
}

#[tokio::test]
async fn the_delimiter_is_told_from_the_header_or_given() {
    for (name, text) in [
        ("leads.csv", "a,b\n1;x,2\n"),
        ("leads.csv", "a;b\n1;2\n"),
        ("leads.csv", "a\tb\n1\t2\n"),
        ("leads.csv", "a|b\n1|2\n"),
        ("leads.tsv", "a\tb\n1\t2\n"),
        ("<stdin>", "a;b\n1;2\n"),
        ("<stdin>", "a\tb\n1\t2\n"),
    ] {
        let read = try_read(name, text, &ReadOptions::new()).await.unwrap();
        assert_eq!(read.column("b"), numbered(&[(2, "2")]), "{text}");
    }
    let colon = ReadOptions::new()
        .with_format(Format::Csv)
        .with_delimiter(Delimiter::new(b':').unwrap());
    let read = try_read("leads", "a:b\n1:x,y\n", &colon).await.unwrap();
    assert_eq!(read.column("b"), numbered(&[(2, "x,y")]));
    // In TSV, commas are text.
    let tsv = ReadOptions::new().with_format(Format::Tsv);
    let read = try_read("leads", "a,b,c\td\nx\ty\n", &tsv).await.unwrap();
    assert_eq!(read.column("a,b,c"), numbered(&[(2, "x")]));
}

#[tokio::test]
async fn a_record_that_can_not_be_right_is_unreadable_and_the_rest_goes_on() {
    let text = b"id,name\n\
        1,Ada\n\
        2\n\
        3,x,y\n\
        4,\xe9t\xe9\n\
        5,\"a\"b\n\
        6,Grace\n";
    let read = read(&text[..], &ReadOptions::new()).await;
    assert_eq!(read.column("id"), numbered(&[(2, "1"), (7, "6")]));
    assert_eq!(
        read.unreadable(),
        numbered(&[
            (3, "expected 2 fields, found 1"),
            (4, "expected 2 fields, found 3"),
            (5, "column \"name\" is not UTF-8 (byte 0xE9)"),
            (
                6,
                "column \"name\" goes on after its closing quote; inside quotes, a quote is \
                 written twice"
            ),
        ])
    );
    let raws = read.batches[0]
        .unreadable
        .iter()
        .map(|row| row.raw.as_str());
    assert_eq!(
        raws.collect::<Vec<_>>(),
        ["2", "3,x,y", "4,\u{fffd}t\u{fffd}", "5,\"a\"b"]
    );
}

#[tokio::test]
async fn a_quote_that_is_never_closed_costs_its_own_row() {
    let never = "the quote that opens column \"name\" is never closed";
    let goes_on = "column \"name\" goes on after its closing quote; inside quotes, a quote is \
                   written twice";
    for (text, reason) in [
        ("id,name\n1,\"Ada\n2,Grace\n3,Edsger\n", never),
        ("id,name\n1,\"Ada\n2,Grace\n3,\"Edsger\"\n", goes_on),
    ] {
        let read = read_plain(text).await;
        assert_eq!(
            read.column("name"),
            numbered(&[(3, "Grace"), (4, "Edsger")]),
            "{text}"
        );
        assert_eq!(read.unreadable(), numbered(&[(2, reason)]));
        assert_eq!(read.batches[0].unreadable[0].raw, "1,\"Ada");
    }
    // At the end of the file there is nothing to go on with.
    let read = read_plain("id,name\n1,Ada\n2,\"Grace").await;
    assert_eq!(read.column("id"), numbered(&[(2, "1")]));
    assert_eq!(read.unreadable(), numbered(&[(3, never)]));
}

#[tokio::test]
async fn a_record_over_the_cap_is_given_up_in_bounded_memory() {
    let options = ReadOptions::new().with_max_line_bytes(1000);
    // One that is long in itself, and one whose quote swallows what follows.
    let long = "x".repeat(3_000_000);
    let mut text = format!("id,name\n1,{long}\n2,Ada\n3,\"open\n");
    text.extend((5..2000).map(|id| format!("{id},Grace\n")));
    let read = read(text, &options).await;
    assert_eq!(read.column("id").len(), 1996);
    assert_eq!(read.column("id")[0], (3, "2".to_owned()));
    assert_eq!(read.column("id")[1], (5, "5".to_owned()));
    assert_eq!(
        read.unreadable(),
        numbered(&[
            (
                2,
                "the record is too long: 3000002 bytes, and at most 1000 are read"
            ),
            (
                4,
                "the record is too long: at most 1000 bytes are read, and a quote in it may never \
                 be closed"
            ),
        ])
    );
    let raw = &read.batches[0].unreadable[0].raw;
    assert!(raw.ends_with("xxx… (3000002 bytes)") && raw.len() < 4200);
}

/// Each line leaves a quote open, whatever was open before it: read again for each, a file of these
/// would take hours. Every line is in the books all the same.
#[tokio::test]
async fn a_hostile_file_is_not_read_over_and_over() {
    let lines = 200_000;
    let mut text = "a,b\n".to_owned();
    text.push_str(&"\"x\"y,\"\n".repeat(lines));
    text.push_str("\n \n\"x\"y,\"");
    let options = ReadOptions::new().with_max_line_bytes(1 << 20);
    let read = read(text, &options).await;
    assert!(read.numbers().is_empty());
    let rows = read.batches.iter().flat_map(|batch| &batch.unreadable);
    let rows: Vec<_> = rows.map(|row| (row.number, row.raw.as_str())).collect();
    let last = lines as u64 + 4;
    let mut expected: Vec<_> = (2..last - 2).map(|line| (line, "\"x\"y,\"")).collect();
    expected.push((last, "\"x\"y,\""));
    assert!(rows == expected, "{} rows", rows.len());
    let reasons = read.unreadable();
    assert!(
        reasons
            .iter()
            .any(|(_, reason)| reason.starts_with("part of what starts in line")),
        "nothing was rejected unread"
    );
}

/// The most that a record may have is looked at after a stray quote, and all of it is read again.
#[tokio::test]
async fn a_stray_quote_at_the_start_of_a_large_file_costs_its_row() {
    let mut text = "email,note\na@x.com,\"unclosed\n".to_owned();
    let line = format!("b@x.com,{}\n", "x".repeat(120));
    let rows = (40 << 20) / line.len();
    text.push_str(&line.repeat(rows));
    let read = read(text, &ReadOptions::new()).await;
    assert_eq!(read.unreadable().len(), 1);
    assert_eq!(read.unreadable()[0].0, 2);
    let numbers = read.numbers();
    assert!(
        numbers.iter().copied().eq(3..rows as u64 + 3),
        "{}",
        numbers.len()
    );
}

#[tokio::test]
async fn a_header_that_names_no_columns_is_an_error() {
    for (text, words) in [
        (
            "a,,c\n1,2,3\n",
            "line 1 can't be read (fields end with \",\"): column 2 of 3 has no name",
        ),
        (
            "\na;b; a\n",
            "line 2 can't be read (fields end with \";\"): the name \"a\" is there twice, for columns 1 and 3",
        ),
        (
            "a,\"b\n1,2\n",
            "the quote that opens field 2 is never closed",
        ),
    ] {
        let error = try_read("leads.csv", text, &ReadOptions::new())
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Header { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    let error = try_read("leads.csv", &b"caf\xe9,b\n"[..], &ReadOptions::new()).await;
    assert!(chain(&error.unwrap_err()).contains("field 1 is not UTF-8 (byte 0xE9)"));
    let many = vec!["a"; 2001].join(",");
    let error = try_read("leads.csv", many, &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("2001 columns, and at most 2000"),
        "{error}"
    );
    let error = try_read("leads.csv", "\n \n\n", &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no name") || matches!(error, Error::OnlyBlank { .. }));
    let blank = try_read("leads.csv", "\n\r\n", &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(matches!(blank, Error::OnlyBlank { .. }), "{blank}");
}

#[tokio::test]
async fn a_header_in_another_encoding_says_how_to_convert_it() {
    for text in [&b"a,caf\xe9\n1,2\n"[..], b"sep=,\na,caf\xe9\n1,2\n"] {
        let error = try_read("leads.csv", text, &ReadOptions::new()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::HeaderEncoding { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("field 2 is not UTF-8 (byte 0xE9)"), "{text}");
        assert!(
            text.ends_with("iconv -f WINDOWS-1252 -t UTF-8 leads.csv"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_line_for_excel_names_the_delimiter() {
    for text in [
        "sep=;\r\na,b;c\r\n1;2\r\n",
        "\u{feff}\"sep=;\"\na,b;c\n1;2",
        "SEP=;\ra,b;c\r1;2\r",
    ] {
        let read = read_plain(text).await;
        assert_eq!(read.column("a,b"), numbered(&[(3, "1")]), "{text}");
        assert_eq!(read.column("c"), numbered(&[(3, "2")]), "{text}");
    }
    let comma = ReadOptions::new().with_delimiter(Delimiter::COMMA);
    let given = read("sep=;\na,b;c\n1,2\n", &comma).await;
    assert_eq!(given.column("b;c"), numbered(&[(3, "2")]));
    let error = try_read("leads.csv", "sep=;\n", &ReadOptions::new()).await;
    assert!(matches!(error, Err(Error::OnlyBlank { .. })));
}

#[tokio::test]
async fn a_header_alone_has_no_rows_and_the_mapping_must_fit_it() {
    assert!(read_plain("a,b").await.batches.is_empty());
    let options = ReadOptions::new().with_mapping(Mapping::new().drop_column("emial"));
    let error = try_read("leads.csv", "email,b\n1,2\n", &options)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Mapping { .. }), "{error}");
}

#[tokio::test]
async fn dropped_columns_are_not_there_and_batches_are_small() {
    let options = ReadOptions::new()
        .with_mapping(Mapping::new().drop_column("a").drop_column("b"))
        .with_batch_rows(2);
    let read = read("a,b\n1,2\nx\n3,4\n5,6\n7,8\n", &options).await;
    assert_eq!(read.numbers(), [2, 4, 5, 6]);
    assert_eq!(read.unreadable().len(), 1);
    assert!(read.batches.iter().all(|batch| batch.num_rows() <= 2));
    assert!(
        read.batches
            .iter()
            .all(|batch| batch.batch.num_columns() == 0)
    );
}

#[tokio::test]
async fn rows_come_before_the_error_that_follows_them() {
    let pieces = Pieces::new(["a,b\n1,2\n3", ",4\n5,\"half"]).then_fail("unplugged");
    let source = Source::from_reader("leads.csv", pieces, &ReadOptions::new())
        .await
        .unwrap();
    let read = Read::all(source).await;
    assert_eq!(read.column("b"), numbered(&[(2, "2"), (3, "4")]));
    let text = chain(&read.error.unwrap());
    assert!(
        text.contains("leads.csv: reading failed after row 3"),
        "{text}"
    );
    assert!(text.contains("unplugged"), "{text}");
}

#[tokio::test]
async fn rows_are_given_out_as_they_come() {
    let (mut writer, reader) = tokio::io::duplex(1024);
    writer.write_all(b"a,b\n1,2\n3").await.unwrap();
    let source = Source::from_reader("<stdin>", reader, &ReadOptions::new())
        .await
        .unwrap();
    let mut batches = source.into_stream();
    // Nothing more is written before the first row is here.
    let first = batches.next().await.unwrap().unwrap();
    assert_eq!((first.batch.num_rows(), first.origin.row(0).number), (1, 2));
    writer.write_all(b",4\n").await.unwrap();
    drop(writer);
    let second = batches.next().await.unwrap().unwrap();
    assert_eq!(
        (second.batch.num_rows(), second.origin.row(0).number),
        (1, 3)
    );
    assert!(batches.next().await.is_none());
}

/// Tables of text with all that needs quotes, and rows that don't fit.
fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    let field = "[ab1 ,;|\t\"\r\n\u{feff}é]{0,6}";
    (1_usize..5).prop_flat_map(move |columns| {
        let row = prop::collection::vec(field, columns);
        prop::collection::vec(row, 0..20)
    })
}

proptest! {
    #[test]
    fn what_was_written_is_what_is_read(
        table in tables(),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
        always in any::<bool>(),
        cuts in prop::collection::vec(1_usize..40, 0..20),
        batch_rows in 1_usize..7,
    ) {
        let columns = table.first().map_or(2, Vec::len);
        let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(&names).unwrap();
        // The line of each row, counted as an editor would, from what was written so far.
        let mut expected = Vec::new();
        for row in &table {
            writer.flush().unwrap();
            let written = String::from_utf8(writer.get_ref().clone()).unwrap();
            let line = written.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() + 1;
            expected.push((line as u64, row.clone()));
            writer.write_record(row).unwrap();
        }
        let bytes = writer.into_inner().unwrap();

        let mut rest = bytes.as_slice();
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            if !piece.is_empty() { pieces.push(piece.to_vec()); }
            rest = after;
        }
        if !rest.is_empty() { pieces.push(rest.to_vec()); }
        let options = ReadOptions::new()
            .with_batch_rows(batch_rows)
            .with_format(Format::Csv)
            .with_delimiter(Delimiter::new(delimiter).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(async {
            let source = Source::from_reader("t.csv", Pieces::new(pieces), &options).await.unwrap();
            Read::all(source).await.whole()
        });
        prop_assert_eq!(read.unreadable(), vec![]);
        prop_assert_eq!(read.numbers(), expected.iter().map(|(line, _)| *line).collect::<Vec<_>>());
        for (column, name) in names.iter().enumerate() {
            let values: Vec<_> = expected
                .iter()
                .map(|(line, row)| (*line, row[column].clone()))
                .filter(|(_, value)| !value.is_empty())
                .collect();
            prop_assert_eq!(read.column(name), values);
        }
    }

    #[test]
    fn where_the_bytes_are_cut_makes_no_difference(
        text in "(a,b\n)[a,\" \r\n]{0,60}",
        cuts in prop::collection::vec(1_usize..15, 0..20),
        longest in 8_usize..30,
    ) {
        let options = ReadOptions::new().with_format(Format::Csv).with_max_line_bytes(longest);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let all = |pieces: Vec<Vec<u8>>| runtime.block_on(async {
            let source = Source::from_reader("t.csv", Pieces::new(pieces), &options).await.unwrap();
            let read = Read::all(source).await.whole();
            let raws: Vec<_> = read.batches.iter().flat_map(|batch| &batch.unreadable).cloned().collect();
            (read.column("a"), read.column("b"), read.numbers(), raws)
        });
        let mut rest = text.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            if !piece.is_empty() { pieces.push(piece.to_vec()); }
            rest = after;
        }
        if !rest.is_empty() { pieces.push(rest.to_vec()); }
        let whole = all(vec![text.as_bytes().to_vec()]);
        // No row is lost and none has the number of another.
        let mut numbers = [whole.2.clone(), whole.3.iter().map(|row| row.number).collect()].concat();
        numbers.sort_unstable();
        let count = numbers.len();
        numbers.dedup();
        prop_assert_eq!(numbers.len(), count);
        prop_assert_eq!(all(pieces), whole);
    }
}
