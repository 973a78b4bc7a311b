//! `scripted-engine SCENARIO` runs an engine with this scenario and prints its base URL.

use std::{env, future, process::ExitCode};

use inkstream_testkit::engine::Scenario;

#[tokio::main]
async fn main() -> ExitCode {
    let name = env::args().nth(1).unwrap_or_default();
    let started = match name.parse::<Scenario>() {
        Ok(scenario) => scenario.start().await.map_err(|error| error.to_string()),
        Err(wrong) => Err(wrong),
    };
    match started {
        Ok(engine) => {
            println!("{}", engine.base_url());
            future::pending().await
        }
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::FAILURE
        }
    }
}
