//! Exports metrics in Prometheus' text format.

use inkstream_core::metrics::{BUCKETS, describe};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::StartError;
use crate::http::Exporter;

/// Installs the global recorder of metrics. Call it once per process: a second call fails.
pub fn install(token: Option<&str>) -> Result<Exporter, StartError> {
    let recorder = recorder()?;
    let exporter = exporter(recorder.handle(), token);
    metrics::set_global_recorder(recorder).map_err(|error| StartError::Metrics(error.to_string()))?;
    describe(env!("CARGO_PKG_VERSION"));
    exporter.process.describe();
    Ok(exporter)
}

/// Builds an exporter that renders `handle`.
pub fn exporter(handle: PrometheusHandle, token: Option<&str>) -> Exporter {
    Exporter { handle, process: metrics_process::Collector::default(), token: token.map(str::to_owned) }
}

fn recorder() -> Result<PrometheusRecorder, StartError> {
    let builder = BUCKETS.iter().try_fold(PrometheusBuilder::new(), |builder, (name, buckets)| {
        builder.set_buckets_for_metric(Matcher::Full((*name).to_owned()), buckets)
    });
    Ok(builder.map_err(|error| StartError::Metrics(error.to_string()))?.build_recorder())
}
