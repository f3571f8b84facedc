//! The keys that a mapping file may have: those of its JSON schema.

use leadsquared_core::nearest;
use serde_json::{Map, Value};
use toml::de::DeTable;

use super::written::Written;

/// The JSON schema of mapping files, for editors.
pub(crate) fn schema() -> Value {
    schemars::schema_for!(Written).to_value()
}

/// A key that has no place where it stands.
pub(super) struct Stray {
    /// Where it stands, in bytes.
    pub(super) place: usize,
    pub(super) why: Why,
}

/// Why a key has no place in a table, such as `columns.phone`; empty for the file itself.
pub(super) enum Why {
    /// No mapping file has it.
    Unknown {
        table: String,
        key: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    /// It is a table because of a dot in a name without quotes.
    Unquoted {
        table: String,
        key: String,
        /// What belongs there.
        instead: &'static str,
        /// What was meant, in quotes.
        meant: String,
    },
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown {
                table,
                key,
                nearest,
                known,
            } => {
                match table.as_str() {
                    "" => f.write_str("a mapping")?,
                    table => write!(f, "[{table}]")?,
                }
                write!(f, " has no key `{key}`")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
                    None => write!(f, "; its keys are {}", known.join(", ")),
                }
            }
            Self::Unquoted {
                table,
                key,
                instead,
                meant,
            } => write!(
                f,
                "[{table}] has a table `{key}` where {instead} belongs; a dot outside of quotes \
                 makes a table, so write {meant}"
            ),
        }
    }
}

/// The first key of the file that has no place there.
pub(super) fn stray(table: &DeTable<'_>) -> Option<Stray> {
    let schema = schema();
    look(&[], table, &schema, &schema)
}

fn look(path: &[&str], table: &DeTable<'_>, node: &Value, root: &Value) -> Option<Stray> {
    let node = resolve(node, root);
    let known = node.get("properties").and_then(Value::as_object);
    let others = node
        .get("additionalProperties")
        .filter(|node| node.is_object());
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let place = key.span().start;
        let inner = known.and_then(|known| known.get(name)).or(others);
        let table = value.get_ref().as_table();
        if let Some(table) = table
            && let Some(why) = unquoted(path, name, table, known)
        {
            return Some(Stray { place, why });
        }
        let Some(inner) = inner else {
            let known = known.into_iter().flatten();
            let known: Vec<String> = known.map(|(name, _)| name.clone()).collect();
            let why = Why::Unknown {
                table: path.join("."),
                key: name.to_owned(),
                nearest: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
                known,
            };
            return Some(Stray { place, why });
        };
        // A table where a plain value belongs is told by its type.
        if let Some(table) = table
            && is_table(inner, root)
        {
            let path = [path, &[name]].concat();
            if let Some(stray) = look(&path, table, inner, root) {
                return Some(stray);
            }
        }
    }
    None
}

/// Where no table belongs, but a text or a rule: what was meant by the one that is there, if that can
/// be told. `rules` are those that a column may have.
fn unquoted(
    path: &[&str],
    key: &str,
    table: &DeTable<'_>,
    rules: Option<&Map<String, Value>>,
) -> Option<Why> {
    let (instead, parents) = match path {
        ["rename" | "constants"] => ("a text", None),
        ["columns", column] => ("a rule", Some(*column)),
        _ => return None,
    };
    let is_column = parents.is_some();
    let is_rule = |name: &str| rules.is_some_and(|rules| rules.contains_key(name));
    if is_rule(key) && !table.keys().all(|inside| is_rule(inside.get_ref())) {
        // The rule is meant, and has the wrong type.
        return None;
    }
    let mut parts: Vec<&str> = parents.into_iter().chain([key]).collect();
    let mut table = Some(table);
    // In [columns], what is in the last table are rules.
    while let Some((key, value)) = table.and_then(|table| table.iter().next()) {
        table = value.get_ref().as_table();
        if table.is_none() && is_column {
            break;
        }
        parts.push(key.get_ref());
    }
    if parts.len() < 2 {
        return None;
    }
    let name = parts.join(".");
    Some(Why::Unquoted {
        table: path.join("."),
        key: key.to_owned(),
        instead,
        meant: if is_column {
            format!("[columns.\"{name}\"]")
        } else {
            format!("\"{name}\" in quotes")
        },
    })
}

/// Whether a table belongs there.
fn is_table(node: &Value, root: &Value) -> bool {
    let node = resolve(node, root);
    node.get("properties").is_some() || node.get("additionalProperties").is_some()
}

/// What a node refers to, or the node.
fn resolve<'a>(node: &'a Value, root: &'a Value) -> &'a Value {
    let target = node.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| root.pointer(target.strip_prefix('#')?));
    target.unwrap_or(node)
}
