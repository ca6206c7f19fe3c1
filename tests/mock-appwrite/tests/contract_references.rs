//! Every "contract §n" in the repository has its heading in `CONTRACT.md`, and every part of the repository that cites it says where it is.

use std::{
    collections::BTreeSet,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

const CONTRACT: &str = "tests/mock-appwrite/CONTRACT.md";
const SUFFIXES: [&str; 7] = ["*.rs", "*.kt", "*.swift", "*.ts", "*.tsx", "*.py", "*.md"];
/// Escaped, so that this file itself cites nothing.
const SIGN: char = '\u{a7}';

type Outcome = Result<(), Box<dyn Error>>;

/// What a section sign cites.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cited {
    /// This section of the contract.
    Contract(String),
    /// A section of an RFC.
    Rfc,
    /// It does not say of what.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reference {
    line: usize,
    cited: Cited,
}

/// The text of a file with its lines joined and the marks of comments taken off, so that a reference may be broken over two lines.
struct Flat {
    text: String,
    /// Where each line begins in `text`.
    lines: Vec<usize>,
}

impl Flat {
    fn new(source: &str) -> Self {
        let mut flat = Self { text: String::new(), lines: Vec::new() };
        for line in source.lines() {
            flat.lines.push(flat.text.len());
            flat.text
                .push_str(line.trim_start().trim_start_matches(['/', '!', '*', '#', '|', '>']).trim_start());
            flat.text.push(' ');
        }
        flat
    }

    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&begin| begin <= at)
    }
}

/// Splits a section number such as `3`, `13.24` or `2x.2.1` off the front.
fn number(text: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut end = digits(text);
    if end == 0 {
        return None;
    }
    if text[end..].starts_with('x') {
        end += 1;
    }
    while let Some(rest) = text[end..].strip_prefix('.') {
        match digits(rest) {
            0 => break,
            length => end += 1 + length,
        }
    }
    Some(text.split_at(end))
}

/// The end of a range whose beginning was just read: the `1.5` of `1.3–1.5`, with or without a section sign.
fn range_end(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix(['–', '-', '…'])?.trim_start();
    number(rest.strip_prefix(SIGN).unwrap_or(rest)).map(|(number, _)| number)
}

/// All sections of a range: 1.3, 1.4 and 1.5. Only the two ends, if they do not differ in the last part alone.
fn expand(from: &str, to: &str) -> Vec<String> {
    let parts = |number: &str| {
        let (parent, last) = number.rsplit_once('.').unwrap_or(("", number));
        last.parse::<u32>().ok().map(|last| (parent.to_owned(), last))
    };
    match (parts(from), parts(to)) {
        (Some((parent, first)), Some((other, last))) if parent == other && first <= last => (first..=last)
            .map(|each| if parent.is_empty() { each.to_string() } else { format!("{parent}.{each}") })
            .collect(),
        _ => vec![from.to_owned(), to.to_owned()],
    }
}

/// Whether only a comma, a dash or a word such as "and" is between two references: the second then cites what the first does.
fn continues(between: &str) -> bool {
    between
        .split([' ', ',', ';', '/', '–', '-', '…'])
        .all(|word| matches!(word, "" | "and" | "or" | "to" | "with"))
}

/// Whether `before`, which ends where a section sign stands, ends in "RFC" and a number.
fn names_rfc(before: &str) -> bool {
    let name = before.trim_end().trim_end_matches(|c: char| c.is_ascii_digit());
    name.len() < before.trim_end().len() && name.trim_end().ends_with("RFC")
}

/// All references of a file. In the contract itself, a bare section sign means the contract.
fn references(source: &str, of_contract: bool) -> Vec<Reference> {
    let flat = Flat::new(source);
    let mut found = Vec::new();
    // What the reference before cited, and where it ended.
    let mut last: Option<(Cited, usize)> = None;
    for (at, sign) in flat.text.match_indices(SIGN) {
        let begin = at + sign.len();
        let Some((section, rest)) = number(&flat.text[begin..]) else { continue };
        let before = flat.text[..at].trim_end_matches([' ', '`', '*', '_']);
        let named = before.to_ascii_lowercase();
        let earlier = last
            .as_ref()
            .filter(|(_, end)| *end <= at && continues(&flat.text[*end..at]))
            .map(|(cited, _)| cited);
        let cited = if named.ends_with("contract") || named.ends_with("contract.md") {
            Cited::Contract(section.to_owned())
        } else if names_rfc(before) {
            Cited::Rfc
        } else {
            match earlier {
                Some(Cited::Contract(_)) => Cited::Contract(section.to_owned()),
                Some(other) => other.clone(),
                None if of_contract => Cited::Contract(section.to_owned()),
                None => Cited::Nothing,
            }
        };
        last = Some((cited.clone(), begin + section.len()));
        let line = flat.line(at);
        match (&cited, range_end(rest)) {
            (Cited::Contract(from), Some(to)) => {
                let all = expand(from, to).into_iter();
                found.extend(all.map(|each| Reference { line, cited: Cited::Contract(each) }));
            }
            _ => found.push(Reference { line, cited }),
        }
    }
    found
}

/// The numbers of all headings.
fn headings(contract: &str) -> BTreeSet<String> {
    let titles =
        contract.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#'));
    titles.filter_map(|title| number(title.trim_start())).map(|(number, _)| number.to_owned()).collect()
}

/// What is wrong with the references of a file, one line each.
fn faults(path: &str, source: &str, headings: &BTreeSet<String>) -> Vec<String> {
    let wrong = references(source, path == CONTRACT).into_iter().filter_map(|Reference { line, cited }| match cited {
        Cited::Contract(section) if !headings.contains(&section) => {
            Some(format!("{path}:{line}: contract {SIGN}{section} has no heading in {CONTRACT}"))
        }
        Cited::Nothing => Some(format!(
            "{path}:{line}: does not say what it is a section of; write \"contract {SIGN}n\" or \"RFC n {SIGN}m\""
        )),
        _ => None,
    });
    wrong.collect()
}

/// The part of the repository that a file belongs to: `core`, `tests/live` …
fn part(path: &str) -> String {
    let depth = if path.starts_with("tests/") { 2 } else { 1 };
    path.split('/').take(depth).collect::<Vec<_>>().join("/")
}

/// The root of the repository, and its files: those that git knows, and new ones that it does not ignore.
fn sources() -> Result<(PathBuf, Vec<String>), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"])
        .args(SUFFIXES)
        .current_dir(&root)
        .output()?;
    if !listing.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&listing.stderr)).into());
    }
    let names = String::from_utf8(listing.stdout)?;
    Ok((root, names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
}

#[test]
fn every_cited_section_of_the_contract_exists_and_can_be_found() -> Outcome {
    let (root, paths) = sources()?;
    let headings = headings(&fs::read_to_string(root.join(CONTRACT))?);
    let mut wrong = Vec::new();
    // The parts of the repository that cite the contract, and those that say where it is.
    let (mut citing, mut telling) = (BTreeSet::new(), BTreeSet::new());
    let mut seen = 0;
    for path in &paths {
        let source = match fs::read_to_string(root.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // deleted, and not yet committed
            source => source.map_err(|error| format!("{path}: {error}"))?,
        };
        wrong.extend(faults(path, &source, &headings));
        let cited = references(&source, path == CONTRACT).into_iter().map(|each| each.cited);
        let count = cited.filter(|cited| matches!(cited, Cited::Contract(_))).count();
        seen += count;
        if count > 0 {
            citing.insert(part(path));
        }
        if source.contains(CONTRACT) {
            telling.insert(part(path));
        }
    }
    let silent = citing.difference(&telling);
    wrong.extend(
        silent
            .map(|part| format!("{part}: cites the contract, and nothing in it says that it is {CONTRACT}")),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(seen > 50, "only {seen} references were found, so the search itself is broken");
    Ok(())
}

/// A text with `@` for the section sign, so that this file cites nothing.
fn text(of: &str) -> String {
    of.replace('@', &SIGN.to_string())
}

fn cited(source: &str) -> Vec<Cited> {
    references(&text(source), false).into_iter().map(|each| each.cited).collect()
}

fn sections(source: &str) -> Vec<String> {
    let contract = |cited| match cited {
        Cited::Contract(section) => Some(section),
        _ => None,
    };
    cited(source).into_iter().filter_map(contract).collect()
}

#[test]
fn a_reference_is_found_in_every_form_that_it_can_take() {
    for (source, expected) in [
        ("/// It travels (contract @1.6).", vec!["1.6"]),
        ("/// Contract @7: errors", vec!["7"]),
        ("see `CONTRACT.md` @2x.2.1.", vec!["2x.2.1"]),
        ("//! (contract @13.5, @14.4)", vec!["13.5", "14.4"]),
        ("//! (contract @3, @13.11 and @14.5)", vec!["3", "13.11", "14.5"]),
        ("//! (contract @1.3–@1.5)", vec!["1.3", "1.4", "1.5", "1.5"]),
        ("//! (contract @1.3-1.5)", vec!["1.3", "1.4", "1.5"]),
        ("//! (contract @1.3 to @1.5)", vec!["1.3", "1.5"]),
        ("/// Broken over lines (contract\n    /// @1.6, and\n    /// @1.7)", vec!["1.6", "1.7"]),
        ("contract @n, and the bytes @ alone", vec![]),
    ] {
        assert_eq!(sections(source), expected, "{source}");
    }
}

#[test]
fn a_section_of_something_else_is_no_reference_to_the_contract() {
    assert_eq!(cited("(RFC 9110 @15.4)"), [Cited::Rfc]);
    assert_eq!(cited("(RFC 9110 @15.4, @15.5)"), [Cited::Rfc, Cited::Rfc]);
    assert_eq!(cited("(contract @1.6; RFC 6265 @8.5)"), [Cited::Contract("1.6".to_owned()), Cited::Rfc]);
    assert_eq!(cited("as the design says in @4"), [Cited::Nothing]);
    assert_eq!(
        cited("(contract @1.6). It is said elsewhere in @4"),
        [Cited::Contract("1.6".to_owned()), Cited::Nothing]
    );
}

#[test]
fn a_wrong_reference_is_named_with_its_file_and_line() {
    let headings = headings("# Title\n## 1. One\n### 1.1 Its value\n### 1.3 Text\n## 2x. Later\n");
    let source = text(
        "//! Right (contract @1.1).\n\n/// A list (contract @1.1,\n/// @1.4), a range (contract @1.1–@1.3).\n// (@1)\n",
    );
    let wrong = faults("core/src/wrong.rs", &source, &headings);
    let places: Vec<_> = wrong.iter().filter_map(|fault| fault.split(": ").next()).collect();
    assert_eq!(places, ["core/src/wrong.rs:4", "core/src/wrong.rs:4", "core/src/wrong.rs:5"], "{wrong:#?}");
    let named: Vec<_> = ["1.4", "1.2"].into_iter().zip(&wrong).collect();
    assert!(named.iter().all(|(section, fault)| fault.contains(&format!("{SIGN}{section} "))), "{wrong:#?}");
}
