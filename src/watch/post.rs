//! Posts a digest: to a file, to a webhook; and the heartbeat.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::config::{Kind, Webhook};
use crate::error::{Context, Error, Result};

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

/// Writes the heartbeat: whoever looks at its age sees a run that is missing.
///
/// # Errors
/// When it cannot be written.
pub fn heartbeat(path: &Path, time: &str, said: &str) -> Result<()> {
    let above = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(above).or_incomplete(above.display())?;
    let mut file = tempfile::NamedTempFile::new_in(above).or_incomplete(path.display())?;
    file.write_all(format!("{time} {said}\n").as_bytes()).or_incomplete(path.display())?;
    file.persist(path).map(drop).or_incomplete(path.display())
}

/// The message as the receiver wants it.
pub fn message(kind: Kind, result: &str, text: &str) -> Value {
    match kind {
        Kind::Json => json!({"text": text, "result": result, "line": text.lines().next().unwrap_or_default()}),
        Kind::Slack => json!({"text": text}),
        // Discord takes 2,000 characters.
        Kind::Discord => {
            json!({"content": text.chars().take(1900).collect::<String>(), "allowed_mentions": {"parse": []}})
        }
    }
}

/// Sends a digest.
///
/// # Errors
/// When the address is missing or the receiver does not take it. The address is never part of the message: it is a
/// secret.
pub fn to_webhook(webhook: &Webhook, result: &str, text: &str) -> Result<()> {
    let url = match (&webhook.url, &webhook.url_from) {
        (Some(url), None) => url.clone(),
        (None, Some(name)) => {
            std::env::var(name).map_err(|_| Error::incomplete(format!("webhook: the variable {name} is not set")))?
        }
        _ => return Err(Error::usage("webhook: give either `url` or `url-from`")),
    };
    send(&url, &message(webhook.kind, result, text))
}

#[cfg(feature = "online")]
fn send(url: &str, message: &Value) -> Result<()> {
    use ureq::tls::{RootCerts, TlsConfig};
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
        .timeout_global(Some(std::time::Duration::from_secs(20)))
        .build()
        .into();
    let answer = agent.post(url).header("Content-Type", "application/json").send(message.to_string());
    match answer {
        Ok(_) => Ok(()),
        Err(ureq::Error::StatusCode(code)) => Err(Error::incomplete(format!("webhook: the receiver answers {code}"))),
        // Other errors may name the address.
        Err(_) => Err(Error::incomplete("webhook: the receiver cannot be reached")),
    }
}

#[cfg(not(feature = "online"))]
fn send(_: &str, _: &Value) -> Result<()> {
    Err(Error::usage("webhook: this program was built without network code")
        .help("build it with `--features online`, or post the file that `file` names by other means"))
}
