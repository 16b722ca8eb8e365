use super::*;

/// The calls that are lost between two texts of one file.
fn lost(name: &str, before: &str, after: &str) -> Vec<String> {
    let state = |text: &str| Wiring(BTreeMap::from([(name.to_owned(), calls(name, text))]));
    state(before).lost_in(&state(after)).into_iter().map(|loss| loss.what).collect()
}

const GITHUB: &str = "on:\n  pull_request:\n  push:\n    branches: [main]\njobs:\n  gate:\n    runs-on: ubuntu-latest\n    \
                      steps:\n      - uses: actions/checkout@v5\n      - uses: OWNER/shield-hook@COMMIT\n";

#[test]
fn a_workflow_that_is_loosened() {
    let step = "      - uses: OWNER/shield-hook@COMMIT\n";
    for (what, after) in [
        ("the step is gone", GITHUB.replace(step, "")),
        ("it is a comment", GITHUB.replace(step, "      # - uses: OWNER/shield-hook@COMMIT\n")),
        ("another's action", GITHUB.replace("OWNER/", "other/")),
        ("the job is advisory", GITHUB.replace("  gate:\n", "  gate:\n    continue-on-error: true\n")),
        ("the step is advisory", GITHUB.replace(step, &format!("{step}        continue-on-error: true\n"))),
        ("an expression decides", GITHUB.replace(step, &format!("{step}        continue-on-error: ${{{{ true }}}}\n"))),
        ("the step never runs", GITHUB.replace(step, &format!("{step}        if: false\n"))),
        ("nor does the job", GITHUB.replace("  gate:\n", "  gate:\n    if: ${{ false }}\n")),
        ("not for everybody", GITHUB.replace("  gate:\n", "  gate:\n    if: github.actor != 'me'\n")),
        ("the net change alone", GITHUB.replace(step, &format!("{step}        with:\n          net: true\n"))),
        ("a setting", GITHUB.replace("jobs:\n", "env:\n  SHIELD_HOOK_BLOCK: high\njobs:\n")),
        ("no pull requests", GITHUB.replace("  pull_request:\n", "")),
        (
            "by hand only",
            GITHUB.replace("on:\n  pull_request:\n  push:\n    branches: [main]\n", "on: workflow_dispatch\n"),
        ),
        ("some paths", GITHUB.replace("  pull_request:\n", "  pull_request:\n    paths: [src/**]\n")),
        ("not some paths", GITHUB.replace("  pull_request:\n", "  pull_request:\n    paths-ignore: ['**']\n")),
        ("another branch", GITHUB.replace("[main]", "[none]")),
        ("another shell for all", GITHUB.replace("jobs:\n", "defaults:\n  run:\n    shell: cat {0}\njobs:\n")),
        ("another shell", GITHUB.replace("  gate:\n", "  gate:\n    defaults: {run: {shell: 'cat {0}'}}\n")),
        ("another folder", GITHUB.replace(step, &format!("{step}        working-directory: /tmp\n"))),
        ("no time", GITHUB.replace("  gate:\n", "  gate:\n    timeout-minutes: 0\n")),
        ("another branch's name", GITHUB.replace(step, &format!("{step}        env: {{GITHUB_BASE_REF: x}}\n"))),
        ("another revision is judged", GITHUB.replace("checkout@v5\n", "checkout@v5\n        with: {ref: main}\n")),
        ("another repository", GITHUB.replace("checkout@v5\n", "checkout@v5\n        with: {repository: o/r}\n")),
        ("not YAML", format!("{GITHUB}\t]\n")),
        ("empty", String::new()),
    ] {
        assert_eq!(lost(".github/workflows/g.yml", GITHUB, &after).len(), 1, "{what}\n{after}");
    }
}

#[test]
fn a_workflow_that_is_not() {
    let step = "      - uses: OWNER/shield-hook@COMMIT\n";
    for (what, after) in [
        ("another revision", GITHUB.replace("@COMMIT", "@0123456")),
        ("more branches", GITHUB.replace("[main]", "[main, release]")),
        ("all branches", GITHUB.replace("    branches: [main]\n", "")),
        ("one event more", GITHUB.replace("  push:\n", "  merge_group:\n  push:\n")),
        ("always", GITHUB.replace(step, &format!("{step}        if: always()\n"))),
        ("not advisory", GITHUB.replace(step, &format!("{step}        continue-on-error: false\n"))),
        ("another job is", GITHUB.replace("jobs:\n", "jobs:\n  lint:\n    continue-on-error: true\n    if: false\n")),
        ("a limit", GITHUB.replace("  gate:\n", "  gate:\n    timeout-minutes: 10\n")),
        ("bash", GITHUB.replace("jobs:\n", "defaults:\n  run:\n    shell: bash\njobs:\n")),
        ("a token", GITHUB.replace(step, &format!("{step}        env: {{GITHUB_TOKEN: x}}\n"))),
        (
            "the change's own head",
            GITHUB.replace(
                "checkout@v5\n",
                "checkout@v5\n        with: {ref: '${{ github.event.pull_request.head.sha }}', fetch-depth: 0}\n",
            ),
        ),
        ("a name", GITHUB.replace("  gate:\n", "  gate:\n    name: The gate\n")),
        ("an alias", format!("{}  lint: {{runs-on: *os}}\n", GITHUB.replace("ubuntu-latest", "&os ubuntu-latest"))),
    ] {
        assert_eq!(lost(".github/workflows/g.yml", GITHUB, &after), Vec::<String>::new(), "{what}\n{after}");
    }
    let state = |name: &str| Wiring(BTreeMap::from([(name.to_owned(), calls(name, GITHUB))]));
    let moved = |to| state(".github/workflows/g.yml").lost_in(&state(to)).len();
    assert_eq!((moved(".github/workflows/h.yaml"), moved(".github/workflows/off/g.yml")), (0, 1));
    assert!(lost(".github/workflows/g.yml", "on: [push]\njobs: {}\n", "").is_empty(), "it called nothing");
}

/// Files that call the gate, each with its text and with changes that take effect from the call.
const WIRED: &[(&str, &str, &[&str])] = &[
    (
        ".gitlab-ci.yml",
        "gate:\n  script:\n    - shield-hook ci\n",
        &[
            "gate:\n  script:\n    - shield-hook ci\n  allow_failure: true\n",
            "gate:\n  script:\n    - shield-hook ci\n  when: manual\n",
            "gate:\n  script:\n    - shield-hook ci\n  rules:\n    - if: $CI_COMMIT_TAG\n",
            "workflow:\n  rules:\n    - when: never\ngate:\n  script:\n    - shield-hook ci\n",
            "gate:\n  script:\n    - shield-hook ci || true\n",
            "gate:\n  script:\n    - echo shield-hook ci\n",
        ],
    ),
    (
        "azure-pipelines.yml",
        "pr: [main]\nsteps:\n  - script: shield-hook ci\n",
        &[
            "pr: [main]\nsteps:\n  - script: shield-hook ci\n    continueOnError: true\n",
            "pr: [main]\nsteps:\n  - script: shield-hook ci\n    condition: false\n",
            "pr: [main]\nsteps:\n  - script: shield-hook ci\n    enabled: false\n",
            "pr: none\nsteps:\n  - script: shield-hook ci\n",
        ],
    ),
    (
        ".buildkite/pipeline.yml",
        "steps:\n  - command:\n      - git fetch\n      - shield-hook ci\n",
        &[
            "steps:\n  - command:\n      - git fetch\n      - shield-hook ci\n    soft_fail: true\n",
            "steps:\n  - command:\n      - git fetch\n      - shield-hook ci\n    skip: true\n",
            "steps:\n  - command:\n      - git fetch\n",
        ],
    ),
    (
        ".circleci/config.yml",
        "jobs:\n  shield-hook:\n    steps:\n      - run: shield-hook ci\nworkflows:\n  gate:\n    jobs: [shield-hook]\n",
        &[
            "jobs:\n  shield-hook:\n    steps:\n      - run: shield-hook ci\nworkflows:\n  gate:\n    jobs: [build]\n",
            "jobs:\n  shield-hook:\n    steps:\n      - run: shield-hook ci --net\nworkflows:\n  gate:\n    jobs: [shield-hook]\n",
        ],
    ),
    (
        "lefthook.yml",
        "pre-commit:\n  commands:\n    gate:\n      run: shield-hook hook pre-commit\n",
        &[
            "pre-commit:\n  commands:\n    gate:\n      run: shield-hook hook pre-commit\n      skip: true\n",
            "pre-commit:\n  commands:\n    gate:\n      run: 'true'\n",
            "post-commit:\n  commands:\n    gate:\n      run: shield-hook hook pre-commit\n",
            "pre-commit:\n  skip: true\n  commands:\n    gate:\n      run: shield-hook hook pre-commit\n",
        ],
    ),
    (
        ".pre-commit-config.yaml",
        "repos:\n  - repo: https://git.example/shield-hook\n    rev: v1\n    hooks:\n      - id: shield-hook\n",
        &[
            "repos: []\n",
            "repos:\n  - repo: https://git.example/shield-hook\n    rev: v1\n    hooks:\n      - id: shield-hook\n        stages: [manual]\n",
            "repos:\n  - repo: https://git.example/shield-hook\n    rev: v1\n    hooks:\n      - id: shield-hook\n        exclude: .*\n",
            "ci: {skip: [shield-hook]}\nrepos:\n  - repo: https://git.example/shield-hook\n    rev: v1\n    hooks:\n      - id: shield-hook\n",
        ],
    ),
    (
        "package.json",
        "{\"scripts\": {\"prepare\": \"husky && shield-hook install\"}}",
        &["{\"scripts\": {\"prepare\": \"husky\"}}", "{}"],
    ),
];

#[test]
fn each_system_has_its_own_way() {
    for &(name, before, off) in WIRED {
        assert!(lost(name, before, before).is_empty(), "{name}");
        for after in off {
            assert!(!lost(name, before, after).is_empty(), "{name}\n{after}");
        }
    }
}

#[test]
fn scripts() {
    let husky = "# ours\nshield-hook hook pre-commit \"$@\" || exit\nnpm test\n";
    for after in [
        "npm test\n",
        "# shield-hook hook pre-commit\n",
        "shield-hook hook pre-commit \"$@\" || true\n",
        "shield-hook hook pre-commit \"$@\" || exit 0\n",
        "shield-hook hook pre-commit \"$@\" || echo failed\n",
        "shield-hook hook pre-commit \"$@\"; true\n",
        "shield-hook hook pre-commit \"$@\" &\n",
        "shield-hook hook pre-commit \"$@\" | cat\n",
        "exit 0\nshield-hook hook pre-commit \"$@\" || exit\n",
        "if false; then\nshield-hook hook pre-commit\nfi\n",
        "SHIELD_HOOK_BLOCK=high shield-hook hook pre-commit\n",
        "export SHIELD_HOOK_CONFIG=loose.toml\nshield-hook hook pre-commit\n",
        "shield-hook hook pre-commit --block high\n",
        "! shield-hook hook pre-commit\n",
        "shield-hook hook commit-msg\n",
        "echo shield-hook hook pre-commit\n",
        "true || shield-hook hook pre-commit\n",
        "exit 0; shield-hook hook pre-commit\n",
        "shield-hook hook pre-commit --help\n",
        "shield-hook hook pre-commit --version\n",
        "shield-hook() { :; }; shield-hook hook pre-commit\n",
        "shield-hook() { :; }\nshield-hook hook pre-commit\n",
        "function shield-hook { true; }\nshield-hook hook pre-commit\n",
        "alias shield-hook=true\nshield-hook hook pre-commit\n",
        "trap \"exit 0\" EXIT\nshield-hook hook pre-commit\n",
        "cd /tmp; shield-hook hook pre-commit\n",
        "cd /tmp && shield-hook hook pre-commit\n",
        "cd /tmp\nshield-hook hook pre-commit\n",
        "GITHUB_BASE_REF=x shield-hook hook pre-commit\n",
    ] {
        assert_eq!(lost(".husky/pre-commit", husky, after).len(), 1, "{after}");
    }
    for after in [
        "shield-hook hook pre-commit",
        "npm run lint\nshield-hook hook pre-commit \"$@\" || exit $?\nexit 0\n",
        "cd \"$(git rev-parse --show-toplevel)\" && shield-hook hook pre-commit",
        "(cd web && npm test)\ntrap 'rm -f list' EXIT\nshield-hook hook pre-commit",
        "./bin/shield-hook hook pre-commit \"$@\" || { echo stopped; exit 1; }\n",
        "\"$shield_hook\" hook pre-commit \"$@\" || exit\n",
    ] {
        assert!(lost(".husky/pre-commit", husky, after).is_empty(), "{after}");
    }
    // git's own shell goes on after a command that failed.
    let plain = "#!/bin/sh\nshield-hook hook pre-commit\n";
    assert_eq!(lost(".githooks/pre-commit", plain, &format!("{plain}exit 0\n")).len(), 1);
    for after in ["exec shield-hook hook pre-commit\n", "set -e\nshield-hook hook pre-commit\nnpm test\n"] {
        assert!(lost(".githooks/pre-commit", plain, after).is_empty(), "{after}");
    }
    let make = "gate:\n\tshield-hook scan --staged\n";
    assert_eq!(lost("Makefile", make, "gate:\n\t-shield-hook scan --staged\n").len(), 1);
    assert_eq!(lost("Makefile", make, "gate:\n\t@echo fine\n").len(), 1);
    assert!(lost("Makefile", make, "all: gate\ngate:\n\t@shield-hook scan --staged\n").is_empty());
}

#[test]
fn what_moves_within_its_place_is_not_lost() {
    let state = |files: &[(&str, &str)]| {
        Wiring(files.iter().map(|(name, text)| ((*name).to_owned(), calls(name, text))).collect())
    };
    let husky = state(&[(".husky/pre-commit", "shield-hook hook pre-commit\n")]);
    let lefthook = state(&[("lefthook.yml", "pre-commit:\n  jobs:\n    - run: shield-hook hook pre-commit\n")]);
    assert!(husky.lost_in(&lefthook).is_empty());
    let renamed = state(&[(".github/workflows/new.yml", GITHUB)]);
    assert!(state(&[(".github/workflows/old.yml", GITHUB)]).lost_in(&renamed).is_empty());
    assert_eq!(state(&[(".github/workflows/old.yml", GITHUB)]).lost_in(&husky).len(), 1);
    // Of two calls one is gone.
    let two = state(&[("Makefile", "a:\n\tshield-hook ci\nb:\n\tshield-hook ci\n")]);
    assert_eq!(two.lost_in(&state(&[("Makefile", "a:\n\tshield-hook ci\n")])).len(), 1);
}

#[test]
fn a_call_that_leaves_any_managers_file_is_lost() {
    for manager in HOOK_MANAGERS {
        let inside = manager.folders.iter().map(|folder| format!("{folder}/pre-commit"));
        for name in manager.files.iter().map(|file| (*file).to_owned()).chain(inside) {
            assert!(is_inspected(&name), "{name}");
            let before = match () {
                () if name.ends_with(".json") => "{\"pre-commit\": \"shield-hook hook pre-commit\"}",
                () if name.ends_with(".toml") => "pre-commit = \"shield-hook hook pre-commit\"\n",
                () if name.contains(".y") => "pre-commit:\n  run: shield-hook hook pre-commit\n",
                () => "shield-hook hook pre-commit\n",
            };
            assert!(!lost(&name, before, "").is_empty(), "{name}");
            assert!(lost(&name, before, before).is_empty(), "{name}");
        }
    }
}
