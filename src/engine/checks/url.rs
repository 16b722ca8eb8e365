//! Passwords in URLs: a real URL, and a password that is one.

use super::{CheckInput, Proof};

/// `scheme://user:password@host`, where the secret is the password or the whole URL.
pub(super) fn password(input: &CheckInput<'_>) -> Proof {
    let Some(url) = parse(input) else { return Proof::Unknown };
    // `${NAME:-value}`: the default in it has a name, and is looked at as a value of its own.
    if url.password.starts_with("${") && [":-", ":="].iter().any(|default| url.password.contains(default)) {
        return Proof::Unknown;
    }
    let lower = url.password.to_ascii_lowercase();
    if stands_for_a_value(&url, &lower) {
        return Proof::NotSecret("the password stands for one".into());
    }
    if is_sample_host(&url.host) && (is_weak(&lower) || is_made_of_user(&url.user.to_ascii_lowercase(), &lower)) {
        return Proof::NotSecret("a default password on a sample or local host".into());
    }
    Proof::Structure(None)
}

struct Url {
    user: String,
    password: String,
    host: String,
}

/// The URL of the secret.
fn parse(input: &CheckInput<'_>) -> Option<Url> {
    let text = input.text;
    let begin = match memchr::memmem::find(input.secret, b"://") {
        Some(at) => input.span.start + at,
        None => {
            let from = input.span.start.saturating_sub(300);
            from + memchr::memmem::rfind(&text[from..input.span.start], b"://")?
        }
    } + 3;
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\');
    let rest = &text[begin..text.len().min(begin + 1024)];
    // The secret may hold characters that would end a URL.
    let (fixed, known) = match input.span.start.checked_sub(begin) {
        Some(_) => ((input.span.end - begin).min(rest.len()), 0),
        None => (0, (input.span.end - begin).min(rest.len())),
    };
    let least = fixed.max(known);
    let end = least + rest[least..].iter().position(ends).unwrap_or(rest.len() - least);
    let at = if fixed > 0 {
        (rest.get(fixed) == Some(&b'@')).then_some(fixed)?
    } else {
        let authority = rest[..end].iter().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(end);
        memchr::memrchr(b'@', &rest[..authority]).or_else(|| memchr::memrchr(b'@', &rest[..end]))?
    };
    let colon = memchr::memchr(b':', &rest[..at])?;
    let host = &rest[at + 1..end.max(at + 1)];
    let host_end = host.iter().position(|b| matches!(b, b'/' | b'?' | b'#' | b',')).unwrap_or(host.len());
    let host = &host[..host_end];
    let host = match host.strip_prefix(b"[") {
        Some(v6) => v6.split(|&b| b == b']').next()?,
        None => host.split(|&b| b == b':').next()?,
    };
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Url {
        user: string(&rest[..colon]),
        password: string(&rest[colon + 1..at]),
        host: string(host).to_ascii_lowercase(),
    })
}

/// Templates, variables, and the words that documentation puts in a password's place.
fn stands_for_a_value(url: &Url, lower: &str) -> bool {
    let p = &url.password;
    let wrapped =
        [('<', '>'), ('{', '}'), ('[', ']'), ('(', ')')].iter().any(|&(a, b)| p.starts_with(a) && p.ends_with(b));
    let percent =
        p.strip_prefix('%').is_some_and(|rest| rest.starts_with('(') || matches!(rest, "s" | "v" | "d" | "@"));
    let variable = p
        .strip_prefix('$')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || "{(_".contains(c)));
    let inside = ["${", "{{", "}}", "#{", "<%", "$("].iter().any(|mark| p.contains(mark));
    let masked = p.len() > 1 && p.chars().all(|c| "*.xX•-_#".contains(c));
    let stripped: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let named = [
        "password",
        "passwd",
        "yourpassword",
        "mypassword",
        "userpassword",
        "dbpassword",
        "pass",
        "pwd",
        "secret",
        "token",
        "apikey",
        "yourtoken",
        "changeme",
        "redacted",
        "hidden",
        "placeholder",
        "removed",
        "pw",
    ]
    .contains(&stripped.as_str());
    // A constant's name: `://user:DB_PASSWORD@host`.
    let constant = p.contains('_')
        && p.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        && ["PASS", "PWD", "TOKEN", "SECRET", "KEY"].iter().any(|w| p.contains(w));
    p.is_empty() || wrapped || percent || variable || inside || masked || named || constant || is_template(&url.host)
}

fn is_template(host: &str) -> bool {
    host.is_empty() || host.contains("...")
}

fn is_sample_host(host: &str) -> bool {
    let name = host.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or(name);
    matches!(
        name,
        "localhost"
            | "127.0.0.1"
            | "::1"
            | "0.0.0.0"
            | "host"
            | "hostname"
            | "server"
            | "db"
            | "database"
            | "ip"
            | "domain"
    ) || matches!(last, "example" | "test" | "invalid" | "localhost" | "local")
        || ["example.com", "example.org", "example.net"]
            .iter()
            .any(|e| name.strip_suffix(e).is_some_and(|r| r.is_empty() || r.ends_with('.')))
        || matches!(
            name,
            "host.docker.internal" | "postgres" | "mysql" | "redis" | "mongo" | "mongodb" | "rabbitmq" | "mariadb"
        )
}

/// The user's own name, and words for a password: `kanban-secret` of the user `kanban`.
fn is_made_of_user(user: &str, lower: &str) -> bool {
    const WORDS: [&str; 10] = ["password", "pass", "passwd", "pwd", "pw", "secret", "rocks", "db", "dev", "test"];
    let parts = |text: &'_ str| text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let users: Vec<String> = parts(user).into_iter().filter(|part| part.len() > 2).collect();
    let is_known = |part: &str| part.is_empty() || WORDS.contains(&part);
    let of_user = |part: &str| users.iter().any(|user| part.strip_prefix(user.as_str()).is_some_and(is_known));
    let all = parts(lower);
    lower == user || all.iter().any(|part| of_user(part)) && all.iter().all(|part| is_known(part) || of_user(part))
}

/// Passwords that nobody would use on a host that matters: short words and counting.
fn is_weak(lower: &str) -> bool {
    let letters = lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '!');
    (letters.chars().all(|c| c.is_ascii_alphabetic()) && letters.len() <= 10) || lower.len() < 6
}
