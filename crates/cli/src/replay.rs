//! `leadsquared replay`: rows that did not get in are sent again, after a fix.

use leadsquared_ledger::RunId;

use crate::command::Ended;
use crate::delivery::deliver;
use crate::inputs::open_all;
use crate::kept::Kept;
use crate::settings::{Reading, ReplaySettings};

pub(crate) async fn replay(settings: ReplaySettings) -> Ended {
    let remembered = Kept::remembered(&settings.ledger, RunId(settings.run)).await?;
    let mapping = settings.mapping.or(remembered.mapping);
    let reading = Reading::of(remembered.inputs, mapping.as_deref(), settings.input_format)?;
    settings
        .delivery
        .check_outputs(&reading.guarded().with_ledger(&settings.ledger))?;
    let inputs = open_all(&reading).await?;
    let kept = Kept::replay(
        RunId(settings.run),
        settings.ledger,
        mapping,
        settings.input_format,
        &reading,
        &settings.delivery.target,
    )
    .await?;
    deliver(&reading, inputs, settings.delivery, Some(kept)).await
}
