//! The registries of this user's package managers: npm's from `.npmrc` and its environment, pip's from `pip.conf` and
//! its own. No registry is built in; if none is configured, npm and pip are asked for their default.
//!
//! A project's own `.npmrc` may choose the registry of a scope. Its credentials and variables are ignored or refused,
//! because its author would choose where the user's secrets go.

use std::collections::{BTreeMap, HashMap};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::environment;
use crate::error::{Context, Error, Result};
use crate::file;
use crate::package::address::WebAddress;
use crate::package::fetch::Credential;

/// A registry, and the user's credential there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Its address.
    pub address: WebAddress,
    /// The credential for its requests.
    pub credential: Option<Credential>,
}

/// The sources of the registries' settings.
pub struct Surroundings {
    /// The environment.
    pub variables: HashMap<String, String>,
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The folder of the machine's settings, `/etc`.
    pub machine: PathBuf,
    /// The project's `.npmrc`: its name in messages, and its text.
    pub project: Option<(String, String)>,
    /// Runs a program and returns its last line of output; none if there is no such program or no output.
    pub ask: fn(&str, &[&str], Option<&Path>) -> Option<String>,
}

impl Surroundings {
    /// The sources of this process, with the project's `.npmrc`.
    pub fn here(project: Option<(String, String)>) -> Self {
        let variables: HashMap<String, String> = environment::variables()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let home = ["HOME", "USERPROFILE"].iter().find_map(|name| variables.get(*name)).map(PathBuf::from);
        Self { variables, home, machine: PathBuf::from("/etc"), project, ask: run }
    }

    fn variable(&self, name: &str) -> Option<&String> {
        self.variables.get(name)
    }

    fn in_home(&self, name: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(name))
    }

    fn in_config(&self, name: &str) -> Option<PathBuf> {
        match self.variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute()) {
            Some(config) => Some(config.join(name)),
            None => self.in_home(".config").map(|config| config.join(name)),
        }
    }
}

/// The registries of one user.
pub struct Registries {
    surroundings: Surroundings,
    npm: Npmrc,
    pip: Pip,
    npm_default: OnceLock<Result<WebAddress>>,
    pip_default: OnceLock<Result<WebAddress>>,
}

impl Registries {
    /// Reads the settings.
    ///
    /// # Errors
    /// Exit 3 when the project's `.npmrc` uses a variable in an address, exit 2 when a settings file cannot be read.
    pub fn read(surroundings: Surroundings) -> Result<Self> {
        let npm = Npmrc::read(&surroundings)?;
        let pip = Pip::read(&surroundings)?;
        Ok(Self { surroundings, npm, pip, npm_default: OnceLock::new(), pip_default: OnceLock::new() })
    }

    /// The registry of an npm package.
    ///
    /// # Errors
    /// Exit 3 when none is configured, or its address is refused.
    pub fn npm(&self, name: &str) -> Result<Registry> {
        let scope = name.split_once('/').map(|(scope, _)| scope).filter(|scope| scope.starts_with('@'));
        let address = match scope.and_then(|scope| self.npm.scopes.get(scope)).or(self.npm.registry.as_ref()) {
            Some(text) => address("npm", text)?.0,
            None => self.npm_default.get_or_init(|| self.ask_npm()).clone()?,
        };
        let credential = self.npm.credential(&address);
        Ok(Registry { address, credential })
    }

    /// The indexes of Python packages, the main one first.
    ///
    /// # Errors
    /// Exit 3 when none is configured, or an address is refused.
    pub fn pypi(&self) -> Result<Vec<Registry>> {
        let mut all = Vec::new();
        match &self.pip.index {
            Some(text) => all.push(index(text)?),
            None => all
                .push(Registry { address: self.pip_default.get_or_init(|| self.ask_pip()).clone()?, credential: None }),
        }
        for text in &self.pip.extra {
            all.push(index(text)?);
        }
        Ok(all)
    }

    fn ask_npm(&self) -> Result<WebAddress> {
        let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let home = self.surroundings.home.as_deref();
        let text = (self.surroundings.ask)(program, &["config", "get", "registry"], home)
            .filter(|text| text.contains("://"))
            .ok_or_else(|| {
                Error::usage("no npm registry is configured, and npm cannot be run to ask for its default")
                    .help("add `registry=https://...` to ~/.npmrc")
            })?;
        Ok(address("npm", &text)?.0)
    }

    fn ask_pip(&self) -> Result<WebAddress> {
        // pip has no public way to print its default.
        let question = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)";
        let home = self.surroundings.home.as_deref();
        let text = ["python3", "python"]
            .iter()
            .find_map(|python| (self.surroundings.ask)(python, &["-I", "-c", question], home))
            .filter(|text| text.contains("://"))
            .ok_or_else(|| {
                Error::usage("no Python index is configured, and pip cannot be run to ask for its default")
                    .help("add `index-url = https://.../simple` below [global] to ~/.config/pip/pip.conf")
            })?;
        Ok(address("pip", &text)?.0)
    }
}

/// The text of a settings file; none if there is no such file. Without a file that cannot be read, names of private
/// packages would go to a public registry.
fn read_if_present(path: &Path) -> Result<Option<String>> {
    // The usual way to give npm and pip no settings.
    if path == Path::new("/dev/null") {
        return Ok(None);
    }
    match file::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error).or_incomplete(path.display()),
    }
}

fn address(whose: &str, text: &str) -> Result<(WebAddress, Option<String>)> {
    WebAddress::parse(text).map_err(|why| Error::usage(format!("the address configured for {whose} is refused: {why}")))
}

fn index(text: &str) -> Result<Registry> {
    let (address, user) = address("pip", text)?;
    Ok(Registry { address, credential: user.map(|pair| Credential::basic(&unescape(&pair))) })
}

/// The text with `%40` decoded to `@`.
fn unescape(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The settings of npm.
#[derive(Default)]
struct Npmrc {
    registry: Option<String>,
    scopes: BTreeMap<String, String>,
    /// The settings `//host/path/:key`, by address and key.
    by_address: BTreeMap<(String, String), String>,
}

impl Npmrc {
    fn read(surroundings: &Surroundings) -> Result<Self> {
        let mut all = Self::default();
        // In ascending precedence: the user's file, the project's, the environment.
        let setting = |name: &str| {
            let lower = format!("npm_config_{name}");
            surroundings.variable(&lower).or_else(|| surroundings.variable(&lower.to_ascii_uppercase())).cloned()
        };
        let user = setting("userconfig").map(PathBuf::from).or_else(|| surroundings.in_home(".npmrc"));
        if let Some(text) = user.map_or(Ok(None), |path| read_if_present(&path))? {
            for (_, key, value) in lines(&text) {
                all.set(key, expand(value, &surroundings.variables));
            }
        }
        if let Some((name, text)) = &surroundings.project {
            for (line, key, value) in lines(text) {
                if key.starts_with("//") {
                    continue;
                }
                if (key == "registry" || key.ends_with(":registry")) && value.contains("${") {
                    return Err(Error::usage(format!(
                        "{name}:{line}: a project's registry address must not use variables"
                    ))
                    .help("set it in ~/.npmrc"));
                }
                all.set(key, value.to_owned());
            }
        }
        if let Some(registry) = setting("registry") {
            all.registry = Some(registry);
        }
        Ok(all)
    }

    fn set(&mut self, key: &str, value: String) {
        if key == "registry" {
            self.registry = Some(value);
        } else if let Some(scope) = key.strip_suffix(":registry").filter(|scope| scope.starts_with('@')) {
            self.scopes.insert(scope.to_owned(), value);
        } else if let Some((address, key)) = key.rsplit_once(':').filter(|(address, _)| address.starts_with("//")) {
            self.by_address.insert((address.to_owned(), key.to_owned()), value);
        }
    }

    /// The credential of an address, or of a parent of it on the same host.
    fn credential(&self, address: &WebAddress) -> Option<Credential> {
        let mut parent = address.npm_key();
        loop {
            let at = |key: &str| {
                let spelled = [parent.clone(), parent.trim_end_matches('/').to_owned()];
                spelled.into_iter().find_map(|p| self.by_address.get(&(p, key.to_owned()))).cloned()
            };
            if let Some(token) = at("_authToken") {
                return Some(Credential::bearer(&token));
            }
            if let Some(pair) = at("_auth") {
                return Some(Credential::basic_encoded(&pair));
            }
            if let (Some(user), Some(word)) = (at("username"), at("_password")) {
                let word = data_encoding::BASE64.decode(word.as_bytes()).ok()?;
                return Some(Credential::basic(&format!("{user}:{}", String::from_utf8_lossy(&word))));
            }
            let above = parent.trim_end_matches('/').rfind('/').filter(|at| *at > 1)?;
            parent.truncate(above + 1);
        }
    }
}

/// The `key = value` lines of an .npmrc, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    text.lines().enumerate().filter_map(|(n, line)| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        let (key, value) = line.split_once('=')?;
        Some((n + 1, key.trim(), value.trim().trim_matches(['"', '\''])))
    })
}

/// The value with `${NAME}` replaced from the environment; as in npm, an unset variable stays as it is.
fn expand(value: &str, variables: &HashMap<String, String>) -> String {
    let (mut out, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        out.push_str(before);
        match variables.get(name.trim_end_matches('?')) {
            Some(found) => out.push_str(found),
            None => out.push_str(&format!("${{{name}}}")),
        }
        rest = after;
    }
    out + rest
}

/// The settings of pip.
#[derive(Default)]
struct Pip {
    index: Option<String>,
    extra: Vec<String>,
}

impl Pip {
    fn read(surroundings: &Surroundings) -> Result<Self> {
        let mut all = Self::default();
        let venv = surroundings.variable("VIRTUAL_ENV").map(|venv| Path::new(venv).join("pip.conf"));
        // In ascending precedence: https://pip.pypa.io/en/stable/topics/configuration/
        let files = [
            Some(surroundings.machine.join("xdg/pip/pip.conf")),
            Some(surroundings.machine.join("pip.conf")),
            surroundings.in_home(".pip/pip.conf"),
            surroundings.in_home("Library/Application Support/pip/pip.conf").filter(|_| cfg!(target_os = "macos")),
            surroundings.variable("APPDATA").map(|dir| Path::new(dir).join("pip/pip.ini")).filter(|_| cfg!(windows)),
            surroundings.in_config("pip/pip.conf"),
            venv,
            surroundings.variable("PIP_CONFIG_FILE").map(PathBuf::from),
        ];
        for path in files.into_iter().flatten() {
            if let Some(text) = read_if_present(&path)? {
                all.lay_over(&text);
            }
        }
        if let Some(index) = surroundings.variable("PIP_INDEX_URL") {
            all.index = Some(index.clone());
        }
        if let Some(extra) = surroundings.variable("PIP_EXTRA_INDEX_URL") {
            all.extra = extra.split_whitespace().map(str::to_owned).collect();
        }
        Ok(all)
    }

    /// Adds the settings of an INI file, in which an indented line continues the line before.
    fn lay_over(&mut self, text: &str) {
        let (mut section, mut key) = (String::new(), String::new());
        for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']) && !line.trim().is_empty()) {
            let value = if line.starts_with([' ', '\t']) {
                line.trim()
            } else if let Some(name) = line.trim().strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                (section, key) = (name.to_owned(), String::new());
                continue;
            } else if let Some((name, value)) = line.split_once(['=', ':']) {
                key = name.trim().to_ascii_lowercase().replace('_', "-");
                if key == "extra-index-url" && matches!(section.as_str(), "global" | "install") {
                    self.extra.clear();
                }
                value.trim()
            } else {
                continue;
            };
            if !matches!(section.as_str(), "global" | "install") || value.is_empty() {
                continue;
            }
            match key.as_str() {
                "index-url" => self.index = Some(value.to_owned()),
                "extra-index-url" => self.extra.extend(value.split_whitespace().map(str::to_owned)),
                _ => {}
            }
        }
    }
}

/// Runs a program of the user's PATH for its last line, in `dir`, because a project's folder could have settings of its
/// own.
fn run(program: &str, args: &[&str], dir: Option<&Path>) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.current_dir(dir.filter(|d| d.is_dir()).unwrap_or(Path::new("/")));
    let mut child = command.spawn().ok()?;
    let start = Instant::now();
    while child.try_wait().ok()?.is_none() {
        if start.elapsed() > Duration::from_secs(20) {
            let _ = child.kill();
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}
