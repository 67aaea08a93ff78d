//! A slow reading of the files that hold credentials.

/// All values: section, name in lower case, value.
pub type Values = Vec<(String, String, String)>;

/// The names of the sections, and the values in the order in which they stand; or the number of
/// the first line that makes no sense.
pub fn read(text: &str) -> Result<(Vec<String>, Values), usize> {
    let (mut sections, mut values) = (Vec::<String>::new(), Values::new());
    let mut outer = None;
    for (index, line) in text.split('\n').enumerate() {
        let is_indented = line.starts_with(' ') || line.starts_with('\t');
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with(';') {
            continue;
        }
        if is_indented {
            let (Some(outer), Some(mark), Some(section)) =
                (&outer, line.find('='), sections.last())
            else {
                continue;
            };
            let name = format!("{outer}.{}", line[..mark].trim().to_ascii_lowercase());
            values.push((section.clone(), name, line[mark + 1..].trim().to_owned()));
            continue;
        }
        let wrong = Err(index + 1);
        if line.starts_with('[') {
            let Some(end) = line.find(']') else {
                return wrong;
            };
            sections.push(line[1..end].trim().to_owned());
            outer = None;
            continue;
        }
        let Some(mark) = line.find(['=', ':']) else {
            return wrong;
        };
        let Some(section) = sections.last().cloned() else {
            return wrong;
        };
        let name = line[..mark].trim().to_ascii_lowercase();
        let value = line[mark + 1..].trim().to_owned();
        outer = value.is_empty().then(|| name.clone());
        values.push((section, name, value));
    }
    Ok((sections, values))
}

/// The last value of a name, if it is not empty.
pub fn last(values: &Values, section: &str, name: &str) -> Option<String> {
    let mut named = values
        .iter()
        .filter(|(in_section, its_name, _)| in_section == section && its_name == name);
    let (_, _, value) = named.next_back()?;
    (!value.is_empty()).then(|| value.clone())
}

/// What is told of a line that makes no sense: its number, and nothing of what is in it.
pub fn complaint(path: &std::path::Path, line: usize) -> String {
    format!(
        "cannot use the configuration file \"{}\": line {line} is not a \"[section]\", \
         \"name = value\" or a comment",
        path.display()
    )
}
