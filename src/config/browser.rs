//! The setting of browsers: pages of which strangers may ask this server.

use super::Faults;

/// Whose pages may ask.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct BrowserOptions {
    /// Origins such as https://app.example, with commas: pages from there may ask the API and take tokens (CORS) [default: none]
    #[arg(long, env = "MISTOK_ORIGINS", value_name = "ORIGINS", help_heading = "HTTP")]
    pub origins: Option<String>,
}

impl BrowserOptions {
    /// Everything checked, or every fault.
    pub fn check(&self) -> Result<Vec<String>, Faults> {
        let mut faults = Faults::default();
        let origins = self.read(&mut faults);
        faults.end(Some(origins))
    }

    /// An empty variable is one that is not there.
    pub(super) fn read(&self, faults: &mut Faults) -> Vec<String> {
        let parts = self.origins.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty());
        let mut origins = Vec::new();
        for part in parts {
            match part.parse::<url::Url>() {
                // As browsers write it: scheme, host, and a port that is not the usual one.
                Ok(url) if url.origin().is_tuple() && url.origin().ascii_serialization() == part => {
                    origins.push(part.to_owned());
                }
                _ => faults.add(format!("MISTOK_ORIGINS (--origins): {part:?} is no origin such as https://app.example")),
            }
        }
        origins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read() {
        let read = |text: &str| BrowserOptions { origins: Some(text.into()) }.check().map_err(|faults| faults.to_string());
        assert_eq!(read(""), Ok(vec![]));
        let two = vec!["https://app.example".to_owned(), "http://127.0.0.1:3000".to_owned()];
        assert_eq!(read(" https://app.example, http://127.0.0.1:3000"), Ok(two));
        for wrong in
            ["*", "null", "app.example", "https://app.example/", "https://app.example:443", "https://App.example", "file:///x"]
        {
            assert!(read(wrong).expect_err("a fault").contains("MISTOK_ORIGINS"), "{wrong}");
        }
    }
}
