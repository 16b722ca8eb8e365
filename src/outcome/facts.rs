//! The repository of a run, for reports that people look at.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The repository that was scanned. Its texts are masked.
#[derive(Clone, Debug, Default)]
pub struct RepositoryFacts {
    /// The path on its host, or the name of its directory.
    pub name: String,
    /// The commit that HEAD leads to, in hex.
    pub head: Option<String>,
    /// Its pages, if the host is known to have some.
    pub web: Option<WebPages>,
    /// The commits that findings name, by their ids in hex.
    pub commits: BTreeMap<String, CommitFacts>,
}

/// A commit that brought a finding.
#[derive(Clone, Debug)]
pub struct CommitFacts {
    /// Its author's name, masked.
    pub author: String,
    /// Its author's date, in seconds since 1970.
    pub seconds: i64,
    /// The first line of its message, masked.
    pub subject: String,
}

impl CommitFacts {
    /// The time, if the date is one.
    pub fn time(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.seconds).ok()
    }

    /// The day, as `2026-12-31`.
    pub fn day(&self) -> String {
        self.time().map(|time| time.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
    }
}

/// How a host names the pages of a commit and of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    GitHub,
    GitLab,
    Gitea,
    Bitbucket,
}

/// The pages of a repository on its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPages {
    home: String,
    style: Style,
}

impl WebPages {
    /// The pages of the repository `path` on `host`; none for a host whose addresses are not known. Both are percent-encoded.
    ///
    /// ```
    /// use shield_hook::outcome::WebPages;
    ///
    /// let pages = WebPages::of("gitlab.example.org", "team/app").unwrap();
    /// assert_eq!(pages.file("12ab", "src/a.rs", 7), "https://gitlab.example.org/team/app/-/blob/12ab/src/a.rs#L7");
    /// ```
    pub fn of(host: &str, path: &str) -> Option<Self> {
        let styles = [
            ("github", Style::GitHub),
            ("gitlab", Style::GitLab),
            ("gitea", Style::Gitea),
            ("forgejo", Style::Gitea),
            ("codeberg", Style::Gitea),
            ("bitbucket.org", Style::Bitbucket),
        ];
        let (_, style) = styles.into_iter().find(|(part, _)| host.contains(part))?;
        Some(Self { home: format!("https://{host}/{path}"), style })
    }

    /// The first page.
    pub fn home(&self) -> String {
        self.home.clone()
    }

    /// The page of a commit.
    pub fn commit(&self, id: &str) -> String {
        let part = match self.style {
            Style::GitHub | Style::Gitea => "commit",
            Style::GitLab => "-/commit",
            Style::Bitbucket => "commits",
        };
        format!("{}/{part}/{id}", self.home)
    }

    /// The page of a file in a commit, at a line; the path is percent-encoded.
    pub fn file(&self, id: &str, path: &str, line: usize) -> String {
        let (part, anchor) = match self.style {
            Style::GitHub => ("blob", "L"),
            Style::GitLab => ("-/blob", "L"),
            Style::Gitea => ("src/commit", "L"),
            Style::Bitbucket => ("src", "lines-"),
        };
        format!("{}/{part}/{id}/{path}#{anchor}{line}", self.home)
    }
}
