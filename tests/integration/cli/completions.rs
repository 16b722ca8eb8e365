//! Completions, asked for as a shell does.

use crate::support::{Sandbox, binary, path};

#[test]
fn bash_completes_beyond_the_first_word() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    repo.write("c.sh", repo.shield(&["completions", "bash"]).expect(0).stdout);
    let bin = binary().parent().expect("a directory").to_owned();
    let search = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path()))).expect("a search path");
    for (words, offered) in [
        ("sc", "scan"),
        ("scan --for", "--format"),
        ("allow --rea", "--reason"),
        ("baseline cr", "create"),
        ("baseline create --hist", "--history"),
        ("hook --for", "--format"),
        ("scan --format sa", "sarif"),
        ("scan --rule npm-acc", "npm-access-token"),
        ("rules show npm-acc", "npm-access-token"),
    ] {
        let typed: Vec<&str> = words.split(' ').collect();
        let (last, before) = (typed[typed.len() - 1], *typed[..typed.len() - 1].last().unwrap_or(&"shield-hook"));
        let script = format!(
            ". ./c.sh; f=$(complete -p shield-hook | sed 's/.*-F \\([^ ]*\\).*/\\1/'); \
             COMP_WORDS=(shield-hook {words}); COMP_CWORD={}; COMPREPLY=(); $f shield-hook {last} {before}; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            typed.len()
        );
        let out =
            sandbox.command("bash", repo.dir()).args(["-c", &script]).env("PATH", &search).output().expect("bash");
        let offers = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(offers.lines().any(|line| line == offered), "{words}: {offers}");
    }
}
