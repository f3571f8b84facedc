//! The twelve columns that the friendly and the hard set have in common.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch,
    StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Fields, Int32Type};
use arrow::error::ArrowError;
use fake::RngExt;
use fake::rand::rngs::ChaCha8Rng;

use super::draw;

const CITIES: [&str; 24] = [
    "Ahmedabad",
    "Bengaluru",
    "Bhopal",
    "Chandigarh",
    "Chennai",
    "Coimbatore",
    "Delhi",
    "Guwahati",
    "Hyderabad",
    "Indore",
    "Jaipur",
    "Kanpur",
    "Kochi",
    "Kolkata",
    "Lucknow",
    "Mumbai",
    "Mysuru",
    "Nagpur",
    "Patna",
    "Pune",
    "Surat",
    "Thiruvananthapuram",
    "Vadodara",
    "Visakhapatnam",
];
const SOURCES: [&str; 8] = [
    "Webinar",
    "Organic",
    "Referral",
    "Paid Search",
    "Trade Show",
    "Direct Traffic",
    "Social Media",
    "Phone Call",
];
const STATUSES: [&str; 4] = ["Pending", "Verified", "Rejected", "Not Started"];

/// What differs from one set to the other.
pub(super) struct Taste {
    /// How many in a hundred values of the column are null.
    pub(super) nulls: fn(column: &str) -> u32,
    pub(super) notes: fn(&mut ChaCha8Rng) -> String,
    pub(super) score: fn(&mut ChaCha8Rng) -> i64,
    pub(super) score_type: DataType,
    pub(super) revenue: fn(&mut ChaCha8Rng) -> f64,
    pub(super) reference: fn(&mut ChaCha8Rng) -> i64,
}

/// A row; the fields are in the order of the columns.
struct Row {
    email: String,
    first_name: Option<&'static str>,
    last_name: Option<&'static str>,
    phone: Option<String>,
    city: Option<&'static str>,
    source: Option<&'static str>,
    notes: Option<String>,
    score: Option<i64>,
    revenue: Option<f64>,
    /// Microseconds since 1970, UTC.
    signed_up: Option<i64>,
    subscribed: Option<bool>,
    kyc: Option<Kyc>,
}

/// The custom field set.
struct Kyc {
    status: Option<&'static str>,
    document: Option<String>,
    reference: Option<i64>,
}

/// The rows of these numbers.
pub(super) fn batch(
    numbers: Range<usize>,
    taste: &Taste,
    rng: &mut ChaCha8Rng,
) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<Row> = numbers.map(|number| row(number, taste, rng)).collect();
    let scores: Int64Array = rows.iter().map(|row| row.score).collect();
    let columns: [(&str, ArrayRef); 12] = [
        ("EmailAddress", strings(&rows, |row| Some(&row.email))),
        ("FirstName", strings(&rows, |row| row.first_name)),
        ("LastName", strings(&rows, |row| row.last_name)),
        ("Phone", strings(&rows, |row| row.phone.as_deref())),
        ("mx_City", dictionary(&rows, |row| row.city)),
        ("Source", dictionary(&rows, |row| row.source)),
        ("mx_Notes", strings(&rows, |row| row.notes.as_deref())),
        ("mx_Score", cast(&scores, &taste.score_type)?),
        (
            "mx_Revenue",
            Arc::new(rows.iter().map(|row| row.revenue).collect::<Float64Array>()),
        ),
        ("mx_Signed_Up", Arc::new(signed_up(&rows))),
        (
            "mx_Subscribed",
            Arc::new(
                rows.iter()
                    .map(|row| row.subscribed)
                    .collect::<BooleanArray>(),
            ),
        ),
        ("mx_KYC", Arc::new(kyc(&rows)?)),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
}

fn row(number: usize, taste: &Taste, rng: &mut ChaCha8Rng) -> Row {
    let known = |column, rng: &mut ChaCha8Rng| !draw::chance((taste.nulls)(column), rng);
    let (email, first_name, last_name) = draw::person(number, rng);
    Row {
        email,
        first_name: known("FirstName", rng).then_some(first_name),
        last_name: known("LastName", rng).then_some(last_name),
        phone: known("Phone", rng).then(|| draw::phone(rng)),
        city: known("mx_City", rng).then(|| draw::pick(&CITIES, rng)),
        source: known("Source", rng).then(|| draw::pick(&SOURCES, rng)),
        notes: known("mx_Notes", rng).then(|| (taste.notes)(rng)),
        score: known("mx_Score", rng).then(|| (taste.score)(rng)),
        revenue: known("mx_Revenue", rng).then(|| (taste.revenue)(rng)),
        signed_up: known("mx_Signed_Up", rng).then(|| draw::instant(rng)),
        subscribed: known("mx_Subscribed", rng).then(|| rng.random_bool(0.6)),
        kyc: known("mx_KYC", rng).then(|| Kyc {
            status: known("Status", rng).then(|| draw::pick(&STATUSES, rng)),
            document: known("mx_CustomObject_1", rng)
                .then(|| format!("XYZ{:05}.png", rng.random_range(0..100_000))),
            reference: known("mx_CustomObject_2", rng).then(|| (taste.reference)(rng)),
        }),
    }
}

fn strings<'a>(rows: &'a [Row], field: impl Fn(&'a Row) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(field).collect::<StringArray>())
}

fn dictionary<'a>(rows: &'a [Row], field: impl Fn(&'a Row) -> Option<&'a str>) -> ArrayRef {
    let values: DictionaryArray<Int32Type> = rows.iter().map(field).collect();
    Arc::new(values)
}

/// In UTC by that name, as a Parquet reader gives it.
fn signed_up(rows: &[Row]) -> TimestampMicrosecondArray {
    let instants: TimestampMicrosecondArray = rows.iter().map(|row| row.signed_up).collect();
    instants.with_timezone("UTC")
}

fn kyc(rows: &[Row]) -> Result<StructArray, ArrowError> {
    let references: Int64Array = rows.iter().map(|row| row.kyc.as_ref()?.reference).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("Status", dictionary(rows, |row| row.kyc.as_ref()?.status)),
        (
            "mx_CustomObject_1",
            strings(rows, |row| row.kyc.as_ref()?.document.as_deref()),
        ),
        ("mx_CustomObject_2", Arc::new(references)),
    ];
    let fields: Fields = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let known: NullBuffer = rows.iter().map(|row| row.kyc.is_some()).collect();
    StructArray::try_new(
        fields,
        columns.map(|(_, array)| array).to_vec(),
        Some(known),
    )
}
