//! What is known of the columns, and how it grows without losing a value.

use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use indexmap::IndexMap;
use leadsquared_core::{Mapping, Plan};

use super::scan;
use super::shape::{self, Columns, Kind, Shape};

/// More columns than any account has fields; beyond it, a batch would take too much memory.
const MAX_COLUMNS: usize = 2000;

/// The columns of the lines so far.
pub(super) struct Known {
    mapping: Mapping,
    /// Columns that are added to those of the lines, later.
    beside: Vec<FieldRef>,
    /// What the lines look like; what the mapping drops is [`Shape::Any`].
    shape: Shape,
    /// The same as a schema, without what the mapping drops.
    schema: SchemaRef,
    grows: Growth,
}

enum Growth {
    /// The schema was given: it stays, and other keys are none of our business.
    Never,
    /// A line may widen the schema, unless that would bring an error that isn't there yet: one line
    /// must not stop all others.
    UnlessBroken(Option<Discriminant<leadsquared_core::Error>>),
}

impl Known {
    /// The columns of `schema`, for good.
    pub(super) fn given(schema: &Schema, mapping: Mapping) -> Self {
        let kept = schema
            .fields()
            .iter()
            .filter(|field| mapping.attribute(field.name()).is_some())
            .cloned();
        let schema = Arc::new(Schema::new(kept.collect::<Vec<_>>()));
        Self {
            mapping,
            beside: Vec::new(),
            shape: shape::of_schema(&schema),
            schema,
            grows: Growth::Never,
        }
    }

    /// The columns of a sample of lines, together with the schema of all of them, also those that
    /// the mapping drops.
    ///
    /// If a column holds plain values in some lines and lists or objects in others, it is what it is
    /// in most of them; the other lines will be unreadable.
    ///
    /// # Errors
    /// If no line can be read: the number of the first one, if there is one, and why.
    pub(super) fn infer<'a>(
        lines: impl Iterator<Item = (u64, &'a [u8])>,
        mapping: Mapping,
        beside: Vec<FieldRef>,
    ) -> Result<(Self, SchemaRef), Option<(u64, String)>> {
        let mut first_bad = None;
        let mut bad = |number, reason| {
            first_bad.get_or_insert((number, reason));
        };
        let mut sample = Vec::new();
        for (number, line) in lines {
            match scan::shape(line) {
                Ok(whole) => {
                    let mut masked = whole.clone();
                    masked.mask(&mapping, "");
                    sample.push((number, whole, masked));
                }
                Err(reason) => bad(number, reason),
            }
        }
        let kinds = elect(sample.iter().map(|(_, _, masked)| masked));
        let agrees = |shape: &Shape| {
            let mut columns = shape.columns().into_iter().flatten();
            columns.all(|(name, shape)| {
                let elected = kinds.get(name.as_str());
                shape.kind().is_none_or(|kind| elected == Some(&kind))
            })
        };

        let mut known = Shape::Struct(Columns::new());
        let mut all = known.clone();
        let mut good = 0;
        for (number, whole, masked) in &sample {
            if !agrees(masked) {
                continue;
            }
            match grow(&known, masked.clone()) {
                Ok(grown) => {
                    known = grown;
                    // Columns that are dropped may be in conflict: then the first kind is shown.
                    let _ = all.merge(whole.clone(), "");
                    good += 1;
                }
                Err(reason) => bad(*number, reason),
            }
        }
        if good == 0 {
            return Err(first_bad);
        }

        let schema = schema_of(&known);
        let broken = plan(&schema, &beside, &mapping).err();
        let grows = Growth::UnlessBroken(broken.as_ref().map(discriminant));
        let known = Self {
            mapping,
            beside,
            shape: known,
            schema,
            grows,
        };
        Ok((known, schema_of(&all)))
    }

    /// The schema for the lines taken so far.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Takes a line, and widens the schema if that is what it takes; or says why it is unreadable.
    pub(super) fn take(&mut self, line: &[u8]) -> Result<(), String> {
        let given = matches!(self.grows, Growth::Never);
        if scan::fits(line, &self.shape, given) {
            return Ok(());
        }
        let mut shape = scan::shape(line)?;
        let Growth::UnlessBroken(broken) = self.grows else {
            return check_whole(self.schema.fields().iter().filter_map(|field| {
                Some((
                    field.name().as_str(),
                    field.data_type(),
                    shape.columns()?.get(field.name())?,
                ))
            }));
        };
        shape.mask(&self.mapping, "");
        let grown = grow(&self.shape, shape)?;
        let schema = schema_of(&grown);
        if schema != self.schema {
            if let Err(error) = plan(&schema, &self.beside, &self.mapping)
                && broken != Some(discriminant(&error))
            {
                return Err(error.to_string());
            }
            self.schema = schema;
        }
        self.shape = grown;
        Ok(())
    }
}

/// What a batch with all columns would be sent as.
fn plan(
    schema: &Schema,
    beside: &[FieldRef],
    mapping: &Mapping,
) -> Result<Plan, leadsquared_core::Error> {
    let own = schema.fields().iter();
    let beside = beside
        .iter()
        .filter(|field| schema.field_with_name(field.name()).is_err());
    let all = own.chain(beside).cloned().collect::<Vec<_>>();
    Plan::try_new(&Arc::new(Schema::new(all)), mapping)
}

/// The kind that each column has in most lines; the one that came first, if two are even.
fn elect<'a>(lines: impl Iterator<Item = &'a Shape>) -> IndexMap<&'a str, Kind> {
    let mut votes: IndexMap<&str, IndexMap<Kind, usize>> = IndexMap::new();
    for (name, shape) in lines.filter_map(Shape::columns).flatten() {
        if let Some(kind) = shape.kind() {
            *votes.entry(name).or_default().entry(kind).or_default() += 1;
        }
    }
    let most = |kinds: IndexMap<Kind, usize>| {
        kinds
            .into_iter()
            .rev()
            .max_by_key(|&(_, votes)| votes)
            .map(|(kind, _)| kind)
    };
    votes
        .into_iter()
        .filter_map(|(name, kinds)| Some((name, most(kinds)?)))
        .collect()
}

fn grow(known: &Shape, new: Shape) -> Result<Shape, String> {
    let mut grown = known.clone();
    grown
        .merge(new, "")
        .map_err(|conflict| conflict.to_string())?;
    if grown.width() > MAX_COLUMNS {
        return Err(format!(
            "its new columns would make more than {MAX_COLUMNS}; drop some in the mapping"
        ));
    }
    Ok(grown)
}

fn schema_of(shape: &Shape) -> SchemaRef {
    let fields = shape.columns().map(shape::fields).unwrap_or_default();
    Arc::new(Schema::new(fields))
}

/// Refuses fractions where the given schema has whole numbers: arrow-json would cut them off.
fn check_whole<'a>(
    mut columns: impl Iterator<Item = (&'a str, &'a DataType, &'a Shape)>,
) -> Result<(), String> {
    columns.try_for_each(|(path, data_type, shape)| check_whole_column(path, data_type, shape))
}

fn check_whole_column(path: &str, data_type: &DataType, shape: &Shape) -> Result<(), String> {
    use DataType as T;
    match (data_type, shape) {
        (data_type, Shape::Float { whole: false })
            if data_type.is_integer() || data_type.is_temporal() =>
        {
            Err(format!(
                "column \"{path}\": a number with a fraction is no {data_type}"
            ))
        }
        (
            T::List(items)
            | T::LargeList(items)
            | T::ListView(items)
            | T::LargeListView(items)
            | T::FixedSizeList(items, _),
            Shape::List(shape),
        ) => check_whole_column(path, items.data_type(), shape),
        (T::Struct(fields), Shape::Struct(columns)) => fields.iter().try_for_each(|field| {
            let Some(shape) = columns.get(field.name()) else {
                return Ok(());
            };
            check_whole_column(&shape::path(path, field.name()), field.data_type(), shape)
        }),
        (T::Map(entries, _), Shape::Struct(columns)) => {
            let T::Struct(fields) = entries.data_type() else {
                return Ok(());
            };
            let Some(values) = fields.get(1) else {
                return Ok(());
            };
            columns.iter().try_for_each(|(key, shape)| {
                check_whole_column(&shape::path(path, key), values.data_type(), shape)
            })
        }
        (T::Dictionary(_, values), shape) => check_whole_column(path, values, shape),
        (T::RunEndEncoded(_, values), shape) => check_whole_column(path, values.data_type(), shape),
        _ => Ok(()),
    }
}
