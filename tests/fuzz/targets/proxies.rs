//! The variables that name proxies, a line for each.

use s4cmd::net::{Proxies, ProxyVariables};

use super::input;

pub fn run(data: &[u8]) {
    let lines = input::texts::<4>(data, b'\n');
    let [http, https, all, none] = lines.each_ref().map(|line| {
        let line: &str = line;
        (!line.is_empty()).then_some(line)
    });
    let variables = ProxyVariables {
        http,
        https,
        all,
        none,
    };
    let proxies = Proxies::new(&variables);
    // The text says which one it is, and nothing of it: there may be a password in it.
    if let Err(error) = &proxies {
        let texts = ["http", "https", "all hosts"].map(|name| {
            format!("the proxy for {name} is not of the form http://[user:password@]host[:port]")
        });
        assert!(texts.contains(&error.to_string()));
    }
    if http.or(https).or(all).is_none() {
        assert!(proxies.is_ok());
    }
    // What is encrypted itself cannot be spoken to.
    let is_encrypted = |proxy: Option<&str>| proxy.is_some_and(|url| url.starts_with("https://"));
    if [http, https, all].into_iter().any(is_encrypted) {
        assert!(proxies.is_err());
    }
}
