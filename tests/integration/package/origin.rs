//! Where packages come from: origins that nobody can tell, and changes of where and how something is fetched.

use crate::support::{Repo, Run, Sandbox};

/// The registries' own hosts, in parts: no file here spells them.
fn official(text: &str) -> String {
    text.replace("@NPM@", concat!("registry.npm", "js.org"))
        .replace("@YARN@", concat!("registry.yarn", "pkg.com"))
        .replace("@INDEX@", concat!("py", "pi.org"))
        .replace("@FILES@", concat!("files.python", "hosted.org"))
}

/// Lockfiles whose packages come from an address that says nothing, or not in a registry's way. `NAME` and `VERSION` stand
/// for the package.
const UNKNOWN: [(&str, &str); 12] = [
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"node_modules/NAME": {"version": "VERSION", "resolved": "https://npm.pkg.github.com/download/NAME/VERSION/0a1b2c3d4e5f"}}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"node_modules/NAME": {"version": "VERSION", "resolved": "https://gitlab.com/api/v4/projects/7/packages/npm/NAME/-/NAME-VERSION.tgz"}}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"node_modules/NAME": {"version": "VERSION", "resolved": "https://npm.cloudsmith.io/acme/main/files/0a1b2c3d4e5f.tgz"}}}"#,
    ),
    (
        "npm-shrinkwrap.json",
        r#"{"lockfileVersion": 1, "dependencies": {"NAME": {"version": "VERSION", "resolved": "https://cdn.example/0a1b2c3d4e5f"}}}"#,
    ),
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"node_modules/NAME": {"version": "VERSION", "resolved": "file:vendor/NAME-VERSION.tgz"}}}"#,
    ),
    (
        "yarn.lock",
        "NAME@^1.0.0:\n  version \"VERSION\"\n  resolved \"https://gitlab.com/api/v4/packages/npm/0a1b2c3d4e5f\"\n",
    ),
    (
        "yarn.lock",
        "__metadata:\n  version: 8\n\n\"NAME@npm:^1.0.0\":\n  version: VERSION\n  resolution: \"NAME@npm:VERSION::__archiveUrl=https%3A%2F%2Fnpm.pkg.github.com%2Fdownload%2FNAME%2FVERSION%2F0a1b\"\n",
    ),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\npackages:\n  NAME@VERSION:\n    resolution: {integrity: sha512-AA==, tarball: https://cdn.example/a/0a1b2c3d4e5f}\n",
    ),
    (
        "bun.lock",
        r#"{"lockfileVersion": 1, "packages": {"NAME": ["NAME@VERSION", "https://npm.acme.example/NAME/-/NAME-VERSION.tgz", {}, "sha512-AA=="],}}"#,
    ),
    (
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"NAME\"\nversion = \"VERSION\"\nsource = { registry = \"https://pypi.acme.example/simple\" }\n",
    ),
    (
        "uv.lock",
        "version = 1\n\n[[package]]\nname = \"NAME\"\nversion = \"VERSION\"\nsource = { url = \"https://cdn.example/0a1b2c3d4e5f\" }\n",
    ),
    (
        "poetry.lock",
        "[[package]]\nname = \"NAME\"\nversion = \"VERSION\"\n\n[package.source]\ntype = \"url\"\nurl = \"https://cdn.example/0a1b2c3d4e5f\"\n",
    ),
];

/// A name of which every version is bad, one hijacked version, and a package of which nothing is known.
fn names(path: &str) -> [(String, &'static str); 3] {
    let python = matches!(path, "uv.lock" | "poetry.lock");
    let data = include_str!("../../../rules/advisories/compromised.tsv");
    let ecosystem = if python { "pypi" } else { "npm" };
    let rows = data.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let plain = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase());
    let wholly = rows.clone().find(|f| f[0] == ecosystem && f[2] == "*" && f[5] == "malicious" && plain(f[1])).unwrap();
    let hijacked = if python { ("elementary-data", "0.23.3") } else { ("axios", "1.14.1") };
    [(wholly[1].to_owned(), "9.8.7"), (hijacked.0.to_owned(), hijacked.1), ("zzqqxxk".to_owned(), "1.2.3")]
}

fn digest(run: &Run) -> String {
    run.stderr.lines().rfind(|line| line.starts_with("shield-hook: ")).unwrap_or_default().to_owned()
}

#[test]
fn packages_of_unknown_origin_are_matched_by_name_and_counted() {
    let sandbox = Sandbox::new();
    for (n, (path, template)) in UNKNOWN.into_iter().enumerate() {
        let [wholly, hijacked, other] = names(path);
        for ((name, version), word) in [(wholly, "warn"), (hijacked, "block"), (other, "unknown")] {
            let repo = sandbox.repo(&format!("{n}-{word}"));
            repo.write(path, template.replace("NAME", &name).replace("VERSION", version)).add();
            let code = i32::from(word == "block");
            let run = repo.shield(&["check", path, "--all", "--format", "json"]).expect(code);
            let json = run.json();
            assert_eq!(json["packages"][0]["verdict"], word, "{template}\n{}", run.stdout);
            assert!(json["packages"][0]["unknown_origin"].is_string(), "{template}\n{}", run.stdout);
            for run in [run, repo.shield(&["audit"]).expect(code), repo.scan_staged().expect(code)] {
                assert!(digest(&run).contains("1 package of unknown origin"), "{template}\n{}", digest(&run));
            }
            repo.commit("in it is");
            repo.write("README.md", "x\n").add();
            assert!(!digest(&repo.scan_staged()).contains("unknown origin"));
        }
    }
}

#[test]
fn the_projects_own_packages_bear_any_name() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [wholly, hijacked, _] = names("package-lock.json");
    for (name, version) in [wholly, hijacked] {
        for entry in [
            format!(
                r#""node_modules/{name}": {{"resolved": "packages/x", "link": true}}, "packages/x": {{"name": "{name}", "version": "{version}"}}"#
            ),
            format!(
                r#""node_modules/{name}": {{"version": "{version}", "resolved": "git+ssh://git@host.example/o/r.git#0123"}}"#
            ),
        ] {
            repo.write("package-lock.json", format!("{{\"lockfileVersion\": 3, \"packages\": {{{entry}}}}}"));
            let run = repo.shield(&["check", "package-lock.json"]).expect(0);
            assert!(!digest(&run).contains("warning") && !digest(&run).contains("unknown"), "{}", run.stderr);
        }
    }
}

/// The rules of what a change of `path` reports, blocking or not.
fn told(repo: &Repo<'_>, path: &str, before: &str, after: &str) -> Vec<String> {
    repo.write(path, official(before)).commit("before");
    repo.write(path, official(after)).add();
    let json = repo.scan_staged().json();
    let findings = json["findings"].as_array().unwrap().clone();
    findings.iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
}

fn npm(resolved: &str, integrity: &str) -> String {
    format!(
        "{{\"lockfileVersion\": 3, \"packages\": {{\n\"node_modules/ms\": {{\"version\": \"2.1.0\", \"resolved\": \"{resolved}\", \"integrity\": \"{integrity}\"}}\n}}}}\n"
    )
}

fn yarn(resolved: &str, integrity: &str) -> String {
    format!("ms@^2.1.0:\n  version \"2.1.0\"\n  resolved \"{resolved}\"\n{integrity}")
}

fn uv(registry: &str, wheel: &str) -> String {
    format!(
        "version = 1\n\n[[package]]\nname = \"pytest\"\nversion = \"8.4.0\"\nsource = {{ registry = \"{registry}\" }}\nwheels = [\n    {{ url = \"{wheel}\", hash = \"sha256:00\" }},\n]\n"
    )
}

fn bun(registry: &str) -> String {
    format!(
        "{{\"lockfileVersion\": 1, \"packages\": {{\n\"ms\": [\"ms@2.1.0\", \"{registry}\", {{}}, \"sha512-AA==\"],\n}}}}\n"
    )
}

#[test]
fn a_change_of_where_and_how_a_package_is_fetched_is_told() {
    const TARBALL: &str = "https://@NPM@/ms/-/ms-2.1.0.tgz";
    const WHEEL: &str = "https://@FILES@/packages/aa/pytest-8.4.0-py3-none-any.whl";
    const INDEX: &str = "https://@INDEX@/simple";
    let sandbox = Sandbox::new();
    let old = npm(TARBALL, "sha512-AA==");
    for (n, (path, before, after, rule)) in [
        (
            "package-lock.json",
            old.clone(),
            old.replace(", \"integrity\": \"sha512-AA==\"", ""),
            "package-integrity-removed",
        ),
        ("package-lock.json", old.clone(), npm(TARBALL, "sha1-AA=="), "package-integrity-removed"),
        ("package-lock.json", old.clone(), npm(&TARBALL.replace("https", "http"), "sha512-AA=="), "package-source"),
        (
            "package-lock.json",
            old.clone(),
            npm("https://cdn.example/ms/-/ms-2.1.0.tgz", "sha512-AA=="),
            "package-source",
        ),
        ("package-lock.json", old.clone(), npm("https://@NPM@/sm/-/sm-2.1.0.tgz", "sha512-AA=="), "package-source"),
        ("package-lock.json", old.clone(), npm("https://@NPM@/ms/-/ms-2.1.1.tgz", "sha512-AA=="), "package-source"),
        (
            "package-lock.json",
            old,
            npm("https://npm.pkg.github.com/download/ms/2.1.0/0a1b", "sha512-AA=="),
            "package-source",
        ),
        ("yarn.lock", yarn(TARBALL, "  integrity sha512-AA==\n"), yarn(TARBALL, ""), "package-integrity-removed"),
        ("yarn.lock", yarn(TARBALL, ""), yarn("https://@YARN@/evil-ms/-/evil-ms-2.1.0.tgz", ""), "package-source"),
        (
            "uv.lock",
            uv(INDEX, WHEEL),
            uv(INDEX, &WHEEL.replace("@FILES@", "files.pythonhcsted.example")),
            "package-source",
        ),
        ("uv.lock", uv(INDEX, WHEEL), uv("https://index.example/simple", WHEEL), "package-source"),
        ("uv.lock", uv(INDEX, WHEEL), uv(INDEX, &WHEEL.replace("pytest-8", "pytset-8")), "package-source"),
        ("uv.lock", uv(INDEX, WHEEL), uv(INDEX, &WHEEL.replace("https", "http")), "package-source"),
        ("bun.lock", bun(""), bun("https://npmjs-mirror.example/ms/-/ms-2.1.0.tgz"), "package-source"),
        ("requirements.txt", "a==1 --hash=sha256:00\n".into(), "a==1\n".into(), "package-integrity-removed"),
        (
            "package.json",
            "{\"dependencies\": {}}".into(),
            "{\"dependencies\": {\"lodash\": \"npm:zzqqxxk@1.0.0\"}}".into(),
            "package-source",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let rules = told(&sandbox.repo(&format!("repo{n}")), path, &before, &after);
        assert!(rules.iter().any(|r| r == rule), "{path}: {rules:?}\n{after}");
        assert!(rules.iter().all(|r| r != "package-integrity-changed" && r != "hijacked-package"), "{path}: {rules:?}");
    }
}

#[test]
fn a_registrys_other_name_and_a_usual_host_are_no_news() {
    let sandbox = Sandbox::new();
    let at = |host: &str, version: &str| {
        npm(&format!("https://{host}/ms/-/ms-{version}.tgz"), "sha512-AA==").replace("2.1.0", version)
    };
    for (n, (path, before, after)) in [
        ("package-lock.json", at("@NPM@", "2.1.0"), at("@YARN@", "2.1.0")),
        ("package-lock.json", at("npm.acme.example", "2.1.0"), at("@NPM@", "2.1.0")),
        ("package-lock.json", at("npm.acme.example", "2.1.0"), at("npm.acme.example", "2.1.1")),
        (
            "package-lock.json",
            at("localhost:4873", "2.1.0").replace("https", "http"),
            at("localhost:4873", "2.1.1").replace("https", "http"),
        ),
        ("bun.lock", bun(""), bun("https://@NPM@/ms/-/ms-2.1.0.tgz")),
        (
            ".npmrc",
            String::new(),
            "registry=https://@NPM@/\nsave-exact=true\n//npm.acme.example/:always-auth=true\n".into(),
        ),
        ("pip.conf", "[global]\n".into(), "[global]\nindex-url = https://@INDEX@/simple\ntimeout = 60\n".into()),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(told(&sandbox.repo(&format!("repo{n}")), path, &before, &after), [""; 0], "{path}: {after}");
    }
}

#[test]
fn a_lockfile_that_moves_as_a_whole_is_one_finding() {
    let sandbox = Sandbox::new();
    let lock = |host: &str| {
        let entry = |n: usize| {
            format!(
                "\"node_modules/p{n}\": {{\"version\": \"1.0.0\", \"resolved\": \"https://{host}/p{n}/-/p{n}-1.0.0.tgz\"}}"
            )
        };
        let entries: Vec<String> = (0..20).map(entry).collect();
        format!("{{\"lockfileVersion\": 3, \"packages\": {{\n{}\n}}}}\n", entries.join(",\n"))
    };
    let repo = sandbox.repo("repo");
    assert_eq!(told(&repo, "package-lock.json", &lock("@NPM@"), &lock("npm.acme.example")), ["package-source"]);
    let run = repo.scan_staged();
    assert!(run.stdout.contains("so do 19 other packages"), "{}", run.stdout);
}

#[test]
fn settings_of_where_packages_come_from_and_what_runs_are_told_when_they_come() {
    let sandbox = Sandbox::new();
    let (place, script) = ("package-source", "install-script");
    for (n, (path, before, after, rule)) in [
        ("requirements.txt", "a==1\n", "--extra-index-url https://index.example/simple\na==1\n", place),
        ("requirements.txt", "a==1\n", "-i https://index.example/simple\na==1\n", place),
        ("requirements.txt", "a==1\n", "--find-links=https://index.example/x\na==1\n", place),
        ("requirements.txt", "a==1\n", "--trusted-host index.example\na==1\n", place),
        ("requirements.txt", "--require-hashes\na==1\n", "a==1\n", place),
        (".npmrc", "registry=https://@NPM@/\n", "registry=https://mirror.example/\n", place),
        (".npmrc", "", "registry = \"http://@NPM@/\"\n", place),
        (".npmrc", "", "@acme:registry=https://mirror.example/\n", place),
        (".npmrc", "", "strict-ssl=false\n", place),
        (".npmrc", "save-exact=true\n", "save-exact=true\n  registry=https://mirror.example/\n", place),
        (".npmrc", "", "\"registry\"=\"https://mirror.example/\"\n", place),
        (".npmrc", "", "node-options=--require ./x.js\n", script),
        (".npmrc", "", "script-shell=./x.sh\n", script),
        (".npmrc", "", "ignore-scripts=false\n", script),
        (".npmrc", "ignore-scripts=true\n", "save-exact=true\n", script),
        (".npmrc", "", "git=./x\n", script),
        (".yarnrc", "", "registry \"https://mirror.example\"\n", place),
        (".yarnrc", "", "yarn-path \"./x.cjs\"\n", script),
        (".yarnrc.yml", "nodeLinker: node-modules\n", "npmRegistryServer: https://mirror.example\n", place),
        (
            ".yarnrc.yml",
            "nodeLinker: node-modules\n",
            "npmScopes:\n  acme:\n    npmRegistryServer: https://mirror.example\n",
            place,
        ),
        (".yarnrc.yml", "nodeLinker: node-modules\n", "yarnPath: tools/yarn.cjs\n", script),
        (".yarnrc.yml", "nodeLinker: node-modules\n", "plugins:\n  - path: .yarn/plugins/p.cjs\n    spec: x\n", script),
        (".yarnrc.yml", "enableScripts: false\n", "nodeLinker: pnp\n", script),
        (".yarnrc.yml", "nodeLinker: pnp\n", "checksumBehavior: update\n", place),
        (
            "pnpm-workspace.yaml",
            "packages: [a]\n",
            "packages: [a]\nregistries:\n  default: https://mirror.example\n",
            place,
        ),
        ("pnpm-workspace.yaml", "packages: [a]\n", "packages: [a]\nonlyBuiltDependencies: [zzqqxxk]\n", script),
        ("pnpm-workspace.yaml", "packages: [a]\nminimumReleaseAge: 1440\n", "packages: [a]\n", place),
        ("package.json", "{}\n", "{\"trustedDependencies\": [\"zzqqxxk\"]}\n", script),
        ("bunfig.toml", "", "[install]\nregistry = \"https://mirror.example\"\n", place),
        ("bunfig.toml", "", "[install.scopes]\nacme = { url = \"https://mirror.example\" }\n", place),
        ("bunfig.toml", "", "preload = [\"./x.ts\"]\n", script),
        (".pnpmfile.cjs", "module.exports = {}\n", "module.exports = { hooks: {} }\n", script),
        (
            "pip.conf",
            "[global]\n",
            "[global]\nextra-index-url =\n    https://index.example/simple\n    https://other.example/simple\n",
            place,
        ),
        ("pip.ini", "[global]\n", "[install]\ntrusted-host = index.example\n", place),
        ("uv.toml", "", "[[index]]\nurl = \"https://index.example/simple\"\n", place),
        (
            "pyproject.toml",
            "[project]\nname = \"a\"\n",
            "[[tool.uv.index]]\nname = \"x\"\nurl = \"https://index.example/simple\"\n",
            place,
        ),
        (
            "pyproject.toml",
            "[project]\nname = \"a\"\n",
            "[tool.uv]\nextra-index-url = [\"https://index.example/simple\"]\n",
            place,
        ),
        (
            "pyproject.toml",
            "[project]\nname = \"a\"\n",
            "[[tool.poetry.source]]\nname = \"x\"\nurl = \"https://index.example/simple\"\n",
            place,
        ),
        (
            "NuGet.config",
            "<configuration/>\n",
            "<configuration><packageSources><add key=\"a\" value=\"https://index.example/v3\"/></packageSources></configuration>\n",
            place,
        ),
        (
            ".cargo/config.toml",
            "[build]\njobs = 2\n",
            "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nregistry = \"sparse+https://index.example/\"\n",
            place,
        ),
        (".cargo/config.toml", "[build]\njobs = 2\n", "[build]\njobs = 2\nrustc-wrapper = \"./w.sh\"\n", script),
        ("Gemfile", "gem \"rake\"\n", "source 'https://index.example' do\n  gem \"rake\"\nend\n", place),
        ("Gemfile", "gem \"rake\"\n", "gem \"rake\", source: \"http://index.example\"\n", place),
        ("composer.json", "{}\n", "{\"repositories\": {\"a\": {\"type\": \"vcs\", \"url\": \"https://github.com/a/b\"}}}\n", place),
        (
            "gradle/wrapper/gradle-wrapper.properties",
            "distributionBase=GRADLE_USER_HOME\n",
            "distributionUrl=https\\://index.example/gradle-8.5-bin.zip\n",
            place,
        ),
        (".mvn/wrapper/maven-wrapper.properties", "distributionSha256Sum=00ff\n", "wrapperVersion=3.3.2\n", place),
        ("Pipfile", "[packages]\n", "[[source]]\nurl = \"https://index.example/simple\"\nname = \"x\"\n", place),
    ]
    .into_iter()
    .enumerate()
    {
        let repo = sandbox.repo(&format!("repo{n}"));
        let rules = told(&repo, path, before, after);
        assert!(!rules.is_empty() && rules.iter().all(|r| r == rule), "{path}: {rules:?}\n{after}");
        // It is told once.
        repo.commit("in it is");
        let comment = if matches!(path, "package.json" | ".pnpmfile.cjs") { "\n" } else { "\n# more\n" };
        repo.write(path, official(after) + comment).add();
        let again = repo.scan_staged().json()["findings"].as_array().unwrap().len();
        assert_eq!(again, usize::from(path == ".pnpmfile.cjs"), "{path}: {after}");
    }
}

#[test]
fn settings_that_a_new_file_brings_are_told_and_those_of_a_tree_are_not() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write(".npmrc", "registry=https://me:${WORD}@mirror.example/\n")
        .write(".pnpmfile.cjs", "module.exports = {}\n")
        .add();
    let run = repo.scan_staged().expect_clean();
    let findings = run.json()["findings"].as_array().unwrap().len();
    assert_eq!(findings, 2, "{}", run.stdout);
    assert!(run.stdout.contains("https://mirror.example/"), "{}", run.stdout);
    repo.shield(&["scan", "."]).expect(0);
}

#[test]
fn everyday_scripts_are_no_news_and_the_projects_own_are_told_once() {
    let sandbox = Sandbox::new();
    let lock = |scripts: &[&str]| {
        let entries: Vec<String> = scripts
            .iter()
            .map(|name| format!("\"node_modules/{name}\": {{\"version\": \"99.0.0\", \"hasInstallScript\": true}}"))
            .collect();
        format!(
            "{{\"lockfileVersion\": 3, \"packages\": {{\"\": {{\"name\": \"x\", \"hasInstallScript\": true}},{}}}}}\n",
            entries.join(",")
        )
    };
    let before = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"name\": \"x\"}}}\n";
    let known = lock(&["core-js", "fsevents", "playwright", "husky", "esbuild"]);
    assert_eq!(told(&sandbox.repo("known"), "package-lock.json", before, &known), [""; 0]);
    assert_eq!(told(&sandbox.repo("new"), "package-lock.json", before, &lock(&["zzqqxxk"])), ["install-script"]);
    for (n, (script, wanted)) in [
        ("\"prepare\": \"husky\"", 0),
        ("\"prepare\": \"is-ci || husky install\"", 0),
        ("\"postinstall\": \"npx playwright install\"", 0),
        ("\"prepare\": \"node tools/build.cjs\"", 1),
        ("\"prepare\": \"husky && node tools/build.cjs\"", 1),
        ("\"test\": \"node t.js\"", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let repo = sandbox.repo(&format!("own{n}"));
        let package = format!("{{\"scripts\": {{{script}}}}}\n");
        assert_eq!(told(&repo, "package.json", "{\"scripts\": {}}\n", &package).len(), wanted, "{script}");
        repo.commit("in it is");
        repo.write("package.json", package + "\n").add();
        assert_eq!(repo.scan_staged().json()["findings"].as_array().unwrap().len(), 0, "{script}");
    }
}

/// Lockfiles of further ecosystems, with `HOST` for the registry's address. `NAME` stands for the package.
#[rustfmt::skip]
const FURTHER: [(&str, &str, &str, &str); 4] = [
    ("crates", "Cargo.lock", "[[package]]\nname = \"NAME\"\nversion = \"7.7.7\"\nsource = \"registry+HOST\"\n",
     concat!("https://github.com/rust-lang/crates", ".io-index")),
    ("rubygems", "Gemfile.lock", "GEM\n  remote: HOST\n  specs:\n    NAME (7.7.7)\n", concat!("https://ruby", "gems.org/")),
    ("packagist", "composer.lock", "{\"packages\": [{\"name\": \"NAME\", \"version\": \"7.7.7\", \"notification-url\": \"HOST\"}]}",
     concat!("https://packag", "ist.org/downloads/")),
    ("terraform", ".terraform.lock.hcl", "provider \"HOST/NAME\" {\n  version = \"7.7.7\"\n}\n", concat!("registry.terra", "form.io")),
];

#[test]
fn a_name_that_is_bad_as_a_whole_blocks_from_the_registry_and_warns_from_elsewhere() {
    let data = include_str!("../../../rules/advisories/compromised.tsv");
    for (ecosystem, file, text, host) in FURTHER {
        let rows = data.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        let name = rows.into_iter().find(|f| f[0] == ecosystem && f[2] == "*" && f[5] == "malicious").unwrap()[1];
        let elsewhere =
            if host.contains("://") { "https://registry.acme.example/index" } else { "registry.acme.example" };
        for (host, code, verdict) in [(host, 1, "block"), (elsewhere, 0, "warn")] {
            let sandbox = Sandbox::new();
            let repo = sandbox.repo("repo");
            repo.write("a", "a\n").commit("before");
            repo.write(file, text.replace("NAME", name).replace("HOST", host));
            let run = repo.shield(&["check", file, "--format", "json"]).expect(code);
            assert_eq!(run.json()["packages"][0]["verdict"], verdict, "{file} {host}");
            repo.add();
            repo.shield(&["scan", "--staged"]).expect(code);
        }
    }
}

#[test]
fn options_that_change_nothing_are_errors() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("go.sum", "host.example/left v1.0.0 h1:AAAA=\n");
    repo.write(
        "any.txt.sbom",
        "{\"bomFormat\": \"CycloneDX\", \"components\": [{\"purl\": \"pkg:npm/axios@1.14.1\"}]}",
    );
    repo.shield(&["check", "any.txt.sbom"]).expect(1);
    repo.shield(&["check", "pkg:npm/axios@1.14.1"]).expect(1);
    repo.shield(&["check", "pkg:npm/axios@1.14.0"]).expect(0);
    for args in [
        &["check", "--as", "yarn.lock", "left-pad@1.3.0"][..],
        &["check", "--ecosystem", "npm", "go.sum"],
        &["check", "cargo:left@1.0.0"],
        &["check", "pkg:deb/debian/left@1.0"],
    ] {
        repo.shield(args).expect(3);
    }
}
