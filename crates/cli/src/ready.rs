//! What a delivery needs besides its rows: made before the first call, or nothing is sent.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use leadsquared_emulator::Emulator;
use leadsquared_sink::{
    Credentials, DailyBudget, Journal, LeadSink, Limiter, RateLimit, SinkConfig,
};

use crate::kept::Kept;
use crate::limiter::limiter;
use crate::metrics;
use crate::observer::Watch;
use crate::page::Page;
use crate::progress::Counters;
use crate::rejects::Rejects;
use crate::results::Results;
use crate::settings::{DeliverySettings, Reading, Target};
use crate::talk::Talk;
use crate::words;

/// What a delivery needs besides its rows.
pub(crate) struct Ready {
    pub(crate) watch: Arc<Watch>,
    pub(crate) sink: LeadSink,
    /// The report, to be written at the end.
    pub(crate) report: Option<Page>,
    /// Both live as long as the delivery.
    pub(crate) page: Option<metrics::Page>,
    pub(crate) emulator: Option<Emulator>,
}

impl Ready {
    pub(crate) async fn new(
        reading: &Reading,
        settings: &DeliverySettings,
        counters: &Arc<Counters>,
        kept: Option<&Kept>,
        talk: &Talk,
    ) -> Result<Self> {
        let page = match settings.metrics {
            Some(address) => Some(metrics::serve(address, talk).await?),
            None => None,
        };
        let emulator = match settings.target {
            Target::Emulator => Some(emulator(settings.slots.limit(), talk).await?),
            Target::Account { .. } => None,
        };
        let limiter = limiter(settings, kept, talk).await?;
        // Last, when hardly anything else can go wrong: they may be of an earlier load.
        let report = Page::new(reading, settings, kept)?;
        let watch = Arc::new(watch(settings, counters, talk, kept, report.as_ref())?);
        let watcher = Arc::clone(&watch);
        let config = config(reading, settings, emulator.as_ref(), kept, limiter, watcher)?;
        Ok(Self {
            sink: LeadSink::start(config)?,
            watch,
            report,
            page,
            emulator,
        })
    }
}

/// What sees each row's end, with the files that it is written to.
fn watch(
    settings: &DeliverySettings,
    counters: &Arc<Counters>,
    talk: &Talk,
    kept: Option<&Kept>,
    report: Option<&Page>,
) -> Result<Watch> {
    let goes_on = kept.is_some_and(Kept::goes_on);
    let results = settings.results.as_deref();
    let rejects = settings.rejects.as_deref();
    Ok(Watch::new(
        talk.clone(),
        Arc::clone(counters),
        settings.slots.limit(),
        results
            .map(|path| Results::create(path, goes_on))
            .transpose()?,
        rejects
            .map(|path| Rejects::create(path, goes_on))
            .transpose()?,
        report.map(Page::recorder),
    ))
}

/// An emulator of an account with this limit.
async fn emulator(limit: RateLimit, talk: &Talk) -> Result<Emulator> {
    let emulator = Emulator::builder()
        .rate_limit(limit.calls().get(), limit.per())
        .keep_leads(false)
        .start()
        .await?;
    talk.say(format_args!(
        "loading into an emulator at {}, which allows {} and ends with the load",
        emulator.url(),
        words::limit(limit)
    ));
    Ok(emulator)
}

fn config(
    reading: &Reading,
    settings: &DeliverySettings,
    emulator: Option<&Emulator>,
    kept: Option<&Kept>,
    limiter: Arc<dyn Limiter>,
    watch: Arc<Watch>,
) -> Result<SinkConfig> {
    let config = match (&settings.target, emulator) {
        (
            Target::Account {
                host, credentials, ..
            },
            _,
        ) => SinkConfig::new(host, credentials.clone()),
        (Target::Emulator, Some(emulator)) => SinkConfig::new(
            emulator.url(),
            Credentials::new(emulator.access_key(), emulator.secret_key()),
        ),
        (Target::Emulator, None) => return Err(anyhow!("the emulator did not start")),
    };
    let mut config = config
        .with_mapping(reading.options.mapping().clone())
        .with_limiter(limiter)
        .with_auth(settings.auth)
        .with_timeout(settings.timeout)
        .with_retry(settings.retry)
        .with_ambiguous(settings.ambiguous)
        .with_split_budget(settings.split_budget)
        .with_observer(watch);
    if let Some(concurrency) = settings.concurrency {
        config = config.with_concurrency(concurrency);
    }
    if let Some(most) = settings.max_rejects {
        config = config.with_max_rejects(most);
    }
    if let Some(calls) = settings.daily_calls {
        let made = kept.map(Kept::calls_of_a_day).transpose()?;
        config =
            config.with_daily_budget(DailyBudget::new(calls).with_made(made.unwrap_or_default()));
    }
    if let Some(kept) = kept {
        config = config.with_journal(Arc::clone(kept.run()) as Arc<dyn Journal>);
    }
    Ok(config.build()?)
}
