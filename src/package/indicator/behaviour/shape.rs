//! The shapes of attacks in a line, as data.

use super::super::TraceWeight::{self, Blocks, Warns};
use super::line::AddedLine;
use super::trigger::TriggerKind::{
    self, Commands, EditorSettings, Instructions, Manifest, Program, Servers, Setup, Startup, Workflow,
};
use crate::hook;
use crate::rule::Status;

/// A shape and its consequence in each kind of file.
pub(super) struct Shape {
    pub(super) id: &'static str,
    /// The stage of its life: one that is experimental warns where it would block.
    pub(super) status: Status,
    /// Who answers for it: the attacks that it was first seen in.
    #[cfg_attr(not(test), expect(dead_code, reason = "for people, and for the test of the table"))]
    pub(super) owner: &'static str,
    /// True if it counts only in a program of a few lines, which does nothing else.
    pub(super) alone: bool,
    /// The words that follow "when something happens,".
    pub(super) says: &'static str,
    /// The test of a line within its window.
    pub(super) fits: fn(&AddedLine, &[AddedLine]) -> bool,
    pub(super) weights: &'static [(TraceWeight, &'static [TriggerKind])],
}

impl Shape {
    /// The consequence in a file of that kind.
    pub(super) fn weight(&self, kind: TriggerKind) -> Option<TraceWeight> {
        let (weight, _) = self.weights.iter().find(|(_, kinds)| kinds.contains(&kind))?;
        Some(if self.status == Status::Stable { *weight } else { Warns })
    }
}

const RUNNING: &[TriggerKind] = &[Program, Setup, Startup, Commands, Manifest, Servers, Workflow];

/// Every shape.
pub(super) static SHAPES: &[Shape] = &[
    Shape {
        id: "secrets-sent",
        status: Status::Stable,
        owner: "GhostAction",
        alone: false,
        says: "secrets or the whole environment are sent out",
        fits: |line, window| takes_secrets(line) && window.iter().any(sends) || pipes_environment(line),
        weights: &[(Blocks, RUNNING), (Blocks, &[Instructions])],
    },
    Shape {
        id: "decoded-code",
        status: Status::Stable,
        owner: "Shai-Hulud",
        alone: false,
        says: "hidden code is decoded and run",
        fits: |line, _| decodes_and_runs(line),
        weights: &[(Blocks, RUNNING), (Blocks, &[Instructions])],
    },
    Shape {
        id: "fetched-code",
        status: Status::Stable,
        owner: "pypi",
        alone: false,
        says: "code is fetched and evaluated",
        fits: |line, _| line.calls(&["eval", "exec", "assert"]) && fetches_in_code(line),
        weights: &[(Blocks, RUNNING)],
    },
    Shape {
        id: "dropped-program",
        status: Status::Stable,
        owner: "pypi",
        alone: false,
        says: "a file is downloaded to a temporary folder",
        fits: |line, window| {
            downloads(line) && window.iter().any(|l| l.has(&["/tmp/", "/dev/shm", "%temp%", "$env:temp"]))
        },
        weights: &[(Blocks, &[Program, Setup, Startup])],
    },
    Shape {
        id: "dropper",
        status: Status::Stable,
        owner: "Shai-Hulud",
        alone: true,
        says: "a download from an unusual host is run, and nothing else is done",
        fits: |line, _| fetches_elsewhere(line),
        weights: &[(Blocks, &[Setup])],
    },
    Shape {
        id: "urged-download",
        status: Status::Stable,
        owner: "assistants",
        alone: false,
        says: "a download from an unusual host is run at once or unseen",
        fits: |line, window| fetches_elsewhere(line) && window.iter().any(urges),
        weights: &[(Blocks, &[Instructions])],
    },
    // The documentation of a tool says to pipe its installer to a shell, and so do the instructions and the setup
    // programs of projects that use it: there the same line is no attack by itself.
    Shape {
        id: "fetch-and-run-elsewhere",
        status: Status::Stable,
        owner: "Shai-Hulud",
        alone: false,
        says: "a download from an unusual host is run",
        fits: |line, _| fetches_elsewhere(line),
        weights: &[
            (Blocks, &[Program, Startup, Manifest]),
            (Warns, &[Setup, Commands, Servers, Instructions, Workflow]),
        ],
    },
    Shape {
        id: "fetch-and-run",
        status: Status::Stable,
        owner: "Shai-Hulud",
        alone: false,
        says: "a download is run",
        fits: |line, _| fetches_and_runs(line) && !line.has(INSTALLERS) && line.has(CODE_HOSTS),
        weights: &[(Warns, &[Program, Setup, Startup, Commands, Manifest, Servers, Instructions])],
    },
    Shape {
        id: "fetch",
        status: Status::Stable,
        owner: "pypi",
        alone: false,
        says: "something is downloaded",
        fits: |line, _| downloads(line),
        weights: &[(Blocks, &[Startup]), (Warns, &[Program, Setup, Manifest])],
    },
    Shape {
        id: "environment-read",
        status: Status::Stable,
        owner: "GhostAction",
        alone: false,
        says: "every secret of the repository is read at once",
        fits: |line, _| line.packs(&["tojson(secrets)"]),
        weights: &[(Warns, &[Workflow])],
    },
    Shape {
        id: "new-server",
        status: Status::Stable,
        owner: "assistants",
        alone: false,
        says: "this program is started or connected to",
        fits: |line, _| line.packs(&["\"command\":", "\"url\":", "command=", "url="]) && !is_our_hook(line),
        weights: &[(Warns, &[Servers])],
    },
    Shape {
        id: "program-of-the-folder",
        status: Status::Stable,
        owner: "editors",
        alone: false,
        says: "a program of the folder itself is used in the place of an installed one",
        fits: |line, _| names_program_of_folder(line),
        weights: &[(Warns, &[EditorSettings])],
    },
];

/// Returns whether a line only lets an assistant ask this program, under its name in PATH: the line that `install` writes.
/// Any other text in it makes it the line of somebody else.
fn is_our_hook(line: &AddedLine) -> bool {
    let value = line.packed.split_once("\"command\":").map_or("", |(_, value)| value.trim_end_matches(['}', ']', ',']));
    // A file may have the whole entry on one line.
    let value = value.split_once("\",\"").map_or(value, |(command, _)| command).trim_matches('"');
    let is_call = |name: &&str, closed| value == hook::assistant_command("shield-hook", name, closed).replace(' ', "");
    hook::ASSISTANTS.iter().any(|name| is_call(name, true) || is_call(name, false))
}

/// Hosts whose installers are piped to a shell by their own documentation.
const INSTALLERS: &[&str] = &[
    "sh.rustup.rs",
    "//bun.sh",
    "//bun.com",
    "astral.sh",
    "get.docker.com",
    "deno.land",
    "get.pnpm.io",
    "nodesource.com",
    "install.python-poetry.org",
    "//mise.run",
    "nvm-sh/nvm",
    "fly.io",
    "//claude.ai",
    "get.sdkman.io",
    "starship.rs",
    "homebrew/install",
    "install.determinate.systems",
    "nixos.org",
    "taskfile.dev",
    "get.helm.sh",
    "helm/helm",
    "aquasecurity/trivy",
    "anchore/",
    "golangci",
    "codecov.io",
    "get.k3s.io",
    "//just.systems",
    "getcomposer.org",
    "symfony.com",
    "install.duckdb.org",
    "dl.yarnpkg.com",
    "ollama.com",
    "foundry.paradigm.xyz",
    "cursor.com",
    "get.volta.sh",
    "rustwasm.github.io",
    "pkgx.sh",
    "opencode.ai",
    "localhost",
    "127.0.0.1",
];

/// Hosts of everyone's code, which are no evidence about its author.
const CODE_HOSTS: &[&str] = &["github", "gitlab", "bitbucket.org"];

const DOWNLOADERS: &[&str] = &["curl", "wget", "iwr", "irm", "invoke-webrequest", "invoke-restmethod"];

/// Whole collections of secrets.
fn takes_secrets(line: &AddedLine) -> bool {
    line.packs(&[
        "tojson(secrets)",
        "json.stringify(process.env)",
        "json.dumps(dict(os.environ",
        "data=os.environ",
        "json=dict(os.environ",
        "str(dict(os.environ",
        "str(os.environ)",
        "repr(os.environ",
        "urlencode(os.environ",
        "urlencode(dict(os.environ",
        ".aws/credentials",
        ".ssh/id_",
    ])
}

fn sends(line: &AddedLine) -> bool {
    line.runs(&["curl", "wget", "nc", "ncat", "iwr"])
        || line.packs(&[
            "requests.post(",
            "urlopen(",
            "httpx.post(",
            "fetch(",
            "http.request(",
            "https.request(",
            "net::http",
        ])
}

/// `env | curl -d @- …`, `curl -d "$(printenv)" …`.
fn pipes_environment(line: &AddedLine) -> bool {
    let dumps = line.packs(&["$(env)", "$(printenv)", "`env`", "`printenv`", "$(env|", "$(printenv|"])
        || line
            .text
            .split(['|', ';', '&', '"', '\'', ':'])
            .any(|part| matches!(part.trim(), "env" | "printenv" | "run env"))
            && line.text.contains('|');
    dumps && line.runs(&["curl", "wget", "nc", "ncat"])
}

pub(super) fn decodes_and_runs(line: &AddedLine) -> bool {
    const DECODERS: &[&str] = &[
        "atob(",
        "buffer.from(",
        "b64decode(",
        "base64_decode(",
        "gzinflate(",
        "zlib.decompress(",
        "marshal.loads(",
        "bytes.fromhex(",
        "base64.decode",
        "frombase64string(",
    ];
    let evaluates = |name: &str| {
        line.packed.match_indices(name).any(|(at, _)| {
            let before = line.packed[..at].chars().next_back();
            // The decoder is in the call itself, not somewhere else on a long line.
            let argument: String = line.packed[at + name.len()..].chars().take(60).collect();
            before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '_'))
                && DECODERS.iter().any(|d| argument.contains(d))
                && (!argument.contains("buffer.from(")
                    || line.packs(&["'base64'", "\"base64\"", "`base64`", "'hex'", "\"hex\""]))
        })
    };
    let shell = line.packs(&["base64-d", "base64--decode", "xxd-r"]) && line.is_piped_to_shell();
    // In other places `function(` opens a declaration.
    let constructs = DECODERS.iter().any(|decoder| line.packed.contains(&format!("function({decoder}")));
    ["eval(", "exec("].into_iter().any(evaluates) || constructs || shell
}

fn fetches_in_code(line: &AddedLine) -> bool {
    line.packs(&[
        "urlopen(",
        "requests.get(",
        "httpx.get(",
        "file_get_contents('http",
        "file_get_contents(\"http",
        "file_get_contents(\\\"http",
        "fetch(",
    ])
}

fn downloads(line: &AddedLine) -> bool {
    let comment = line.text.starts_with(['#', '*']) || line.text.starts_with("//");
    !comment
        && (line.packs(&[
            "urlopen(",
            "urlretrieve(",
            "requests.get(",
            "net::http",
            "reqwest::",
            "ureq::",
            "https.get(",
            "http.get(",
        ]) || line.packs(&[
            "(\"curl", "('curl", "[\"curl", "['curl", "(\"wget", "('wget", "[\"wget", "['wget", "`curl", "`wget",
        ]) || line.packs(&["install\":\"curl", "install\":\"wget"]))
}

fn fetches_and_runs(line: &AddedLine) -> bool {
    let in_shell = line.packs(&["bash<(", "sh<(", "sh-c\"$(", "sh-c\\\"$(", "sh-c'$(", "eval\"$(", "iex(", "source<("]);
    line.runs(DOWNLOADERS) && (line.is_piped_to_shell() || in_shell)
}

fn fetches_elsewhere(line: &AddedLine) -> bool {
    fetches_and_runs(line) && !line.has(INSTALLERS) && !line.has(CODE_HOSTS) && line.has(&["://"])
}

/// Words by which an assistant is to act before anybody looks, or without a word about it.
fn urges(line: &AddedLine) -> bool {
    line.has(&[
        "before anything",
        "before you do anything",
        "before doing anything",
        "silently",
        "without asking",
        "without telling",
        "without confirmation",
        "do not ask",
        "don't ask",
        "do not tell",
        "don't tell",
        "do not mention",
        "don't mention",
        "never mention",
    ])
}

/// A setting that starts a program by a path into the folder, other than its package managers' own.
fn names_program_of_folder(line: &AddedLine) -> bool {
    let setting = line.packs(&[
        "interpreterpath\":",
        "pythonpath\":",
        "\"git.path\":",
        "terminal.integrated",
        "automationprofile",
        "executablepath\":",
        "server.path\":",
        "\"path\":",
        "nodepath\":",
        "runtime\":",
    ]);
    setting
        && line.packs(&["\"./", "\"${workspacefolder}"])
        && !line.packs(&["venv", "node_modules", "/env/", ".yarn", ".pixi", "vendor"])
}
