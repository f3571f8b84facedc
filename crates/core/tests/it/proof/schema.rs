//! Random schemas over every type with a text, and mappings for them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use leadsquared_core::Mapping;

use super::Entropy;

/// A column as the mapping has it: what the oracle knows beside the schema.
pub(crate) struct Column {
    pub(crate) name: String,
    /// `None` if the mapping drops it.
    pub(crate) attribute: Option<String>,
    pub(crate) unique: bool,
}

impl Column {
    /// The column at `index`; without `renames` it keeps its name or is dropped.
    fn new(index: usize, renames: bool, entropy: &mut Entropy) -> Self {
        let name = name(index, entropy);
        let attribute = match entropy.below(8) {
            0 => None,
            1 | 2 if renames => Some(format!("as_{}", self::name(index, entropy))),
            _ => Some(name.clone()),
        };
        Self {
            name,
            attribute,
            unique: false,
        }
    }

    fn map(&self, mapping: Mapping, path: &str) -> Mapping {
        match &self.attribute {
            None => mapping.drop_column(path),
            Some(attribute) if *attribute != self.name => mapping.rename(path, attribute),
            Some(_) => mapping,
        }
    }
}

/// Names that differ by their number, some of which need escaping.
fn name(index: usize, entropy: &mut Entropy) -> String {
    match entropy.below(8) {
        0 => format!("mx \"{index}\"\\\n\u{1}"),
        1 => format!("mx_Größe_👩\u{2028}_{index}"),
        2 => format!("mx_{}{index}", "long_".repeat(entropy.below(30))),
        _ => format!("mx_{index}"),
    }
}

/// The columns of all schemas of a case: at least one that is unique, and not dropped.
pub(crate) fn columns(count: usize, entropy: &mut Entropy) -> Vec<Column> {
    let mut columns: Vec<Column> = (0..count)
        .map(|index| Column::new(index, true, &mut entropy.fork()))
        .collect();
    // The first few, so that fewer columns leave the unique ones in; the order is the schema's.
    for column in columns.iter_mut().take(1 + entropy.below(3)) {
        column.attribute.get_or_insert_with(|| column.name.clone());
        column.unique = true;
    }
    columns
}

/// A schema for `columns`, whose names it has, with any types.
///
/// A unique column's type is none that makes a field set, which can't be unique.
pub(crate) fn schema(columns: &[Column], entropy: &mut Entropy) -> SchemaRef {
    let fields: Vec<Field> = columns
        .iter()
        .map(|column| {
            let entropy = &mut entropy.fork();
            let data_type = match &column.attribute {
                _ if column.unique && !entropy.once_in(4) => text(entropy),
                _ if column.unique => value(2, entropy),
                None if entropy.once_in(2) => DataType::Binary,
                _ => any(entropy),
            };
            Field::new(&column.name, data_type, !entropy.once_in(4))
        })
        .collect();
    Arc::new(Schema::new(fields))
}

/// The columns inside the struct columns of `schema`, by the index of the struct.
///
/// Renamed only if there is no other schema, in which the mapping would look for them in vain.
pub(crate) fn children(schema: &Schema, renames: bool, entropy: &mut Entropy) -> Vec<Vec<Column>> {
    let children = |field: &Arc<Field>| match field.data_type() {
        DataType::Struct(children) => children
            .iter()
            .enumerate()
            .map(|(index, child)| Column {
                name: child.name().clone(),
                attribute: match entropy.below(6) {
                    0 if renames => None,
                    1 if renames => Some(format!("Field \"{index}\"")),
                    _ => Some(child.name().clone()),
                },
                unique: false,
            })
            .collect(),
        _ => Vec::new(),
    };
    schema.fields().iter().map(children).collect()
}

/// The mapping that says what `columns` and their `children` say.
pub(crate) fn mapping(
    columns: &[Column],
    children: &[Vec<Column>],
    constants: &[(String, String)],
) -> Mapping {
    let unique = columns
        .iter()
        .filter(|column| column.unique)
        .filter_map(|column| column.attribute.clone());
    let mut mapping = Mapping::new().unique_fields(unique);
    for (column, children) in columns.iter().zip(children) {
        mapping = column.map(mapping, &column.name);
        if column.attribute.is_some() {
            for child in children {
                mapping = child.map(mapping, &format!("{}.{}", column.name, child.name));
            }
        }
    }
    for (attribute, value) in constants {
        mapping = mapping.constant(attribute, value);
    }
    mapping
}

/// A type that can be a column.
fn any(entropy: &mut Entropy) -> DataType {
    match entropy.below(10) {
        0 | 1 => text(entropy),
        2 => structure(entropy),
        3 => map(entropy),
        _ => value(2, entropy),
    }
}

/// A type with one text; references and lists nest up to `depth`.
fn value(depth: usize, entropy: &mut Entropy) -> DataType {
    match entropy.below(8) {
        0 if depth > 0 => list(depth - 1, entropy),
        1 | 2 if depth > 0 => reference(value(depth - 1, entropy), entropy),
        _ => scalar(entropy),
    }
}

/// As [`value`], but no list at any depth.
fn element(depth: usize, entropy: &mut Entropy) -> DataType {
    match entropy.below(6) {
        0 if depth > 0 => reference(element(depth - 1, entropy), entropy),
        _ => scalar(entropy),
    }
}

fn text(entropy: &mut Entropy) -> DataType {
    match entropy.below(3) {
        0 => DataType::Utf8,
        1 => DataType::LargeUtf8,
        _ => DataType::Utf8View,
    }
}

fn scalar(entropy: &mut Entropy) -> DataType {
    use DataType as T;
    match entropy.below(28) {
        0 => T::Boolean,
        1 => T::Int8,
        2 => T::Int16,
        3 => T::Int32,
        4 => T::Int64,
        5 => T::UInt8,
        6 => T::UInt16,
        7 => T::UInt32,
        8 => T::UInt64,
        9 => T::Float16,
        10 => T::Float32,
        11 | 12 => T::Float64,
        13..=16 => decimal(entropy),
        17 => T::Date32,
        18 => T::Date64,
        19 | 20 => timestamp(entropy),
        21 => T::Time32(entropy.pick(&[TimeUnit::Second, TimeUnit::Millisecond])),
        22 => T::Time64(entropy.pick(&[TimeUnit::Microsecond, TimeUnit::Nanosecond])),
        23 if entropy.once_in(2) => T::Null,
        _ => text(entropy),
    }
}

fn decimal(entropy: &mut Entropy) -> DataType {
    let (most, width) = entropy.pick(&[(9, 32), (18, 64), (38, 128), (76, 256)]);
    let precision = 1 + u8::try_from(entropy.below(most)).unwrap();
    let scale = match entropy.below(8) {
        0 => 0,
        1 => -i8::try_from(1 + entropy.below(40)).unwrap(),
        2 => entropy.pick(&[i8::MIN, -1, -127]),
        3 => i8::try_from(precision).unwrap(),
        _ => i8::try_from(entropy.below(usize::from(precision) + 1)).unwrap(),
    };
    match width {
        32 => DataType::Decimal32(precision, scale),
        64 => DataType::Decimal64(precision, scale),
        128 => DataType::Decimal128(precision, scale),
        _ => DataType::Decimal256(precision, scale),
    }
}

fn timestamp(entropy: &mut Entropy) -> DataType {
    const ZONES: [Option<&str>; 5] = [
        None,
        Some("UTC"),
        Some("+05:30"),
        Some("-09:00"),
        Some("Asia/Kolkata"),
    ];
    let unit = entropy.pick(&[
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
    ]);
    DataType::Timestamp(unit, entropy.pick(&ZONES).map(Arc::from))
}

/// A dictionary or run-end encoding of `values`.
fn reference(values: DataType, entropy: &mut Entropy) -> DataType {
    use DataType as T;
    if entropy.once_in(3) {
        let ends = [T::Int16, T::Int32, T::Int64][entropy.below(3)].clone();
        return T::RunEndEncoded(
            Arc::new(Field::new("run_ends", ends, false)),
            Arc::new(Field::new("values", values, true)),
        );
    }
    let keys = [
        T::Int8,
        T::Int16,
        T::Int32,
        T::Int64,
        T::UInt8,
        T::UInt16,
        T::UInt32,
        T::UInt64,
    ];
    let keys = keys[entropy.below(keys.len())].clone();
    T::Dictionary(Box::new(keys), Box::new(values))
}

fn list(depth: usize, entropy: &mut Entropy) -> DataType {
    use DataType as T;
    let items = Arc::new(Field::new("item", element(depth, entropy), true));
    match entropy.below(5) {
        0 => T::List(items),
        1 => T::LargeList(items),
        2 => T::ListView(items),
        3 => T::LargeListView(items),
        _ => T::FixedSizeList(items, i32::from(entropy.byte() % 4)),
    }
}

fn structure(entropy: &mut Entropy) -> DataType {
    let children: Fields = (0..entropy.below(6))
        .map(|index| Field::new(name(index, entropy), value(1, entropy), true))
        .collect();
    DataType::Struct(children)
}

fn map(entropy: &mut Entropy) -> DataType {
    let keys = match entropy.below(4) {
        0 => DataType::Dictionary(Box::new(DataType::Int32), Box::new(text(entropy))),
        _ => text(entropy),
    };
    let entries = Fields::from(vec![
        Field::new("keys", keys, false),
        Field::new("values", value(1, entropy), true),
    ]);
    let entries = Field::new("entries", DataType::Struct(entries), false);
    DataType::Map(Arc::new(entries), false)
}
