//! `leadsquared load`: a file's rows become leads.

use crate::command::Ended;
use crate::delivery::deliver;
use crate::inputs::open_all;
use crate::kept::Kept;
use crate::settings::LoadSettings;

pub(crate) async fn load(settings: LoadSettings) -> Ended {
    let LoadSettings {
        reading,
        delivery,
        ledger,
    } = settings;
    let reading = reading.listed().await?;
    let inputs = open_all(&reading).await?;
    let kept = match ledger {
        Some(ledger) => Some(Kept::load(ledger, &reading, &delivery.target).await?),
        None => None,
    };
    deliver(&reading, inputs, delivery, kept).await
}
