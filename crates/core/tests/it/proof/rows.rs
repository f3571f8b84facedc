//! Row by row: the oracle, [`Leads`] and [`BoundBatch::encode`] say the same.
//!
//! [`Leads`]: leadsquared_core::Leads
//! [`BoundBatch::encode`]: leadsquared_core::BoundBatch::encode

use leadsquared_core::{BoundBatch, Plan};

use super::Entropy;
use super::case::{Batch, Case};
use super::json::{Lead, parse_lead};
use super::oracle::{self, Code};

/// What must become of a row.
pub(crate) struct Expected {
    pub(crate) lead: Result<Lead, Code>,
    /// The lead's bytes, which were compared with it.
    pub(crate) json: Vec<u8>,
}

/// Checks all rows of `case`, and tells what each of them becomes, batch by batch.
pub(crate) fn check_rows(case: &Case, entropy: &mut Entropy) -> Vec<Vec<Expected>> {
    case.batches
        .iter()
        .map(|batch| check_batch(case, batch, entropy))
        .collect()
}

fn check_batch(case: &Case, batch: &Batch, entropy: &mut Entropy) -> Vec<Expected> {
    let plan = Plan::try_new(batch.rows.schema_ref(), &case.mapping).unwrap();
    let bound = plan.bind(&batch.rows).unwrap();
    assert_eq!(bound.num_rows(), batch.rows.num_rows());
    let expected: Vec<Expected> = (0..bound.num_rows())
        .map(|row| {
            let lead = oracle::lead(case, batch, row);
            let json = check_row(&bound, row, &lead);
            Expected { lead, json }
        })
        .collect();
    check_leads(&bound, plan.bind(&batch.rows).unwrap(), &expected, entropy);
    expected
}

/// Checks one row alone, and gives the bytes of its lead.
fn check_row(bound: &BoundBatch, row: usize, lead: &Result<Lead, Code>) -> Vec<u8> {
    let mut json = Vec::new();
    match (bound.encode(row, &mut json), lead) {
        (Ok(()), Ok(lead)) => {
            assert_eq!(parse_lead(&json).as_ref(), Ok(lead), "row {row}");
            // What is shown to people is what is sent, unless it can't be.
            if row.is_multiple_of(16) {
                assert_eq!(bound.show(row), json, "row {row}");
            }
        }
        (Err(error), Err(code)) => {
            assert_eq!(error.code(), *code, "row {row}: {error}");
            assert!(json.is_empty(), "row {row} left something behind");
        }
        (Ok(()), Err(code)) => panic!(
            "row {row} is a lead, but must be {code}: {}",
            String::from_utf8_lossy(&json)
        ),
        (Err(error), Ok(lead)) => panic!("row {row}: {error}, but it is a lead: {lead:?}"),
    }
    json
}

/// Checks that the leads in order are those of [`check_row`], byte for byte, after whatever stood
/// in the buffer, and whatever room it has.
fn check_leads(
    bound: &BoundBatch,
    in_order: BoundBatch,
    expected: &[Expected],
    entropy: &mut Entropy,
) {
    let mut out: Vec<u8> = (0..entropy.below(40)).map(|_| entropy.byte()).collect();
    let mut all = out.clone();
    let mut leads = in_order.into_leads();
    for (row, expected) in expected.iter().enumerate() {
        match entropy.below(16) {
            0 => out.shrink_to_fit(),
            1 => out.reserve(entropy.below(2_000)),
            2 => {
                assert_eq!(out, all);
                out.clear();
                all.clear();
            }
            _ => {}
        }
        assert_eq!(leads.next_row(), row);
        let before = out.len();
        let next = leads.append_next(&mut out).expect("a row that is left");
        match (&next, &expected.lead) {
            (Ok(()), Ok(_)) => assert_eq!(
                String::from_utf8_lossy(&out[before..]),
                String::from_utf8_lossy(&expected.json),
                "row {row}"
            ),
            (Err(error), Err(_)) => {
                assert_eq!(out.len(), before, "row {row} left something behind");
                let alone = bound
                    .encode(row, &mut out)
                    .expect_err("the same as in order");
                assert_eq!(*error, alone, "row {row}");
                assert_eq!(out.len(), before, "row {row} left something behind");
            }
            _ => panic!("row {row} in order is {next:?}, and alone it isn't"),
        }
        all.extend_from_slice(&expected.json);
    }
    assert_eq!(leads.next_row(), expected.len());
    for _ in 0..2 {
        assert_eq!(leads.append_next(&mut out), None);
    }
    assert_eq!(out, all);

    // In any order as well, from the batch that the leads were of.
    for _ in 0..expected.len().min(3) {
        let row = entropy.below(expected.len());
        let before = out.len();
        let lead = leads.batch().encode(row, &mut out);
        assert_eq!(lead.is_ok(), expected[row].lead.is_ok(), "row {row}");
        assert_eq!(out[before..], expected[row].json, "row {row}");
    }
    assert_eq!(out[..all.len()], all);
}
