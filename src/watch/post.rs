//! Posts a digest: to a file, to a webhook; and the heartbeat.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::config::{Heartbeat, Webhook, WebhookKind};
use crate::environment;
use crate::error::{Context, Error, Result};
use crate::journal::Record;

/// Adds a digest to a file.
///
/// # Errors
/// When it cannot be written.
pub fn to_file(path: &Path, time: &str, text: &str) -> Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).or_incomplete(above.display())?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path).or_incomplete(path.display())?;
    file.write_all(format!("{time} {text}\n").as_bytes()).or_incomplete(path.display())
}

/// Adds a record to a file, as a line of JSON.
///
/// # Errors
/// When it cannot be written.
pub fn record_to_file(path: &Path, record: &Record) -> Result<()> {
    if let Some(above) = path.parent() {
        fs::create_dir_all(above).or_incomplete(above.display())?;
    }
    let mut line = serde_json::to_vec(record).or_incomplete("the record")?;
    line.push(b'\n');
    let mut file = OpenOptions::new().create(true).append(true).open(path).or_incomplete(path.display())?;
    file.write_all(&line).or_incomplete(path.display())
}

/// Writes or sends the heartbeat, whose age reveals a missing run.
///
/// # Errors
/// When the file cannot be written, or the address does not answer.
pub fn heartbeat(heartbeat: &Heartbeat, time: &str, digest: &str) -> Result<()> {
    let path = match heartbeat {
        Heartbeat::File(path) => path,
        Heartbeat::Url(url) => return ask(url),
    };
    let above = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(above).or_incomplete(above.display())?;
    let mut file = tempfile::NamedTempFile::new_in(above).or_incomplete(path.display())?;
    file.write_all(format!("{time} {digest}\n").as_bytes()).or_incomplete(path.display())?;
    file.persist(path).map(drop).or_incomplete(path.display())
}

/// The message as the receiver wants it.
pub fn message(kind: WebhookKind, result: &str, text: &str, record: Option<&Record>) -> Value {
    match kind {
        WebhookKind::Json => {
            let line = text.lines().next().unwrap_or_default();
            json!({"text": text, "result": result, "line": line, "record": record})
        }
        WebhookKind::Slack => json!({"text": text}),
        // Discord takes 2,000 characters.
        WebhookKind::Discord => {
            json!({"content": text.chars().take(1900).collect::<String>(), "allowed_mentions": {"parse": []}})
        }
    }
}

/// Sends a digest.
///
/// # Errors
/// When the address is missing or the receiver does not take it. The address is never part of the message: it is a
/// secret.
pub fn to_webhook(webhook: &Webhook, result: &str, text: &str, record: Option<&Record>) -> Result<()> {
    let url = match (&webhook.url, &webhook.url_from) {
        (Some(url), None) => url.clone(),
        (None, Some(name)) => environment::text(name)
            .ok_or_else(|| Error::incomplete(format!("webhook: the variable {name} is not set")))?,
        _ => return Err(Error::usage("webhook: give either `url` or `url-from`")),
    };
    send(&url, &message(webhook.kind, result, text, record))
}

#[cfg(feature = "online")]
fn send(url: &str, message: &Value) -> Result<()> {
    let answer = agent().post(url).header("Content-Type", "application/json").send(message.to_string());
    answer.map(drop).map_err(|error| refused("webhook", &error))
}

#[cfg(feature = "online")]
fn ask(url: &str) -> Result<()> {
    agent().get(url).call().map(drop).map_err(|error| refused("heartbeat", &error))
}

#[cfg(feature = "online")]
fn agent() -> ureq::Agent {
    use ureq::tls::{RootCerts, TlsConfig};
    ureq::Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .timeout_global(Some(std::time::Duration::from_secs(20)))
        .build()
        .into()
}

/// The error of a request in our words. Others may name the address, which is a secret.
#[cfg(feature = "online")]
fn refused(what: &str, error: &ureq::Error) -> Error {
    match error {
        ureq::Error::StatusCode(code) => Error::incomplete(format!("{what}: the receiver answers {code}")),
        _ => Error::incomplete(format!("{what}: the receiver cannot be reached")),
    }
}

#[cfg(not(feature = "online"))]
fn send(_: &str, _: &Value) -> Result<()> {
    Err(no_network("webhook", "post the file that `file` names by other means"))
}

#[cfg(not(feature = "online"))]
fn ask(_: &str) -> Result<()> {
    Err(no_network("heartbeat", "name a file in its place"))
}

#[cfg(not(feature = "online"))]
fn no_network(what: &str, instead: &str) -> Error {
    Error::usage(format!("{what}: this program was built without network code"))
        .help(format!("build it with `--features online`, or {instead}"))
}
