//! The leads as Parquet, with a type of its own for every kind of field.

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array,
    Int32Array, ListBuilder, RecordBatch, StringArray, StringBuilder, StructArray,
    Time32MillisecondArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType, Field, Fields, Int32Type};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::lead::Lead;

/// So small that a thousand rows are several groups, as a real export has.
const ROWS_PER_GROUP: usize = 256;

pub(crate) fn write(path: &Path, leads: &[Lead]) -> Result<(), Box<dyn Error>> {
    let batch = batch(leads)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROWS_PER_GROUP))
        // Not the library's version, so that the same leads are the same bytes after an update.
        .set_created_by("leadsquared make_leads".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path)?, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn batch(leads: &[Lead]) -> Result<RecordBatch, ArrowError> {
    let columns: [(&str, ArrayRef); 19] = [
        ("EmailAddress", strings(leads, |lead| lead.email.as_deref())),
        (
            "FirstName",
            strings(leads, |lead| lead.first_name.as_deref()),
        ),
        ("LastName", strings(leads, |lead| lead.last_name.as_deref())),
        ("Phone", strings(leads, |lead| lead.phone.as_deref())),
        ("Company", strings(leads, |lead| lead.company.as_deref())),
        ("JobTitle", strings(leads, |lead| lead.job_title.as_deref())),
        ("mx_City", strings(leads, |lead| lead.city.as_deref())),
        ("mx_Country", strings(leads, |lead| lead.country.as_deref())),
        (
            "mx_Score",
            Arc::new(
                leads
                    .iter()
                    .map(|lead| lead.score)
                    .collect::<Float64Array>(),
            ),
        ),
        (
            "mx_Visits",
            Arc::new(leads.iter().map(|lead| lead.visits).collect::<Int32Array>()),
        ),
        ("mx_Annual_Revenue", Arc::new(revenues(leads)?)),
        (
            "mx_Subscribed",
            Arc::new(
                leads
                    .iter()
                    .map(|lead| lead.subscribed)
                    .collect::<BooleanArray>(),
            ),
        ),
        (
            "mx_Date_of_Birth",
            Arc::new(
                leads
                    .iter()
                    .map(|lead| lead.date_of_birth)
                    .collect::<Date32Array>(),
            ),
        ),
        ("mx_Signed_Up", Arc::new(signed_up(leads))),
        (
            "mx_Preferred_Time",
            Arc::new(
                leads
                    .iter()
                    .map(|lead| lead.preferred_time)
                    .collect::<Time32MillisecondArray>(),
            ),
        ),
        ("mx_Interests", interests(leads)),
        (
            "mx_Segment",
            Arc::new(
                leads
                    .iter()
                    .map(|lead| lead.segment)
                    .collect::<DictionaryArray<Int32Type>>(),
            ),
        ),
        ("Notes", strings(leads, |lead| lead.notes.as_deref())),
        ("mx_KYC", Arc::new(kyc(leads)?)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
}

fn strings<'a>(leads: &'a [Lead], field: impl Fn(&'a Lead) -> Option<&'a str>) -> ArrayRef {
    Arc::new(leads.iter().map(field).collect::<StringArray>())
}

fn revenues(leads: &[Lead]) -> Result<Decimal128Array, ArrowError> {
    let revenues: Decimal128Array = leads.iter().map(|lead| lead.annual_revenue).collect();
    revenues.with_precision_and_scale(12, 2)
}

fn signed_up(leads: &[Lead]) -> TimestampMicrosecondArray {
    let instants: TimestampMicrosecondArray = leads.iter().map(|lead| lead.signed_up).collect();
    instants.with_timezone("Asia/Kolkata")
}

fn interests(leads: &[Lead]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for lead in leads {
        lists.append_option(lead.interests.as_ref().map(|list| list.iter().map(Some)));
    }
    Arc::new(lists.finish())
}

fn kyc(leads: &[Lead]) -> Result<StructArray, ArrowError> {
    let names = ["Status", "mx_CustomObject_1", "mx_CustomObject_2"];
    let fields = names.map(|name| Field::new(name, DataType::Utf8, true));
    let columns = vec![
        strings(leads, |lead| lead.kyc.as_ref()?.status),
        strings(leads, |lead| lead.kyc.as_ref()?.document.as_deref()),
        strings(leads, |lead| lead.kyc.as_ref()?.reference.as_deref()),
    ];
    let known: NullBuffer = leads.iter().map(|lead| lead.kyc.is_some()).collect();
    StructArray::try_new(Fields::from_iter(fields), columns, Some(known))
}
