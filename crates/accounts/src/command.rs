//! Keys that a program prints: a password store, a vault.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::runtime::Handle;
use tokio::time::timeout;

use crate::error::KeysError;
use crate::keys::Keys;
use crate::written;

/// Far more than two keys take.
const MOST_BYTES: u64 = 64 * 1024;
/// How many lines of standard error an error repeats.
const MOST_LINES: usize = 10;
/// Pieces of standard output that are shorter are no secrets.
const SECRET_LENGTH: usize = 4;
/// What is on standard output and no secret.
const NAMES: [&str; 2] = ["access_key", "secret_key"];

/// What a program left behind.
struct Printed {
    status: ExitStatus,
    stdout: SecretString,
    stderr: String,
}

/// Runs the program, without a shell, and takes the keys from its standard output.
///
/// Its standard input is empty: that of the process may be the rows.
pub(crate) async fn keys(
    program: &str,
    arguments: &[String],
    limit: Duration,
) -> Result<Keys, KeysError> {
    if Handle::try_current().is_err() {
        return Err(KeysError::NoRuntime);
    }
    let name = || program.to_owned();
    let printed = timeout(limit, run(program, arguments))
        .await
        .map_err(|_| KeysError::TookTooLong {
            program: name(),
            limit,
        })?
        .map_err(|source| KeysError::CannotRun {
            program: name(),
            source,
        })?;
    if !printed.status.success() {
        return Err(KeysError::Failed {
            program: name(),
            status: printed.status,
            said: said(&printed),
        });
    }
    written::parse(&printed.stdout).map_err(|fault| KeysError::NotPrinted {
        program: name(),
        fault,
        said: said(&printed),
    })
}

async fn run(program: &str, arguments: &[String]) -> std::io::Result<Printed> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr, status) = tokio::try_join!(read(stdout), read(stderr), child.wait())?;
    Ok(Printed {
        status,
        stdout: String::from_utf8_lossy(&stdout).into_owned().into(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

/// Reads a pipe to its end, but not for ever.
async fn read(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MOST_BYTES).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The last lines of standard error, without anything that was on standard output too.
fn said(printed: &Printed) -> Vec<String> {
    let mut text = printed.stderr.clone();
    let secrets = printed.stdout.expose_secret();
    let is_edge = |c: char| c.is_whitespace() || "=:,{}\"'".contains(c);
    let mut pieces: Vec<&str> = secrets
        .lines()
        .flat_map(|line| line.split(is_edge))
        .collect();
    pieces.extend(
        secrets
            .lines()
            .filter_map(|line| Some(line.split_once('=')?.1.trim())),
    );
    // The longest first, which may have others in them.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    for piece in pieces
        .iter()
        .filter(|piece| piece.len() >= SECRET_LENGTH && !NAMES.contains(piece))
    {
        text = text.replace(piece, "***");
    }
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines.get(lines.len().saturating_sub(MOST_LINES)..);
    last.unwrap_or_default()
        .iter()
        .map(|line| line.chars().filter(|c| !c.is_control()).collect())
        .collect()
}
