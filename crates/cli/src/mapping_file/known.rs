//! The keys that a mapping file may have: those of its JSON schema.

use leadsquared_core::nearest;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::written::Written;

/// The JSON schema of mapping files, for editors.
pub(crate) fn schema() -> Value {
    schemars::schema_for!(Written).to_value()
}

/// A key that no mapping file has.
pub(super) struct Unknown {
    pub(super) key: String,
    /// Where it stands, in bytes.
    pub(super) place: usize,
    /// The table that it stands in, such as `columns.phone`; empty for the file itself.
    table: String,
    nearest: Option<String>,
    known: Vec<String>,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = match self.table.as_str() {
            "" => "a mapping".to_owned(),
            table => format!("[{table}]"),
        };
        write!(f, "{place} has no key `{}`", self.key)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => write!(f, "; its keys are {}", self.known.join(", ")),
        }
    }
}

/// The first key of the file that isn't known.
pub(super) fn unknown(table: &DeTable<'_>) -> Option<Unknown> {
    let schema = schema();
    look("", table, &schema, &schema)
}

fn look(path: &str, table: &DeTable<'_>, node: &Value, root: &Value) -> Option<Unknown> {
    let node = resolve(node, root);
    let known = node.get("properties").and_then(Value::as_object);
    let others = node.get("additionalProperties");
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let inner = match known.and_then(|known| known.get(name)) {
            Some(inner) => inner,
            // Any name will do, as that of a column.
            None if others.is_some_and(Value::is_object) => others?,
            None => {
                let known: Vec<String> = known
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name.clone())
                    .collect();
                return Some(Unknown {
                    key: name.to_owned(),
                    place: key.span().start,
                    table: path.to_owned(),
                    nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
                    known,
                });
            }
        };
        if let DeValue::Table(table) = value.get_ref() {
            let path = match path {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            if let Some(unknown) = look(&path, table, inner, root) {
                return Some(unknown);
            }
        }
    }
    None
}

/// What a node refers to, or the node.
fn resolve<'a>(node: &'a Value, root: &'a Value) -> &'a Value {
    let target = node.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| root.pointer(target.strip_prefix('#')?));
    target.unwrap_or(node)
}
