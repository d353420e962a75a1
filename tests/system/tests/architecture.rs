//! The arrows between the crates, and what sources must not say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Shared crates; an arrow points only to one that stands further left.
const SHARED: [&str; 15] = [
    "domain",
    "crypto",
    "store",
    "objects",
    "layouts",
    "reread",
    "chunks",
    "manifest",
    "receipts",
    "queues",
    "recording",
    "invocations",
    "asking",
    "api",
    "runtime",
];
/// Shared crates that know bytes and rules only: no I/O, no clock, no SDK.
const PURE: [&str; 2] = ["domain", "layouts"];
/// Where the AWS SDKs stay.
const WITH_SDK: [&str; 6] = [
    "crypto",
    "store",
    "objects",
    "queues",
    "invocations",
    "runtime",
];
/// What only the edge of Lambda may name.
const LAMBDA: [&str; 2] = ["lambda_runtime", "aws_lambda_events"];
const LONGEST_FILE: usize = 500;
const LONGEST_MAIN: usize = 40;

struct Package {
    name: String,
    /// `shared`, `functions`, `infra` or `tests`.
    folder: String,
    path: PathBuf,
    /// Whether the examples in its docs are run.
    runs_examples: bool,
    needs: BTreeSet<String>,
    /// The same and what tests, benches and build scripts need.
    needs_in_all: BTreeSet<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", output.stderr.escape_ascii());
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(Package::read)
        .collect()
}

impl Package {
    fn read(package: &Value) -> Self {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let path = manifest.parent().unwrap();
        let folder = path.parent().unwrap().file_name().unwrap();
        let needs = |usual_only: bool| {
            let needs = package["dependencies"].as_array().unwrap().iter();
            let needs = needs.filter(|need| !usual_only || need["kind"].is_null());
            needs
                .map(|need| need["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let mut targets = package["targets"].as_array().unwrap().iter();
        Self {
            runs_examples: targets.any(|target| target["doctest"] == true),
            name: package["name"].as_str().unwrap().to_owned(),
            folder: folder.to_str().unwrap().to_owned(),
            path: path.to_owned(),
            needs: needs(true),
            needs_in_all: needs(false),
        }
    }

    /// All Rust sources, tests and benches included.
    fn sources(&self) -> Vec<(PathBuf, String)> {
        let mut sources = Vec::new();
        collect(&self.path, &mut sources);
        sources
    }
}

fn collect(folder: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push((path, text));
        }
    }
}

fn is_sdk(name: &str) -> bool {
    [
        "aws-config",
        "aws-sdk-",
        "aws-smithy-",
        "aws_lambda",
        "lambda_",
    ]
    .iter()
    .any(|start| name.starts_with(start))
}

#[test]
fn shared_crates_depend_only_on_those_before_them() {
    let packages = packages();
    let shared: BTreeMap<_, _> = packages
        .iter()
        .filter(|package| package.folder == "shared")
        .map(|package| (package.name.as_str(), package))
        .collect();
    assert_eq!(
        shared.keys().copied().collect::<BTreeSet<_>>(),
        BTreeSet::from(SHARED)
    );
    let ours: BTreeSet<_> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for (place, name) in SHARED.iter().enumerate() {
        for need in shared[name]
            .needs_in_all
            .iter()
            .filter(|need| ours.contains(need.as_str()))
        {
            assert!(
                SHARED[..place].contains(&need.as_str()),
                "{name} depends on {need}, which is not before it"
            );
        }
    }
}

#[test]
fn functions_do_not_know_each_other_and_nobody_but_the_stack_and_the_tests_knows_them() {
    let packages = packages();
    let functions: BTreeSet<_> = packages
        .iter()
        .filter(|package| package.folder == "functions")
        .map(|package| package.name.as_str())
        .collect();
    assert!(!functions.is_empty());
    for package in &packages {
        let may = package.folder == "tests" || package.name == "local";
        for need in package
            .needs_in_all
            .iter()
            .filter(|need| functions.contains(need.as_str()))
        {
            assert!(may, "{} depends on the function {need}", package.name);
        }
    }
}

#[test]
fn only_the_command_and_the_tests_stand_on_the_local_stack() {
    for package in packages() {
        let may = package.folder == "tests" || package.name == "vrs";
        let does = package.needs_in_all.contains("local");
        assert!(may || !does, "{} depends on local", package.name);
    }
}

#[test]
fn crates_depend_on_nothing_that_they_do_not_name() {
    for package in packages() {
        let text: String = package.sources().into_iter().map(|it| it.1).collect();
        for need in &package.needs_in_all {
            let name = need.replace('-', "_");
            // `dynoxide-rs` is the crate `dynoxide`, `aws-lc-rs` the crate `aws_lc_rs`.
            let names = [name.as_str(), name.trim_end_matches("_rs")];
            assert!(
                names.iter().any(|name| is_named(&text, name)),
                "{} depends on {need} and does not name it",
                package.name
            );
        }
    }
}

/// Whether something is taken from this crate.
fn is_named(text: &str, name: &str) -> bool {
    let ends_a_word = |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let path = format!("{name}::");
    let mut places = text.match_indices(&path);
    places.any(|(at, _)| !ends_a_word(&text[..at]))
}

#[test]
fn the_sdks_stay_where_they_belong() {
    for package in packages() {
        let sdks: Vec<_> = package.needs.iter().filter(|need| is_sdk(need)).collect();
        let may = match package.folder.as_str() {
            "shared" => WITH_SDK.contains(&package.name.as_str()),
            "functions" => false,
            _ => true,
        };
        assert!(
            may || sdks.is_empty(),
            "{} depends on {sdks:?}",
            package.name
        );
        assert!(
            !WITH_SDK.contains(&package.name.as_str()) || !sdks.is_empty(),
            "{} uses no SDK and is listed",
            package.name
        );
        let lambda = LAMBDA.iter().find(|name| package.needs.contains(**name));
        let may = package.name == "runtime" || package.folder == "tests";
        assert!(
            may || lambda.is_none(),
            "{} depends on {lambda:?}",
            package.name
        );
    }
}

#[test]
fn pure_crates_have_no_input_and_output() {
    for package in packages()
        .iter()
        .filter(|it| PURE.contains(&it.name.as_str()))
    {
        let ours = SHARED.iter().filter(|name| !PURE.contains(name)).copied();
        let others = ["tokio", "tracing", "serde", "aws-lc-rs", "bytes"];
        for name in ours.chain(others) {
            assert!(
                !package.needs.contains(name),
                "{} depends on {name}",
                package.name
            );
        }
    }
}

#[test]
fn what_a_function_decides_does_not_know_how_it_is_run() {
    for package in packages()
        .iter()
        .filter(|package| package.folder == "functions")
    {
        for (path, text) in package.sources() {
            let inside = path.strip_prefix(&package.path).unwrap();
            let is = |name: &str| inside == Path::new(name);
            if is("src/main.rs") || is("src/wire.rs") {
                let lines = text.lines().count();
                assert!(
                    lines <= LONGEST_MAIN,
                    "{} has {lines} lines",
                    path.display()
                );
            } else if inside.starts_with("src") {
                for name in ["runtime::", "use runtime", "lambda_runtime"] {
                    assert!(!text.contains(name), "{} names {name}", path.display());
                }
            }
        }
    }
}

#[test]
fn nothing_is_printed_by_shared_crates_and_functions() {
    for package in packages() {
        if !["shared", "functions"].contains(&package.folder.as_str()) {
            continue;
        }
        for (path, text) in package.sources() {
            // A bench prints its table.
            if path.components().any(|part| part.as_os_str() == "benches") {
                continue;
            }
            for name in ["println!", "eprintln!", "print!(", "dbg!("] {
                assert!(!text.contains(name), "{} says {name}", path.display());
            }
        }
    }
}

#[test]
fn no_source_is_longer_than_five_hundred_lines() {
    for package in packages() {
        for (path, text) in package.sources() {
            let lines = text.lines().count();
            assert!(
                lines <= LONGEST_FILE,
                "{} has {lines} lines",
                path.display()
            );
        }
    }
}

#[test]
fn every_crate_takes_the_lints_and_shared_ones_are_documented() {
    for package in packages() {
        let manifest = fs::read_to_string(package.path.join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{}",
            package.name
        );
        if package.folder == "shared" {
            let lib = fs::read_to_string(package.path.join("src/lib.rs")).unwrap();
            assert!(
                lib.starts_with("#![doc = include_str!(\"../README.md\")]"),
                "{}",
                package.name
            );
            assert!(lib.contains("#![warn(missing_docs)]"), "{}", package.name);
        }
    }
}

/// Looking for examples takes seconds for each crate: where there are none, nobody looks.
#[test]
fn examples_are_looked_for_where_there_are_some() {
    for package in packages() {
        let readme = fs::read_to_string(package.path.join("README.md")).unwrap_or_default();
        let library = package.path.join("src");
        let sources = package.sources().into_iter();
        let mut sources = sources.filter(|(path, _)| path.starts_with(&library));
        let has_examples = has_example(readme.lines())
            || sources.any(|(_, text)| has_example(text.lines().filter_map(said)));
        assert_eq!(
            has_examples, package.runs_examples,
            "{}: `doctest = false` under `[lib]` of its Cargo.toml belongs where no docs have an example, and there only",
            package.name
        );
    }
}

/// What a line of a source says as documentation.
fn said(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let said = line.strip_prefix("//!").or(line.strip_prefix("///"));
    said.map(str::trim_start)
}

/// Whether Markdown has a block of code that is Rust's: one that names no other language.
fn has_example<'a>(lines: impl Iterator<Item = &'a str>) -> bool {
    let fences = lines.filter_map(|line| line.strip_prefix("```"));
    // Every other fence ends a block.
    let mut languages = fences.step_by(2);
    languages.any(|named| {
        ["", "rust", "no_run", "should_panic", "compile_fail"]
            .contains(&named.split(',').next().unwrap_or_default())
    })
}

/// Resources of a type, by id, with their properties. Tags of YAML (`!Ref`) do not matter here.
fn resources(kind: &str) -> Vec<(String, serde_yaml_ng::Value)> {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(&template).unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    let of_kind = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == kind);
    of_kind
        .map(|(id, resource)| {
            (
                id.as_str().unwrap().to_owned(),
                resource["Properties"].clone(),
            )
        })
        .collect()
}

#[test]
fn every_function_is_in_the_template_and_the_other_way_round() {
    let folders: BTreeSet<_> = packages()
        .iter()
        .filter(|package| package.folder == "functions")
        .map(|package| {
            let folder = package.path.file_name().unwrap().to_str().unwrap();
            assert_eq!(folder, package.name, "folder and package have one name");
            package.name.clone()
        })
        .collect();
    let deployed: BTreeSet<_> = resources("AWS::Serverless::Function")
        .iter()
        .map(|(id, properties)| {
            let code = properties["CodeUri"].as_str().unwrap();
            let name = code
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned();
            let camel: String = name.split('-').map(capitalised).collect();
            assert_eq!(*id, camel, "the resource is called after its folder");
            name
        })
        .collect();
    assert_eq!(deployed, folders);
    assert_eq!(
        folders,
        BTreeSet::from(local::functions::FUNCTIONS.map(|(name, _)| name.to_owned()))
    );
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

#[test]
fn the_routes_of_the_template_are_those_of_the_description() {
    let description = fs::read_to_string(root().join("infra/api.yaml")).unwrap();
    let description: serde_yaml_ng::Value = serde_yaml_ng::from_str(&description).unwrap();
    let mut described = BTreeSet::new();
    for (path, operations) in description["paths"].as_mapping().unwrap() {
        for method in operations.as_mapping().unwrap().keys() {
            let method = method.as_str().unwrap();
            if ["get", "put", "post", "delete", "patch"].contains(&method) {
                described.insert(format!(
                    "{} {}",
                    method.to_uppercase(),
                    path.as_str().unwrap()
                ));
            }
        }
    }
    let routes = resources("AWS::ApiGatewayV2::Route");
    let deployed: BTreeSet<_> = routes
        .iter()
        .map(|(id, properties)| {
            // What has no authorizer is open to the world.
            assert_eq!(properties["AuthorizationType"], "JWT", "{id}");
            properties["RouteKey"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(deployed.len(), routes.len());
    assert_eq!(deployed, described);
}
