//! A data set by its name, and once it is made.

use arrow::array::RecordBatch;
use fake::rand::SeedableRng;
use fake::rand::rngs::ChaCha8Rng;
use leadsquared::{MAX_LEADS, Mapping, Origin, PayloadBuilder, Plan, SourceBatch};

use super::{friendly, hard, text_heavy, wide};

/// Any other number gives other leads.
const SEED: u64 = 50;

/// The rows of a batch; few in a debug build, where the benches are only tried, not timed.
pub(crate) const BATCH_ROWS: usize = if cfg!(debug_assertions) { 128 } else { 8192 };

/// The name of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Set {
    /// What an ordinary export looks like: twelve columns, short numbers, few nulls, plain notes.
    Friendly,
    /// The same columns with whatever takes time: long numbers, many nulls, escapes.
    Hard,
    /// Two hundred columns of all kinds.
    Wide,
    /// Scripts from all over the world, emoji, escapes, lists.
    TextHeavy,
}

impl Set {
    pub(crate) const ALL: [Self; 4] = [Self::Friendly, Self::Hard, Self::Wide, Self::TextHeavy];

    /// Those that have the twelve ordinary columns, which the serde structs are written for.
    pub(crate) const ORDINARY: [Self; 2] = [Self::Friendly, Self::Hard];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Friendly => "friendly",
            Self::Hard => "hard",
            Self::Wide => "wide",
            Self::TextHeavy => "text-heavy",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    pub(crate) fn is_ordinary(self) -> bool {
        Self::ORDINARY.contains(&self)
    }

    /// The whole set: so much that neither the batches nor the payloads sit in a core's cache.
    pub(crate) fn make(self) -> DataSet {
        let batches = match self {
            _ if cfg!(debug_assertions) => 2,
            Self::Friendly | Self::Hard => 12,
            Self::TextHeavy => 6,
            Self::Wide => 1,
        };
        self.make_batches(batches, BATCH_ROWS)
    }

    /// A set of a size of its own.
    pub(crate) fn make_batches(self, batches: usize, batch_rows: usize) -> DataSet {
        let make = match self {
            Self::Friendly => friendly::batch,
            Self::Hard => hard::batch,
            Self::Wide => wide::batch,
            Self::TextHeavy => text_heavy::batch,
        };
        // ChaCha is the same on every machine and in every version, which the default one isn't.
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let batches: Vec<RecordBatch> = (0..batches)
            .map(|number| {
                let first = number * batch_rows;
                make(first..first + batch_rows, &mut rng).unwrap()
            })
            .collect();
        DataSet::new(self, batches)
    }
}

/// A data set in memory, as a reader would give it.
pub(crate) struct DataSet {
    pub(crate) set: Set,
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) mapping: Mapping,
    pub(crate) plan: Plan,
    /// Each of them becomes a lead.
    pub(crate) rows: usize,
    /// What all leads take as JSON, without the brackets and commas of the payloads.
    pub(crate) bytes: usize,
}

impl DataSet {
    fn new(set: Set, batches: Vec<RecordBatch>) -> Self {
        let mapping = Mapping::new();
        let plan = Plan::try_new(&batches[0].schema(), &mapping).unwrap();
        let mut data = Self {
            set,
            rows: batches.iter().map(RecordBatch::num_rows).sum(),
            batches,
            mapping,
            plan,
            bytes: 0,
        };
        data.bytes = data.encoded_bytes();
        data
    }

    /// The first batch alone, for ways so slow that the whole set would take all the time there is.
    pub(crate) fn first_batch(&self) -> Self {
        Self::new(self.set, self.batches[..1].to_vec())
    }

    /// The first half of the batches and the second, as sets of their own.
    pub(crate) fn halves(&self) -> [Self; 2] {
        let (first, second) = self.batches.split_at(self.batches.len() / 2);
        [first, second].map(|half| Self::new(self.set, half.to_vec()))
    }

    fn encoded_bytes(&self) -> usize {
        let mut lead = Vec::new();
        let mut bytes = 0;
        for batch in &self.batches {
            let bound = self.plan.bind(batch).unwrap();
            for row in 0..bound.num_rows() {
                lead.clear();
                bound.encode(row, &mut lead).unwrap();
                bytes += lead.len();
            }
        }
        bytes
    }

    /// The bodies of all calls, as they would be sent.
    pub(crate) fn payloads(&self) -> Vec<Vec<u8>> {
        let mut payloads = Vec::with_capacity(self.rows / MAX_LEADS + 1);
        let mut builder = PayloadBuilder::new(self.mapping.clone());
        for batch in &self.batches {
            let origin = Origin::new(self.set.name(), 1);
            let source = SourceBatch::new(batch.clone(), origin);
            builder.push(source).unwrap();
            while let Some(payload) = builder.next_payload() {
                payloads.push(payload.into_parts().0);
            }
        }
        while let Some(payload) = builder.finish() {
            payloads.push(payload.into_parts().0);
        }
        assert!(builder.take_rejections().is_empty());
        payloads
    }

    /// How many bytes a lead takes.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    pub(crate) fn bytes_a_lead(&self) -> f64 {
        self.bytes as f64 / self.rows as f64
    }
}
