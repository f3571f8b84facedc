//! The text that two keys are written in, in a file or by a command.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::fault::KeysFault;
use crate::keys::Keys;

/// The keys that a text has, as far as it has them.
struct Written {
    access_key: Option<SecretString>,
    secret_key: Option<SecretString>,
}

/// Reads `access_key = …` and `secret_key = …`, or one JSON object with the two; other lines are left
/// alone.
pub(crate) fn parse(text: &SecretString) -> Result<Keys, KeysFault> {
    let text = text.expose_secret();
    let pair = if text.trim_start().starts_with('{') {
        json(text)?
    } else {
        Written {
            access_key: line(text, "access_key")?,
            secret_key: line(text, "secret_key")?,
        }
    };
    let present = |key: Option<SecretString>, name| {
        key.filter(|key| !key.expose_secret().trim().is_empty())
            .ok_or(KeysFault::Missing { name })
    };
    Ok(Keys {
        access_key: present(pair.access_key, "access_key")?,
        secret_key: present(pair.secret_key, "secret_key")?,
    })
}

fn json(text: &str) -> Result<Written, KeysFault> {
    #[derive(Deserialize)]
    struct Pair {
        access_key: Option<String>,
        secret_key: Option<String>,
    }
    // The error itself could show a value.
    let pair: Pair = serde_json::from_str(text).map_err(|_| KeysFault::NotJson)?;
    Ok(Written {
        access_key: pair.access_key.map(Into::into),
        secret_key: pair.secret_key.map(Into::into),
    })
}

/// The value of the line `name = value`: quoted as in TOML, or as it stands.
fn line(text: &str, name: &'static str) -> Result<Option<SecretString>, KeysFault> {
    let mut found = None;
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        if key.trim() != name {
            continue;
        }
        let value = value.trim();
        let value = if value.starts_with(['"', '\'']) {
            quoted(value).ok_or(KeysFault::Quotes { name })?
        } else {
            value.to_owned()
        };
        if found.replace(SecretString::from(value)).is_some() {
            return Err(KeysFault::Repeated { name });
        }
    }
    Ok(found)
}

fn quoted(value: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Line {
        value: String,
    }
    let line: Line = toml::from_str(&format!("value = {value}")).ok()?;
    Some(line.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, String), KeysFault> {
        let keys = parse(&SecretString::from(text.to_owned()))?;
        let shown = |key: &SecretString| key.expose_secret().to_owned();
        Ok((shown(&keys.access_key), shown(&keys.secret_key)))
    }

    #[test]
    fn the_two_keys_are_read_in_each_form() {
        let expected = Ok(("u$r 1#".to_owned(), "s&c=t".to_owned()));
        for text in [
            "access_key = u$r 1#\nsecret_key=s&c=t\n",
            "# mine\naccess_key = \"u$r 1#\" # by day\n\n  secret_key = 's&c=t'\r\nurl = x\n",
            " {\"secret_key\": \"s&c=t\", \"access_key\": \"u$r 1#\", \"more\": 1}\n",
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_is_shown() {
        for (text, word) in [
            ("", "access_key"),
            ("s3cret", "access_key"),
            ("access_key = s3cret", "`secret_key = …`"),
            ("access_key = s3cret\nsecret_key =", "`secret_key = …`"),
            ("access_key = \"s3cret\nsecret_key = x", "quote"),
            (
                "access_key = s3cret\naccess_key = x\nsecret_key = y",
                "more than one",
            ),
            ("{\"access_key\": \"s3cret\"", "JSON"),
            ("{\"access_key\": 5, \"secret_key\": \"s3cret\"}", "JSON"),
        ] {
            let error = parsed(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
