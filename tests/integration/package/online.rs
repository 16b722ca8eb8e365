//! The network: what is asked, and what becomes of it when the other side fails. A program without network code says so.

#[cfg(not(feature = "online"))]
use crate::support::Sandbox;

#[cfg(not(feature = "online"))]
#[test]
fn a_program_without_network_code_says_how_to_get_one() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    for args in [&["check", "--online", "left-pad@1.3.0"][..], &["audit", "--online"]] {
        let run = repo.shield(args).expect(3);
        assert!(run.stderr.contains("--features online"), "{}", run.stderr);
    }
    // A policy that wants it is not met in silence.
    repo.write(".shield-hook.toml", "[packages]\nonline = true\n").write("package.json", "{}\n").commit("before");
    repo.write("requirements.txt", "left-pad==1.0\n").add();
    let run = repo.scan_staged();
    assert!(run.code == 3 && run.stderr.contains("[packages] online"), "{run:?}");
}

#[cfg(feature = "online")]
mod with_network {
    use std::io::Cursor;

    use crate::support::http::{Page, Server};
    use crate::support::{Repo, Run, Sandbox};
    use serde_json::{Value, json};

    fn days_ago(days: i64) -> String {
        let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// A user whose npm and pip ask this server.
    fn configured(sandbox: &Sandbox, server: &Server) {
        let home = sandbox.at(sandbox.home());
        home.write(
            ".npmrc",
            format!(
                "registry={}\n{}:_authToken=npm-side\n",
                server.at("/npm/"),
                server.at("/npm/").replacen("http:", "", 1)
            ),
        )
        .write(".config/pip/pip.conf", format!("[global]\nindex-url = {}\n", server.at("/simple")));
    }

    fn serve(server: &Server) {
        let document = json!({
            "versions": {"1.0.0": {"dist": {}}, "2.0.0": {"deprecated": "use another", "dist": {}}},
            "time": {"1.0.0": days_ago(400), "2.0.0": days_ago(2)},
        });
        server.body("/npm/some-package", document.to_string());
        let page = json!({"files": [
            {"filename": "some_package-1.0.tar.gz", "upload-time": days_ago(3), "yanked": "broken"},
        ]});
        server.body("/simple/some-package/", page.to_string());
    }

    fn packages(run: &Run) -> Vec<Value> {
        run.json()["packages"].as_array().unwrap().clone()
    }

    #[test]
    fn check_asks_the_configured_registries_and_no_other() {
        let (sandbox, server) = (Sandbox::new(), Server::start());
        configured(&sandbox, &server);
        serve(&server);
        let home = sandbox.at(sandbox.home());
        let args = ["check", "--online", "npm:some-package@1.0.0", "npm:some-package@2.0.0", "pypi:some-package==1.0"];
        let run = home.shield(&[&args[..], &["--format", "json", "--all"]].concat()).expect(0);
        let rows = packages(&run);
        let of = |version: &str, ecosystem: &str| {
            rows.iter().find(|r| r["version"] == version && r["ecosystem"] == ecosystem).unwrap()
        };
        assert_eq!(
            (&of("1.0.0", "npm")["verdict"], &of("1.0.0", "npm")["registry"]["known"]),
            (&"unknown".into(), &"version".into())
        );
        assert_eq!(
            (&of("2.0.0", "npm")["verdict"], &of("2.0.0", "npm")["notes"][0]),
            (&"warn".into(), &"deprecated: use another".into())
        );
        assert_eq!(
            (&of("1.0", "pypi")["verdict"], &of("1.0", "pypi")["notes"][0]),
            (&"warn".into(), &"yanked: broken".into())
        );
        let asked = server.asked();
        assert_eq!(asked.len(), 2, "one question a package: {asked:?}");
        assert!(asked.iter().any(|q| q.contains("/npm/some-package") && q.to_lowercase().contains("bearer npm-side")));
        let pretty = home.shield(&args).expect(0);
        assert!(pretty.stdout.contains("published ") && pretty.stdout.contains("(400 days ago)"), "{}", pretty.stdout);
        assert!(pretty.stdout.contains("no provenance attestation"), "{}", pretty.stdout);
        assert!(!format!("{}{}", pretty.stdout, pretty.stderr).contains("npm-side"));
        // Without the option nobody is asked.
        home.shield(&["check", "npm:some-package@1.0.0"]).expect(0);
        assert_eq!(server.asked().len(), 4);
    }

    #[test]
    fn a_registry_that_fails_leaves_the_answer_incomplete() {
        let (sandbox, server) = (Sandbox::new(), Server::start());
        configured(&sandbox, &server);
        let home = sandbox.at(sandbox.home());
        server
            .page("/npm/broken", Page::Status(500, String::new()))
            .page("/npm/secret", Page::Status(401, String::new()))
            .page("/npm/half", Page::Half(vec![b' '; 1000]))
            .page("/npm/away", Page::Status(302, "Location: http://127.0.0.1:9/".into()))
            .body("/npm/page", "<html>login</html>");
        for (name, why) in [
            ("broken", "answers 500"),
            ("secret", "answers 401"),
            ("half", "cannot be reached"),
            ("away", "answers 302"),
            ("page", "no answer of a registry"),
        ] {
            let run = home.shield(&["check", "--online", &format!("npm:{name}@1.0.0")]).expect(2);
            assert!(
                run.stderr.contains(why) && run.stderr.contains(&format!("registry npm {name}")),
                "{name}: {}",
                run.stderr
            );
        }
        // What is known to be bad blocks all the same.
        let run =
            home.shield(&["check", "--online", "npm:axios@1.14.1", "npm:broken@1.0.0", "--format", "json"]).expect(1);
        assert_eq!((&run.json()["result"], &run.json()["complete"]), (&"blocked".into(), &false.into()));
        // A port where nobody listens.
        home.write(".npmrc", "registry=http://127.0.0.1:9/\n");
        home.shield(&["check", "--online", "npm:x@1.0.0"]).expect(2);
        home.write(".npmrc", "registry=http://host.example/\n");
        assert!(home.shield(&["check", "--online", "npm:x@1.0.0"]).expect(3).stderr.contains("plain http"));
    }

    fn lock(versions: &[&str]) -> String {
        let rows: Vec<String> = versions
            .iter()
            .enumerate()
            .map(|(n, v)| {
                format!("    \"node_modules/{}some-package\": {{\"version\": \"{v}\"}}", "x/node_modules/".repeat(n))
            })
            .collect();
        format!("{{\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n{}\n  }}\n}}\n", rows.join(",\n"))
    }

    fn rules(repo: &Repo<'_>, code: i32) -> Vec<String> {
        let json = repo.scan_staged().expect(code).json();
        let findings = json["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|f| format!("{} {} {}", f["verdict"].as_str().unwrap(), f["rule"].as_str().unwrap(), f["line"]))
            .collect()
    }

    #[test]
    fn the_gate_asks_where_the_policy_wants_it() {
        let (sandbox, server) = (Sandbox::new(), Server::start());
        configured(&sandbox, &server);
        serve(&server);
        let repo = sandbox.repo("repo");
        repo.write("package-lock.json", lock(&[])).commit("before");
        repo.write("package-lock.json", lock(&["2.0.0"])).add();
        assert_eq!(rules(&repo, 0), [""; 0]);
        assert_eq!(server.asked().len(), 0, "a hook asks nobody unless it is told to");
        repo.write(".shield-hook.toml", "[packages]\ncooldown = [7]\nonline = true\n").add();
        let mut found = rules(&repo, 1);
        found.sort();
        assert_eq!(found, ["block package-too-new 4", "warn package-withdrawn 4"]);
        repo.write("package-lock.json", lock(&["1.0.0"])).add();
        assert_eq!(rules(&repo, 0), [""; 0]);
        // What was there before is not asked about.
        repo.commit("in");
        let before = server.asked().len();
        repo.write("package-lock.json", lock(&["1.0.0"]).replace("\n}\n", "\n\n}\n")).add();
        assert_eq!(rules(&repo, 0), [""; 0]);
        assert_eq!(server.asked().len(), before);
        // A registry that fails stops the commit: it was asked for.
        server.page("/npm/some-package", Page::Status(503, String::new()));
        repo.write("package-lock.json", lock(&["1.0.0", "2.0.0"])).add();
        let json = repo.scan_staged().expect(2).json();
        assert_eq!(json["coverage"]["skipped"][0]["what"], "registry", "{json}");
    }

    #[test]
    fn a_wrong_signature_blocks_and_a_lost_provenance_is_told() {
        let (sandbox, server) = (Sandbox::new(), Server::start());
        configured(&sandbox, &server);
        let repo = sandbox.repo("repo");
        repo.write(".shield-hook.toml", "[packages]\nonline = true\n");
        repo.write("package-lock.json", lock(&[])).commit("before");
        let attested = json!({"attestations": {"provenance": {"predicateType": "https://slsa.dev/provenance/v1"}}});
        let document = json!({
            "versions": {
                "1.0.0": {"dist": attested}, "1.1.0": {"dist": {}},
                "1.2.0": {"dist": {"integrity": "sha512-AA==", "signatures": [{"keyid": "SHA256:a", "sig": "AAAA"}]}},
            },
            "time": {"1.0.0": days_ago(90), "1.1.0": days_ago(60), "1.2.0": days_ago(30)},
        });
        server.body("/npm/some-package", document.to_string());
        let found = |versions: &[&str], code: i32| {
            repo.write("package-lock.json", lock(versions)).add();
            rules(&repo, code)
        };
        assert_eq!(found(&["1.1.0"], 0), ["warn package-provenance 4"]);
        // A mirror that publishes no keys vouches for nothing, and denies nothing.
        assert_eq!(found(&["1.2.0"], 0), [""; 0]);
        server.body("/npm/-/npm/v1/keys", json!({"keys": [{"keyid": "SHA256:a", "key": "AAAA"}]}).to_string());
        assert_eq!(found(&["1.2.0"], 1), ["block package-provenance 4"]);
        server.body("/npm/-/npm/v1/keys", "<html>login</html>");
        repo.scan_staged().expect(2);
        repo.write(".shield-hook.toml", "[packages]\nonline = true\nbuilder = \"block\"\n");
        assert_eq!(found(&["1.1.0"], 1), ["block package-provenance 4"]);
        // A popular package must be proven where the policy demands it; another need not.
        repo.write(".shield-hook.toml", "[packages]\nonline = true\nprovenance = [500]\n");
        server.body(
            "/npm/chalk",
            json!({"versions": {"9.0.0": {"dist": {}}}, "time": {"9.0.0": days_ago(90)}}).to_string(),
        );
        repo.write("package-lock.json", lock(&["9.0.0"]).replace("some-package", "chalk")).add();
        assert_eq!(rules(&repo, 1), ["block package-provenance 4"]);
        assert_eq!(found(&["1.0.0"], 0), [""; 0]);
    }

    #[test]
    fn the_change_does_not_choose_who_is_asked_in_ci() {
        let (sandbox, server, theirs) = (Sandbox::new(), Server::start(), Server::start());
        configured(&sandbox, &server);
        serve(&server);
        let repo = sandbox.repo("repo");
        let base = repo
            .write(".shield-hook.toml", "[packages]\ncooldown = [7]\nonline = true\n")
            .write("package-lock.json", lock(&[]))
            .commit("base");
        repo.git(&["checkout", "--quiet", "-b", "change"]);
        let head = repo
            .write(".npmrc", format!("registry={}\n", theirs.at("/npm/")))
            .write("package-lock.json", lock(&["2.0.0"]))
            .commit("change");
        let run = repo.shield(&["ci", "--base", &base, "--head", &head, "--format", "json"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.blocking().iter().any(|b| b == "package-lock.json:4 package-too-new"), "{:?}", run.blocking());
        assert_eq!(theirs.asked().len(), 0);
        // In the work tree, the project's own .npmrc counts as npm has it; it gets no token of another place.
        theirs.body(
            "/npm/some-package",
            json!({"versions": {"2.0.0": {}}, "time": {"2.0.0": days_ago(900)}}).to_string(),
        );
        repo.shield(&["check", "--online", "npm:some-package@2.0.0"]).expect(0);
        assert!(
            theirs.asked().iter().all(|q| !q.to_lowercase().contains("authorization")) && theirs.asked().len() == 1
        );
    }

    #[test]
    fn advisories_are_fetched_whole_and_signed_or_not_at_all() {
        let (sandbox, server) = (Sandbox::new(), Server::start());
        let home = sandbox.at(sandbox.home());
        let record = |name: &str| {
            format!(
                r#"{{"id": "MAL-2031-1", "modified": "2031-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "npm", "name": "{name}"}}, "versions": ["1.2.3"]}}]}}"#
            )
        };
        let data = record("fetched-attack");
        server.body("/all.json", data.clone());
        server.page("/half.json", Page::Half(record("half-attack").into_bytes()));
        server.page("/gone.json", Page::Status(410, String::new()));
        server.page("/away.json", Page::Status(302, "Location: http://127.0.0.1:9/x".into()));
        server.body("/error", "<html>come back later</html>");
        home.shield(&["advisories", "update", &server.at("/all.json")]).expect(0);
        home.shield(&["check", "fetched-attack@1.2.3"]).expect(1);
        for (path, why) in [
            ("/half.json", "cannot be reached"),
            ("/gone.json", "answers 410"),
            ("/away.json", "answers 302"),
            ("/error", "line 1"),
            ("/nothing", "answers 404"),
        ] {
            let run = home.shield(&["advisories", "update", &server.at(path)]).expect(2);
            assert!(run.stderr.contains(why) && run.stderr.contains("has not been changed"), "{path}: {}", run.stderr);
        }
        home.shield(&["check", "fetched-attack@1.2.3"]).expect(1);
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let key = pair.pk.to_base64();
        let update = ["advisories", "update", "--key", &key, &server.at("/all.json")];
        assert!(home.shield(&update).expect(2).stderr.contains("all.json.minisig: answers 404"));
        let sign =
            |text: &str| minisign::sign(Some(&pair.pk), &pair.sk, Cursor::new(text), None, None).unwrap().to_string();
        server.body("/all.json.minisig", sign("something else"));
        assert!(home.shield(&update).expect(2).stderr.contains("not one of the configured keys'"));
        server.body("/all.json.minisig", sign(&data));
        assert!(home.shield(&update).expect(0).stderr.contains("signature checked"));
    }
}
