//! The only access to the network: a GET. Without the feature `online` it returns an error.

use std::fmt;

use super::address::WebAddress;
#[cfg(not(feature = "online"))]
use crate::error::Error;
use crate::error::Result;

/// A value for an Authorization header, which Debug masks.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

impl Credential {
    /// A token.
    pub fn bearer(token: &str) -> Self {
        Self(format!("Bearer {token}"))
    }

    /// `user:password`.
    pub fn basic(pair: &str) -> Self {
        Self::basic_encoded(&data_encoding::BASE64.encode(pair.as_bytes()))
    }

    /// `user:password` in base64.
    pub fn basic_encoded(text: &str) -> Self {
        Self(format!("Basic {text}"))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(****)")
    }
}

/// A GET request.
#[derive(Clone, Debug)]
pub struct WebRequest<'a> {
    /// The address.
    pub address: &'a WebAddress,
    /// The accepted media types.
    pub accept: &'a str,
    /// The credential of the user.
    pub credential: Option<&'a Credential>,
    /// The largest accepted answer, in bytes.
    pub limit: u64,
}

/// The reason of a missing answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Another status than 200.
    Status(u16),
    /// No answer, or not a complete one.
    Unreachable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "answers {code}"),
            Self::Unreachable(why) => write!(f, "cannot be reached: {why}"),
        }
    }
}

/// The transport of requests, which tests replace by a table.
pub trait Fetch: Send + Sync {
    /// The body of a 200 answer.
    ///
    /// # Errors
    /// [`Failure`] for any other answer, and for none.
    fn get(&self, request: &WebRequest<'_>) -> Result<Vec<u8>, Failure>;
}

/// The transport over the network.
///
/// # Errors
/// Exit 3 when this program was built without network code.
#[cfg(feature = "online")]
pub fn online() -> Result<Box<dyn Fetch>> {
    Ok(Box::new(net::Net::new()))
}

/// The transport over the network.
///
/// # Errors
/// Exit 3 when this program was built without network code.
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

    use super::{Failure, Fetch, WebRequest};

    /// The time to connect.
    const CONNECT: Duration = Duration::from_secs(10);
    /// The time for one answer: a complete archive of advisories on a slow line.
    const WHOLE: Duration = Duration::from_secs(180);
    /// The time between two parts of an answer.
    const SILENCE: Duration = Duration::from_secs(20);

    pub(super) struct Net {
        secure: ureq::Agent,
        loopback: ureq::Agent,
    }

    impl Net {
        pub(super) fn new() -> Self {
            // The machine's own roots include the certificate of a proxy that inspects the traffic.
            let roots = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
            let agent = |secure: bool| -> ureq::Agent {
                let config = ureq::Agent::config_builder()
                    .https_only(secure)
                    .tls_config(roots.clone())
                    // A service on this machine has no reason to redirect; other redirects stay on https, and the
                    // library sends no credential to another host.
                    .max_redirects(if secure { 5 } else { 0 })
                    .http_status_as_error(false)
                    .timeout_connect(Some(CONNECT))
                    .timeout_recv_response(Some(SILENCE))
                    .timeout_per_read(Some(SILENCE))
                    .timeout_global(Some(WHOLE))
                    .user_agent(concat!("shield-hook/", env!("CARGO_PKG_VERSION")));
                // A proxy cannot reach services on this machine.
                if secure { config.build() } else { config.proxy(None).build() }.into()
            };
            Self { secure: agent(true), loopback: agent(false) }
        }
    }

    impl Fetch for Net {
        fn get(&self, request: &WebRequest<'_>) -> Result<Vec<u8>, Failure> {
            let agent = if request.address.is_secure() { &self.secure } else { &self.loopback };
            let mut ask = agent.get(request.address.to_string()).header("Accept", request.accept);
            if let Some(credential) = request.credential {
                ask = ask.header("Authorization", &credential.0);
            }
            // The library's messages may quote the address, which holds no credentials.
            let lost = |error: ureq::Error| Failure::Unreachable(error.to_string());
            let mut answer = ask.call().map_err(lost)?;
            match answer.status().as_u16() {
                200 => answer.body_mut().with_config().limit(request.limit).read_to_vec().map_err(lost),
                code => Err(Failure::Status(code)),
            }
        }
    }
}
