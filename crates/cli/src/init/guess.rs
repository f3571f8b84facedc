//! What becomes of each column, as far as that can be told from its name, its type and its values.

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use leadsquared_core::{DEFAULT_UNIQUE_FIELDS, MomentForm, TextForm};

use super::names::{Guess, guess, is_custom_field};

/// A column, and what is to become of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Guessed {
    pub(super) column: String,
    pub(super) fate: Fate,
    /// How the dates in its text are written, and another form that fits them as well.
    pub(super) dates: Option<(&'static str, Option<&'static str>)>,
}

/// What is to become of a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It has an attribute's name.
    Keep,
    /// It is sent as another attribute: a guess, and why.
    Rename(&'static str, &'static str),
    /// It is left out, and why.
    Drop(String),
}

/// Guesses for all columns of `schema`, in its order; `sample` has the first rows.
pub(super) fn columns(schema: &Schema, sample: Option<&RecordBatch>) -> Vec<Guessed> {
    let mut all: Vec<Guessed> = Vec::new();
    let guesses = schema.fields().iter().map(|field| field.name().as_str());
    let guesses: Vec<(Guess, &str)> = guesses
        .filter_map(|column| Some((usual(column)?, column)))
        .collect();
    for field in schema.fields() {
        let column = field.name();
        let fate = fate(column, field.data_type(), &guesses);
        let dates = sample
            .filter(|_| !matches!(fate, Fate::Drop(_)))
            .and_then(|sample| dates(sample, column));
        all.push(Guessed {
            column: column.clone(),
            fate,
            dates,
        });
    }
    all
}

/// Whether no column becomes a unique field, so that no row could be a lead.
pub(super) fn lacks_unique_field(columns: &[Guessed]) -> bool {
    !columns.iter().any(|guessed| match &guessed.fate {
        Fate::Keep => DEFAULT_UNIQUE_FIELDS.contains(&guessed.column.as_str()),
        Fate::Rename(attribute, _) => DEFAULT_UNIQUE_FIELDS.contains(attribute),
        Fate::Drop(_) => false,
    })
}

/// `guesses` are those for all columns.
fn fate(column: &str, data_type: &DataType, guesses: &[(Guess, &str)]) -> Fate {
    match TextForm::of(data_type) {
        Err(reason) => return Fate::Drop(format!("{reason}, so it can't be sent")),
        Ok(TextForm::FieldSet) if !is_custom_field(column) => {
            return Fate::Drop(
                "to send it as a custom field set, take it out here and rename it".to_owned(),
            );
        }
        Ok(_) => {}
    }
    let Some((own, _)) = guesses.iter().find(|(_, name)| *name == column) else {
        if is_custom_field(column) {
            return Fate::Keep;
        }
        return Fate::Drop(
            "no attribute is usually called so; to send it, take it out here and rename it"
                .to_owned(),
        );
    };
    // Of several columns for one attribute, the one whose name says so best, then the first.
    let best = guesses
        .iter()
        .filter(|(other, _)| other.attribute == own.attribute)
        .min_by_key(|(other, name)| (other.rank, *name != other.attribute))
        .map(|(_, name)| *name);
    if let Some(best) = best.filter(|best| *best != column) {
        return Fate::Drop(format!(
            "{} is taken from {best:?}; to take it from here, swap the two",
            own.attribute
        ));
    }
    match own {
        own if own.attribute == column => Fate::Keep,
        own if own.is_whole_name => Fate::Rename(
            own.attribute,
            "GUESS: the whole name goes into the first name",
        ),
        own => Fate::Rename(own.attribute, "GUESS, by its name"),
    }
}

/// The guess at a column's attribute; none for a schema name of an account's own field, unless it is
/// that attribute but for the case of its letters.
fn usual(column: &str) -> Option<Guess> {
    guess(column)
        .filter(|own| !is_custom_field(column) || own.attribute.eq_ignore_ascii_case(column))
}

/// Forms of dates that exports use, but for the one that the API takes; of two that fit the same
/// values, the more usual one in the world comes first.
const FORMS: [&str; 15] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%Y/%m/%d",
    "%d %b %Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%+",
];

/// The form of the dates in a text column of which every value is one, and another that fits too.
fn dates(sample: &RecordBatch, column: &str) -> Option<(&'static str, Option<&'static str>)> {
    let values = sample.column_by_name(column)?;
    if TextForm::of(values.data_type()) != Ok(TextForm::Text) {
        return None;
    }
    let texts = cast(values, &DataType::Utf8).ok()?;
    let texts = texts.as_string_opt::<i32>()?;
    let texts: Vec<&str> = texts.iter().flatten().map(str::trim).collect();
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    if texts.is_empty() {
        return None;
    }
    let mut fitting = FORMS.into_iter().filter(|form| {
        form.parse()
            .is_ok_and(|form: MomentForm| texts.iter().all(|text| form.reads(text)))
    });
    let first = fitting.next()?;
    Some((first, fitting.next()))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Field;

    use super::*;

    fn fates(names: &[&str]) -> Vec<Fate> {
        let fields = names
            .iter()
            .map(|name| Field::new(*name, DataType::Utf8, true));
        let guessed = columns(&Schema::new(fields.collect::<Vec<_>>()), None);
        guessed.into_iter().map(|guessed| guessed.fate).collect()
    }

    fn renamed(attribute: &'static str) -> Fate {
        Fate::Rename(attribute, "GUESS, by its name")
    }

    fn taken_from(attribute: &str, column: &str) -> Fate {
        Fate::Drop(format!(
            "{attribute} is taken from {column:?}; to take it from here, swap the two"
        ))
    }

    #[test]
    fn a_schema_name_in_another_case_becomes_the_usual_one() {
        assert_eq!(fates(&["mx_city"]), [renamed("mx_City")]);
        assert_eq!(fates(&["mx_City"]), [Fate::Keep]);
        assert_eq!(
            fates(&["City", "mx_city"]),
            [taken_from("mx_City", "mx_city"), renamed("mx_City")]
        );
        assert_eq!(
            fates(&["mx_city", "mx_City"]),
            [taken_from("mx_City", "mx_City"), Fate::Keep]
        );
    }

    #[test]
    fn a_custom_field_with_another_name_takes_nothing_from_others() {
        assert_eq!(
            fates(&["mx_Street_1", "Street"]),
            [Fate::Keep, renamed("mx_Street1")]
        );
    }
}
