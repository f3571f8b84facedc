//! The twelve ordinary columns, downcast once a batch.

use arrow::array::{
    Array, ArrayAccessor, ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, Int64Array,
    RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, TypedDictionaryArray,
};
use arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};

use super::bulk::Attribute;
use super::text::Text;

type Dictionary<'a> = TypedDictionaryArray<'a, Int32Type, StringArray>;

/// The columns of a batch.
pub(super) struct Columns<'a> {
    email: &'a StringArray,
    first_name: &'a StringArray,
    last_name: &'a StringArray,
    phone: &'a StringArray,
    city: Dictionary<'a>,
    source: Dictionary<'a>,
    notes: &'a StringArray,
    score: Whole<'a>,
    revenue: &'a Float64Array,
    signed_up: &'a TimestampMicrosecondArray,
    subscribed: &'a BooleanArray,
    kyc: Kyc<'a>,
}

/// The columns of the custom field set.
struct Kyc<'a> {
    array: &'a StructArray,
    status: Dictionary<'a>,
    document: &'a StringArray,
    reference: Whole<'a>,
}

/// Whole numbers, as wide as the set has them.
#[derive(Clone, Copy)]
enum Whole<'a> {
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
}

impl<'a> Columns<'a> {
    pub(super) fn of(batch: &'a RecordBatch) -> Self {
        let column = |name| batch.column_by_name(name).unwrap();
        Self {
            email: column("EmailAddress").as_string(),
            first_name: column("FirstName").as_string(),
            last_name: column("LastName").as_string(),
            phone: column("Phone").as_string(),
            city: dictionary(column("mx_City")),
            source: dictionary(column("Source")),
            notes: column("mx_Notes").as_string(),
            score: Whole::of(column("mx_Score")),
            revenue: column("mx_Revenue").as_primitive::<Float64Type>(),
            signed_up: column("mx_Signed_Up").as_primitive::<TimestampMicrosecondType>(),
            subscribed: column("mx_Subscribed").as_boolean(),
            kyc: Kyc::of(column("mx_KYC").as_struct()),
        }
    }

    /// Gives the row's attributes that are not null to `take`, the field set without its fields.
    pub(super) fn attributes<E>(
        &self,
        row: usize,
        mut take: impl FnMut(Attribute<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut give = |name, text: Option<Text<'_>>| match text {
            Some(text) => take(Attribute::new(name, text)),
            None => Ok(()),
        };
        give("EmailAddress", string(self.email, row))?;
        give("FirstName", string(self.first_name, row))?;
        give("LastName", string(self.last_name, row))?;
        give("Phone", string(self.phone, row))?;
        give("mx_City", string(self.city, row))?;
        give("Source", string(self.source, row))?;
        give("mx_Notes", string(self.notes, row))?;
        give("mx_Score", self.score.text(row))?;
        give("mx_Revenue", value(self.revenue, row).map(Text::Float))?;
        give(
            "mx_Signed_Up",
            value(self.signed_up, row).map(Text::Instant),
        )?;
        give(
            "mx_Subscribed",
            value(self.subscribed, row).map(Text::Boolean),
        )?;
        if self.kyc.has_fields(row) {
            take(Attribute::field_set("mx_KYC", self, row))?;
        }
        Ok(())
    }

    /// Gives the fields of the row's field set that are not null to `take`.
    pub(super) fn fields<E>(
        &self,
        row: usize,
        mut take: impl FnMut(Attribute<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut give = |name, text: Option<Text<'_>>| match text {
            Some(text) => take(Attribute::new(name, text)),
            None => Ok(()),
        };
        give("Status", string(self.kyc.status, row))?;
        give("mx_CustomObject_1", string(self.kyc.document, row))?;
        give("mx_CustomObject_2", self.kyc.reference.text(row))
    }
}

impl<'a> Kyc<'a> {
    fn of(array: &'a StructArray) -> Self {
        let column = |name| array.column_by_name(name).unwrap();
        Self {
            array,
            status: dictionary(column("Status")),
            document: column("mx_CustomObject_1").as_string(),
            reference: Whole::of(column("mx_CustomObject_2")),
        }
    }

    /// A set of nothing but nulls is left out, as a set that is null itself.
    fn has_fields(&self, row: usize) -> bool {
        self.array.is_valid(row)
            && (self.status.is_valid(row)
                || self.document.is_valid(row)
                || self.reference.text(row).is_some())
    }
}

impl<'a> Whole<'a> {
    fn of(array: &'a ArrayRef) -> Self {
        match array.data_type() {
            DataType::Int32 => Self::Int32(array.as_primitive::<Int32Type>()),
            _ => Self::Int64(array.as_primitive::<Int64Type>()),
        }
    }

    fn text(self, row: usize) -> Option<Text<'a>> {
        let number = match self {
            Self::Int32(array) => value(array, row).map(i64::from),
            Self::Int64(array) => value(array, row),
        };
        number.map(Text::Whole)
    }
}

fn dictionary(array: &ArrayRef) -> Dictionary<'_> {
    array.as_dictionary().downcast_dict().unwrap()
}

fn value<A: ArrayAccessor + Copy>(array: A, row: usize) -> Option<A::Item> {
    array.is_valid(row).then(|| array.value(row))
}

fn string<'a>(array: impl ArrayAccessor<Item = &'a str> + Copy, row: usize) -> Option<Text<'a>> {
    value(array, row).map(Text::String)
}
