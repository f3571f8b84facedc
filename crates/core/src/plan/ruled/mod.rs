//! A column with rules becomes text when it is bound: what follows sees a text column like any other,
//! and a list of the rows that the rules reject.

mod moment;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringBuilder};

use self::text::{Write, writer};
use crate::encode::{Cells, Fault};
use crate::rules::{ColumnRules, Nulls, TooLong};

/// A column after its rules.
pub(super) struct Ruled {
    /// The texts; a row with a fault is not null.
    pub(super) array: ArrayRef,
    faults: HashMap<usize, Fault>,
}

/// What became of a row.
enum Made {
    Text,
    Null,
}

impl Ruled {
    /// Applies `rules` to the plain values of `array`; `None` for a type without a text.
    pub(super) fn try_new(array: &ArrayRef, rules: &ColumnRules) -> Option<Self> {
        let maker = Maker {
            writer: writer(array, rules)?,
            rules,
        };
        let nulls = array.logical_nulls();
        let mut texts = StringBuilder::with_capacity(array.len(), array.len() * 16);
        let mut faults = HashMap::new();
        let mut text = String::new();
        for row in 0..array.len() {
            text.clear();
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            match maker.make(row, is_null, &mut text) {
                Ok(Made::Text) => texts.append_value(&text),
                Ok(Made::Null) => texts.append_null(),
                Err(fault) => {
                    faults.insert(row, fault);
                    texts.append_value("");
                }
            }
        }
        Some(Self {
            array: Arc::new(texts.finish()),
            faults,
        })
    }

    /// The cells, if some have a fault; without one they are those of the array.
    pub(super) fn faulty_cells(self) -> Option<Box<dyn Cells>> {
        if self.faults.is_empty() {
            return None;
        }
        let cells = crate::encode::cells(&self.array)?;
        let faults = self.faults;
        Some(Box::new(Faulty { cells, faults }))
    }
}

/// Makes the texts of one column.
struct Maker<'a> {
    writer: Box<dyn Write>,
    rules: &'a ColumnRules,
}

impl Maker<'_> {
    fn make(&self, row: usize, is_null: bool, text: &mut String) -> Result<Made, Fault> {
        let rules = self.rules;
        if is_null {
            return self.nothing();
        }
        self.writer.write(row, text)?;
        if rules.trim == Some(true) {
            trim(text);
        }
        if text.is_empty() && (rules.trim == Some(true) || rules.read_as.is_some()) {
            return self.nothing();
        }
        if rules.required == Some(true) && text.trim().is_empty() {
            return Err(Fault::Missing);
        }
        if let Some(most) = rules.max_length {
            self.check_length(text, most.get())?;
        }
        Ok(Made::Text)
    }

    /// What becomes of a null, whose text is empty.
    fn nothing(&self) -> Result<Made, Fault> {
        match self.rules.nulls.unwrap_or_default() {
            _ if self.rules.required == Some(true) => Err(Fault::Missing),
            Nulls::Omit => Ok(Made::Null),
            Nulls::Clear => Ok(Made::Text),
        }
    }

    fn check_length(&self, text: &mut String, most: usize) -> Result<(), Fault> {
        // So many bytes can't be more characters.
        if text.len() <= most {
            return Ok(());
        }
        let length = text.chars().count();
        if length <= most {
            return Ok(());
        }
        match self.rules.too_long.unwrap_or_default() {
            TooLong::Reject => Err(Fault::TooLong {
                value: std::mem::take(text),
                length,
                most,
            }),
            TooLong::Cut => {
                text::cut(text, most);
                if self.rules.trim == Some(true) {
                    trim(text);
                }
                Ok(())
            }
        }
    }
}

/// Takes the white space around a text away, in place.
fn trim(text: &mut String) {
    text.truncate(text.trim_end().len());
    let blanks = text.len() - text.trim_start().len();
    text.drain(..blanks);
}

/// Texts of which some could not be made.
struct Faulty {
    cells: Box<dyn Cells>,
    faults: HashMap<usize, Fault>,
}

impl Cells for Faulty {
    fn write(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self.faults.get(&row) {
            Some(fault) => Err(fault.clone()),
            None => self.cells.write(row, out),
        }
    }
}
