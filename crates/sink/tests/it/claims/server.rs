//! A server that creates what it is sent, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use leadsquared_sink::{Answer, Transport, TransportError};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::time::sleep;

use super::death::Death;

/// What is in a lead's `mx_Kind` if the server doesn't take it.
pub(crate) const BAD: &str = "bad";
/// What is in it if the server refuses the whole call.
pub(crate) const POISON: &str = "poison";

/// A lead as it is there, byte by byte: its e-mail address, and its note.
pub(crate) type Stored = (String, String);

/// By what the server knows a lead that is there, and refuses another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unique {
    /// It takes them all.
    Nothing,
    /// The e-mail address, without regard to case and to blanks around it.
    Email,
    /// The e-mail address, byte by byte.
    ExactEmail,
    /// The note, which is no unique field of the mapping.
    Note,
    /// All of it, byte by byte.
    All,
}

impl Unique {
    /// What no other lead may have; none if they all may be there.
    pub(crate) fn of(self, lead: &Stored) -> Option<Stored> {
        let (email, note) = lead.clone();
        match self {
            Self::Nothing => None,
            Self::Email => Some((email.trim().to_lowercase(), String::new())),
            Self::ExactEmail => Some((email, String::new())),
            Self::Note => Some((String::new(), note)),
            Self::All => Some((email, note)),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Server {
    unique: Unique,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many of each there are.
    leads: BTreeMap<Stored, usize>,
    ids: Vec<String>,
    taken: BTreeSet<Stored>,
    /// Leads that were sent, and the most that were in a call whose answer never came.
    sent: usize,
    unanswered: usize,
}

impl Server {
    pub(crate) fn new(unique: Unique) -> Arc<Self> {
        Arc::new(Self {
            unique,
            state: Mutex::default(),
        })
    }

    /// How many leads there are of each.
    pub(crate) fn leads(&self) -> BTreeMap<Stored, usize> {
        self.state.lock().unwrap().leads.clone()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        let state = self.state.lock().unwrap();
        state.ids.iter().any(|known| known == id)
    }

    pub(crate) fn sent(&self) -> usize {
        self.state.lock().unwrap().sent
    }

    /// How many leads were stored by calls whose answer was lost on its way.
    pub(crate) fn unanswered(&self) -> usize {
        self.state.lock().unwrap().unanswered
    }

    /// Takes a call; the answer's status and body.
    fn take(&self, leads: &[Value]) -> (u16, String) {
        let mut state = self.state.lock().unwrap();
        let of = |lead: &Value, attribute: &str| {
            let fields = lead.as_array().unwrap().iter();
            let mut found = fields.filter(|field| field["Attribute"] == attribute);
            found
                .next()
                .map(|field| field["Value"].as_str().unwrap().to_owned())
        };
        let kind = |lead: &Value| of(lead, "mx_Kind").unwrap_or_default();
        if leads.iter().any(|lead| kind(lead) == POISON) {
            let envelope =
                r#"{"Status":"Error","ExceptionType":"MXPoison","ExceptionMessage":"no"}"#;
            return (400, envelope.to_owned());
        }
        let rows = leads.iter().enumerate().map(|(index, lead)| {
            let number = index + 1;
            let refused = |why: &str| {
                format!(r#"{{"RowNumber":{number},"LeadCreated":false,"ErrorMessage":"{why}"}}"#)
            };
            if kind(lead) == BAD {
                return refused("mx_Kind is bad");
            }
            let stored = (
                of(lead, "EmailAddress").unwrap(),
                of(lead, "mx_Note").unwrap_or_default(),
            );
            if let Some(one) = self.unique.of(&stored)
                && !state.taken.insert(one)
            {
                return refused("Duplicate EmailAddress");
            }
            let id = format!("id-{}", state.ids.len() + 1);
            state.ids.push(id.clone());
            *state.leads.entry(stored).or_default() += 1;
            format!(r#"{{"RowNumber":{number},"LeadId":"{id}","LeadCreated":true}}"#)
        });
        let rows: Vec<String> = rows.collect();
        (200, format!("[{}]", rows.join(",")))
    }
}

/// The way of one process to the server, with faults on it by the seed; without one, there are none.
pub(crate) struct Way {
    pub(crate) server: Arc<Server>,
    pub(crate) death: Death,
    faults: Option<Mutex<StdRng>>,
}

impl Way {
    pub(crate) fn new(server: &Arc<Server>, death: &Death, faults: Option<u64>) -> Arc<Self> {
        Arc::new(Self {
            server: Arc::clone(server),
            death: death.clone(),
            faults: faults.map(|seed| Mutex::new(StdRng::seed_from_u64(seed))),
        })
    }
}

#[async_trait]
impl Transport for Way {
    async fn post(&self, body: Bytes) -> Result<Answer, TransportError> {
        let fault = match &self.faults {
            Some(rng) => rng.lock().unwrap().random_range(0..20),
            None => 20,
        };
        let leads: Vec<Value> = serde_json::from_slice(&body).unwrap();
        sleep(Duration::from_millis(fault + 1)).await;
        let host = "memory".to_owned();
        let cause = "reset".to_owned();
        self.death.step().await;
        match fault {
            0 => return Err(TransportError::Connect { host, cause }),
            1 => return Err(TransportError::Broken { host, cause }),
            _ => {}
        }
        let answer = |status, body: String| {
            Ok(Answer {
                status,
                retry_after: None,
                body: body.into(),
            })
        };
        match fault {
            2 => return answer(503, "busy".to_owned()),
            3 => return answer(429, "slow down".to_owned()),
            _ => {}
        }
        self.server.state.lock().unwrap().sent += leads.len();
        let (status, body) = self.server.take(&leads);
        self.death.step().await;
        if fault == 4 {
            if status == 200 {
                self.server.state.lock().unwrap().unanswered += leads.len();
            }
            return Err(TransportError::Broken { host, cause });
        }
        answer(status, body)
    }
}
