//! XML with the line of every element. Entities of a document's own are refused: they can grow without end.

use super::super::inventory::LockError;
use super::tree::Lines;
use roxmltree::{Document, Node, ParsingOptions};

/// More elements than this are no lockfile's.
const NODES: u32 = 4_000_000;

pub(super) struct Xml<'a> {
    document: Document<'a>,
    lines: Lines<'a>,
}

pub(super) fn parse(text: &str) -> Result<Xml<'_>, LockError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let lines = u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX);
        LockError::new(error.pos().row.clamp(1, lines), format!("not XML: {}", without_text(&error.to_string())))
    })?;
    Ok(Xml { document, lines: Lines::of(text) })
}

/// A parser's message up to the first quotation of the file, which may be a secret.
fn without_text(message: &str) -> &str {
    message.split(['\'', '"', '`']).next().unwrap_or_default().trim_end()
}

impl<'a> Xml<'a> {
    pub(super) fn root(&self) -> Node<'_, 'a> {
        self.document.root_element()
    }

    /// Every element of one of these names, whatever its namespace.
    pub(super) fn elements<'s>(&'s self, names: &'s [&'s str]) -> impl Iterator<Item = Node<'s, 'a>> {
        self.document.descendants().filter(move |node| node.is_element() && names.contains(&node.tag_name().name()))
    }

    /// The line of an element, from 1.
    pub(super) fn line(&self, node: Node<'_, '_>) -> u32 {
        self.lines.at(node.range().start)
    }
}

/// The child element of a name.
pub(super) fn child<'s, 'a>(node: Node<'s, 'a>, name: &str) -> Option<Node<'s, 'a>> {
    node.children().find(|child| child.is_element() && child.tag_name().name() == name)
}

/// The trimmed text of a child element.
pub(super) fn text_of<'s>(node: Node<'s, '_>, name: &str) -> Option<&'s str> {
    child(node, name)?.text().map(str::trim)
}
