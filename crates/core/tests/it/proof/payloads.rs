//! Batches through the builder: every row once, in order, in payloads that are full and not over.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use leadsquared_core::{
    Origin, Payload, PayloadBuilder, PayloadLimits, PayloadRows, Rejected, Rejection, Row,
    SourceBatch, UnreadableRow,
};

use super::Entropy;
use super::case::Case;
use super::json::{Lead, parse_lead, parse_leads};
use super::oracle::Code;
use super::rows::Expected;

/// Packs the batches of `case`, whose rows become what is `expected`, and checks all that comes out.
pub(crate) fn check_payloads(case: &Case, expected: &[Vec<Expected>], entropy: &mut Entropy) {
    let mut books = Books::default();
    let mut packing = Packing::new(case);
    for (index, (batch, expected)) in case.batches.iter().zip(expected).enumerate() {
        let source = source(index, &batch.rows, entropy);
        books.enter(&source, expected, case.limits);
        packing.builder.push(source).unwrap();
        match entropy.below(8) {
            0 => {} // the next batch comes before this one is done
            1 => packing.finish(entropy),
            2 => packing.push_what_is_wrong(),
            _ => packing.drain(entropy),
        }
        if entropy.once_in(4) {
            packing.take_rejections();
        }
    }
    packing.finish(entropy);
    packing.take_rejections();

    check_full(&packing.series, case.limits);
    books.check_leads(packing.series.iter().flatten());
    books.check_rejections(&packing.rejections);
}

/// A batch with an origin of either kind, and sometimes rows that could not be read.
fn source(index: usize, rows: &RecordBatch, entropy: &mut Entropy) -> SourceBatch {
    let name = format!("file {index}");
    let first = entropy.below(1_000) as u64 + 1;
    let origin = if entropy.once_in(2) {
        Origin::new(name, first)
    } else {
        // Every third line is no row.
        let numbers: Vec<u64> = (0..rows.num_rows() as u64)
            .map(|row| first + row * 3 / 2)
            .collect();
        Origin::with_row_numbers(name, numbers)
    };
    let mut source = SourceBatch::new(rows.clone(), origin);
    for number in 0..entropy.below(8).saturating_sub(5) as u64 {
        source.unreadable.push(UnreadableRow {
            number,
            reason: "not JSON".to_owned(),
            raw: "{".to_owned(),
        });
    }
    source
}

/// What must become of all rows.
#[derive(Default)]
struct Books<'a> {
    leads: Vec<(Row, &'a Lead, &'a [u8])>,
    rejected: Vec<(Row, Code)>,
    unreadable: Vec<Row>,
}

impl<'a> Books<'a> {
    fn enter(&mut self, source: &SourceBatch, expected: &'a [Expected], limits: PayloadLimits) {
        for (index, expected) in expected.iter().enumerate() {
            let row = source.origin.row(index);
            match &expected.lead {
                Err(code) => self.rejected.push((row, code)),
                // Not even alone, between two brackets.
                Ok(_) if expected.json.len() + 2 > limits.bytes() => {
                    self.rejected.push((row, "too-large"));
                }
                Ok(lead) => self.leads.push((row, lead, &expected.json)),
            }
        }
        self.unreadable
            .extend(source.unreadable.iter().map(|unreadable| Row {
                source: source.origin.source().clone(),
                number: unreadable.number,
            }));
    }

    fn check_leads<'s>(&self, sent: impl Iterator<Item = &'s Sent>) {
        let mut expected = self.leads.iter();
        for sent in sent {
            let leads = parse_leads(&sent.body).unwrap();
            assert_eq!(leads.len(), sent.rows.len());
            for (index, lead) in leads.iter().enumerate() {
                let (row, expected, json) = expected.next().expect("no more leads than rows");
                assert_eq!(sent.rows.row(index).as_ref(), Some(row));
                assert_eq!(lead, *expected, "{row}");
                assert_eq!(sent.rows.lead(index, &sent.body), Some(*json), "{row}");
            }
            assert!(
                sent.rows
                    .iter()
                    .eq((0..leads.len()).filter_map(|index| sent.rows.row(index)))
            );
            assert_eq!(sent.rows.row(leads.len()), None);
            assert_eq!(sent.rows.lead(leads.len(), &sent.body), None);
        }
        assert_eq!(
            expected.next().map(|(row, ..)| row),
            None,
            "a row that got lost"
        );
    }

    fn check_rejections(&self, rejections: &[Rejection]) {
        let (mut rejected, mut unreadable) = (Vec::new(), Vec::new());
        for rejection in rejections {
            match &rejection.content {
                Rejected::Raw(raw) => {
                    assert_eq!((rejection.error.code(), raw.as_str()), ("unreadable", "{"));
                    unreadable.push(rejection.row.clone());
                }
                Rejected::Lead(lead) => {
                    parse_lead(lead).unwrap();
                    rejected.push((rejection.row.clone(), rejection.error.code()));
                }
            }
        }
        assert_eq!(rejected, self.rejected);
        assert_eq!(unreadable, self.unreadable);
    }
}

/// A payload that came out.
struct Sent {
    body: Vec<u8>,
    rows: PayloadRows,
}

/// A builder at work.
struct Packing {
    builder: PayloadBuilder,
    /// The payloads up to each end; all but the last of them must be full.
    series: Vec<Vec<Sent>>,
    rejections: Vec<Rejection>,
    limits: PayloadLimits,
}

impl Packing {
    fn new(case: &Case) -> Self {
        Self {
            builder: PayloadBuilder::new(case.mapping.clone()).with_limits(case.limits),
            series: vec![Vec::new()],
            rejections: Vec::new(),
            limits: case.limits,
        }
    }

    fn drain(&mut self, entropy: &mut Entropy) {
        while let Some(payload) = self.builder.next_payload() {
            self.keep(payload, entropy);
        }
        assert!(self.builder.open_leads() < self.limits.leads());
    }

    fn finish(&mut self, entropy: &mut Entropy) {
        while let Some(payload) = self.builder.finish() {
            self.keep(payload, entropy);
        }
        assert_eq!(self.builder.open_leads(), 0);
        self.series.push(Vec::new());
    }

    /// A batch that can't be taken changes nothing.
    fn push_what_is_wrong(&mut self) {
        let open = self.builder.open_leads();
        let batch = RecordBatch::new_empty(Schema::empty().into());
        let source = SourceBatch::new(batch, Origin::new("wrong", 1));
        assert!(self.builder.push(source).is_err());
        assert_eq!(self.builder.open_leads(), open);
    }

    fn keep(&mut self, payload: Payload, entropy: &mut Entropy) {
        assert!(!payload.rows().is_empty());
        assert!(payload.rows().len() <= self.limits.leads());
        assert!(payload.body().len() <= self.limits.bytes());
        let series = self.series.last_mut().unwrap();
        if entropy.once_in(2) {
            let (body, rows) = payload.into_parts();
            series.push(Sent { body, rows });
            return;
        }
        // A copy is kept, and the memory goes back; now and then with garbage in it.
        let (mut body, rows) = payload.into_parts();
        series.push(Sent {
            body: body.clone(),
            rows: rows.clone(),
        });
        if entropy.once_in(2) {
            body.fill(b'"');
        }
        if entropy.once_in(8) {
            body = Vec::new();
        }
        self.builder.recycle(body, rows);
    }

    fn take_rejections(&mut self) {
        self.rejections.extend(self.builder.take_rejections());
        assert!(self.builder.take_rejections().is_empty());
    }
}

/// Checks that every payload but the last of a series has all the leads that it may, or has no room
/// for the next one.
fn check_full(series: &[Vec<Sent>], limits: PayloadLimits) {
    for pair in series.iter().flat_map(|payloads| payloads.windows(2)) {
        let [full, next] = pair else {
            unreachable!("a window of two")
        };
        let lead = next.rows.lead(0, &next.body).unwrap();
        // With a comma before it.
        let with_it = full.body.len() + 1 + lead.len();
        assert!(
            full.rows.len() == limits.leads() || with_it > limits.bytes(),
            "a payload of {} leads and {} bytes has room for {} more bytes",
            full.rows.len(),
            full.body.len(),
            lead.len()
        );
    }
}
