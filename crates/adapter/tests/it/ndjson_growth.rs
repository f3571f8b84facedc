//! The schema is inferred from a sample and grows: nothing that comes later is lost.

use std::fmt::Write as _;

use leadsquared_core::{Error as CoreError, Mapping, PayloadBuilder};

use crate::helpers::{lines, numbered, read, sample};

/// One line a batch, the schema inferred from the first: growth at every step.
fn stepwise() -> leadsquared_adapter::ReadOptions {
    sample(1).with_batch_rows(1)
}

#[tokio::test]
async fn a_key_that_comes_late_is_a_column_from_then_on() {
    let text = "{\"a\":1}\n{\"a\":2,\"late\":\"x\"}\n{\"a\":3}\n{\"later\":true,\"a\":4}\n";
    let stepped = read(text, &stepwise()).await;
    assert_eq!(stepped.types("late"), ["-", "Utf8", "Utf8", "Utf8"]);
    assert_eq!(stepped.types("later"), ["-", "-", "-", "Boolean"]);
    for options in [stepwise(), sample(1), sample(2), sample(100)] {
        let read = read(text, &options).await;
        assert_eq!(read.column("late"), numbered(&[(2, "x")]));
        assert_eq!(read.column("later"), numbered(&[(4, "true")]));
        assert_eq!(
            read.column("a"),
            numbered(&[(1, "1"), (2, "2"), (3, "3"), (4, "4")])
        );
        assert_eq!(read.unreadable(), []);
    }
}

#[tokio::test]
async fn columns_keep_the_order_in_which_they_came() {
    let text = "{\"z\":1,\"y\":{\"n\":1,\"m\":2}}\n{\"a\":1,\"y\":{\"b\":1},\"z\":2}\n{\"m\":1}\n";
    for options in [stepwise(), sample(100)] {
        let read = read(text, &options).await;
        let schema = read.batches.last().unwrap().batch.schema();
        let names: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        assert_eq!(names, ["z", "y", "a", "m"]);
        let inner = read
            .batches
            .last()
            .unwrap()
            .batch
            .column_by_name("y")
            .unwrap()
            .data_type()
            .to_string();
        let at = |name: &str| inner.find(&format!("\"{name}\"")).unwrap();
        assert!(at("n") < at("m") && at("m") < at("b"), "{inner}");
    }
}

#[tokio::test]
async fn mixed_values_keep_their_own_text() {
    // What `a` holds line by line, and the type it comes to.
    let cases: &[(&[&str], &str)] = &[
        (&["1", "2"], "Int64"),
        (&["1", "null", "2.5"], "Float64"),
        (&["null", "null"], "Null"),
        (&["null", "true", "false"], "Boolean"),
        (&["1", "\"x\"", "1.50", "1e5", "-0", "true", "null"], "Utf8"),
        (&["true", "1"], "Utf8"),
        (&["1.5", "\"1.50\""], "Utf8"),
        (&["9223372036854775807", "-9223372036854775808"], "Int64"),
        (&["1", "9223372036854775808"], "Utf8"),
        (&["1", "18446744073709551616"], "Utf8"),
        (&["-9223372036854775809", "2"], "Utf8"),
        (&["123456789012345678901234567890", "1.5"], "Utf8"),
        (&["9007199254740992", "1.5"], "Float64"),
        (&["9007199254740993", "1.5"], "Utf8"),
        (&["1.5", "9007199254740993"], "Utf8"),
        (&["1.5", "1", "9007199254740993", "2.5"], "Utf8"),
        (&["1e300", "1"], "Utf8"),
    ];
    for (values, data_type) in cases {
        let text = lines(values.iter().map(|value| format!("{{\"a\":{value}}}")));
        for options in [stepwise(), sample(1), sample(100)] {
            let read = read(text.clone(), &options).await;
            assert_eq!(read.unreadable(), [], "{values:?}");
            assert_eq!(read.types("a").last().unwrap(), data_type, "{values:?}");
            let column = read.column("a");
            let expected: Vec<_> = values.iter().filter(|value| **value != "null").collect();
            assert_eq!(column.len(), expected.len());
            for ((_, text), value) in column.iter().zip(expected) {
                let value = value.trim_matches('"');
                let whole = value.parse::<i128>().is_ok();
                let number = |text: &str| text.parse::<f64>().ok();
                let same = if *data_type == "Utf8" && options.batch_rows() > 1 {
                    text == value
                } else {
                    // Where the column was numbers: the same digits, or the same number.
                    text.strip_suffix(".0").unwrap_or(text) == value
                        || !whole && number(text) == number(value)
                };
                assert!(same, "{values:?}: {text} for {value}");
            }
        }
    }
}

#[tokio::test]
async fn whole_numbers_never_lose_a_digit() {
    let big = [
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999",
    ];
    let three = |value: &&str| format!("{{\"a\":1}}\n{{\"a\":{value}}}\n{{\"a\":0.5}}");
    let text = lines(big.iter().map(three));
    for options in [
        stepwise(),
        sample(1),
        sample(100),
        stepwise().with_sample(3, 1 << 20),
    ] {
        let read = read(text.clone(), &options).await;
        let texts: Vec<_> = read.column("a").into_iter().map(|(_, text)| text).collect();
        let found: Vec<_> = texts.chunks(3).map(|three| three[1].as_str()).collect();
        assert_eq!(found, big);
    }
}

#[tokio::test]
async fn lists_and_objects_grow_inside() {
    let text = "{\"t\":[1],\"k\":{\"s\":1}}\n{\"t\":[\"x\",null,2.50],\"k\":{\"n\":\"y\"}}\n{\"t\":[],\"k\":null}\n";
    for options in [stepwise(), sample(1), sample(100)] {
        let read = read(text, &options).await;
        assert_eq!(read.unreadable(), []);
        let tags = read.column("t");
        assert_eq!(tags[0].1, "[1]");
        assert_eq!(tags[1].1, "[x, , 2.50]");
        assert_eq!(tags[2].1, "[]");
        let kyc = read.column("k");
        assert!(
            kyc[0].1.contains("s: 1") && kyc[1].1.contains("n: y"),
            "{kyc:?}"
        );
        assert_eq!(kyc.len(), 2);
    }
}

#[tokio::test]
async fn a_line_of_another_kind_is_unreadable_and_names_the_column() {
    let text = "{\"id\":1,\"kyc\":{\"s\":1},\"tags\":[1],\"name\":\"x\"}\n\
                {\"id\":2,\"kyc\":\"none\"}\n\
                {\"id\":3,\"tags\":{\"a\":1}}\n\
                {\"id\":4,\"name\":[\"x\"]}\n\
                {\"id\":5,\"kyc\":{\"s\":[1]}}\n\
                {\"id\":6,\"tags\":[1,[2]]}\n\
                {\"id\":7,\"new\":[{},1]}\n\
                {\"id\":8,\"new\":{\"x\":[1,{}]}}\n\
                {\"id\":9,\"kyc\":{\"s\":2}}\n";
    for options in [stepwise(), sample(1), sample(100)] {
        let read = read(text, &options).await;
        assert_eq!(read.column("id"), numbered(&[(1, "1"), (9, "9")]));
        let expected = [
            (2, "column \"kyc\" can't hold both objects and plain values"),
            (3, "column \"tags\" can't hold both lists and objects"),
            (4, "column \"name\" can't hold both plain values and lists"),
            (5, "column \"kyc.s\" can't hold both plain values and lists"),
            (6, "column \"tags\" can't hold both plain values and lists"),
            (7, "column \"new\" can't hold both objects and plain values"),
            (
                8,
                "column \"new.x\" can't hold both plain values and objects",
            ),
        ];
        assert_eq!(read.unreadable(), numbered(&expected));
        // Nor does a rejected line leave anything behind.
        assert_eq!(read.types("new").last().unwrap(), "-");
    }
}

#[tokio::test]
async fn in_the_sample_the_most_lines_win() {
    let mut text = "{\"id\":1,\"kyc\":\"N/A\"}\n{\"id\":2,\"kyc\":[1]}\n".to_owned();
    for id in 3..=10 {
        writeln!(text, "{{\"id\":{id},\"kyc\":{{\"status\":\"ok\"}}}}").unwrap();
    }
    let read = read(text, &sample(100)).await;
    assert_eq!(read.numbers(), (3..=10).collect::<Vec<u64>>());
    let expected = [
        (1, "column \"kyc\" can't hold both objects and plain values"),
        (2, "column \"kyc\" can't hold both objects and lists"),
    ];
    assert_eq!(read.unreadable(), numbered(&expected));
}

#[tokio::test]
async fn a_late_column_without_a_text_costs_its_line_only() {
    let text = "{\"EmailAddress\":\"a@example.com\",\"mx_Tags\":null}\n\
                {\"EmailAddress\":\"b@example.com\",\"orders\":[{\"id\":1}]}\n\
                {\"EmailAddress\":\"c@example.com\",\"mx_Tags\":[[1]]}\n\
                {\"EmailAddress\":\"d@example.com\",\"mx_Tags\":[1],\"deep\":{\"er\":{\"est\":1}}}\n\
                {\"EmailAddress\":\"e@example.com\",\"\":1}\n\
                {\"EmailAddress\":\"f@example.com\",\"Source\":\"late\"}\n\
                {\"EmailAddress\":\"g@example.com\",\"mx_Tags\":[1],\"orders\":null}\n";
    let mapping = Mapping::new().constant("Source", "Webinar");
    for options in [stepwise(), sample(1)] {
        let read = read(text, &options.with_mapping(mapping.clone())).await;
        let reasons = read.unreadable();
        for ((number, reason), (row, part)) in reasons.iter().zip([
            (2, "column \"orders\" has the type List("),
            (3, "column \"mx_Tags\" has the type List("),
            (4, "column \"deep.er\""),
            (5, "no attribute name"),
            (6, "\"Source\""),
        ]) {
            assert_eq!(*number, row, "{reason}");
            assert!(reason.contains(part), "{reason}");
        }
        assert_eq!(read.numbers(), [1, 7]);
        assert_eq!(reasons.len(), 5);

        // The point of it: what comes after still becomes leads.
        let mut builder = PayloadBuilder::new(mapping.clone());
        for batch in read.batches {
            builder.push(batch).unwrap();
        }
        let body = String::from_utf8(builder.finish().unwrap().body().to_vec()).unwrap();
        assert!(
            body.contains("a@example.com") && body.contains("g@example.com"),
            "{body}"
        );
        assert_eq!(builder.take_rejections().len(), 5);
    }
}

#[tokio::test]
async fn a_late_column_is_checked_even_if_the_rest_is_no_lead() {
    // No unique field at all: whoever reads this doesn't make leads of it, or not by this mapping.
    let text = "{\"a\":1}\n{\"orders\":[{\"id\":1}]}\n{\"a\":2}\n";
    let read = read(text, &stepwise()).await;
    assert_eq!(read.column("a"), numbered(&[(1, "1"), (3, "2")]));
    assert!(read.unreadable()[0].1.contains("column \"orders\""));
}

#[tokio::test]
async fn a_column_without_a_text_in_the_sample_is_in_the_schema() {
    let text = "{\"EmailAddress\":\"a@example.com\",\"orders\":[{\"id\":1}]}\n";
    let mut read = read(text, &sample(10)).await;
    assert_eq!(read.numbers(), [1]);
    let error = PayloadBuilder::new(Mapping::new())
        .push(read.batches.remove(0))
        .unwrap_err();
    let CoreError::NoTextForm { columns } = &error else {
        panic!("{error}")
    };
    assert_eq!(columns[0].column, "orders");
}

#[tokio::test]
async fn what_the_mapping_drops_is_never_a_reason() {
    let mapping = Mapping::new().drop_column("x").drop_column("kyc.history");
    let text = "{\"a\":1,\"x\":1,\"kyc\":{\"s\":1,\"history\":[{}]}}\n\
                {\"a\":2,\"x\":[{}],\"kyc\":{\"history\":\"none\"}}\n\
                {\"a\":3,\"x\":{\"y\":[1,{}]},\"kyc\":{\"history\":[[1,{}]],\"s\":\"late\"}}\n\
                {\"a\":4,\"x\":\"\\ud800\"}\n\
                {\"a\":5}\n";
    for options in [stepwise(), sample(1), sample(100)] {
        let read = read(text, &options.with_mapping(mapping.clone())).await;
        assert_eq!(
            read.column("a"),
            numbered(&[(1, "1"), (2, "2"), (3, "3"), (5, "5")])
        );
        assert!(read.types("x").iter().all(|data_type| data_type == "-"));
        assert!(
            read.column("kyc")
                .iter()
                .all(|(_, kyc)| !kyc.contains("history"))
        );
        // It must still be JSON: whether the line is whole can't be told otherwise.
        let reasons = read.unreadable();
        assert_eq!((reasons.len(), reasons[0].0), (1, 4));
        assert!(reasons[0].1.starts_with("not valid JSON"));
    }
}

#[tokio::test]
async fn endless_new_keys_end_somewhere() {
    let mut text = "{\"a\":1}\n".to_owned();
    for key in 0..3000 {
        writeln!(text, "{{\"a\":1,\"key{key}\":1}}").unwrap();
    }
    writeln!(text, "{{\"a\":2}}").unwrap();
    let read = read(text, &sample(1)).await;
    assert_eq!(read.column("a").len(), 1 + 1999 + 1);
    let reasons = read.unreadable();
    assert_eq!(reasons.len(), 1001);
    assert_eq!(
        reasons[0],
        (
            2001,
            "its new columns would make more than 2000; drop some in the mapping".to_owned()
        )
    );
}

#[tokio::test]
async fn the_schema_of_a_source_is_that_of_its_sample_dropped_columns_included() {
    let text = "{\"a\":1,\"x\":[{}]}\n{\"b\":1.5}\n{\"c\":true}\n";
    let options = sample(2).with_mapping(Mapping::new().drop_column("x"));
    let source = leadsquared_adapter::Source::from_reader("leads", text.as_bytes(), &options)
        .await
        .unwrap();
    let columns: Vec<_> = source
        .schema()
        .fields()
        .iter()
        .map(|field| format!("{} {}", field.name(), field.data_type()))
        .collect();
    assert_eq!(
        (columns[0].as_str(), columns[2].as_str()),
        ("a Int64", "b Float64")
    );
    assert!(columns[1].starts_with("x List("), "{}", columns[1]);
    assert_eq!(columns.len(), 3);
}
