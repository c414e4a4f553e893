//! The public methods of a type, read from the sources of its crate.

use std::{fs, path::Path};

use syn::{ImplItem, Item, Type, Visibility};

/// Returns the names `Type::method` of the public inherent methods of `types` in the crate at
/// `crates/NAME`, sorted.
pub(crate) fn public_methods(name: &str, types: &[&str]) -> Vec<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name).join("src");
    let mut methods = Vec::new();
    let mut directories = vec![sources];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
                collect(&file.items, types, &mut methods);
            }
        }
    }
    methods.sort();
    methods
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
