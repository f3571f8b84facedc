//! Exports for a cluster to read, and the leads that a query makes of them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use leadsquared_emulator::Emulator;
use parquet::arrow::ArrowWriter;

const REGIONS: [&str; 4] = ["North", "South", "East", "West"];
/// Each person has so many visits.
const VISITS: i64 = 3;
const FILES: i64 = 4;

/// What a lead must hold.
pub(crate) type Fields = BTreeMap<String, String>;

/// Writes `people/*.parquet` and `visits/*.parquet` into the folder, several files each, and
/// `regions/all.parquet`.
pub(crate) fn write(folder: &Path, people: i64) {
    let text = |of: &dyn Fn(i64) -> String, rows: &[i64]| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|row| of(*row)),
        ))
    };
    let numbers = |of: &dyn Fn(i64) -> i64, rows: &[i64]| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(
            rows.iter().map(|row| of(*row)),
        ))
    };
    for file in 0..FILES {
        let rows: Vec<i64> = (0..people).filter(|row| row % FILES == file).collect();
        parquet(
            &folder.join(format!("people/{file}.parquet")),
            vec![
                ("id", numbers(&|id| id, &rows)),
                ("email", text(&email, &rows)),
                ("name", text(&name, &rows)),
                ("region", numbers(&region, &rows)),
            ],
        );
        // A person's visits are in all files.
        let rows: Vec<i64> = (0..people * VISITS)
            .filter(|row| row / people % FILES == file)
            .collect();
        parquet(
            &folder.join(format!("visits/{file}.parquet")),
            vec![
                ("person", numbers(&|row| row % people, &rows)),
                ("pages", numbers(&pages, &rows)),
            ],
        );
    }
    let rows: Vec<i64> = (0..4).collect();
    parquet(
        &folder.join("regions/all.parquet"),
        vec![
            ("id", numbers(&|id| id, &rows)),
            (
                "name",
                text(
                    &|id| REGIONS[usize::try_from(id).unwrap()].to_owned(),
                    &rows,
                ),
            ),
        ],
    );
}

/// A table of leads in this account.
pub(crate) fn table(name: &str, account: &str) -> String {
    format!(
        "CREATE EXTERNAL TABLE {name} (
             \"EmailAddress\" VARCHAR, \"FirstName\" VARCHAR, \"mx_Region\" VARCHAR, \"mx_Pages\" BIGINT
         ) STORED AS LEADSQUARED LOCATION 'leadsquared://{account}';"
    )
}

/// Scans several files, groups, joins twice and casts: people by region, with the pages that they saw.
pub(crate) fn insert(table: &str, condition: &str) -> String {
    format!(
        "INSERT INTO {table}
         SELECT p.email, p.name, r.name, CAST(v.pages * 1.0 AS BIGINT)
         FROM 'people/*.parquet' p
         JOIN (SELECT person, sum(pages) AS pages FROM 'visits/*.parquet' GROUP BY person) v
           ON v.person = p.id
         JOIN 'regions/*.parquet' r ON r.id = p.region
         WHERE {condition};"
    )
}

/// The same rows, and a sum over what was joined: rows that come twice make it wrong.
pub(crate) fn insert_grouped(table: &str) -> String {
    format!(
        "INSERT INTO {table}
         SELECT p.email, p.name, r.name, sum(v.pages)
         FROM 'people/*.parquet' p
         JOIN 'visits/*.parquet' v ON v.person = p.id
         JOIN 'regions/*.parquet' r ON r.id = p.region
         GROUP BY p.email, p.name, r.name;"
    )
}

/// What the query gives, worked out without it, by the e-mail address.
pub(crate) fn expected(people: i64, fits: impl Fn(i64) -> bool) -> BTreeMap<String, Fields> {
    let leads = (0..people).filter(|id| fits(*id)).map(|id| {
        let pages: i64 = (0..VISITS).map(|visit| pages(visit * people + id)).sum();
        let fields = [
            ("EmailAddress", email(id)),
            ("FirstName", name(id)),
            (
                "mx_Region",
                REGIONS[usize::try_from(region(id)).unwrap()].to_owned(),
            ),
            ("mx_Pages", pages.to_string()),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value));
        (email(id), Fields::from(fields))
    });
    leads.collect()
}

/// The account's leads, by the e-mail address; each must be there once.
#[track_caller]
pub(crate) fn stored(emulator: &Emulator) -> BTreeMap<String, Fields> {
    let mut stored = BTreeMap::new();
    for lead in emulator.leads() {
        let email = lead.get("EmailAddress").unwrap().to_owned();
        let fields: Fields = lead.fields.into_iter().collect();
        assert!(
            stored.insert(email.clone(), fields).is_none(),
            "{email} is there twice"
        );
    }
    stored
}

fn email(id: i64) -> String {
    format!("person-{id}@example.com")
}

fn name(id: i64) -> String {
    format!("Näme {id}")
}

fn region(id: i64) -> i64 {
    id % 4
}

fn pages(visit: i64) -> i64 {
    visit * 7 % 13
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}
