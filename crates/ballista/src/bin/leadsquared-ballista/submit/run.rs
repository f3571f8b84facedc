//! Statements, as they run.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use leadsquared_ballista::{Job, connect};
use leadsquared_datafusion::OutcomesFolder;
use uuid::Uuid;

use super::print::Printer;
use super::report::{Kept, leads};
use super::session::{
    STATEMENT, account, refused, register_outcomes, statement_name, told, two_of,
};
use crate::args::SubmitArgs;
use crate::exit::{Exit, usage};
use crate::signals::Signals;

/// How many times a statement is begun, if executors are lost.
const ATTEMPTS: usize = 5;
const LOST: &str = "the scheduler ended the statement each time it was begun: executors were lost, or somebody cancels it";
/// How long the scheduler may take to say what it calls a job that is to be cancelled.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);

/// A run of statements, in one session.
pub(super) struct Run {
    url: String,
    context: SessionContext,
    outcomes: Option<OutcomesFolder>,
    signals: Signals,
    printer: Printer,
    /// The ids that deliveries of this run had.
    ids: HashSet<String>,
    all_are_in: bool,
}

impl Run {
    pub(super) async fn new(args: &SubmitArgs, signals: Signals, printer: Printer) -> Result<Self> {
        let url = args.scheduler.url();
        let context = connect(&url).await.map_err(told)?;
        let outcomes = register_outcomes(&context, args.outcomes.as_deref())?;
        let run = Self {
            url,
            context,
            outcomes,
            signals,
            printer,
            ids: HashSet::new(),
            all_are_in: true,
        };
        if let Some(id) = &args.statement {
            run.name_statement(id)
                .map_err(|error| usage(error.to_string()))?;
        }
        Ok(run)
    }

    /// How it ended, if no statement failed.
    pub(super) fn exit(&self) -> Exit {
        if self.all_are_in {
            Exit::Complete
        } else {
            Exit::Incomplete
        }
    }

    /// Runs the next statement, and prints what it comes to.
    pub(super) async fn statement(&mut self, statement: Statement) -> Result<()> {
        let state = self.context.state();
        let plan = state.statement_to_plan(statement).await.map_err(told)?;
        // The rehearsal may have ended before it.
        if let Some(why) = refused(&plan) {
            bail!(why);
        }
        match plan {
            LogicalPlan::Ddl(_) | LogicalPlan::Statement(_) => {
                let done = self.context.execute_logical_plan(plan).await;
                done.map_err(told)?;
                Ok(())
            }
            plan if let Some(account) = account(&plan) => self.deliver(&plan, &account).await,
            plan => {
                let batches = self
                    .finish(&plan, None)
                    .await
                    .map_err(|ended| match ended {
                        Ended::Failed(error) => error,
                        Ended::Cancelled(signal) => anyhow!("{signal}: the statement is cancelled"),
                        Ended::Lost => anyhow!(LOST),
                    })?;
                self.printer.rows(&batches.unwrap_or_default())
            }
        }
    }

    /// Runs an INSERT that delivers.
    async fn deliver(&mut self, plan: &LogicalPlan, account: &str) -> Result<()> {
        let named = statement_name(&self.context);
        let id = named.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        // The rehearsal may have ended before it.
        if !self.ids.insert(id.clone()) {
            bail!(two_of(&id));
        }
        self.name_statement(&id)?;
        eprintln!("statement {id} runs");
        let outcomes = self.outcomes.as_ref().context("no folder of outcomes")?;
        let kept = Kept::of(outcomes, account, &id);
        let finished = self.finish(plan, Some(&kept)).await;
        self.name_statement(named.as_deref().unwrap_or_default())?;
        let counted = finished.map_err(|ended| match ended {
            Ended::Failed(error) => error.context(format!(
                "statement {id} failed; when that is mended, with --statement {id} the same statement goes on"
            )),
            Ended::Cancelled(signal) => anyhow!(
                "{signal}: statement {id} is cancelled; a delivery that has begun goes on in its executor, and with \
                 --statement {id} the same statement takes it over"
            ),
            Ended::Lost => anyhow!("{LOST}; with --statement {id} the same statement goes on"),
        })?;
        let report = kept.report(counted.as_deref().map(leads)).await?;
        self.all_are_in &= report.all_are_in();
        self.printer.report(&report)
    }

    /// Runs it, anew whenever an executor was lost; a signal cancels it.
    ///
    /// `None` if all is delivered, as the file of its outcomes tells, and the executor that had the result
    /// was gone before it was fetched.
    async fn finish(
        &mut self,
        plan: &LogicalPlan,
        kept: Option<&Kept>,
    ) -> Result<Option<Vec<RecordBatch>>, Ended> {
        for _ in 0..ATTEMPTS {
            match self.attempt(plan).await {
                Ok(batches) => return Ok(Some(batches)),
                Err(Ended::Cancelled(signal)) => return Err(Ended::Cancelled(signal)),
                Err(_) if kept.is_some_and(Kept::is_new) => return Ok(None),
                Err(Ended::Lost) => eprintln!("an executor was lost: the statement begins anew"),
                Err(ended) => return Err(ended),
            }
        }
        Err(Ended::Lost)
    }

    async fn attempt(&mut self, plan: &LogicalPlan) -> Result<Vec<RecordBatch>, Ended> {
        let job = Job::new(&self.url, &self.context, plan).await;
        let job = job.map_err(|error| Ended::Failed(told(error)))?;
        let collecting = job.collect();
        tokio::pin!(collecting);
        let signal = tokio::select! {
            ended = &mut collecting => return ended.map_err(Ended::of),
            signal = self.signals.next() => signal,
        };
        // What the scheduler calls the job is known a moment after it was sent.
        let known = async {
            while job.id().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            ended = &mut collecting => return ended.map_err(|error| match Ended::of(error) {
                // It isn't begun anew now.
                Ended::Lost => Ended::Cancelled(signal),
                ended => ended,
            }),
            _ = tokio::time::timeout(CANCEL_PATIENCE, known) => {}
        }
        match job.cancel().await {
            Ok(true) => Err(Ended::Cancelled(signal)),
            Ok(false) => Err(Ended::Failed(anyhow!(
                "{signal}: the scheduler has not told of the job, so that it can't be cancelled; it may run on"
            ))),
            Err(error) => Err(Ended::Failed(
                told(error).context(format!("{signal}: the job can't be cancelled, and runs on")),
            )),
        }
    }

    fn name_statement(&self, id: &str) -> Result<()> {
        let state = self.context.state_ref();
        let mut state = state.write();
        let options = state.config_mut().options_mut();
        options.set(STATEMENT, id).map_err(told)
    }
}

/// Why a job has no result.
enum Ended {
    Failed(anyhow::Error),
    /// By this signal.
    Cancelled(&'static str),
    /// An executor was lost.
    Lost,
}

impl Ended {
    fn of(error: DataFusionError) -> Self {
        if Job::was_ended(&error) {
            Self::Lost
        } else {
            Self::Failed(told(error))
        }
    }
}
