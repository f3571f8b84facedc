//! The gatherer against its twin, which does the same with slices, and what it refuses.

use arrow::buffer::Buffer;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::block::texts::Source;

/// The lead of `row`, without any copy that could go too far.
fn twin(gather: &Gather, row: usize) -> Vec<u8> {
    let mut lead = Vec::new();
    let mut fields = None;
    for piece in &gather.pieces {
        let prefix = &piece.prefix[..piece.prefix_length];
        let start = piece.texts.starts[row] as usize;
        let length = piece.texts.lengths[row] as usize;
        match piece.kind {
            Kind::Value if piece.texts.valid.contains(row) => {
                lead.extend_from_slice(prefix);
                lead.extend_from_slice(&piece.texts.bytes()[start..start + length]);
                lead.extend_from_slice(b"\"}");
            }
            Kind::Attribute if piece.texts.valid.contains(row) => {
                lead.extend_from_slice(&piece.texts.bytes()[start..start + length]);
            }
            Kind::Value | Kind::Attribute => {}
            Kind::Constant => lead.extend_from_slice(prefix),
            Kind::OpenFields => {
                fields = Some((lead.len(), lead.len() + prefix.len()));
                lead.extend_from_slice(prefix);
            }
            Kind::CloseFields => match fields.take() {
                Some((set, first)) if first == lead.len() => lead.truncate(set),
                Some((_, first)) => {
                    lead[first] = b'[';
                    lead.extend_from_slice(b"]}");
                }
                None => {}
            },
        }
    }
    lead[0] = b'[';
    lead.push(b']');
    lead
}

/// What a piece of a random lead is made of.
#[derive(Clone, Debug)]
struct Column {
    prefix: String,
    texts: Vec<Option<String>>,
    is_attribute: bool,
    is_in_arrow: bool,
}

fn column() -> impl Strategy<Value = Column> {
    let text = prop_oneof![
        Just(None),
        "[a-z]{0,8}".prop_map(Some),
        // Around the size of a copy, and well beyond.
        (55..140_usize).prop_map(|length| Some("x".repeat(length))),
    ];
    (
        "[A-Z]{1,90}",
        vec(text, 1..=ROWS),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(prefix, texts, is_attribute, is_in_arrow)| Column {
            prefix,
            texts,
            is_attribute,
            is_in_arrow,
        })
}

/// Lays the column's texts out as a preparer does.
fn lay_out(column: &Column, count: usize, texts: &mut Texts) {
    texts.scratch.clear();
    texts.valid = RowSet::default();
    for row in 0..count {
        let start = texts.scratch.len();
        if let Some(text) = &column.texts[row % column.texts.len()] {
            texts.valid.insert(row);
            // An attribute is never empty: it has its comma.
            texts
                .scratch
                .extend_from_slice(if column.is_attribute { b"," } else { b"" });
            texts.scratch.extend_from_slice(text.as_bytes());
        } else {
            // Below a null there may be anything.
            texts.scratch.extend_from_slice(b"garbage");
        }
        texts.end_text(row, start);
    }
    texts.use_scratch();
    if column.is_in_arrow {
        texts.source = Source::Arrow(Buffer::from_vec(texts.scratch.clone()));
    }
}

fn gather_of(columns: &[Column], fields: &[Column], count: usize) -> Gather {
    let mut gather = Gather::default();
    let push = |gather: &mut Gather, column: &Column| {
        if column.is_attribute {
            gather.push_attribute();
        } else {
            gather.push_value(format!(",{}", column.prefix).as_bytes());
        }
    };
    gather.push_constant(b",{\"Attribute\":\"Always\"}");
    for column in columns {
        push(&mut gather, column);
    }
    gather.open_fields(b",{\"Attribute\":\"Set\"");
    for column in fields {
        push(&mut gather, column);
    }
    gather.close_fields();
    let mut fill = gather.fill(count);
    for column in columns.iter().chain(fields) {
        lay_out(column, count, fill.next_texts().unwrap());
    }
    assert!(fill.next_texts().is_none());
    assert!(fill.seal());
    gather
}

proptest! {
    #[test]
    fn leads_are_those_of_the_twin(
        columns in vec(column(), 0..6),
        fields in vec(column(), 0..4),
        count in 1..=ROWS,
        before in vec(any::<u8>(), 0..100),
    ) {
        let gather = gather_of(&columns, &fields, count);
        for comma in [Before::Comma, Before::Nothing] {
            let mut expected = before.clone();
            let mut expected_ends = Vec::new();
            for row in 0..count {
                expected.extend_from_slice(if comma == Before::Comma { b"," } else { b"" });
                let lead = twin(&gather, row);
                prop_assert!(1 + lead.len() + PAD <= gather.reach().unwrap());
                expected.extend_from_slice(&lead);
                expected_ends.push(expected.len());
            }
            let mut out = before.clone();
            let mut ends = vec![0; count];
            prop_assert!(gather.append(0..count, comma, &mut out, &mut ends));
            prop_assert_eq!(&out, &expected);
            prop_assert_eq!(ends, expected_ends);
            // One by one, they are the same.
            let mut out = before.clone();
            for row in 0..count {
                prop_assert!(gather.append(row..row + 1, comma, &mut out, &mut [0]));
            }
            prop_assert_eq!(out, expected);
        }
    }
}

/// A gatherer of one value, whose texts `change` may spoil; whether it could be sealed.
fn sealed_after(change: impl FnOnce(&mut Texts)) -> bool {
    let mut gather = Gather::default();
    gather.push_value(b",prefix");
    let mut fill = gather.fill(ROWS);
    let texts = fill.next_texts().unwrap();
    texts.valid = !RowSet::default();
    texts.scratch = vec![b'x'; 100];
    texts.use_scratch();
    texts.starts = [40; ROWS];
    texts.lengths = [60; ROWS];
    change(texts);
    let sealed = fill.seal();
    let mut out = b"before".to_vec();
    assert_eq!(
        gather.append(0..1, Before::Nothing, &mut out, &mut [0]),
        sealed
    );
    assert_eq!(gather.reach().is_some(), sealed);
    if !sealed {
        assert_eq!(out, b"before");
    }
    sealed
}

#[test]
fn texts_that_are_not_all_in_their_source_are_refused() {
    assert!(sealed_after(|_| {}));
    for row in [0, 1, ROWS - 1] {
        assert!(!sealed_after(|texts| texts.starts[row] = 41));
        assert!(!sealed_after(|texts| texts.lengths[row] = 61));
        assert!(!sealed_after(|texts| texts.starts[row] = u32::MAX));
        assert!(!sealed_after(|texts| texts.lengths[row] = u32::MAX));
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn a_text_beyond_what_u32_counts_is_refused() {
    // Zeros that are never touched: the system gives no memory for them.
    let source = Buffer::from_vec(vec![0_u8; u32::MAX as usize + PAD]);
    assert!(!sealed_after(|texts| {
        texts.source = Source::Arrow(source);
        texts.starts[0] = u32::MAX;
        texts.lengths[0] = 8_000;
    }));
}

/// Every text as long as any, and the longest of both kinds: the reach is just enough.
#[test]
fn the_longest_lead_takes_all_of_the_reach() {
    let column = |is_attribute| Column {
        prefix: "P".repeat(70),
        texts: vec![Some("t".repeat(99))],
        is_attribute,
        is_in_arrow: false,
    };
    let columns = [column(false), column(true)];
    let gather = gather_of(&columns, &columns, 3);
    let reach = gather.reach().unwrap();
    // An attribute has no end of its own, which the sum doesn't distinguish, twice.
    assert_eq!(
        1 + twin(&gather, 0).len() + PAD,
        reach - 2 * VALUE_END.len()
    );
}

#[test]
fn texts_without_what_may_be_read_behind_them_are_refused() {
    assert!(!sealed_after(|texts| texts.scratch.truncate(100 + PAD - 1)));
    assert!(!sealed_after(|texts| {
        texts.source = Source::Arrow(Buffer::from_vec(vec![b'x'; 100]));
    }));
}

#[test]
fn texts_too_long_to_reserve_for_are_refused() {
    assert!(!sealed_after(|texts| {
        texts.scratch.resize(MOST_REACH + 200, b'x');
        texts.lengths[7] = u32::try_from(MOST_REACH).unwrap();
    }));
}

#[test]
fn nothing_is_gathered_before_the_block_is_sealed_or_outside_of_it() {
    let mut gather = Gather::default();
    gather.push_constant(b",constant");
    let mut out = Vec::new();
    assert!(!gather.append(0..1, Before::Nothing, &mut out, &mut [0]));
    assert!(gather.fill(ROWS).seal());
    assert!(gather.append(0..1, Before::Nothing, &mut out, &mut [0]));
    assert_eq!(out, b"[constant]");
    assert!(!gather.append(ROWS..ROWS + 1, Before::Nothing, &mut out, &mut [0]));
    assert!(
        !gather.append(0..2, Before::Nothing, &mut out, &mut [0]),
        "one end for two"
    );
    // Whoever starts to fill it again unseals it.
    let _ = gather.fill(ROWS);
    assert!(!gather.append(0..1, Before::Nothing, &mut out, &mut [0]));
}
