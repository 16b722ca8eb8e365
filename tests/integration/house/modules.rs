//! The modules of the library and the paths in their code, as the compiler resolves them; code under `#[cfg(test)]` is
//! left out.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The path of a module, from the crate's root.
pub(super) type ModulePath = Vec<String>;

/// One module.
#[derive(Default)]
pub(super) struct Module {
    /// Its file, below `src`.
    pub(super) file: String,
    /// The names of the modules in it.
    children: BTreeSet<String>,
    /// What `use` binds: a name, and the path that it means.
    bound: BTreeMap<String, Vec<String>>,
    /// The paths that end with `*`.
    globs: Vec<Vec<String>>,
    /// Every path in its code.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// The name of every method that it calls.
    pub(super) methods: BTreeSet<String>,
}

/// All modules of a crate.
pub(super) struct Crate {
    pub(super) modules: BTreeMap<ModulePath, Module>,
}

impl Crate {
    /// The crate whose root is `lib.rs`; `read` gives the text of a file, if there is one.
    pub(super) fn read(read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut all = Self { modules: BTreeMap::new() };
        all.add(&[], "lib.rs", read);
        all
    }

    fn add(&mut self, path: &[String], file: &str, read: &dyn Fn(&str) -> Option<String>) {
        let text = read(file).unwrap_or_else(|| panic!("{file} is missing"));
        let parsed = syn::parse_file(&text).unwrap_or_else(|e| panic!("{file}: {e}"));
        let mut reader = ModuleReader { file, path: path.to_vec(), found: BTreeMap::new(), declared: Vec::new() };
        reader.module().file = file.to_owned();
        parsed.items.iter().for_each(|item| reader.visit_item(item));
        let declared = std::mem::take(&mut reader.declared);
        self.modules.extend(reader.found);
        for child in declared {
            let folder = child.join("/");
            let file =
                [format!("{folder}.rs"), format!("{folder}/mod.rs")].into_iter().find(|file| read(file).is_some());
            self.add(&child, &file.unwrap_or_else(|| panic!("no file of {folder}")), read);
        }
    }

    /// The modules that a path leads to, seen from `from`: the one that defines its item, and those that re-export it.
    pub(super) fn resolve(&self, from: &ModulePath, path: &[String]) -> BTreeSet<ModulePath> {
        let mut passed = BTreeSet::new();
        self.walk(from, path, &mut passed, 0);
        passed
    }

    fn walk(&self, from: &ModulePath, path: &[String], passed: &mut BTreeSet<ModulePath>, depth: usize) {
        // Two globs may lead to each other.
        if depth > 8 {
            return;
        }
        let Some((first, mut rest)) = path.split_first() else { return };
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len().saturating_sub(1)].to_vec(),
            name => {
                let module = &self.modules[from];
                if module.children.contains(name) {
                    [from.as_slice(), &[name.to_owned()]].concat()
                } else if let Some(meaning) = module.bound.get(name).filter(|meaning| meaning.as_slice() != path) {
                    return self.walk(from, &[meaning.as_slice(), rest].concat(), passed, depth + 1);
                } else {
                    return;
                }
            }
        };
        while let Some((next, after)) = rest.split_first() {
            let Some(module) = self.modules.get(&at) else { return };
            if next == "super" {
                at.pop();
            } else if module.children.contains(next) {
                at.push(next.clone());
            } else {
                passed.insert(at.clone());
                if let Some(meaning) = module.bound.get(next) {
                    self.walk(&at, &[meaning.as_slice(), after].concat(), passed, depth + 1);
                }
                for glob in &module.globs {
                    self.walk(&at, &[glob.as_slice(), rest].concat(), passed, depth + 1);
                }
                return;
            }
            rest = after;
        }
        passed.insert(at);
    }

    /// Every pair of modules of which the first uses the second.
    pub(super) fn edges(&self) -> BTreeSet<(ModulePath, ModulePath)> {
        let mut edges = BTreeSet::new();
        for (from, module) in &self.modules {
            let reached = module.paths.iter().flat_map(|path| self.resolve(from, path));
            edges.extend(reached.filter(|to| to != from).map(|to| (from.clone(), to)));
        }
        edges
    }

    /// For every folder, the modules in it that use each other in a circle, each counted with all modules below it.
    pub(super) fn circles(&self) -> Vec<String> {
        let mut siblings: BTreeMap<ModulePath, BTreeSet<(String, String)>> = BTreeMap::new();
        for (from, to) in self.edges() {
            let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
            if let (Some(a), Some(b)) = (from.get(shared), to.get(shared)) {
                siblings.entry(from[..shared].to_vec()).or_default().insert((a.clone(), b.clone()));
            }
        }
        let mut circles = Vec::new();
        for (folder, edges) in siblings {
            let reaches = reachable(&edges);
            let mut named = BTreeSet::new();
            for (a, b) in &reaches {
                if a != b && reaches.contains(&(b.clone(), a.clone())) && named.insert(a.clone()) {
                    let circle: Vec<&str> = reaches
                        .iter()
                        .filter(|(x, y)| x == a && reaches.contains(&(y.clone(), x.clone())))
                        .map(|(_, y)| y.as_str())
                        .collect();
                    named.extend(circle.iter().map(|name| (*name).to_owned()));
                    circles.push(format!("{}: {}", folder.join("::"), circle.join(", ")));
                }
            }
        }
        circles
    }
}

/// Every pair of which the first leads to the second, by any number of edges.
fn reachable(edges: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let mut all = edges.clone();
    loop {
        let further: Vec<(String, String)> = all
            .iter()
            .flat_map(|(a, b)| {
                edges.iter().filter(move |(from, _)| from == b).map(move |(_, c)| (a.clone(), c.clone()))
            })
            .collect();
        let before = all.len();
        all.extend(further);
        if all.len() == before {
            return all;
        }
    }
}

/// Reads one file: its module, and those that are written inside it.
struct ModuleReader<'f> {
    file: &'f str,
    path: ModulePath,
    found: BTreeMap<ModulePath, Module>,
    /// The modules that have a file of their own.
    declared: Vec<ModulePath>,
}

impl ModuleReader<'_> {
    fn module(&mut self) -> &mut Module {
        self.found.entry(self.path.clone()).or_default()
    }

    fn add_use(&mut self, tree: &UseTree, before: &[String]) {
        let mut path = before.to_vec();
        match tree {
            UseTree::Path(part) => {
                path.push(part.ident.to_string());
                self.add_use(&part.tree, &path);
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, &path)),
            UseTree::Glob(_) => {
                self.module().globs.push(path.clone());
                self.module().paths.insert(path);
            }
            UseTree::Name(name) => self.bind(name.ident.to_string(), path, name.ident.to_string()),
            UseTree::Rename(name) => self.bind(name.rename.to_string(), path, name.ident.to_string()),
        }
    }

    fn bind(&mut self, name: String, mut path: Vec<String>, last: String) {
        let name = match last.as_str() {
            "self" => {
                if name == "self" {
                    path.last().cloned().unwrap_or_default()
                } else {
                    name
                }
            }
            _ => {
                path.push(last);
                name
            }
        };
        self.module().bound.insert(name, path.clone());
        self.module().paths.insert(path);
    }
}

impl<'ast> Visit<'ast> for ModuleReader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(attributes(item)) {
            return;
        }
        match item {
            Item::Mod(module) => {
                let name = module.ident.to_string();
                self.module().children.insert(name.clone());
                let path = [self.path.as_slice(), &[name]].concat();
                match &module.content {
                    None => self.declared.push(path),
                    Some((_, items)) => {
                        let outer = std::mem::replace(&mut self.path, path);
                        self.module().file = self.file.to_owned();
                        items.iter().for_each(|item| self.visit_item(item));
                        self.path = outer;
                    }
                }
            }
            Item::Use(import) => self.add_use(&import.tree, &[]),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.module().paths.insert(segments);
        visit::visit_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.module().methods.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }

    /// The arguments of a macro are tokens: whatever looks like a path or a call in them is one.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let text = call.tokens.to_string().replace(" :: ", "::").replace("$ crate", "crate").replace("$crate", "crate");
        let part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for word in text.split(|c| !part(c)).filter(|word| word.contains("::")) {
            self.module().paths.insert(word.split("::").map(str::to_owned).collect());
        }
        for call in text.split(". ").skip(1) {
            self.module().methods.insert(call.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }

    /// `pub(in crate::git)` names a module and uses nothing of it.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("all (test")
        }
        _ => false,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
