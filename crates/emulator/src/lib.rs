//! LeadSquared's bulk-create endpoint as a real HTTP server, for trying things out and for tests.
//!
//! It implements the contract for Create Leads in Bulk, on its own: it shares no code with any
//! client, so that a mistake cannot hide by being made at both ends. Where the contract is silent,
//! each plausible behaviour has a switch.
//!
//! - [`Emulator`] is the running server: its address, the leads and calls it has seen, and the
//!   script of faults for the calls to come.
//! - [`EmulatorBuilder`] has the settings: keys, [rate limit](Algorithm) and how it
//!   [is told](ThrottleShape), [`Latency`], unique fields, rules for
//!   [repeated attributes](RepeatedAttribute) and duplicates
//!   ([in a call](DuplicateInCall), [and how they are told](DuplicateAnswer)).
//! - [`Fault`] is something that goes wrong with a call, [`Chaos`] makes it go wrong by chance.
//! - [`LeadField`] is a field of the account, which `LeadsMetaData.Get` lists.
//! - [`Lead`] and [`Call`] are what it has stored and recorded.
//!
//! It also serves `LeadsMetaData.Get`, the account's lead fields.
//!
//! A call is looked at in this order: path and method (404, 405), keys (401), rate limit (429),
//! then the script of faults, the content type and the body (400, 413), rules for the call as a
//! whole (500 with an MX exception), and at last each lead, whose row in the 200 says what became
//! of it.
//!
//! # Example
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use leadsquared_emulator::{Emulator, Fault};
//!
//! let emulator = Emulator::start().await?;
//! emulator.script(Fault::status(503)); // for the first call
//!
//! let create = || {
//!     reqwest::Client::new()
//!         .post(format!("{}/v2/LeadManagement.svc/Lead/Bulk/Create", emulator.url()))
//!         .header("x-LSQ-AccessKey", emulator.access_key())
//!         .header("x-LSQ-SecretKey", emulator.secret_key())
//!         .header("content-type", "application/json")
//!         .body(r#"[[{"Attribute":"EmailAddress","Value":"king@example.com"}]]"#)
//!         .send()
//! };
//! assert_eq!(create().await?.status(), 503);
//! assert_eq!(create().await?.status(), 200);
//!
//! let leads = emulator.leads();
//! assert_eq!(leads[0].get("EmailAddress"), Some("king@example.com"));
//! assert_eq!(leads[0].call, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod builder;
mod chaos;
mod config;
mod desk;
mod emulator;
mod envelope;
mod error;
mod fault;
mod field;
mod front;
mod json;
mod keys;
mod latency;
mod lead;
mod limit;
mod names;
mod record;
mod routes;
mod rules;
mod server;
mod shared;
mod store;
mod throttle;

pub use builder::EmulatorBuilder;
pub use chaos::Chaos;
pub use emulator::Emulator;
pub use error::Error;
pub use fault::Fault;
pub use field::LeadField;
pub use keys::KeyPlace;
pub use latency::Latency;
pub use lead::Lead;
pub use limit::Algorithm;
pub use record::Call;
pub use rules::{DuplicateAnswer, DuplicateInCall, RepeatedAttribute};
pub use throttle::ThrottleShape;
