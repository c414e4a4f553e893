//! The public methods of a type, and the public functions of a crate that take a view, parsed from
//! the sources of the crate.

use std::{
    fs,
    path::{Path, PathBuf},
};

use syn::{File, FnArg, ImplItem, Item, ItemFn, Type, Visibility};

/// Returns the names `Type::method` of the public inherent methods of `types` in the crate at
/// `crates/NAME`, sorted.
pub(crate) fn public_methods(name: &str, types: &[&str]) -> Vec<String> {
    let mut methods = Vec::new();
    for (_, file) in files(name) {
        collect(&file.items, types, &mut methods);
    }
    methods.sort();
    methods
}

/// Returns the names `module::function` of the public functions of the crate at `crates/NAME` that
/// take a `&MemoryView`, sorted.
pub(crate) fn functions_of_views(name: &str) -> Vec<String> {
    let mut functions = Vec::new();
    for (module, file) in files(name) {
        let taking = file.items.iter().filter_map(|item| match item {
            Item::Fn(function) if takes_view(function) => Some(&function.sig.ident),
            _ => None,
        });
        functions.extend(taking.map(|function| format!("{module}::{function}")));
    }
    functions.sort();
    functions
}

fn takes_view(function: &ItemFn) -> bool {
    let is_view = |argument: &FnArg| {
        let FnArg::Typed(argument) = argument else { return false };
        let Type::Reference(reference) = &*argument.ty else { return false };
        let Type::Path(path) = &*reference.elem else { return false };
        path.path.segments.last().is_some_and(|it| it.ident == "MemoryView")
    };
    matches!(function.vis, Visibility::Public(_)) && function.sig.inputs.iter().any(is_view)
}

/// Returns the source files of the crate at `crates/NAME`, each with its module at the root.
fn files(name: &str) -> Vec<(String, File)> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name).join("src");
    let mut files = Vec::new();
    let mut directories = vec![sources.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
                let within: PathBuf = path.strip_prefix(&sources).unwrap().with_extension("");
                let module = within.iter().next().unwrap().to_str().unwrap().to_owned();
                files.push((module, file));
            }
        }
    }
    files
}

fn collect(items: &[Item], types: &[&str], methods: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Mod(module) => {
                let items = module.content.as_ref().map(|(_, items)| items.as_slice());
                collect(items.unwrap_or_default(), types, methods);
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let Type::Path(path) = &*block.self_ty else { continue };
                let of = path.path.segments.last().unwrap().ident.to_string();
                if !types.contains(&of.as_str()) {
                    continue;
                }
                for item in &block.items {
                    match item {
                        ImplItem::Fn(method) if matches!(method.vis, Visibility::Public(_)) => {
                            methods.push(format!("{of}::{}", method.sig.ident));
                        }
                        ImplItem::Macro(_) => panic!("{of} has methods that a macro makes"),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}
