//! Rows to learn from: what stands in the trees is no secret; made-up secrets in the same places and in templates are.

use std::collections::HashSet;

use shield_hook::engine::generic::candidate::{Candidate, Form, candidates};
use shield_hook::engine::generic::name::{self, Kind};
use shield_hook::engine::generic::path::{Language, language};
use shield_hook::engine::generic::{dismiss, features, looks_random};

use crate::boost::Sample;
use crate::harvest::File;
use crate::secrets::{self, Family, Random};

/// Rows with what they were made from, for the evaluation.
pub struct Made {
    /// The row.
    pub sample: Sample,
    /// What kind of row it is.
    pub origin: &'static str,
    /// The value's family, for positives.
    pub family: Option<Family>,
}

fn name_of<'a>(text: &'a [u8], c: &Candidate) -> &'a [u8] {
    c.name.clone().map_or(&b""[..], |r| &text[r])
}

/// Whether a value in this place would be a literal.
fn literal(path: &[u8], c: &Candidate) -> bool {
    c.quote != 0
        || matches!(c.form, Form::Url | Form::Xml)
        || c.scheme
        || matches!(language(path), Language::Config | Language::Shell | Language::Unknown | Language::Prose)
        || c.form == Form::Space
}

/// The path, or that of a note: lines of every language are pasted into files that say nothing about theirs.
fn elsewhere<'a>(r: &mut Random, path: &'a [u8]) -> &'a [u8] {
    if r.chance(12) { b"notes.txt" } else { path }
}

/// The rows of one tree.
pub fn of_tree(files: &[&File], words: &[&str], r: &mut Random) -> Vec<Made> {
    let mut out = Vec::new();
    let mut seen: HashSet<(Vec<u8>, Vec<u8>)> = HashSet::new();
    let mut mutated: HashSet<Vec<u8>> = HashSet::new();
    for f in files {
        let path = f.path.as_bytes();
        let mut per_file = 0;
        for c in candidates(&f.text) {
            let value = &f.text[c.value.clone()];
            let name_text = name_of(&f.text, &c);
            let n = name::read(name_text);
            let url = c.form == Form::Url;
            let strong = url || n.kind >= Kind::Token && !n.about && !n.public && !n.hash && n.after <= 1;
            let random = looks_random(value);
            let unknown = random > 0.5
                && literal(path, &c)
                && (strong || n.kind == Kind::Auth && !n.about || n.kind == Kind::Key && n.words == 1);
            let fresh = seen.insert((name_text.to_vec(), value.to_vec()));
            // What stands there is no secret, unless it looks like one and nobody can tell.
            if fresh && !unknown && per_file < 40 && dismiss(&f.text, path, &c).is_none() {
                per_file += 1;
                let row = *features::read(&f.text, elsewhere(r, path), &c).row();
                out.push(Made { sample: Sample { row, secret: false, weight: 1.0 }, origin: "natural", family: None });
            }
            if !literal(path, &c) || value.len() > 200 {
                continue;
            }
            let usual = strong
                || n.kind == Kind::Auth && !n.about && !n.public && !n.hash
                || n.kind == Kind::Key && !n.about && !n.public && n.words <= 2;
            let not = !url && n.kind != Kind::None && (n.public || n.hash || n.about) && c.quote != 0;
            if !(usual || not) || !r.chance(if usual { 70 } else { 25 }) {
                continue;
            }
            // Each line is used a few times: the same fixture line stands in hundreds of files.
            let (begin, end) = window(&f.text, &c);
            let mut key = f.text[begin..end].to_vec();
            key.retain(|b| !b.is_ascii_digit());
            if !mutated.insert(key) {
                continue;
            }
            let rounds = if usual { 2 } else { 1 };
            for _ in 0..rounds {
                let (family, secret) =
                    if usual { choose(r, &n.kind, url, value, words) } else { (Family::Machine, id_like(r, words)) };
                let path = elsewhere(r, path);
                if let Some(row) =
                    replaced(&f.text[begin..end], c.value.start - begin..c.value.end - begin, &secret, path)
                {
                    let weight = if usual { 1.0 } else { 0.7 };
                    out.push(Made {
                        sample: Sample { row, secret: usual, weight },
                        origin: if usual { "mutated" } else { "mutated: not a credential" },
                        family: usual.then_some(family),
                    });
                }
            }
        }
    }
    out
}

/// The part of a text around a candidate that its features can see.
fn window(text: &[u8], c: &Candidate) -> (usize, usize) {
    let from = c.name.clone().map_or(c.value.start, |n| n.start.min(c.value.start)).saturating_sub(400);
    let begin = memchr::memchr(b'\n', &text[from..c.value.start]).filter(|_| from > 0).map_or(from, |k| from + k + 1);
    let to = (c.value.end + 400).min(text.len());
    let end = memchr::memrchr(b'\n', &text[c.value.end..to]).map_or(to, |k| c.value.end + k + 1);
    let begin = begin.min(c.name.clone().map_or(c.value.start, |n| n.start));
    (begin, end)
}

/// The row of a text with one value replaced, if the value is still found there.
fn replaced(text: &[u8], at: std::ops::Range<usize>, secret: &[u8], path: &[u8]) -> Option<[f32; features::COUNT]> {
    let mut made = text[..at.start].to_vec();
    made.extend_from_slice(secret);
    made.extend_from_slice(&text[at.end..]);
    row_at(&made, at.start, secret.len(), path)
}

/// The row of the candidate whose value stands at `start`, unless hard evidence dismisses it.
fn row_at(text: &[u8], start: usize, len: usize, path: &[u8]) -> Option<[f32; features::COUNT]> {
    let c = candidates(text).into_iter().find(|c| c.value.start == start && c.value.len() * 10 >= len * 8)?;
    if dismiss(text, path, &c).is_some() {
        return None;
    }
    Some(*features::read(text, path, &c).row())
}

/// A secret for a place.
fn choose(r: &mut Random, kind: &Kind, url: bool, original: &[u8], words: &[&str]) -> (Family, Vec<u8>) {
    if *kind == Kind::Password || url {
        match r.below(100) {
            0..40 => (Family::Machine, clean(secrets::machine(r, words, true), url)),
            40..62 => (Family::Letters, clean(secrets::letters(r), url)),
            62..74 => (Family::Letters, clean(secrets::same_shape(r, original), url)),
            _ => (Family::Human, clean(secrets::human(r, words), url)),
        }
    } else if *kind == Kind::Key {
        let mut v = secrets::machine(r, words, false);
        while v.len() < 16 {
            v = secrets::machine(r, words, false);
        }
        (Family::Machine, v)
    } else {
        match r.below(100) {
            0..72 => (Family::Machine, secrets::machine(r, words, false)),
            72..84 => (Family::Letters, secrets::letters(r)),
            84..94 => (Family::Letters, secrets::same_shape(r, original)),
            _ => (Family::Human, secrets::human(r, words)),
        }
    }
}

/// A URL's password holds nothing that ends it.
fn clean(mut v: Vec<u8>, url: bool) -> Vec<u8> {
    if url {
        v.retain(|b| !matches!(b, b'/' | b'@' | b'?' | b'#' | b':' | b'%'));
    }
    v
}

/// Random values that identify and do not open: hashes, identifiers, public keys.
fn id_like(r: &mut Random, words: &[&str]) -> Vec<u8> {
    match r.below(6) {
        0 => r.run(b"0123456789abcdef", 40),
        1 => r.run(b"0123456789abcdef", 64),
        2 => secrets::uuid(r),
        3 => {
            let mut v = b"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A".to_vec();
            let bytes: Vec<u8> = (0..90).map(|_| r.next() as u8).collect();
            v.extend(secrets::base64(&bytes, false));
            v
        }
        4 => {
            let mut v = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI".to_vec();
            let bytes: Vec<u8> = (0..32).map(|_| r.next() as u8).collect();
            v.extend(secrets::base64(&bytes, false));
            v
        }
        _ => secrets::machine(r, words, false),
    }
}

/// Lines as people write them: path, and text with `%n` the name, `%v` the value, `%u` a user, `%h` a host.
const TEMPLATES: &[(&str, &str)] = &[
    (".env", "APP_ENV=production\n%N=%v\nDEBUG=false\n"),
    (".env", "%N=\"%v\"\n"),
    ("a.sh", "export %N=%v\n"),
    ("a.sh", "export %N='%v'\ncurl https://%h/\n"),
    ("a.sh", "mysqldump -u %u --password=%v db > dump.sql\n"),
    ("a.sh", "curl -H \"Authorization: Bearer %v\" https://%h/v1/items\n"),
    ("a.sh", "curl -H 'X-%n: %v' https://%h/v1\n"),
    ("a.py", "    headers = {'X-%n': '%v', 'Accept': 'application/json'}\n"),
    ("a.js", "fetch(url, { headers: { 'X-%n': '%v' } })\n"),
    ("a.txt", "GET /v1/items\nHost: %h\nX-%n: %v\n"),
    ("a.sh", "docker login -u %u --password %v %h\n"),
    ("a.sh", "tool --%n %v --verbose\n"),
    ("Dockerfile", "FROM alpine\nENV %N=%v\n"),
    ("Dockerfile", "ENV %N %v\n"),
    ("a.yml", "database:\n  user: %u\n  %n: %v\n  host: %h\n"),
    ("a.yml", "  %n: \"%v\"\n"),
    ("a.yml", "    - name: %N\n      value: %v\n"),
    ("a.yml", "    - name: %N\n      value: \"%v\"\n"),
    ("a.yml", "      - %N=%v\n"),
    ("a.yml", "  headers:\n    Authorization: Bearer %v\n"),
    ("a.yml", "  string: '{\"%n\":\"%v\",\"token_type\":\"bearer\",\"expires_in\":7200}'\n"),
    ("a.properties", "spring.datasource.username=%u\nspring.datasource.%n=%v\n"),
    ("a.ini", "[server]\nuser = %u\n%n = %v\n"),
    ("a.conf", "    %n: %v\n"),
    ("a.conf", "%n = \"%v\"\n"),
    ("a.conf", "authorization { user: %u, %n: %v }\n"),
    ("a.toml", "%n = \"%v\"\n"),
    ("a.tf", "  username = \"%u\"\n  %n = \"%v\"\n"),
    ("a.tfvars", "%n = \"%v\"\n"),
    ("a.json", "{\n  \"user\": \"%u\",\n  \"%n\": \"%v\"\n}\n"),
    ("a.json", "{\"name\": \"%N\", \"value\": \"%v\"}\n"),
    ("a.json", "{\"id\":12,\"%n\":\"%v\",\"url\":\"https://%h/\"}\n"),
    ("a.json", "  \"body\": \"{\\\"%n\\\":\\\"%v\\\"}\",\n"),
    ("a.json", "{\"kty\":\"oct\",\"k\":\"x\",\"%n\":\"%v\",\"use\":\"sig\"}\n"),
    ("a.xml", "  <username>%u</username>\n  <%n>%v</%n>\n"),
    ("a.xml", "  <property name=\"%n\" value=\"%v\"/>\n"),
    ("a.xml", "  <add key=\"%n\" value=\"%v\" />\n"),
    ("a.xml", "  <string name=\"%n\">%v</string>\n"),
    ("a.config", "<add name=\"db\" connectionString=\"Server=%h;Database=app;User Id=%u;Password=%v;\" />\n"),
    ("a.plist", "\t<key>%n</key>\n\t<string>%v</string>\n"),
    ("a.py", "%N = '%v'\n"),
    ("a.py", "%n = \"%v\"\n"),
    ("a.py", "client = Client(user=\"%u\", %n=\"%v\")\n"),
    ("a.py", "    '%n': '%v',\n"),
    ("a.py", "headers = {'Authorization': 'Bearer %v'}\n"),
    ("a.py", "%n = os.environ.get('%N', '%v')\n"),
    ("a.py", "%n = b'%v'\n"),
    ("a.js", "const %n = '%v';\n"),
    ("a.js", "  %n: '%v',\n"),
    ("a.js", "const %n = process.env.%N || '%v'\n"),
    ("a.js", "localStorage.setItem('%n', '%v')\n"),
    ("a.js", "login({ email: '%u@%h', %n: '%v' })\n"),
    ("a.js", "fetch(url, { headers: { Authorization: 'Bearer %v' } })\n"),
    ("a.js", "fetch(url, { headers: { Authorization: '%v' } })\n"),
    ("a.ts", "  %n: \"%v\",\n"),
    ("a.ts", "const %n: string = '%v';\n"),
    ("a.go", "\t%n := \"%v\"\n"),
    ("a.go", "\to.%n = \"%v\"\n"),
    ("a.go", "const %n = \"%v\"\n"),
    ("a.go", "\t\t%n:       \"%v\",\n"),
    ("a.go", "\tusers = [{user: \"%u\", %n: \"%v\"}]\n"),
    ("a.go", "\t\tusers: [{user: %u, %n: %v}]\n"),
    ("a.go", "%n := []byte(\"%v\")\n"),
    ("a.go", "\tKey: aws.String(\"x\"), %n: aws.String(\"%v\"),\n"),
    ("a.java", "    private static final String %N = \"%v\";\n"),
    ("a.java", "    config.setProperty(\"%n\", \"%v\");\n"),
    ("a.java", "    String %n = \"%v\";\n"),
    ("a.java", "    client.set%n(\"%v\");\n"),
    ("a.kt", "val %n = \"%v\"\n"),
    ("a.kt", "const val %N: String = \"%v\"\n"),
    ("a.cs", "    public const string %n = \"%v\";\n"),
    ("a.cs", "    const string %n = \"%v\"; // note\n"),
    ("a.cs", "var c = \"Data Source=%h;Initial Catalog=app;User ID=%u;Password=%v\";\n"),
    ("a.php", "define('%N', '%v');\n"),
    ("a.php", "$%n = \"%v\";\n"),
    ("a.php", "$config['%n'] = '%v';\n"),
    ("a.php", "    '%n' => '%v',\n"),
    ("a.rb", "  %n: '%v',\n"),
    ("a.rb", "config.%n = \"%v\"\n"),
    ("a.rb", "ENV['%N'] = '%v'\n"),
    ("a.rb", "  :%n => '%v',\n"),
    ("a.rs", "const %N: &str = \"%v\";\n"),
    ("a.rs", "    let %n = \"%v\";\n"),
    ("a.c", "#define %N \"%v\"\n"),
    ("a.c", "static const char *%n = \"%v\";\n"),
    ("a.c", "const char %n[] = \"%v\";\n"),
    ("a.swift", "let %n = \"%v\"\n"),
    ("a.m", "NSString *%n = @\"%v\";\n"),
    ("a.groovy", "    %n = '%v'\n"),
    ("a.gradle", "    username '%u'\n    %n '%v'\n"),
    ("a.ps1", "$%n = \"%v\"\n"),
    ("a.ps1", "Connect-Server -User %u -Password %v\n"),
    ("a.ps1", "$s = connect-server %h -user %u@%h -password %v\n"),
    ("a.c", "system(\"tool --user %u --password %v --verbose\");\n"),
    ("a.sql", "CREATE USER '%u'@'%h' IDENTIFIED BY '%v';\n"),
    ("a.sql", "CREATE USER %u WITH PASSWORD '%v';\n"),
    ("a.sql", "ALTER ROLE %u SET PASSWORD = '%v';\n"),
    (".netrc", "machine %h login %u password %v\n"),
    ("a.txt", "%n: %v\n"),
    ("a.txt", "user: %u\npassword: %v\n"),
    ("a.txt", "GET https://%h/v1/items?%n=%v&page=2\n"),
    ("a.txt", "Authorization: Basic %v\n"),
    ("a.txt", "{'Authorization': 'Basic %v', 'User-Agent': 'x'}\n"),
    ("a.txt", "{\"scopes\":[],\"%n\":\"%v\",\"url\":\"https://%h/authorizations/1\"}\n"),
    ("a.txt", "%n=%v\n"),
    ("a.txt", "%u\n%n: %v\n"),
    ("a.txt", "%N: %v\n"),
    ("a.txt", "%n = \"%v\"\n"),
    ("README.md", "```\nexport %N=%v\n```\n"),
    ("README.md", "    %n: %v\n"),
    ("README.md", "{ %n: %v }\n"),
    ("a.html", "<pre>%n: %v</pre>\n"),
    ("a.html", "var %n = \"%v\";\n"),
    ("a.yml", "url: postgres://%u:%v@%h:5432/app\n"),
    ("a.go", "nc, err := connect(\"nats://%u:%v@%h:4222\")\n"),
    ("a.py", "url = 'https://%u:%v@%h/path'\n"),
    ("a.txt", "redis://%u:%v@%h:6379/0\n"),
    ("a.tfstate", "            \"%n\": \"%v\",\n"),
    ("a.txt", "%h token = '%v'\n"),
    ("a.txt", "%u key: %v\n"),
    ("a.txt", "secret = '%v'\n"),
    ("a.txt", "[DEBUG] Using Key=%v\n"),
    ("a.txt", "$%n .= \"%v\"\n"),
    ("a.txt", "var %n string = \"%v\"\n"),
    ("a.txt", "%n := `%v`\n"),
    ("a.txt", "<%n>\n    %v\n</%n>\n"),
    ("a.txt", "{\"config.ini\": \"%N=%v\\nBACKUP_ENABLED=true\"}\n"),
    ("a.txt", "System.setProperty(\"%N\", \"%v\")\n"),
    ("a.txt", "tool --%n %v\n"),
    ("a.txt", "curl -u %u:%v https://%h/\n"),
    ("a.sh", "curl -X POST --user '%u:%v' https://%h/\n"),
    ("a.tf", "variable \"%n\" {\n  default = \"%v\"\n}\n"),
    ("a.ipynb", "    \"%n = '%v'\\n\",\n"),
    ("a.txt", "%u %n - '%v'\n"),
    ("a.txt", "%n - \"%v\"\n"),
    ("a.txt", "The %n is '%v'\n"),
    ("a.txt", "our %n is %v.\n"),
    ("README.md", "the default %n is \"%v\".\n"),
    ("a.txt", "%u %N %v\n"),
    ("a.txt", "%u %n %v\n"),
    ("a.cs", "client.Credentials = new NetworkCredential(\"%u\", \"%v\");\n"),
    ("a.ps1", "$c = New-Object PSCredential (\"%u\", \"%v\")\n"),
    ("a.java", "    return new PasswordAuthentication(\"%u\", \"%v\");\n"),
    ("a.py", "requests.get(url, auth=HTTPBasicAuth('%u', '%v'))\n"),
    ("a.bat", "psexec \\\\%h -u %u -p %v cmd /c dir\n"),
    ("a.sh", "sshpass -p '%v' ssh %u@%h\n"),
];

/// Names of credentials by kind; `-` and case styles come from [`styled`].
const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "db password",
    "database password",
    "user password",
    "admin password",
    "root password",
    "mysql password",
    "smtp password",
    "ldap password",
    "key store password",
    "trust store password",
    "redis password",
    "passphrase",
    "key passphrase",
    "mail password",
    "my password",
    "login password",
    "requirepass",
    "pw",
    "db pw",
    "postgres password",
    "proxy password",
    "sudo password",
    "vault password",
    "wifi password",
    "ftp pass",
    "auth password",
    "default password",
    "service password",
];
const OTHERS: &[&str] = &[
    "secret",
    "client secret",
    "app secret",
    "api secret",
    "secret key",
    "jwt secret",
    "session secret",
    "consumer secret",
    "token secret",
    "oauth client secret",
    "webhook secret",
    "shared secret",
    "cookie secret",
    "token",
    "access token",
    "auth token",
    "api token",
    "refresh token",
    "bot token",
    "bearer token",
    "id token",
    "deploy token",
    "personal access token",
    "pat",
    "gitea pat",
    "oauth token",
    "slack token",
    "api key",
    "apikey",
    "access key",
    "private key",
    "encryption key",
    "signing key",
    "master key",
    "account key",
    "license key",
    "aws secret access key",
    "stripe key",
    "consumer key",
    "service key",
    "secret access key",
    "auth key",
    "subscription key",
    "maps api key",
    "storage key",
    "totp secret",
    "nkey",
    "seed",
    "private seed",
    "credential",
    "credentials",
    "auth",
    "auth code",
    "oauth signature",
    "oauth verifier",
    "authorization",
    "hmac key",
    "security token",
    "session token",
    "csrf secret",
    "webhook token",
    "github token",
    "sendgrid api key",
    "npm token",
    "sonar token",
    "datadog api key",
    "salt",
    "session id",
    "session cookie",
];

/// A name in one of the case styles.
fn styled(r: &mut Random, name: &str, upper: bool) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    if upper {
        return words.join("_").to_uppercase();
    }
    let title = |w: &str| {
        let mut c = w.chars();
        c.next().map(|f| f.to_uppercase().collect::<String>() + c.as_str()).unwrap_or_default()
    };
    match r.below(5) {
        0 => words.join("-"),
        1 => words.iter().enumerate().map(|(i, w)| if i == 0 { (*w).to_owned() } else { title(w) }).collect(),
        2 => words.iter().map(|w| title(w)).collect(),
        3 => words.concat(),
        _ => words.join("_"),
    }
}

const USERS: &[&str] = &["admin", "root", "app", "bob", "alice", "deploy", "svc", "user1", "jdoe", "service"];
const HOSTS: &[&str] =
    &["db.internal", "localhost", "127.0.0.1", "mail.corp.example", "api.service.example", "10.0.3.7"];

/// Rows from templates: secrets of every family, and values that are none in the very same places.
pub fn of_templates(count: usize, words: &[&str], r: &mut Random) -> Vec<Made> {
    let mut out = Vec::new();
    for _ in 0..count {
        let (path, template) = *r.pick(TEMPLATES);
        let password = r.chance(45) || template.to_ascii_lowercase().contains("password");
        let base = if password { *r.pick(PASSWORDS) } else { *r.pick(OTHERS) };
        // A service's name stands before what it is: `acme key`, `acme_token`.
        let named = format!("{} {}", r.pick(words), r.pick(&["key", "token", "secret", "api key", "auth token"]));
        let base = if !password && r.chance(30) { named.as_str() } else { base };
        let kind = match (password, name::read(base.as_bytes()).kind) {
            (true, _) => Kind::Password,
            (false, Kind::Key) => Kind::Key,
            (false, _) => Kind::Token,
        };
        let url = template.contains("://%u:%v@");
        let negative = r.chance(38);
        let (family, value) = if negative {
            (None, ordinary(r, words, base))
        } else if template.contains("Basic %v") {
            let mut pair = r.pick(USERS).as_bytes().to_vec();
            pair.push(b':');
            pair.extend(secrets::letters(r));
            (Some(Family::Machine), secrets::base64(&pair, false))
        } else {
            let original = r.pick(words).as_bytes().to_vec();
            let (f, v) = choose(r, &kind, url, &original, words);
            (Some(f), v)
        };
        let value = clean(value, url);
        let mut text = Vec::new();
        let mut at = None;
        let mut rest = template;
        while let Some(p) = rest.find('%') {
            text.extend_from_slice(&rest.as_bytes()[..p]);
            match rest.as_bytes().get(p + 1) {
                Some(b'n') => text.extend_from_slice(styled(r, base, false).as_bytes()),
                Some(b'N') => text.extend_from_slice(styled(r, base, true).as_bytes()),
                Some(b'u') => text.extend_from_slice(r.pick(USERS).as_bytes()),
                Some(b'h') => text.extend_from_slice(r.pick(HOSTS).as_bytes()),
                _ => {
                    at = Some(text.len());
                    text.extend_from_slice(&value);
                }
            }
            rest = &rest[p + 2..];
        }
        text.extend_from_slice(rest.as_bytes());
        let Some(start) = at else { continue };
        if let Some(row) = row_at(&text, start, value.len(), elsewhere(r, path.as_bytes())) {
            out.push(Made {
                sample: Sample { row, secret: family.is_some(), weight: 1.0 },
                origin: if family.is_some() { "template" } else { "template: ordinary value" },
                family,
            });
        }
    }
    out
}

/// What else stands behind such names: words, identifiers, names of variables, paths.
fn ordinary(r: &mut Random, words: &[&str], name: &str) -> Vec<u8> {
    let n = r.between(1, 3);
    let list: Vec<&str> = (0..n).map(|_| *r.pick(words)).collect();
    let joined = list.join(" ");
    match r.below(12) {
        0 => styled(r, &joined, false).into_bytes(),
        1 => styled(r, &joined, true).into_bytes(),
        2 => {
            let mixed = format!("{} {}", list[0], name);
            styled(r, &mixed, false).into_bytes()
        }
        3 => list.join(".").into_bytes(),
        4 => list.join("/").into_bytes(),
        5 => format!("{}-{}", list[0], r.below(10)).into_bytes(),
        6 => list.join(":").into_bytes(),
        7 => format!("{}.{}.{}", r.below(12), r.below(30), r.below(9)).into_bytes(),
        8 => format!("20{:02}-{:02}-{:02}", r.below(27), r.between(1, 12), r.between(1, 28)).into_bytes(),
        9 => format!("{}@{}.example", list[0], words[r.below(words.len())]).into_bytes(),
        10 => format!(
            "{}.{}",
            list.join("-"),
            r.pick(&["json", "pem", "key", "com", "txt", "png", "example.com", "service"])
        )
        .into_bytes(),
        _ => list[0].as_bytes().to_vec(),
    }
}
