//! What travels.

use std::fmt::Display;
use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::common::Result;
use datafusion::datasource::sink::DataSinkExec;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::protobuf;
use prost::Message;

use crate::insert::LeadsInsert;
use crate::statement::check_name;
use crate::{DeliveryOptions, LeadsError, LeadsTable, OutcomesTable};

/// What begins everything of ours: no other codec's bytes do.
const MAGIC: &[u8] = b"\xFFleadsquared";

/// The version of the messages, behind that; it changes when they do.
const VERSION: u8 = 1;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Envelope {
    #[prost(oneof = "Content", tags = "1, 2, 3")]
    content: Option<Content>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Content {
    #[prost(message, tag = "1")]
    Leads(LeadsMessage),
    #[prost(message, tag = "2")]
    Outcomes(OutcomesMessage),
    #[prost(message, tag = "3")]
    Insert(InsertMessage),
}

/// A table of leads.
#[derive(Clone, PartialEq, Message)]
pub(super) struct LeadsMessage {
    /// The account's name.
    #[prost(string, tag = "1")]
    account: String,
    #[prost(message, repeated, tag = "2")]
    options: Vec<OptionMessage>,
    #[prost(message, optional, tag = "3")]
    schema: Option<protobuf::Schema>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OptionMessage {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    value: String,
}

/// A table of outcomes.
#[derive(Clone, PartialEq, Message)]
pub(super) struct OutcomesMessage {
    #[prost(string, tag = "1")]
    folder: String,
}

/// The sink of a statement.
#[derive(Clone, PartialEq, Message)]
pub(super) struct InsertMessage {
    #[prost(message, optional, tag = "1")]
    table: Option<LeadsMessage>,
    #[prost(string, tag = "2")]
    statement: String,
}

impl Content {
    pub(super) fn write(self, buffer: &mut Vec<u8>) -> Result<()> {
        buffer.extend_from_slice(MAGIC);
        buffer.push(VERSION);
        let envelope = Envelope {
            content: Some(self),
        };
        envelope.encode(buffer).map_err(unreadable)?;
        Ok(())
    }

    /// What `bytes` hold; `None` if they are another codec's.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Ok(None);
        };
        let (version, message) = rest
            .split_first()
            .ok_or_else(|| unreadable("it is cut off"))?;
        if *version != VERSION {
            let problem = format!("it has version {version}, and this is version {VERSION}");
            return Err(unreadable(problem).into());
        }
        let envelope = Envelope::decode(message).map_err(unreadable)?;
        let content = envelope
            .content
            .ok_or_else(|| unreadable("it is empty, or of a later version"))?;
        Ok(Some(content))
    }
}

impl LeadsMessage {
    pub(super) fn of(table: &LeadsTable) -> Result<Self> {
        let options = table.options().written().into_iter();
        Ok(Self {
            account: table.account().to_owned(),
            options: options
                .map(|(name, value)| OptionMessage {
                    name: name.to_owned(),
                    value,
                })
                .collect(),
            schema: Some(
                protobuf::Schema::try_from(table.leads_schema().as_ref()).map_err(unreadable)?,
            ),
        })
    }

    pub(super) fn table(self) -> Result<LeadsTable> {
        let options = self.options.iter();
        let options = options.map(|option| (option.name.as_str(), option.value.as_str()));
        let options = DeliveryOptions::parse(options)?;
        let schema = self
            .schema
            .ok_or_else(|| unreadable("the columns are missing"))?;
        let schema = Schema::try_from(&schema).map_err(unreadable)?;
        Ok(LeadsTable::try_new(
            Arc::new(schema),
            self.account,
            options,
        )?)
    }
}

impl OutcomesMessage {
    pub(super) fn of(table: &OutcomesTable) -> Result<Self> {
        let folder = table.folder().to_str();
        let folder = folder.ok_or_else(|| LeadsError::Outcomes {
            path: table.folder().to_path_buf(),
            doing: "named to another process",
            cause: "the name is not UTF-8; choose another folder".to_owned(),
        })?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    pub(super) fn table(self) -> OutcomesTable {
        OutcomesTable::new(self.folder.into())
    }
}

impl InsertMessage {
    pub(super) fn of(insert: &LeadsInsert) -> Result<Self> {
        Ok(Self {
            table: Some(LeadsMessage::of(insert.table())?),
            statement: insert.statement().to_owned(),
        })
    }

    pub(super) fn plan(self, input: Arc<dyn ExecutionPlan>) -> Result<DataSinkExec> {
        // It becomes a part of file names.
        check_name(&self.statement)?;
        let table = self
            .table
            .ok_or_else(|| unreadable("the table is missing"))?
            .table()?;
        Ok(table.sink(input, self.statement)?)
    }
}

pub(super) fn unreadable(problem: impl Display) -> LeadsError {
    LeadsError::Codec {
        problem: problem.to_string(),
    }
}
