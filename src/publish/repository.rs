//! The tie between an artefact and the repository that it is made from: which members are no file of HEAD?

use std::collections::HashSet;

use bstr::BString;

use super::artefact::{Artefact, MemberPart};
use super::{Remark, glob};
use crate::error::{Error, Result};
use crate::git::{self, EntryMode, Oid, Repo, TreeItem, TreeWalk};
use crate::package::rules;
use crate::rule::Confidence;

/// What the repository knows of an artefact.
#[derive(Debug, Default)]
pub struct Tie {
    /// HEAD, in hex.
    pub commit: String,
    /// The tags at HEAD.
    pub tags: Vec<String>,
    /// The members that are neither a file of HEAD, nor written by the packer, nor below a declared output.
    pub outside: Vec<BString>,
}

impl Tie {
    /// Compares the artefact with HEAD; `built` are globs of declared outputs.
    ///
    /// # Errors
    /// Exit 2 when HEAD has no commit or its trees cannot be read, exit 3 when a glob is none.
    pub fn of(artefact: &Artefact, repo: &Repo, built: &[String]) -> Result<Self> {
        let Some(head) = repo.head()? else {
            return Err(Error::incomplete("the repository has no commit to compare the artefact with")
                .help("commit first, or leave the comparison out with --no-git"));
        };
        let blobs = blobs(repo, head)?;
        let made = artefact.format.map(super::PackageFormat::made).unwrap_or_default();
        let globs = made.iter().map(|glob| (*glob).to_owned()).chain(built.iter().cloned());
        let globs = globs
            .map(|glob| glob::glob(&glob).ok_or_else(|| Error::usage(format!("[publish] built: `{glob}` is no glob"))));
        let globs = globs.collect::<Result<Vec<_>>>()?;
        let is_known = |member: &&super::Member| {
            let path = String::from_utf8_lossy(&member.path);
            git::blob_id(repo.hash_kind(), &member.content).is_some_and(|id| blobs.contains(&id))
                || globs.iter().any(|glob| glob.is_match(&*path))
                || member.part == MemberPart::Inner
        };
        let outside = artefact.members.iter().filter(|member| !is_known(member));
        Ok(Self {
            commit: head.to_string(),
            tags: tags(repo, head)?,
            outside: outside.map(|member| member.path.clone()).collect(),
        })
    }

    /// The remark about members that are not in the repository.
    pub(super) fn remark(&self) -> Option<Remark<'_>> {
        let first = self.outside.first()?;
        let shown: Vec<String> = self.outside.iter().take(5).map(ToString::to_string).collect();
        let more = self.outside.len().saturating_sub(shown.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(Remark {
            rule: &rules::OUTSIDE_REPOSITORY,
            confidence: Confidence::Low,
            path: first.as_ref(),
            subject: "not a file of HEAD".to_owned(),
            notes: vec![
                format!("not in the repository at HEAD: {}{more}", shown.join(", ")),
                "declare what a build makes: [publish] built = [\"dist/**\"]".to_owned(),
            ],
        })
    }
}

fn blobs(repo: &Repo, head: Oid) -> Result<HashSet<Oid>> {
    let (mut blobs, mut unread) = (HashSet::new(), None);
    TreeWalk::default().visit(&mut repo.objects(), head, &mut |item| match item {
        TreeItem::Entry { id, mode: EntryMode::File | EntryMode::Symlink, .. } => _ = blobs.insert(id),
        TreeItem::Entry { .. } => {}
        TreeItem::Unread { id, .. } => unread = Some(id),
    });
    match unread {
        Some(id) => Err(Error::incomplete(format!("the tree {id} of HEAD cannot be read"))),
        None => Ok(blobs),
    }
}

fn tags(repo: &Repo, head: Oid) -> Result<Vec<String>> {
    let refs = repo.refs("refs/tags/")?;
    let names = refs.iter().map(|tag| tag.name.to_string());
    let at_head = names.filter(|name| repo.resolve(&format!("{name}^{{commit}}")).is_ok_and(|commit| commit == head));
    Ok(at_head.map(|name| name.trim_start_matches("refs/tags/").to_owned()).collect())
}
