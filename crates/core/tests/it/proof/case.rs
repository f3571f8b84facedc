//! One random case: a mapping, batches that fit it, and limits.

use arrow::array::RecordBatch;
use arrow::datatypes::{FieldRef, SchemaRef};
use leadsquared_core::{Mapping, PayloadLimits};

use super::Entropy;
use super::arrays::{Mood, array};
use super::schema::{self, Column};
use super::texts;

/// Numbers of rows at which an encoder that works in blocks changes its step.
const ROWS: [usize; 22] = [
    0, 1, 2, 31, 32, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 513, 1023, 1025, 2047, 2049,
    4095, 4097,
];

/// How large a case may get; a smaller one is the same but for what is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    /// At least 1.
    pub(crate) columns: usize,
    /// The most rows in a batch.
    pub(crate) rows: usize,
    pub(crate) batches: usize,
}

/// What goes in, and what the oracle must know of it.
pub(crate) struct Case {
    pub(crate) mapping: Mapping,
    pub(crate) constants: Vec<(String, String)>,
    pub(crate) columns: Vec<Column>,
    pub(crate) batches: Vec<Batch>,
    pub(crate) limits: PayloadLimits,
}

pub(crate) struct Batch {
    pub(crate) rows: RecordBatch,
    /// The columns inside each struct column.
    pub(crate) children: Vec<Vec<Column>>,
}

impl Case {
    pub(crate) fn new(size: Size, entropy: &mut Entropy) -> Self {
        let limits = limits(entropy);
        let constants: Vec<_> = (0..entropy.below(3))
            .map(|index| (format!("Constant \"{index}\""), texts::text(entropy)))
            .collect();
        let columns = schema::columns(size.columns.max(1), &mut entropy.fork());

        // Mostly all batches have one schema; then the mapping may name what is inside its structs.
        let first = schema::schema(&columns, &mut entropy.fork());
        let second = schema::schema(&columns, &mut entropy.fork());
        let alone = !entropy.once_in(4);
        let choices = entropy.fork();
        let children = |schema: &SchemaRef| schema::children(schema, alone, &mut choices.clone());
        let mapping = schema::mapping(&columns, &children(&first), &constants);

        let batches = (0..size.batches)
            .map(|_| {
                let entropy = &mut entropy.fork();
                let schema = if alone || entropy.once_in(2) {
                    &first
                } else {
                    &second
                };
                Batch {
                    rows: rows(schema, &columns, size.rows, entropy),
                    children: children(schema),
                }
            })
            .collect();
        Self {
            mapping,
            constants,
            columns,
            batches,
            limits,
        }
    }
}

fn limits(entropy: &mut Entropy) -> PayloadLimits {
    let limits = PayloadLimits::default().with_leads(1 + entropy.below(60));
    match entropy.below(6) {
        0 => limits.with_bytes(entropy.below(100)),
        1 => limits.with_bytes(entropy.below(1_000)),
        2 | 3 => limits.with_bytes(entropy.below(20_000)),
        _ => limits,
    }
}

/// A batch of at most `most` rows, which may be a slice of a longer one.
fn rows(schema: &SchemaRef, columns: &[Column], most: usize, entropy: &mut Entropy) -> RecordBatch {
    let borders = ROWS.partition_point(|&rows| rows <= most);
    let count = match entropy.below(4) {
        0 => entropy.below(most + 1),
        _ => entropy.pick(&ROWS[..borders]),
    };
    let skipped = if entropy.once_in(4) {
        entropy.below(70)
    } else {
        0
    };
    let column = |(field, column): (&FieldRef, &Column)| {
        let entropy = &mut entropy.fork();
        let mut mood = Mood::new(field.is_nullable(), entropy);
        if column.unique {
            mood = mood.unique(entropy);
        }
        array(field.data_type(), skipped + count, mood, entropy)
    };
    let arrays = schema.fields().iter().zip(columns).map(column).collect();
    RecordBatch::try_new(schema.clone(), arrays)
        .unwrap()
        .slice(skipped, count)
}
