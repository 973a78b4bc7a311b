//! The engine port for OpenAI-compatible servers
