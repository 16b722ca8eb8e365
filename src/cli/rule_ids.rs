//! Rule ids in completion scripts. The generator knows only values that are fixed when the program is built; ids are asked
//! from the program, so that a repository's own rules are among them.

use clap_complete::Shell;

/// Prints the ids, one in a line.
const IDS: &str = "shield-hook rules list 2>/dev/null | cut -d ' ' -f 1";

/// Adds the ids to a generated script: after `--rule` and after `rules show`.
pub fn offered(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => in_bash(script),
        Shell::Zsh => in_zsh(script),
        Shell::Fish => in_fish(script),
        _ => script.to_owned(),
    }
}

fn in_bash(script: &str) -> String {
    let files = "--rule)\n                    COMPREPLY=($(compgen -f \"${cur}\"))";
    let ids = format!("--rule)\n                    COMPREPLY=($(compgen -W \"$({IDS})\" -- \"${{cur}}\"))");
    let show = "\n        shield__hook__subcmd__rules__subcmd__show)\n            opts=\"";
    script.replace(files, &ids).replace(show, &format!("{show}$({IDS}) "))
}

fn in_zsh(script: &str) -> String {
    let function = format!(
        "_shield-hook_rules() {{\n    local -a ids\n    ids=(${{(f)\"$({IDS})\"}})\n    compadd -a ids\n}}\n\n"
    );
    let asks = |line: &str| {
        let option = line.trim_start().starts_with("'*--rule=[");
        // The argument of `rules show`; that of `rules new` is an id that does not exist yet.
        let show = line.trim_start().starts_with("':id -- ") && line.contains("s id:_default'");
        if option || show { line.replace(":_default'", ":_shield-hook_rules'") } else { line.to_owned() }
    };
    let script: Vec<String> = script.lines().map(asks).collect();
    let script = script.join("\n") + "\n";
    script.replacen("\n_shield-hook() {\n", &format!("\n{function}_shield-hook() {{\n"), 1)
}

fn in_fish(script: &str) -> String {
    let mut out = String::new();
    for line in script.lines() {
        out += line;
        // The option takes a value (`-r`), and no file (`-f`).
        if line.contains(" -l rule -d ") {
            out += &format!(" -f -a \"({IDS})\"");
        }
        out.push('\n');
    }
    let show = "__fish_shield_hook_using_subcommand rules; and __fish_seen_subcommand_from show";
    out + &format!("complete -c shield-hook -n \"{show}\" -f -a \"({IDS})\"\n")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn each_script_asks_for_ids_wherever_a_rule_is_named() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut crate::cli::Cli::command(), "shield-hook", &mut script);
            // The generator's names, as the caller mends them.
            let script = String::from_utf8(script).expect("text").replace("shield__subcmd__hook", "shield__hook");
            let before = match shell {
                Shell::Bash => script.matches("--rule)\n").count(),
                Shell::Zsh => script.matches("'*--rule=[").count(),
                _ => script.matches(" -l rule -d ").count(),
            };
            let asked = match shell {
                Shell::Zsh => offered(shell, &script).matches(":_shield-hook_rules'").count(),
                _ => offered(shell, &script).matches("rules list").count(),
            };
            assert!(before >= 5, "{shell}: {before}");
            assert_eq!(asked, before + 1, "{shell}: every --rule, and rules show");
        }
    }
}
