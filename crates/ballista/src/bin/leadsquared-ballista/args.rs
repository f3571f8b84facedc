//! What may be typed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

const ENVIRONMENT: &str = "\
Environment:
  LEADSQUARED_REDIS_URL   the Redis that executors share limits and claims in: redis://[:password@]host[:port]
  LEADSQUARED_CONFIG      the file that has the accounts
  LEADSQUARED_HOST, LEADSQUARED_ACCESS_KEY, LEADSQUARED_SECRET_KEY
                          an account without a file, which statements call \"environment\"
  LEADSQUARED_LOG         what to log on standard error, such as info,ballista=debug (or RUST_LOG)

Exit codes: 0 every row is in, 1 failed, 2 wrong usage, 3 some rows are not in.";

/// LeadSquared in SQL on a cluster.
#[derive(Debug, Parser)]
#[command(name = "leadsquared-ballista", version, about, after_help = ENVIRONMENT)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan statements and give their parts to executors.
    Scheduler(SchedulerArgs),
    /// Read, join and deliver, as the scheduler says.
    Executor(ExecutorArgs),
    /// Run statements on the cluster, one after the other, and report.
    Submit(SubmitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct SchedulerArgs {
    /// The address to listen on; port 0 takes a free one. Whoever reaches it can run statements.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50050")]
    pub(crate) bind: SocketAddr,

    /// The name or address under which executors reach this machine; by default the one of --bind.
    #[arg(long, value_name = "HOST")]
    pub(crate) advertise: Option<String>,

    /// How long nothing may be heard of an executor before its work is given to others.
    #[arg(long, value_name = "TIME", default_value = "12s", value_parser = whole_seconds)]
    pub(crate) executor_timeout: Duration,

    /// How long jobs that run wait for another executor when the last one is gone. One that is given when
    /// there is none waits until there is.
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = whole_seconds)]
    pub(crate) wait_for_executors: Duration,

    /// How many times a task may fail before its statement does.
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) task_attempts: NonZeroUsize,
}

#[derive(Debug, Args)]
pub(crate) struct ExecutorArgs {
    /// The scheduler.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) scheduler: SchedulerAddress,

    /// The folder for what became of each row; a file a statement. All executors and those who submit
    /// should see it.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) outcomes: PathBuf,

    /// The file that has the accounts [default: leadsquared/config.toml in the user's config folder].
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// An account to deliver into, again for each [default: all that there are].
    #[arg(long = "account", value_name = "NAME")]
    pub(crate) accounts: Vec<String>,

    /// How many processes at most share the limits: all executors, and every other that loads into these
    /// accounts. Each keeps to its part while Redis is gone. The Redis is named by
    /// the environment; without one there is --alone.
    #[arg(long, value_name = "N", conflicts_with = "alone")]
    pub(crate) processes: Option<NonZeroU32>,

    /// Share nothing: no other process may use these accounts, and after an executor's death rows that
    /// were delivered come back as duplicates.
    #[arg(long)]
    pub(crate) alone: bool,

    /// How many tasks run at once [default: one a processor].
    #[arg(long, value_name = "N")]
    pub(crate) slots: Option<NonZeroUsize>,

    /// The folder for what stages hand on to each other [default: a temporary one].
    #[arg(long, value_name = "FOLDER")]
    pub(crate) work_dir: Option<PathBuf>,

    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) bind: IpAddr,

    /// The name or address under which the others reach this machine; by default the one of --bind.
    #[arg(long, value_name = "HOST")]
    pub(crate) advertise: Option<String>,

    /// The port where others fetch what stages hand on; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,

    /// The port where the scheduler gives tasks; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) task_port: u16,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct SubmitArgs {
    /// The scheduler.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) scheduler: SchedulerAddress,

    /// The executors' folder of outcomes: what the report is made of, and the table of outcomes.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) outcomes: Option<PathBuf>,

    /// The id of the INSERT INTO leads [default: one by chance]. The same id again goes on with it: what is
    /// delivered is not sent again.
    #[arg(long, value_name = "ID")]
    pub(crate) statement: Option<String>,

    /// The statements themselves.
    #[arg(
        short = 'e',
        long = "execute",
        value_name = "SQL",
        conflicts_with = "file"
    )]
    pub(crate) execute: Option<String>,

    /// The file that has the statements; - is standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// How results are printed: text, or a JSON object a statement.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Where a scheduler is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SchedulerAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl SchedulerAddress {
    /// As Ballista's clients take it.
    pub(crate) fn url(&self) -> String {
        format!("df://{}:{}", self.host, self.port)
    }
}

impl std::str::FromStr for SchedulerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "give it as HOST:PORT, such as 127.0.0.1:50050";
        let (host, port) = text.rsplit_once(':').ok_or(expected)?;
        let port = port.parse().map_err(|_| expected)?;
        if host.is_empty() || host.contains(['/', '@']) {
            return Err(expected.to_owned());
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// Ballista counts in whole seconds.
fn whole_seconds(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if time.as_secs() == 0 || time.subsec_nanos() != 0 {
        return Err("give whole seconds, at least one, such as 12s".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_well_formed() {
        use clap::CommandFactory as _;

        Cli::command().debug_assert();
    }

    #[test]
    fn a_scheduler_is_a_host_and_a_port() {
        let parse = |text: &str| text.parse::<SchedulerAddress>();
        assert_eq!(
            parse("cluster.internal:50050").unwrap().url(),
            "df://cluster.internal:50050"
        );
        assert_eq!(parse("[::1]:7").unwrap().url(), "df://[::1]:7");
        for wrong in [
            "",
            "host",
            ":1",
            "host:",
            "host:port",
            "http://host:1",
            "user:key@host:1",
        ] {
            assert!(parse(wrong).unwrap_err().contains("HOST:PORT"), "{wrong}");
        }
    }

    #[test]
    fn times_are_whole_seconds() {
        assert_eq!(whole_seconds("1m").unwrap(), Duration::from_mins(1));
        for wrong in ["0s", "500ms", "1500ms", "soon"] {
            assert!(whole_seconds(wrong).is_err(), "{wrong}");
        }
    }
}
