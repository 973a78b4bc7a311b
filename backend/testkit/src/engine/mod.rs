//! A scripted OpenAI-compatible engine on a loopback port. It answers with its [`Script`], records requests, and notices when a client
//! disconnects.

mod chunk;
mod recorded;
mod refusal;
mod scenario;
mod script;
mod server;

pub use chunk::{DONE, Tokens, chunk, delta, last_usage, role};
pub use recorded::RECORDINGS;
pub use scenario::{HOSTILE, LOOP, Scenario};
pub use script::{Script, Step, UsageStyle};
pub use server::{Recorded, ScriptedEngine};
