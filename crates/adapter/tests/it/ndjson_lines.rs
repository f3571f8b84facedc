//! Every line on its own: the good ones get through, the bad ones are named.

use std::fmt::Write as _;

use leadsquared_adapter::{Error, Format, ReadOptions, Source};

use crate::helpers::{Pieces, Read, chain, numbered, read, sample, try_read};

/// Lines that are no JSON object, with what is said of them.
const BAD: &[(&str, &str)] = &[
    // Structure.
    (r#"{"a":1"#, "EOF while parsing an object"),
    (r#"{"a":"#, "EOF while parsing a value"),
    (r#"{"a""#, "EOF while parsing an object"),
    (r#"{"a"#, "EOF while parsing a string"),
    ("{", "EOF while parsing an object"),
    ("}", "expected value"),
    (r#"{"a":1}}"#, "trailing characters at column 8"),
    (r#"{"a":1}{"a":2}"#, "trailing characters at column 8"),
    (r#"{"a":1} {"a":2}"#, "trailing characters at column 9"),
    (r#"{"a":1},"#, "trailing characters at column 8"),
    (r#"{"a":1}x"#, "trailing characters"),
    (r#"{"a":1} // no"#, "trailing characters"),
    (r#"{"a":1,}"#, "trailing comma"),
    (r#"{,"a":1}"#, "key must be a string"),
    (r#"{"a":1,,"b":2}"#, "key must be a string"),
    (r#"{"a":1 "b":2}"#, "expected `,` or `}`"),
    (r#"{"a" 1}"#, "expected `:`"),
    (r#"{"a"::1}"#, "expected value"),
    (r#"{"a",1}"#, "expected `:`"),
    ("{a:1}", "key must be a string"),
    ("{'a':1}", "key must be a string"),
    ("{1:1}", "key must be a string"),
    ("{null:1}", "key must be a string"),
    (r#"{"a":[1,]}"#, "trailing comma"),
    (r#"{"a":[,1]}"#, "expected value"),
    (r#"{"a":[1 2]}"#, "expected `,` or `]`"),
    (r#"{"a":[1}"#, "expected `,` or `]`"),
    (r#"{"a":[1"#, "EOF while parsing a list"),
    (r#"{"a":/*c*/1}"#, "expected value"),
    // Literals.
    (r#"{"a":True}"#, "expected value"),
    (r#"{"a":nul}"#, "expected ident"),
    (r#"{"a":truth}"#, "expected ident"),
    (r#"{"a":undefined}"#, "expected value"),
    (r#"{"a":NaN}"#, "expected value"),
    (r#"{"a":nan}"#, "expected ident"),
    (r#"{"a":Infinity}"#, "expected value"),
    (r#"{"a":-Infinity}"#, "invalid number"),
    // Numbers.
    (r#"{"a":+1}"#, "expected value"),
    (r#"{"a":01}"#, "invalid number"),
    (r#"{"a":-01}"#, "invalid number"),
    (r#"{"a":1.}"#, "invalid number"),
    (r#"{"a":.5}"#, "expected value"),
    (r#"{"a":1e}"#, "invalid number"),
    (r#"{"a":1e+}"#, "invalid number"),
    (r#"{"a":-}"#, "invalid number"),
    (r#"{"a":--1}"#, "invalid number"),
    (r#"{"a":0x1F}"#, "expected `,` or `}`"),
    (r#"{"a":1_000}"#, "expected `,` or `}`"),
    (r#"{"a":1.2.3}"#, "expected `,` or `}`"),
    (r#"{"a":1e999}"#, "number out of range"),
    ("{\"a\":\u{ff11}}", "expected value"),
    // Strings.
    (r#"{"a":"x}"#, "EOF while parsing a string"),
    (r#"{"a":"\"#, "EOF while parsing a string"),
    (r#"{"a":"\x41"}"#, "invalid escape"),
    (r#"{"a":"\'"}"#, "invalid escape"),
    (r#"{"a":"\u12"}"#, "invalid escape"),
    (r#"{"a":"\u00g0"}"#, "invalid escape"),
    (r#"{"a":"\ud800"}"#, "unexpected end of hex escape"),
    (r#"{"a":"\ud800x"}"#, "unexpected end of hex escape"),
    (
        r#"{"a":"\ud800\u0041"}"#,
        "lone leading surrogate in hex escape",
    ),
    (r#"{"a":"\udc00"}"#, "lone leading surrogate in hex escape"),
    (r#"{"\ud800":1}"#, "unexpected end of hex escape"),
    ("{\"a\":\"\t\"}", "control character"),
    ("{\"a\":\"\0\"}", "control character"),
    ("{\"a\":\"\u{1f}\"}", "control character"),
    ("{\"a\":\"\r\"}", "control character"),
    (r#"{"a":'x'}"#, "expected value"),
    // White space that JSON doesn't have.
    ("\u{a0}{\"a\":1}", "expected value"),
    ("\u{feff}{\"a\":1}", "expected value"),
    ("\u{c}{\"a\":1}", "expected value"),
    ("{\"a\":\u{2028}1}", "expected value"),
    ("\0", "expected value"),
    // JSON, but no object.
    ("[]", "expected a JSON object, found a list"),
    (r#"[{"a":1}]"#, "expected a JSON object, found a list"),
    (r#"[1,{"a":1}]"#, "expected a JSON object, found a list"),
    ("1", "expected a JSON object, found a number"),
    ("-1.5", "expected a JSON object, found a number"),
    (r#""a""#, "expected a JSON object, found a string"),
    ("true", "expected a JSON object, found a boolean"),
    ("null", "expected a JSON object, found null"),
    // Neither.
    ("a,b,c", "expected value"),
    ("<a/>", "expected value"),
    ("[", "EOF while parsing a list"),
    ("]", "expected value"),
    (",", "expected value"),
];

/// Lines that are one JSON object, with the text of `a` that must arrive.
const GOOD: &[(&str, &str)] = &[
    (r#"{"a":"x"}"#, "x"),
    (r#" 	{ "a" : "x" , "b" : 1 } 	"#, "x"),
    ("{\"a\":\"x\"\r}\r", "x"),
    (r#"{"a":""}"#, ""),
    (r#"{"a":"\"\\\/\b\f\n\r\t"}"#, "\"\\/\u{8}\u{c}\n\r\t"),
    (r#"{"a":"\u0041\u00e9\u4e2d"}"#, "Aé中"),
    (r#"{"a":"\ud83d\ude00"}"#, "😀"),
    (r#"{"a":"😀é"}"#, "😀é"),
    (r#"{"a":"\u0000"}"#, "\0"),
    (r#"{"a":"\uFFFF\u2028"}"#, "\u{ffff}\u{2028}"),
    ("{\"a\":\"\u{7f}\u{2029}\"}", "\u{7f}\u{2029}"),
    (r#"{"\u0061":"escaped key"}"#, "escaped key"),
    (r#"{"a":"first","a":"last"}"#, "last"),
    (r#"{"a":{"x":[1]},"a":"last"}"#, "last"),
    (r#"{"a":"last","c":[],"c":7}"#, "last"),
    (r#"{"a":1.50}"#, "1.50"),
    (r#"{"a":-0}"#, "-0"),
    (r#"{"a":1E+2}"#, "1E+2"),
    (
        r#"{"a":123456789012345678901234567890}"#,
        "123456789012345678901234567890",
    ),
    (r#"{"a":true}"#, "true"),
];

#[tokio::test]
async fn each_bad_line_is_rejected_by_its_number_and_the_good_ones_get_through() {
    let mut text = String::new();
    let mut numbers = Vec::new();
    for (index, (bad, _)) in BAD.iter().enumerate() {
        writeln!(text, r#"{{"a":"good {index}"}}"#).unwrap();
        writeln!(text, "{bad}").unwrap();
        numbers.push(2 * index as u64 + 1);
    }
    // In the sample, after it, and with the columns given: the same lines are bad.
    let fields = [arrow::datatypes::Field::new(
        "a",
        arrow::datatypes::DataType::Utf8,
        true,
    )];
    let schema = std::sync::Arc::new(arrow::datatypes::Schema::new(fields.to_vec()));
    for options in [
        sample(10_000),
        sample(1),
        sample(1).with_batch_rows(3),
        sample(1).with_schema(schema),
    ] {
        let read = read(text.clone(), &options).await;
        assert_eq!(read.numbers(), numbers);
        let good: Vec<_> = (0..BAD.len())
            .map(|index| (2 * index as u64 + 1, format!("good {index}")))
            .collect();
        assert_eq!(read.column("a"), good);

        let unreadable: Vec<_> = read
            .batches
            .iter()
            .flat_map(|batch| &batch.unreadable)
            .collect();
        assert_eq!(unreadable.len(), BAD.len());
        for (index, (row, (line, reason))) in unreadable.iter().zip(BAD).enumerate() {
            assert_eq!(row.number, 2 * index as u64 + 2, "{line}");
            assert!(row.reason.contains(reason), "{line}: {}", row.reason);
            assert_eq!(row.raw, *line);
        }
    }
}

#[tokio::test]
async fn every_good_line_arrives_with_its_text() {
    let mut text = "{\"a\":\"first\"}\n".to_owned();
    for (line, _) in GOOD {
        writeln!(text, "{line}").unwrap();
    }
    for options in [sample(1), sample(10_000), sample(1).with_batch_rows(1)] {
        let read = read(text.clone(), &options).await;
        assert_eq!(read.unreadable(), []);
        let texts: Vec<_> = read.column("a").into_iter().map(|(_, text)| text).collect();
        assert_eq!(
            texts[1..],
            GOOD.iter().map(|(_, text)| *text).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_rejected_and_shown_as_well_as_can_be() {
    let lines = [
        &b"{\"a\":\"ok\"}\n"[..],
        b"{\"a\":\"\xff\xfe\"}\n{\"\xc3\":1}\n",
        b"{\"b\":\"\xed\xa0\x80\"}\n{\"a\":\xff}\n{\"a\":\"ok\"}",
    ];
    let read = read(lines.concat(), &sample(1)).await;
    assert_eq!(read.numbers(), [1, 6]);
    let rows = &read.batches[0].unreadable;
    let rows = rows.iter().chain(
        read.batches
            .iter()
            .skip(1)
            .flat_map(|batch| &batch.unreadable),
    );
    let rows: Vec<_> = rows.collect();
    assert_eq!(
        rows.iter().map(|row| row.number).collect::<Vec<_>>(),
        [2, 3, 4, 5]
    );
    assert!(
        rows[0].reason.contains("invalid unicode code point"),
        "{}",
        rows[0].reason
    );
    assert_eq!(rows[0].raw, "{\"a\":\"\u{fffd}\u{fffd}\"}");
}

#[tokio::test]
async fn nesting_is_limited_and_costs_its_line_only() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let text = [
        r#"{"b":1}"#,
        &nested(126),
        &nested(127),
        &nested(100_000),
        r#"{"b":2}"#,
    ]
    .join("\n");
    // Dropped, so that its type doesn't matter: what remains is the grammar.
    let mapping = leadsquared_core::Mapping::new().drop_column("a");
    let read = read(text, &sample(2).with_mapping(mapping)).await;
    assert_eq!(read.numbers(), [1, 2, 5]);
    let reasons = read.unreadable();
    assert_eq!(reasons.len(), 2);
    assert!(
        reasons
            .iter()
            .all(|(_, reason)| reason.contains("recursion limit exceeded")),
        "{reasons:?}"
    );
}

#[tokio::test]
async fn blank_lines_marks_and_line_ends() {
    let text = "\u{feff}{\"a\":1}\r\n\r\n  \t\n{\"a\":2}\n\n{\"a\":3}";
    for options in [sample(1), sample(100), sample(2).with_batch_rows(1)] {
        let read = read(text, &options).await;
        assert_eq!(read.column("a"), numbered(&[(1, "1"), (4, "2"), (6, "3")]));
        assert_eq!(read.unreadable(), []);
    }
}

#[tokio::test]
async fn where_reads_are_cut_makes_no_difference() {
    let text = "{\"a\":\"é\"}\r\n\nbad\n{\"a\":\"ü\"}";
    let whole = read(text, &sample(1)).await;
    for size in 1..text.len() {
        let pieces = Pieces::new(text.as_bytes().chunks(size));
        let source = Source::from_reader("leads.ndjson", pieces, &sample(1))
            .await
            .unwrap();
        let read = Read::all(source).await.whole();
        assert_eq!(read.column("a"), whole.column("a"));
        assert_eq!(read.unreadable(), whole.unreadable());
    }
    assert_eq!(whole.column("a"), numbered(&[(1, "é"), (4, "ü")]));
}

#[tokio::test]
async fn a_line_over_the_cap_is_rejected_by_number() {
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(10_000));
    let text = format!("{{\"a\":\"1\"}}\n{long}\n{{\"a\":\"3\"}}\n{long}");
    for lines in [1, 100] {
        let read = read(text.clone(), &sample(lines).with_max_line_bytes(5000)).await;
        assert_eq!(read.column("a"), numbered(&[(1, "1"), (3, "3")]));
        let reason = "the line is too long: 10008 bytes, and at most 5000 are read";
        assert_eq!(read.unreadable(), numbered(&[(2, reason), (4, reason)]));
        let raw = &read
            .batches
            .iter()
            .flat_map(|batch| &batch.unreadable)
            .next()
            .unwrap()
            .raw;
        assert!(
            raw.starts_with(r#"{"a":"xxx"#) && raw.ends_with("… (10008 bytes)"),
            "{raw}"
        );
    }
}

#[tokio::test]
async fn a_long_bad_line_is_shown_short() {
    let text = format!("{{\"a\":1}}\n{{\"a\":\"{}\n", "é".repeat(5000));
    let read = read(text, &sample(1)).await;
    let row = read
        .batches
        .iter()
        .flat_map(|batch| &batch.unreadable)
        .next()
        .unwrap();
    assert!(
        row.raw.len() < 4200 && row.raw.contains("… (10006 bytes)"),
        "{}",
        row.raw.len()
    );
    assert!(!row.raw.contains('\u{fffd}'));
}

#[tokio::test]
async fn batches_hold_to_their_rows_and_keep_the_order() {
    let text: String = (1..=100)
        .map(|row| {
            if row % 10 == 0 {
                "bad\n".to_owned()
            } else {
                format!("{{\"a\":{row}}}\n")
            }
        })
        .collect();
    for (lines, rows) in [(1, 7), (100, 7), (50, 1), (1000, 1000)] {
        let read = read(text.clone(), &sample(lines).with_batch_rows(rows)).await;
        assert!(read.batches.iter().all(|batch| batch.num_rows() <= rows));
        let expected: Vec<u64> = (1..=100).filter(|row| row % 10 != 0).collect();
        assert_eq!(read.numbers(), expected);
        let bad: Vec<u64> = read
            .unreadable()
            .into_iter()
            .map(|(number, _)| number)
            .collect();
        assert_eq!(bad, (1..=10).map(|ten| ten * 10).collect::<Vec<_>>());
        assert_eq!(read.column("a").len(), 90);
        assert!(
            read.column("a")
                .iter()
                .all(|(number, text)| number.to_string() == *text)
        );
    }
}

#[tokio::test]
async fn nothing_but_bad_lines_is_an_error_that_shows_the_first() {
    let error = try_read("a.json", "{\n  \"a\": 1\n}\n", &ReadOptions::new())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.json: none of the first 3 lines can be read; line 1: not valid JSON: EOF while \
         parsing an object at column 1; write one object a line, for example with jq -c ."
    );
    let lists = try_read("a.json", "{\"a\":[1,{}]}\n", &ReadOptions::new())
        .await
        .unwrap_err();
    let reason = "line 1: column \"a\" can't hold both plain values and objects";
    assert!(lists.to_string().contains(reason), "{lists}");
    let long = ReadOptions::new().with_max_line_bytes(3);
    let error = try_read("a.json", "\n{\"a\": 1}\n", &long)
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("line 2: the line is too long: 8 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn nothing_but_blank_lines_is_an_error() {
    let error = try_read("<stdin>", "\n \n\n", &ReadOptions::new())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::OnlyBlank { .. }), "{error}");
}

#[tokio::test]
async fn reading_that_fails_gives_the_lines_before_it_first() {
    let pieces =
        Pieces::new(["{\"a\":1}\n{\"a\":2}\n", "{\"a\":3}\n{\"a\":"]).then_fail("pulled out");
    let source = Source::from_reader("<stdin>", pieces, &sample(1))
        .await
        .unwrap();
    let read = Read::all(source).await;
    assert_eq!(read.column("a"), numbered(&[(1, "1"), (2, "2"), (3, "3")]));
    assert_eq!(
        chain(&read.error.unwrap()),
        "<stdin>: reading failed after row 3; check the disk or the program that writes to it, and \
         run it again: pulled out"
    );

    let pieces = Pieces::new(["  \n"]).then_fail("pulled out");
    let options = ReadOptions::new().with_format(Format::Ndjson);
    let error = Source::from_reader("<stdin>", pieces, &options)
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Read {
                after_row: 0 | 1,
                ..
            }
        ),
        "{error}"
    );
}
