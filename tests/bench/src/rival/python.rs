//! In Python, with boto3: `python/load.py`, run in a virtual environment that is made when first needed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use jiff::civil::Date;

use super::Outcome;
use crate::cloud::{Cloud, RECORDS};
use crate::register::TENANT;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python/load.py");

/// A Python that has what the rival needs.
#[derive(Clone, Debug)]
pub struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// Makes the virtual environment under `folder` if it is not there, with pip's own sources of packages.
    pub fn prepare(folder: &Path) -> Result<Self> {
        let venv = folder.join("bench-python");
        let python = Self {
            interpreter: venv.join("bin/python"),
        };
        if python.has_packages() {
            return Ok(python);
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ];
        run(Command::new(&python.interpreter)
            .args(install)
            .args(["boto3", "cryptography"]))?;
        if !python.has_packages() {
            bail!("pip installed boto3 and cryptography, but Python does not find them");
        }
        Ok(python)
    }

    /// What it calls itself and its packages.
    pub fn version(&self) -> Result<String> {
        let ask = "import sys, boto3, cryptography; \
                   print(f'Python {sys.version.split()[0]}, boto3 {boto3.__version__}, \
                   cryptography {cryptography.__version__}')";
        let output = Command::new(&self.interpreter).args(["-c", ask]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// Loads the first `rows` of the file.
    pub fn load(&self, file: &Path, rows: u64, today: Date, cloud: &Cloud) -> Result<Outcome> {
        let output = Command::new(&self.interpreter)
            .arg(SCRIPT)
            .arg(file)
            .args([
                TENANT,
                RECORDS,
                &rows.to_string(),
                &today.strftime("%Y%m%d").to_string(),
            ])
            .envs(cloud.environment())
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("{SCRIPT} failed");
        }
        serde_json::from_slice(&output.stdout).context("load.py printed no outcome")
    }

    fn has_packages(&self) -> bool {
        let ask = ["-c", "import boto3, cryptography"];
        let tried = Command::new(&self.interpreter)
            .args(ask)
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        let said = output
            .stderr
            .escape_ascii()
            .to_string()
            .replace("\\n", "\n");
        bail!("{command:?} failed: {said}");
    }
    Ok(())
}
