//! Random tables of every type, held against the oracle.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

use arrow::datatypes::DataType;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::proof::{Entropy, Size, check, check_bytes};

/// Says how many rows are compared at least, instead of [`FEW_ROWS`].
const ROWS_VARIABLE: &str = "LEADSQUARED_PROOF_ROWS";
const FEW_ROWS: usize = 50_000;

/// Cases that run every time: a large one, and those that failed once, as the failure printed them.
const KNOWN: [(u64, Size); 1] = [(
    0,
    Size {
        columns: 14,
        rows: 257,
        batches: 3,
    },
)];

/// Most cases are of ordinary size; some are tall and some are wide, for what counts in blocks of
/// rows or in sets of columns.
fn size() -> impl Strategy<Value = Size> {
    let ordinary = (1_usize..=14, 0_usize..=257, 1_usize..=5);
    let tall = (1_usize..=4, 0_usize..=5_000, 1_usize..=2);
    let wide = (60_usize..=140, 0_usize..=70, 1_usize..=1);
    prop_oneof![28 => ordinary, 1 => tall, 2 => wide].prop_map(|(columns, rows, batches)| Size {
        columns,
        rows,
        batches,
    })
}

#[test]
fn every_payload_is_what_the_oracle_says() {
    let wanted = env::var(ROWS_VARIABLE).map_or(FEW_ROWS, |rows| rows.parse().unwrap());
    let compared = Cell::new(0);
    let compare = |seed, size| {
        let (_, rows) = check(size, &mut Entropy::from_seed(seed));
        compared.set(compared.get() + rows.iter().map(Vec::len).sum::<usize>());
    };
    for (seed, size) in KNOWN {
        compare(seed, size);
    }
    // A failure prints what to add to the known cases, so that no file need be kept beside them.
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    while compared.get() < wanted {
        TestRunner::new(config.clone())
            .run(&(any::<u64>().no_shrink(), size()), |(seed, size)| {
                if compared.get() < wanted {
                    compare(seed, size);
                }
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("{failure}"));
    }
    println!("{} rows compared", compared.get());
}

/// Inputs that the fuzzer found worth keeping, and those that failed once.
#[test]
fn the_seeds_of_the_fuzzer_hold() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/encoder");
    let mut seeds = 0;
    for seed in fs::read_dir(folder).unwrap() {
        check_bytes(&fs::read(seed.unwrap().path()).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0);
}

/// The control of the tests above: what they compare is worth comparing.
#[test]
fn the_cases_have_every_type_and_every_end_of_a_row() {
    let size = Size {
        columns: 14,
        rows: 20,
        batches: 2,
    };
    let mut types = BTreeSet::new();
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..300 {
        let (case, rows) = check(size, &mut Entropy::from_seed(seed));
        for batch in &case.batches {
            for field in batch.rows.schema_ref().fields() {
                names(field.data_type(), &mut types);
            }
        }
        for row in rows.iter().flatten() {
            let end = row.lead.as_ref().map_or_else(|code| *code, |_| "lead");
            *ends.entry(end).or_default() += 1;
        }
    }
    let found: Vec<&str> = types.iter().map(String::as_str).collect();
    assert_eq!(found, TYPES);
    let codes: Vec<&str> = ends.keys().copied().collect();
    assert_eq!(codes, CODES);
    let rows: usize = ends.values().sum();
    assert!(ends["lead"] * 2 > rows, "most rows are rejected: {ends:?}");
}

const CODES: [&str; 6] = [
    "empty-key",
    "lead",
    "no-unique-field",
    "not-finite",
    "out-of-range",
    "repeated-key",
];

/// Every type with a text, and one without for columns that are dropped.
const TYPES: [&str; 53] = [
    "Binary",
    "Boolean",
    "Date32",
    "Date64",
    "Decimal128",
    "Decimal256",
    "Decimal32",
    "Decimal64",
    "Dictionary(Int16)",
    "Dictionary(Int32)",
    "Dictionary(Int64)",
    "Dictionary(Int8)",
    "Dictionary(UInt16)",
    "Dictionary(UInt32)",
    "Dictionary(UInt64)",
    "Dictionary(UInt8)",
    "FixedSizeList",
    "Float16",
    "Float32",
    "Float64",
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "LargeList",
    "LargeListView",
    "LargeUtf8",
    "List",
    "ListView",
    "Map",
    "Null",
    "RunEndEncoded(Int16)",
    "RunEndEncoded(Int32)",
    "RunEndEncoded(Int64)",
    "Struct",
    "Time32(ms)",
    "Time32(s)",
    "Time64(ns)",
    "Time64(µs)",
    "Timestamp(ms)",
    "Timestamp(ms, zoned)",
    "Timestamp(ns)",
    "Timestamp(ns, zoned)",
    "Timestamp(s)",
    "Timestamp(s, zoned)",
    "Timestamp(µs)",
    "Timestamp(µs, zoned)",
    "UInt16",
    "UInt32",
    "UInt64",
    "UInt8",
    "Utf8",
    "Utf8View",
];

/// The name of a type, and those of the types inside it.
fn names(data_type: &DataType, out: &mut BTreeSet<String>) {
    use DataType as T;
    let mut inside: Vec<&DataType> = Vec::new();
    let name = match data_type {
        T::Dictionary(keys, values) => {
            inside.push(values);
            format!("Dictionary({keys})")
        }
        T::RunEndEncoded(ends, values) => {
            inside.push(values.data_type());
            format!("RunEndEncoded({})", ends.data_type())
        }
        T::List(items)
        | T::LargeList(items)
        | T::FixedSizeList(items, _)
        | T::ListView(items)
        | T::LargeListView(items)
        | T::Map(items, _) => {
            inside.push(items.data_type());
            first_word(data_type)
        }
        T::Struct(children) => {
            inside.extend(children.iter().map(|child| child.data_type()));
            first_word(data_type)
        }
        T::Timestamp(unit, zone) => {
            let zone = if zone.is_some() { ", zoned" } else { "" };
            format!("Timestamp({unit}{zone})")
        }
        T::Time32(_) | T::Time64(_) => data_type.to_string(),
        _ => first_word(data_type),
    };
    out.insert(name);
    for data_type in inside {
        names(data_type, out);
    }
}

fn first_word(data_type: &DataType) -> String {
    let text = data_type.to_string();
    text.split('(').next().unwrap_or_default().to_owned()
}
