use std::process::{Command, Stdio};

use crate::credentials::{CredentialsError, issued::Issued};

/// `credential_process`: a command line that prints credentials as JSON.
///
/// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub(super) command: String,
}

impl Process {
    /// Runs the command by the shell. What it says on its standard error is the user's to read.
    pub(super) async fn fetch(&self) -> Result<Issued, CredentialsError> {
        let failed = |reason: String| CredentialsError::fetching("credential_process", reason);
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(&self.command)
            .stderr(Stdio::inherit());
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(format!("it ended with {}", output.status)));
        }
        Issued::from_json(&output.stdout).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fetch(command: &str) -> Result<Issued, String> {
        let process = Process {
            command: command.to_owned(),
        };
        process.fetch().await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_output_is_read_and_a_failure_told() {
        let issued = fetch(r#"printf '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"s"}'"#);
        assert_eq!(issued.await.unwrap().credentials.access_key, "a");
        let error = fetch("exit 3").await.unwrap_err();
        assert!(
            error.contains("credential_process: it ended with exit status: 3"),
            "{error}"
        );
        let error = fetch("echo no").await.unwrap_err();
        assert!(
            error.contains("credential_process: the answer is not JSON"),
            "{error}"
        );
    }
}
