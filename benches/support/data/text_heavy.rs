//! The text-heavy set: scripts from all over the world, emoji, escapes, lists.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, LargeStringArray, ListArray, ListBuilder, RecordBatch, StringArray,
    StringBuilder, StringViewArray,
};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use fake::RngExt;
use fake::rand::rngs::ChaCha8Rng;
use fake::rand::seq::IndexedRandom;

use super::draw;

// The people of the example export: the same names in the same scripts.
#[path = "../../../examples/make_leads/people.rs"]
mod people;

use people::{PEOPLE, People};

/// In a hundred values.
const NULLS: u32 = 10;

/// What people type into a free text field.
const PHRASES: [&str; 12] = [
    "अगले सप्ताह फ़ोन करें, सुबह दस बजे के बाद",
    "அடுத்த வாரம் அழைக்கவும்",
    "আগামী সপ্তাহে ফোন করুন",
    "سيتصل لاحقًا (مهتم جدًا)",
    "来週お電話ください。よろしくお願いします。",
    "下周请回电，谢谢！",
    "다음 주에 전화 주세요",
    "Très intéressé 👍🏽 — à rappeler à 15 h",
    "👩‍👩‍👧‍👦 family plan; flag 🇮🇳 🎉🎉🎉",
    "Asked for \"the big plan\",\nthen went quiet.\r\n",
    "Tab\there; path C:\\leads\\2024\\\"new\"",
    "{\"looks\": [\"like\", \"JSON\"]} \u{2028} \u{1}",
];
const INTERESTS: [&str; 7] = [
    "Analytics",
    "Données",
    "自動化",
    "विपणन",
    "التسويق",
    "உதவி \"24/7\"",
    "🎓 Courses",
];

/// A row; the fields are in the order of the columns.
struct Row {
    email: String,
    first_name: &'static str,
    last_name: Option<&'static str>,
    phone: Option<String>,
    city: Option<&'static str>,
    country: &'static str,
    /// Long.
    notes: Option<String>,
    /// Short: half of them fit into a view.
    remark: Option<&'static str>,
    interests: Option<Vec<&'static str>>,
}

pub(super) fn batch(
    numbers: Range<usize>,
    rng: &mut ChaCha8Rng,
) -> Result<RecordBatch, ArrowError> {
    // Those whose country isn't spelt in ASCII are the ones with scripts of their own.
    let people: Vec<&People> = PEOPLE
        .iter()
        .filter(|people| !people.country.is_ascii())
        .collect();
    let rows: Vec<Row> = numbers.map(|number| row(number, &people, rng)).collect();
    let emails: StringArray = rows.iter().map(|row| Some(&row.email)).collect();
    let first_names: StringArray = rows.iter().map(|row| Some(row.first_name)).collect();
    let last_names: StringViewArray = rows.iter().map(|row| row.last_name).collect();
    let phones: StringArray = rows.iter().map(|row| row.phone.as_deref()).collect();
    let cities: DictionaryArray<Int32Type> = rows.iter().map(|row| row.city).collect();
    let countries: DictionaryArray<Int32Type> = rows.iter().map(|row| Some(row.country)).collect();
    let notes: LargeStringArray = rows.iter().map(|row| row.notes.as_deref()).collect();
    let remarks: StringViewArray = rows.iter().map(|row| row.remark).collect();
    let columns: [(&str, ArrayRef); 9] = [
        ("EmailAddress", Arc::new(emails)),
        ("FirstName", Arc::new(first_names)),
        ("LastName", Arc::new(last_names)),
        ("Phone", Arc::new(phones)),
        ("mx_City", Arc::new(cities)),
        ("mx_Country", Arc::new(countries)),
        ("Notes", Arc::new(notes)),
        ("mx_Remark", Arc::new(remarks)),
        ("mx_Interests", Arc::new(interests(&rows))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
}

fn row(number: usize, people: &[&'static People], rng: &mut ChaCha8Rng) -> Row {
    let people = people.choose(rng).copied().unwrap_or(&PEOPLE[0]);
    let known = |rng: &mut ChaCha8Rng| !draw::chance(NULLS, rng);
    let code = people.calling_code;
    Row {
        email: draw::person(number, rng).0,
        first_name: draw::pick(people.first_names, rng),
        last_name: known(rng).then(|| draw::pick(people.last_names, rng)),
        phone: known(rng)
            .then(|| format!("{code}-{}", rng.random_range(600_000_000..=999_999_999))),
        city: known(rng).then(|| draw::pick(people.cities, rng)),
        country: people.country,
        notes: known(rng).then(|| notes(rng)),
        remark: known(rng).then(|| remark(people, rng)),
        interests: known(rng).then(|| {
            let count = rng.random_range(0..=4);
            INTERESTS.sample(rng, count).copied().collect()
        }),
    }
}

/// Two to six phrases.
fn notes(rng: &mut ChaCha8Rng) -> String {
    let phrases: Vec<&str> = (0..rng.random_range(2..=6))
        .map(|_| draw::pick(&PHRASES, rng))
        .collect();
    phrases.join(" ")
}

fn remark(people: &People, rng: &mut ChaCha8Rng) -> &'static str {
    if draw::chance(50, rng) {
        draw::pick(&PHRASES, rng)
    } else {
        draw::pick(people.first_names, rng)
    }
}

fn interests(rows: &[Row]) -> ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        lists.append_option(row.interests.as_ref().map(|list| list.iter().map(Some)));
    }
    lists.finish()
}
