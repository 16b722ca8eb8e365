//! Addresses that may be requested: https, and plain http on this machine only.

use std::net::IpAddr;

/// An address without the credentials that it may have been written with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WebAddress {
    secure: bool,
    /// The host and port as written.
    authority: String,
    /// The path and query, with the leading `/`.
    path: String,
}

impl WebAddress {
    /// Reads `https://host[:port]/path`, and returns the `user:password` of the text beside the address.
    ///
    /// ```
    /// use shield_hook::package::address::WebAddress;
    ///
    /// let (address, user) = WebAddress::parse("https://me:word@registry.example/simple")?;
    /// assert_eq!(address.to_string(), "https://registry.example/simple");
    /// assert_eq!(user.as_deref(), Some("me:word"));
    /// assert!(WebAddress::parse("http://registry.example/simple").is_err());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// A message when the text is no address, or is plain http to another machine. It quotes nothing of the text, which
    /// may hold a password.
    pub fn parse(text: &str) -> Result<(Self, Option<String>), String> {
        let (scheme, rest) = text.trim().split_once("://").ok_or("not an address (https://...)")?;
        // Characters that two parsers may read differently are refused.
        if rest.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#')) {
            return Err("not an address: a character in it does not belong there".into());
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (user, authority) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        let host = host(authority);
        if host.is_empty() || authority.contains('@') {
            return Err("not an address: it names no host".into());
        }
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" if is_loopback(host) => false,
            "http" => {
                return Err("plain http: anybody on the way could change the answer; use https".into());
            }
            other => return Err(format!("`{}` is not https", other.chars().take(12).collect::<String>())),
        };
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok((Self { secure, authority: authority.to_ascii_lowercase(), path }, user))
    }

    /// Returns whether it is encrypted; one that is not leads to this machine.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The address below this one.
    #[must_use]
    pub fn join(&self, below: &str) -> Self {
        Self { path: format!("{}/{below}", self.path.trim_end_matches('/')), ..self.clone() }
    }

    /// The address with `suffix` appended as it is.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Self {
        Self { path: format!("{}{suffix}", self.path), ..self.clone() }
    }

    /// Returns whether both have the same scheme, host and port.
    pub fn same_origin(&self, other: &Self) -> bool {
        (self.secure, &self.authority) == (other.secure, &other.authority)
    }

    /// `//host:port/path/`, the key of npm's credentials.
    pub fn npm_key(&self) -> String {
        format!("//{}{}/", self.authority, self.path.trim_end_matches('/'))
    }
}

impl std::fmt::Display for WebAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", if self.secure { "https" } else { "http" }, self.authority, self.path)
    }
}

/// The host of `host:port` or `[v6]:port`.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_and_what_is_not() {
        for good in [
            "https://registry.example",
            "https://registry.example:8443/a/b?c=d",
            "http://127.0.0.1:4873/",
            "http://[::1]:80/x",
            "http://localhost/simple",
        ] {
            assert!(WebAddress::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "registry.example",
            "http://registry.example/",
            "ftp://registry.example",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "http://127.0.0.1@registry.example/",
            "http://localhost.registry.example/",
            "https://a b/",
            "https://registry.example\\@localhost/",
            "https://x/#y",
        ] {
            assert!(WebAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn user_and_password_come_off() {
        let (address, user) = WebAddress::parse("https://me:word@Registry.example/simple").unwrap();
        assert_eq!(user.as_deref(), Some("me:word"));
        assert_eq!(address.to_string(), "https://registry.example/simple");
        assert_eq!(address.join("x/").to_string(), "https://registry.example/simple/x/");
        assert_eq!(address.npm_key(), "//registry.example/simple/");
        let other = |text| WebAddress::parse(text).unwrap().0;
        assert!(address.same_origin(&other("https://registry.example/else")));
        assert!(!address.same_origin(&other("https://registry.example:444/simple")));
    }
}
