//! The one way to the network: a GET. Without the feature `online` there is none, and whoever asks is told so.

use std::fmt;

use super::address::Address;
#[cfg(not(feature = "online"))]
use crate::error::Error;
use crate::error::Result;

/// A value for an Authorization header. It cannot be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

impl Credential {
    /// A token.
    pub fn bearer(token: &str) -> Credential {
        Credential(format!("Bearer {token}"))
    }

    /// `user:password`.
    pub fn basic(pair: &str) -> Credential {
        Credential::basic_encoded(&data_encoding::BASE64.encode(pair.as_bytes()))
    }

    /// `user:password` in base64.
    pub fn basic_encoded(text: &str) -> Credential {
        Credential(format!("Basic {text}"))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(****)")
    }
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Where.
    pub address: &'a Address,
    /// The media types that are understood.
    pub accept: &'a str,
    /// Who asks.
    pub credential: Option<&'a Credential>,
    /// More than this many bytes are no answer.
    pub limit: u64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The other side answers with this status.
    Status(u16),
    /// The other side does not answer, or not in full.
    Unreachable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Status(code) => write!(f, "answers {code}"),
            Failure::Unreachable(why) => write!(f, "cannot be reached: {why}"),
        }
    }
}

/// Asks. Tests ask a table.
pub trait Fetch: Send + Sync {
    /// The body of a 200 answer.
    ///
    /// # Errors
    /// Any other answer, and none.
    fn get(&self, request: &Request<'_>) -> Result<Vec<u8>, Failure>;
}

/// The network.
///
/// # Errors
/// Exit 3 when this program holds no network code.
#[cfg(feature = "online")]
pub fn online() -> Result<Box<dyn Fetch>> {
    Ok(Box::new(net::Net::new()))
}

/// The network.
///
/// # Errors
/// Exit 3 when this program holds no network code.
#[cfg(not(feature = "online"))]
pub fn online() -> Result<Box<dyn Fetch>> {
    Err(Error::usage("this program was built without network code").help(
        match crate::build_source::cargo_arguments() {
            Some(from) => format!("build it with it: cargo install --locked {from} --features online"),
            None => "build it with it, in a checkout of its source: cargo install --locked --path . --features online"
                .into(),
        },
    ))
}

#[cfg(feature = "online")]
mod net {
    use std::time::Duration;

    use ureq::tls::{RootCerts, TlsConfig};

    use super::{Failure, Fetch, Request};

    /// An address that does not answer within this time is not waited for.
    const CONNECT: Duration = Duration::from_secs(10);
    /// The longest that one answer may take: a whole archive of advisories on a slow line.
    const WHOLE: Duration = Duration::from_secs(180);
    /// The longest silence in the middle of one.
    const SILENCE: Duration = Duration::from_secs(20);

    pub(super) struct Net {
        secure: ureq::Agent,
        loopback: ureq::Agent,
    }

    impl Net {
        pub(super) fn new() -> Net {
            // The machine's own roots: where a proxy looks into what passes, they hold its certificate.
            let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
            let agent = |secure: bool| -> ureq::Agent {
                let config = ureq::Agent::config_builder()
                    .https_only(secure)
                    .tls_config(roots.clone())
                    // A service on this machine has no reason to lead elsewhere; others stay on https, and a redirect
                    // to another host carries no credential along.
                    .max_redirects(if secure { 5 } else { 0 })
                    .http_status_as_error(false)
                    .timeout_connect(Some(CONNECT))
                    .timeout_recv_response(Some(SILENCE))
                    .timeout_per_read(Some(SILENCE))
                    .timeout_global(Some(WHOLE))
                    .user_agent(concat!("shield-hook/", env!("CARGO_PKG_VERSION")));
                // A proxy cannot reach what is on this machine.
                if secure { config.build() } else { config.proxy(None).build() }.into()
            };
            Net { secure: agent(true), loopback: agent(false) }
        }
    }

    impl Fetch for Net {
        fn get(&self, request: &Request<'_>) -> Result<Vec<u8>, Failure> {
            let agent = if request.address.is_secure() { &self.secure } else { &self.loopback };
            let mut ask = agent.get(request.address.to_string()).header("Accept", request.accept);
            if let Some(credential) = request.credential {
                ask = ask.header("Authorization", &credential.0);
            }
            // The library's messages may hold the address; it is free of credentials.
            let lost = |error: ureq::Error| Failure::Unreachable(error.to_string());
            let mut answer = ask.call().map_err(lost)?;
            match answer.status().as_u16() {
                200 => answer.body_mut().with_config().limit(request.limit).read_to_vec().map_err(lost),
                code => Err(Failure::Status(code)),
            }
        }
    }
}
