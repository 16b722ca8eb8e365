use super::*;

const NOW: &str = "2030-05-02T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn demands() -> FleetDemands {
    FleetDemands {
        hosts: BTreeSet::new(),
        late: SignedDuration::from_hours(48),
        data_days: 1_000_000,
        binary: None,
        expect: BTreeSet::new(),
    }
}

fn watch(host: &str, change: impl Fn(&mut Record)) -> (String, Vec<Record>) {
    let mut record = Record { time: "2030-05-02T11:00:00Z".into(), result: "clean".into(), ..Record::new("watch") };
    change(&mut record);
    (host.to_owned(), vec![record])
}

fn judged(hosts: Vec<(String, Vec<Record>)>, demands: &FleetDemands) -> Fleet {
    Fleet::judge(FleetFiles { hosts: hosts.into_iter().collect(), ..FleetFiles::default() }, demands, now())
}

fn kinds(fleet: &Fleet, host: &str) -> Vec<&'static str> {
    let machine = fleet.machines.iter().find(|machine| machine.host == host).unwrap();
    machine.problems.iter().map(|problem| problem.kind).collect()
}

#[test]
fn every_state_of_a_machine_is_told() {
    let answer = |met: Met| RecordedAnswer { what: "npm:a >=2".into(), answer: met, found: Vec::new() };
    let job = |name: &str, result: &str| RecordedJob { name: name.into(), result: result.into() };
    let all = vec![
        watch("good", |record| record.expect.push(answer(Met::Yes))),
        watch("due", |record| record.due = Some("2030-05-02T11:30:00Z".into())),
        watch("silent", |record| record.time = "2030-04-30T11:00:00Z".into()),
        watch("ahead", |record| record.time = "2030-05-02T13:00:00Z".into()),
        watch("timeless", |record| record.time = "x".into()),
        watch("data", |record| record.data = Some("2020-01-01".into())),
        watch("program", |record| record.version = "0.0.1".into()),
        watch("canary", |record| record.jobs.push(job("canary ~/code", "blocked"))),
        watch("bad", |record| {
            record.result = "blocked".into();
            record.packages.push("npm:x@1.0.0".into());
        }),
        watch("broken", |record| record.result = "incomplete".into()),
        watch("behind", |record| {
            record.expect.push(answer(Met::No));
            record.result = "blocked".into();
            record.jobs.push(job("audit", "clean"));
        }),
        watch("without", |record| record.expect.push(answer(Met::NotInstalled))),
        watch("asked", |record| record.expect.push(answer(Met::Unknown))),
    ];
    let wanted = FleetDemands { hosts: BTreeSet::from(["good".into(), "gone".into()]), data_days: 30, ..demands() };
    let fleet = judged(all, &wanted);
    for (host, kind) in [
        ("due", "late"),
        ("silent", "late"),
        ("ahead", "clock"),
        ("timeless", "late"),
        ("data", "old-data"),
        ("program", "old-binary"),
        ("canary", "canary-failed"),
        ("bad", "blocked"),
        ("broken", "failed"),
        ("behind", "not-met"),
        ("asked", "not-answered"),
        ("gone", "never-seen"),
    ] {
        assert_eq!(kinds(&fleet, host), [kind], "{host}");
    }
    assert!(kinds(&fleet, "good").is_empty() && kinds(&fleet, "without").is_empty());
    let counts = fleet.questions()["npm:a >=2"];
    assert_eq!(counts, AnswerCounts { yes: 1, no: 1, absent: 1, unknown: 1 });
    assert_eq!(counts.sentence("npm:a >=2"), "npm:a >=2: 1 yes, 1 no, 1 not installed, 1 unknown");
    assert_eq!(fleet.exit(), Exit::Blocked);
    assert!(page(&fleet).contains("<td>gone</td>") && fleet.digest().contains("2 as expected"), "{}", fleet.digest());
}

#[test]
fn the_exit_code_is_that_of_the_worst() {
    let exit = |change: fn(&mut Record)| judged(vec![watch("a", change), watch("b", |_| {})], &demands()).exit();
    assert_eq!(exit(|_| {}), Exit::Clean);
    assert_eq!(exit(|record| record.time = "2029-01-01T00:00:00Z".into()), Exit::Incomplete);
    assert_eq!(exit(|record| record.result = "blocked".into()), Exit::Blocked);
    assert_eq!(judged(Vec::new(), &demands()).exit(), Exit::Incomplete);
    let asked = FleetDemands { expect: BTreeSet::from(["npm:a >=2".into()]), ..demands() };
    assert_eq!(kinds(&judged(vec![watch("a", |_| {})], &asked), "a"), ["not-answered"]);
}

#[test]
fn the_newest_watch_counts() {
    let (host, mut records) = watch("a", |_| {});
    let older = Record { time: "2030-05-01T00:00:00Z".into(), result: "blocked".into(), ..records[0].clone() };
    let other = Record { time: "2030-05-02T11:59:00Z".into(), result: "blocked".into(), ..Record::new("scan") };
    let canary = Record { time: "2030-05-02T11:59:00Z".into(), result: "blocked".into(), ..Record::new("canary") };
    records.extend([older, other]);
    assert_eq!(judged(vec![(host.clone(), records.clone())], &demands()).exit(), Exit::Clean);
    records.push(canary);
    assert_eq!(kinds(&judged(vec![(host, records)], &demands()), "a"), ["canary-failed"]);
}
