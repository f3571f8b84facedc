//! One lead, drawn by chance, and the rows that are not like the others.

use fake::faker::company::en::CompanyName;
use fake::faker::internet::en::Username;
use fake::faker::job::en::Title;
use fake::faker::lorem::en::Sentence;
use fake::rand::rngs::ChaCha8Rng;
use fake::rand::seq::IndexedRandom;
use fake::{Fake, RngExt};

use crate::people::{PEOPLE, People};

/// How many rows the export has.
pub(crate) const ROWS: usize = 1000;

/// Rows, from 1, with neither an e-mail address nor a phone number: no call may be spent on them.
const WITHOUT_UNIQUE_FIELD: [usize; 5] = [101, 333, 512, 777, 904];

/// Rows whose score is no number that can be sent.
const WITHOUT_FINITE_SCORE: [(usize, f64); 3] =
    [(250, f64::NAN), (640, f64::INFINITY), (871, f64::NAN)];

/// Rows that repeat a unique field of an earlier row.
const DUPLICATES: [(usize, usize, Repeats); 12] = [
    (73, 7, Repeats::Email),
    (120, 20, Repeats::Email),
    (181, 180, Repeats::Phone),
    (288, 14, Repeats::Phone),
    (305, 77, Repeats::EmailInCapitals),
    (402, 260, Repeats::Email),
    (455, 33, Repeats::Phone),
    (560, 559, Repeats::Email),
    (689, 301, Repeats::EmailInCapitals),
    (733, 612, Repeats::Phone),
    (850, 5, Repeats::Email),
    (999, 500, Repeats::Phone),
];

#[derive(Clone, Copy, PartialEq)]
enum Repeats {
    Email,
    /// The account compares addresses without regard to case.
    EmailInCapitals,
    Phone,
}

/// A lead; the fields are in the order of the columns.
#[derive(Clone, Default)]
pub(crate) struct Lead {
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) job_title: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) score: Option<f64>,
    pub(crate) visits: Option<i32>,
    /// In hundredths.
    pub(crate) annual_revenue: Option<i128>,
    pub(crate) subscribed: Option<bool>,
    /// Days since 1970.
    pub(crate) date_of_birth: Option<i32>,
    /// Microseconds since 1970, UTC.
    pub(crate) signed_up: Option<i64>,
    /// Milliseconds since midnight.
    pub(crate) preferred_time: Option<i32>,
    pub(crate) interests: Option<Vec<&'static str>>,
    pub(crate) segment: Option<&'static str>,
    pub(crate) notes: Option<String>,
    pub(crate) kyc: Option<Kyc>,
}

/// The custom field set.
#[derive(Clone, Default)]
pub(crate) struct Kyc {
    pub(crate) status: Option<&'static str>,
    pub(crate) document: Option<String>,
    pub(crate) reference: Option<String>,
}

/// All rows, the same at every run with the same `rng`.
pub(crate) fn leads(rng: &mut ChaCha8Rng) -> Vec<Lead> {
    let mut leads: Vec<Lead> = (1..=ROWS).map(|row| lead(row, rng)).collect();
    for (row, earlier, repeats) in DUPLICATES {
        let original = leads[earlier - 1].clone();
        let again = &mut leads[row - 1];
        match repeats {
            Repeats::Email => again.email = original.email,
            Repeats::EmailInCapitals => {
                again.email = original.email.map(|email| email.to_uppercase());
            }
            Repeats::Phone => again.phone = original.phone,
        }
    }
    for row in WITHOUT_UNIQUE_FIELD {
        leads[row - 1].email = None;
        leads[row - 1].phone = None;
    }
    for (row, score) in WITHOUT_FINITE_SCORE {
        leads[row - 1].score = Some(score);
    }
    leads
}

fn lead(row: usize, rng: &mut ChaCha8Rng) -> Lead {
    const SEGMENTS: [&str; 5] = ["Enterprise", "Mid-market", "Startup", "Öffentlich", "शिक्षा"];
    let people = pick(PEOPLE, rng).unwrap_or(&PEOPLE[0]);
    let (email, phone) = unique_fields(row, people, rng);
    Lead {
        email,
        first_name: maybe(95, rng).then(|| text(people.first_names, rng)),
        last_name: maybe(97, rng).then(|| text(people.last_names, rng)),
        phone,
        company: maybe(80, rng).then(|| company(rng)),
        job_title: maybe(75, rng).then(|| Title().fake_with_rng(rng)),
        city: maybe(90, rng).then(|| text(people.cities, rng)),
        country: maybe(95, rng).then(|| people.country.to_owned()),
        score: maybe(85, rng).then(|| f64::from(rng.random_range(-50..=1000_i32)) / 8.0),
        visits: maybe(85, rng).then(|| rng.random_range(0..=400)),
        annual_revenue: maybe(70, rng).then(|| rng.random_range(0..=9_999_999_999)),
        subscribed: maybe(90, rng).then(|| rng.random_bool(0.6)),
        date_of_birth: maybe(80, rng).then(|| rng.random_range(-14_000..=13_500)),
        signed_up: maybe(95, rng)
            .then(|| rng.random_range(1_600_000_000_000_000..1_760_000_000_000_000)),
        preferred_time: maybe(60, rng).then(|| rng.random_range(0..24 * 4) * 15 * 60 * 1000),
        interests: maybe(85, rng).then(|| interests(rng)),
        segment: if maybe(90, rng) {
            pick(&SEGMENTS, rng).copied()
        } else {
            None
        },
        notes: maybe(50, rng).then(|| notes(rng)),
        kyc: maybe(70, rng).then(|| kyc(rng)),
    }
}

/// An e-mail address and a phone number that no other row has; one of the two may be missing, but
/// not in the rows that others repeat.
fn unique_fields(
    row: usize,
    people: &People,
    rng: &mut ChaCha8Rng,
) -> (Option<String>, Option<String>) {
    let username: String = Username().fake_with_rng(rng);
    let domain = pick(&["com", "net", "org"], rng).unwrap_or(&"com");
    let email = format!("{}{row}@example.{domain}", username.to_lowercase());
    let phone = format!(
        "{}-{}{row:04}",
        people.calling_code,
        rng.random_range(600_000..=999_999)
    );
    let repeated = DUPLICATES.iter().any(|(_, earlier, _)| *earlier == row);
    match rng.random_range(0..10) {
        0 if !repeated => (None, Some(phone)),
        1 if !repeated => (Some(email), None),
        _ => (Some(email), Some(phone)),
    }
}

fn company(rng: &mut ChaCha8Rng) -> String {
    const OTHERS: [&str; 6] = [
        "Müller & Söhne \"Feinkost\" GmbH",
        "株式会社サンプル",
        "टाटा नमूना प्राइवेट लिमिटेड",
        "Société d'Exemple S.à r.l.",
        "شركة المثال المحدودة",
        "C:\\Tools & Co",
    ];
    if maybe(25, rng) {
        text(&OTHERS, rng)
    } else {
        CompanyName().fake_with_rng(rng)
    }
}

/// From none (which is not the same as unknown) to four.
fn interests(rng: &mut ChaCha8Rng) -> Vec<&'static str> {
    const INTERESTS: [&str; 7] = [
        "Analytics",
        "Billing",
        "CRM",
        "Données",
        "自動化",
        "विपणन",
        "Support 24/7",
    ];
    let count = rng.random_range(0..=4);
    INTERESTS.sample(rng, count).copied().collect()
}

/// What people type into a free text field, and what makes it hard to put into JSON.
fn notes(rng: &mut ChaCha8Rng) -> String {
    const OTHERS: [&str; 10] = [
        "Asked for \"the big plan\", then went quiet.",
        "Line one\nLine two\r\nLine three",
        "Tab\there; path C:\\leads\\2024",
        "Très intéressé 👍🏽 — à rappeler à 15 h",
        "👩‍👩‍👧‍👦 family plan; flag 🇮🇳",
        "अगले सप्ताह फ़ोन करें",
        "سيتصل لاحقًا (مهتم جدًا)",
        "{\"looks\": [\"like\", \"JSON\"]}",
        "separators \u{2028} and \u{a0} inside",
        "",
    ];
    if maybe(60, rng) {
        text(&OTHERS, rng)
    } else {
        Sentence(4..12).fake_with_rng(rng)
    }
}

fn kyc(rng: &mut ChaCha8Rng) -> Kyc {
    const STATUSES: [&str; 4] = ["Pending", "Verified", "Rejected", "लंबित"];
    Kyc {
        status: if maybe(90, rng) {
            pick(&STATUSES, rng).copied()
        } else {
            None
        },
        document: maybe(60, rng).then(|| format!("XYZ{:05}.png", rng.random_range(0..100_000))),
        reference: maybe(60, rng).then(|| rng.random_range(100_000..1_000_000).to_string()),
    }
}

fn maybe(percent: u32, rng: &mut ChaCha8Rng) -> bool {
    rng.random_ratio(percent, 100)
}

fn pick<'a, T>(choices: &'a [T], rng: &mut ChaCha8Rng) -> Option<&'a T> {
    choices.choose(rng)
}

fn text(choices: &[&str], rng: &mut ChaCha8Rng) -> String {
    pick(choices, rng).copied().unwrap_or_default().to_owned()
}
