//! User and password in base64, as HTTP's Basic scheme and registry configurations have them.

use super::{CheckInput, Proof, armor};

/// `user:password` in base64, or as it is.
pub(super) fn user_and_password(input: &CheckInput<'_>) -> Proof {
    let pair = match memchr::memchr(b':', input.secret) {
        Some(_) => input.secret.to_vec(),
        None => match armor::base64(input.secret) {
            Some(bytes) => bytes,
            None => return Proof::Failed("it is not base64".into()),
        },
    };
    // `echo user:password | base64` encodes the end of the line, too.
    let pair = pair.trim_ascii_end();
    let Some(colon) = memchr::memchr(b':', pair) else {
        return Proof::Failed("no user and password stand in it".into());
    };
    let (user, password) = (&pair[..colon], &pair[colon + 1..]);
    if !std::str::from_utf8(pair).is_ok_and(|text| text.chars().all(|c| !c.is_control())) {
        return Proof::Failed("no user and password stand in it".into());
    }
    let stands_for_one = password.eq_ignore_ascii_case(user)
        || [&b"password"[..], b"passwd", b"pass", b"pwd", b"secret", b"changeme", b"token", b"x-oauth-basic"]
            .iter()
            .any(|word| password.eq_ignore_ascii_case(word))
        || crate::engine::placeholder::is_placeholder(password);
    if password.is_empty() || stands_for_one {
        return Proof::NotSecret("the password in it stands for one".into());
    }
    Proof::Structure(None)
}
