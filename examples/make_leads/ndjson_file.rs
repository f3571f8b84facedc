//! The leads as NDJSON, a line for each, as an export script writes them.
//!
//! JSON has no dates, times and decimals: they are text, in the form that LeadSquared takes. It has
//! no NaN either, but scripts write it all the same, and so do we: those lines are malformed.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow::temporal_conversions::{date32_to_datetime, time32ms_to_time, timestamp_us_to_datetime};
use serde_json::{Value, json};

use crate::lead::Lead;

pub(crate) fn write(path: &Path, leads: &[Lead]) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    for lead in leads {
        writeln!(file, "{{{}}}", members(lead).join(","))?;
    }
    file.flush()?;
    Ok(())
}

/// The members of the lead's object, in the order of the columns.
fn members(lead: &Lead) -> Vec<String> {
    let score = match lead.score {
        Some(score) if score.is_nan() => "NaN".to_owned(),
        Some(score) if score.is_infinite() => "Infinity".to_owned(),
        score => json!(score).to_string(),
    };
    let members = [
        ("EmailAddress", json!(lead.email).to_string()),
        ("FirstName", json!(lead.first_name).to_string()),
        ("LastName", json!(lead.last_name).to_string()),
        ("Phone", json!(lead.phone).to_string()),
        ("Company", json!(lead.company).to_string()),
        ("JobTitle", json!(lead.job_title).to_string()),
        ("mx_City", json!(lead.city).to_string()),
        ("mx_Country", json!(lead.country).to_string()),
        ("mx_Score", score),
        ("mx_Visits", json!(lead.visits).to_string()),
        (
            "mx_Annual_Revenue",
            json!(lead.annual_revenue.map(decimal)).to_string(),
        ),
        ("mx_Subscribed", json!(lead.subscribed).to_string()),
        ("mx_Date_of_Birth", date(lead).to_string()),
        ("mx_Signed_Up", signed_up(lead).to_string()),
        ("mx_Preferred_Time", preferred_time(lead).to_string()),
        ("mx_Interests", json!(lead.interests).to_string()),
        ("mx_Segment", json!(lead.segment).to_string()),
        ("Notes", json!(lead.notes).to_string()),
        ("mx_KYC", kyc(lead).to_string()),
    ];
    members
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .into()
}

fn decimal(hundredths: i128) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn date(lead: &Lead) -> Value {
    let date = lead.date_of_birth.and_then(date32_to_datetime);
    json!(date.map(|date| date.format("%Y-%m-%d").to_string()))
}

fn signed_up(lead: &Lead) -> Value {
    let instant = lead.signed_up.and_then(timestamp_us_to_datetime);
    json!(instant.map(|utc| utc.format("%Y-%m-%d %H:%M:%S").to_string()))
}

fn preferred_time(lead: &Lead) -> Value {
    let time = lead.preferred_time.and_then(time32ms_to_time);
    json!(time.map(|time| time.format("%H:%M:%S").to_string()))
}

fn kyc(lead: &Lead) -> Value {
    json!(lead.kyc.as_ref().map(|kyc| json!({
        "Status": kyc.status,
        "mx_CustomObject_1": kyc.document,
        "mx_CustomObject_2": kyc.reference,
    })))
}
