//! What a delivery needs besides its rows: made before the first call, or nothing is sent.

use std::sync::Arc;

use anyhow::Result;
use leadsquared_emulator::Emulator;
use leadsquared_sink::{DailyBudget, Journal, LeadSink, RateLimit, SinkConfig, SinkConfigBuilder};

use crate::inputs::Opened;
use crate::kept::Kept;
use crate::limiter::limiter;
use crate::metrics;
use crate::observer::{Watch, learned_words};
use crate::page::Page;
use crate::preflight::{Preflight, transport};
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
        inputs: &[Opened],
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
            Target::Emulator => Some(emulator(settings, talk).await?),
            Target::Account { .. } => None,
        };
        let limiter = limiter(settings, kept, talk).await?;
        let budget = budget(settings, kept)?;
        let target = &settings.target;
        let transport = transport(target, emulator.as_ref(), settings.auth, settings.timeout)?;
        let preflight = Preflight {
            reading,
            inputs,
            settings,
            kept,
            transport: &transport,
            limiter: &limiter,
            budget: budget.as_ref(),
            talk,
        };
        preflight.run().await?;
        let (limit, believed) = (limiter.limit(), settings.slots.limit());
        if settings.preflight && limit != believed {
            counters.learn(limit);
            talk.say(learned_words(limit, believed));
        }
        // Last, when hardly anything else can go wrong: they may be of an earlier load.
        let report = Page::new(reading, settings, limit, kept)?;
        let watch = watch(settings, limit, counters, talk, kept, report.as_ref())?;
        let watch = Arc::new(watch);
        let watcher = Arc::clone(&watch);
        let config = SinkConfig::over(transport)
            .with_limiter(limiter)
            .with_observer(watcher);
        let config = configure(config, reading, settings, kept, budget)?;
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
    limit: RateLimit,
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
        limit,
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
async fn emulator(settings: &DeliverySettings, talk: &Talk) -> Result<Emulator> {
    let limit = settings.slots.limit();
    let mut builder = Emulator::builder()
        .rate_limit(limit.calls().get(), limit.per())
        .keep_leads(false);
    if let Some(fields) = &settings.emulated_fields {
        builder = builder.fields(fields.clone()).strict_fields(true);
    }
    let emulator = builder.start().await?;
    talk.say(format_args!(
        "loading into an emulator at {}, which allows {} and ends with the load",
        emulator.url(),
        words::limit(limit)
    ));
    Ok(emulator)
}

/// The calls that the account has left for a day, if there is a budget.
fn budget(settings: &DeliverySettings, kept: Option<&Kept>) -> Result<Option<DailyBudget>> {
    let Some(calls) = settings.daily_calls else {
        return Ok(None);
    };
    let made = kept.map(Kept::calls_of_a_day).transpose()?;
    let budget = DailyBudget::new(calls).with_made(made.unwrap_or_default());
    Ok(Some(budget))
}

fn configure(
    config: SinkConfigBuilder,
    reading: &Reading,
    settings: &DeliverySettings,
    kept: Option<&Kept>,
    budget: Option<DailyBudget>,
) -> Result<SinkConfig> {
    let mut config = config
        .with_mapping(reading.options.mapping().clone())
        .with_timeout(settings.timeout)
        .with_retry(settings.retry)
        .with_ambiguous(settings.ambiguous)
        .with_split_budget(settings.split_budget);
    if let Some(concurrency) = settings.concurrency {
        config = config.with_concurrency(concurrency);
    }
    if let Some(most) = settings.max_rejects {
        config = config.with_max_rejects(most);
    }
    if let Some(budget) = budget {
        config = config.with_daily_budget(budget);
    }
    if let Some(kept) = kept {
        config = config.with_journal(Arc::clone(kept.run()) as Arc<dyn Journal>);
    }
    Ok(config.build()?)
}
