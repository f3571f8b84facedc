//! How tables of leads travel between the processes of a cluster.

use std::sync::Arc;

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion_proto::logical_plan::LogicalExtensionCodec;
use datafusion_proto::physical_plan::PhysicalExtensionCodec;
use leadsquared_datafusion::codec::{LeadsLogicalCodec, LeadsPhysicalCodec};

/// Writes and reads logical plans: what is about leads itself, and all else as Ballista does.
///
/// For the client and the scheduler. An account is in a plan by its name alone.
#[must_use]
pub fn logical_codec() -> Arc<dyn LogicalExtensionCodec> {
    let ballista = Arc::new(BallistaLogicalExtensionCodec::default());
    Arc::new(LeadsLogicalCodec::new(ballista))
}

/// Writes and reads physical plans: what is about leads itself, and all else as Ballista does.
///
/// For the scheduler and the executors. An account is in a plan by its name alone; the id of the
/// statement is in it too, so that every attempt at the plan has the same.
#[must_use]
pub fn physical_codec() -> Arc<dyn PhysicalExtensionCodec> {
    let ballista = Arc::new(BallistaPhysicalExtensionCodec::default());
    Arc::new(LeadsPhysicalCodec::new(ballista))
}
