use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

/// The environment of the process as a value: taken once at the start, made up in tests.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, String>,
    not_utf8: HashSet<String>,
}

impl Environment {
    /// The environment of this process. Variables that are not UTF-8 have no value.
    pub fn of_process() -> Self {
        let mut this = Self::default();
        for (name, value) in std::env::vars_os() {
            match (name.into_string(), value.into_string()) {
                (Ok(name), Ok(value)) => drop(this.variables.insert(name, value)),
                (Ok(name), Err(_)) => drop(this.not_utf8.insert(name)),
                (Err(_), _) => {}
            }
        }
        this
    }

    /// Whether a variable is set to something that is no text.
    pub fn is_not_utf8(&self, name: &str) -> bool {
        self.not_utf8.contains(name)
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The first of several variables that is set and not empty.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The user's home directory.
    pub fn home(&self) -> Option<PathBuf> {
        self.get("HOME").map(PathBuf::from)
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            variables: owned.into_iter().collect(),
            not_utf8: HashSet::new(),
        }
    }
}

impl std::fmt::Debug for Environment {
    /// Names only: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
