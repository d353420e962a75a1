//! What can be typed.

mod words;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::{Date, ExportScope, FileKind, TenantCode};
use jiff::Timestamp;

use self::words::{
    ROLES, as_of_date, export_encoding, export_scope, file_kind, per_day, tenant_code,
};
use crate::generate::{Encoding, MOST_RESIDENTS, Percent};

/// Open VRS: a vaccination record system for municipalities.
#[derive(Debug, Parser)]
#[command(
    name = "vrs",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the main job on synthetic files, in a fresh stack in memory; takes some seconds
    Demo,
    /// Run the whole stack on this machine until Ctrl-C
    Serve(Serve),
    /// Print a token for the API of a running `vrs serve`
    Token(Token),
    /// Enter municipalities, list them, change their settings
    #[command(subcommand)]
    Tenant(Tenant),
    /// Check the logs of inquiries
    #[command(subcommand)]
    Log(Log),
    /// Check or repair the index of holders
    #[command(subcommand)]
    Index(Index),
    /// Write a synthetic file; the same seed writes the same bytes
    Generate(Generate),
    /// Write which promises the tests have shown to hold, for an assessment (evidence.md, evidence.json)
    Evidence(Evidence),
    /// After the table went back in time: load again what was dropped since, in order, then repair the index of holders
    /// and check the logs
    Recover(Recover),
    /// Drop a file of residents, doses or inquiries and follow it to its receipt, in a running `vrs serve` or on AWS
    Upload(Upload),
}

/// `vrs serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Folder that keeps everything between runs; made when it is not there
    #[arg(long, value_name = "DIR", default_value = ".data")]
    pub data: PathBuf,
    /// Where the HTTP API listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub api: SocketAddr,
    /// Where S3 listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9000")]
    pub s3: SocketAddr,
    /// Where DynamoDB, SQS, KMS and STS listen
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8000")]
    pub dynamodb: SocketAddr,
}

/// Where a running `vrs serve` is found.
#[derive(Debug, Args)]
pub struct ApiAddress {
    /// The HTTP API of the running stack
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub api: String,
}

/// `vrs token`
#[derive(Debug, Args)]
pub struct Token {
    /// Municipality code, six digits
    #[arg(long, value_name = "CODE", value_parser = tenant_code)]
    pub tenant: TenantCode,
    /// What the token allows; may be given several times
    #[arg(long = "role", value_name = "ROLE", required_unless_present = "tools", num_args = 1.., value_parser = ROLES)]
    pub roles: Vec<String>,
    /// A token with which a tool buys credentials for the drop folder, instead of one for the API
    #[arg(long, conflicts_with = "roles")]
    pub tools: bool,
    #[command(flatten)]
    pub at: ApiAddress,
}

/// `vrs upload`
#[derive(Debug, Args)]
pub struct Upload {
    /// The file (CSV)
    pub file: PathBuf,
    /// What it holds: residents, doses or inquiries
    #[arg(long, value_name = "KIND", default_value = "residents", value_parser = file_kind)]
    pub kind: FileKind,
    /// Municipality code, six digits
    #[arg(long, value_name = "CODE", value_parser = tenant_code)]
    pub tenant: TenantCode,
    /// S3 of the running stack
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
    pub s3: String,
    #[command(flatten)]
    pub at: ApiAddress,
    /// Go to AWS instead, with the profile, region and credentials of the AWS command line
    #[arg(long, conflicts_with_all = ["s3", "api"], requires = "bucket")]
    pub aws: bool,
    /// The drop bucket; on AWS the stack's output `DropBucketName`
    #[arg(long, value_name = "NAME", default_value = "drop")]
    pub bucket: String,
}

/// `vrs recover`
#[derive(Debug, Args)]
pub struct Recover {
    /// The point in time to which the table went back
    #[arg(long, value_name = "YYYY-MM-DDThh:mm:ssZ")]
    pub since: Timestamp,
    #[command(flatten)]
    pub drop: DropBucket,
    /// The queue of dropped files; on AWS the stack's output `UploadsQueueUrl`
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:8000/000000000000/uploads",
        required_if_eq("aws", "true")
    )]
    pub uploads: String,
    /// The queue of accepted residents files; on AWS the stack's output `LoadsQueueUrl`
    #[arg(
        long,
        value_name = "URL",
        default_value = "http://127.0.0.1:8000/000000000000/loads",
        required_if_eq("aws", "true")
    )]
    pub loads: String,
    /// Where the records and the index are
    #[command(flatten)]
    pub places: IndexPlaces,
}

/// `vrs evidence`
#[derive(Debug, Args)]
pub struct Evidence {
    /// What `cargo test --workspace` printed; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub results: PathBuf,
    /// What was tested: a version or a commit
    #[arg(long, value_name = "NAME", default_value = env!("CARGO_PKG_VERSION"))]
    pub of: String,
    /// Day on which the tests ran [default: today in Japan]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub on: Option<Date>,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
}

/// `vrs generate`. What is to be written follows from the counts that are given.
#[derive(Debug, Args)]
pub struct Generate {
    /// Municipality code, six digits
    #[arg(long, value_name = "CODE", value_parser = tenant_code)]
    pub tenant: TenantCode,
    /// Write a residents file (接種対象者) of so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_RESIDENTS)))]
    pub residents: u32,
    /// Write a dose file (接種記録) instead: so many doses of those residents, by their coupons
    #[arg(long, value_name = "N", conflicts_with_all = ["changed", "as_of"], value_parser = clap::value_parser!(u32).range(1..))]
    pub doses: Option<u32>,
    /// Other seeds draw other people
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// How the file is encoded
    #[arg(long, value_name = "NAME", value_enum, default_value = "utf-8")]
    pub encoding: Encoding,
    /// Plant a defect in so many rows
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub defects: Percent,
    /// Write the second file: the same people, of whom so many changed, left or came
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub changed: Percent,
    /// Day the register is as of, not before 2021-04-01, which is the default; the second file's is the day after
    #[arg(long, value_name = "YYYYMMDD", value_parser = as_of_date)]
    pub as_of: Option<Date>,
    /// Where to write; `-` is standard output [default: `residents_YYYYMMDD.csv` or `doses.csv`]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `vrs tenant`
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Enter a municipality: its settings and a branch key of its own
    Add(Add),
    /// List the municipalities that take part
    List(Services),
    /// Show a municipality's settings, or change those that are given
    Settings(TenantSettings),
    /// Erase a municipality that leaves: its branch key, its items, its entries in the index of holders, its objects with all versions
    Erase(Erase),
}

/// `vrs tenant add`
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    pub at: TenantAt,
    /// How many inquiries a day it may make at most, whatever it sets itself; a fiftieth of its population is usual.
    /// Without a bound it may make 100 to 2,000 by the size of its register until it sets more
    #[arg(long, value_name = "N", value_parser = per_day())]
    pub inquiries_at_most: Option<u32>,
}

/// `vrs tenant erase`
#[derive(Debug, Args)]
pub struct Erase {
    #[command(flatten)]
    pub at: TenantAt,
    /// The municipality has its last full export, and nothing of it will be needed here again
    #[arg(long, required = true)]
    pub export_fetched: bool,
    #[command(flatten)]
    pub drop: DropBucket,
    #[command(flatten)]
    pub index: IndexAt,
}

/// Where files are dropped.
#[derive(Debug, Args)]
pub struct DropBucket {
    /// The drop bucket; on AWS the stack's output `DropBucketName`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "drop",
        required_if_eq("aws", "true")
    )]
    pub bucket: String,
}

/// The index of holders, and the manifests that say who is in a register.
#[derive(Debug, Args)]
pub struct IndexAt {
    /// S3 of the running stack
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
    pub s3: String,
    /// The bucket of manifests; on AWS the stack's output `WorkBucketName`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "work",
        required_if_eq("aws", "true")
    )]
    pub work: String,
    /// The index of holders; on AWS the stack's output `HoldersTableName`
    #[arg(
        long,
        value_name = "NAME",
        default_value = "holders",
        required_if_eq("aws", "true")
    )]
    pub holders: String,
}

/// One municipality of the stack.
#[derive(Debug, Args)]
pub struct TenantAt {
    /// Municipality code, six digits
    #[arg(value_name = "CODE", value_parser = tenant_code)]
    pub tenant: TenantCode,
    #[command(flatten)]
    pub services: Services,
}

/// `vrs tenant settings`
#[derive(Debug, Args)]
pub struct TenantSettings {
    #[command(flatten)]
    pub at: TenantAt,
    /// In residents files, read the column THEIRS as our column OURS; THEIRS= takes it back
    #[arg(long = "column", value_name = "THEIRS=OURS")]
    pub columns: Vec<String>,
    /// The same in dose files
    #[arg(long = "dose-column", value_name = "THEIRS=OURS")]
    pub dose_columns: Vec<String>,
    /// A lot that was delivered; once lots of a product are known, others are doubtful
    #[arg(long = "lot", value_name = "PRODUCT=LOT")]
    pub lots: Vec<String>,
    /// Refuse a file whole when more of its rows are refused
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_refused: Option<u8>,
    /// Hold a file for confirmation when it removes more of the register, or lifts more of the protections (支援措置)
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub max_removed: Option<u8>,
    /// Write exports for the ledger in this encoding: utf-8, utf-8-bom or cp932
    #[arg(long, value_name = "ENCODING", value_parser = export_encoding)]
    pub export_encoding: Option<domain::Encoding>,
    /// Export every night the doses of everybody (full), or of those whose doses changed (changed)
    #[arg(long, value_name = "SCOPE", value_parser = export_scope)]
    pub export_scope: Option<ExportScope>,
    /// How many inquiries the municipality may make in a day
    #[arg(long, value_name = "N", value_parser = per_day())]
    pub inquiries_per_day: Option<u32>,
    /// How many that may be at most, whatever the municipality sets itself
    #[arg(long, value_name = "N", value_parser = per_day())]
    pub inquiries_at_most: Option<u32>,
    /// Hold back inquiries about residents who are address-protected (支援措置), or of whom that is not known, until the
    /// municipality decides; the asker cannot tell this from nobody holding anything
    #[arg(long, value_name = "BOOL")]
    pub hold_protected: Option<bool>,
}

/// `vrs log`
#[derive(Debug, Subcommand)]
pub enum Log {
    /// Check the logs of all municipalities: numbers, hashes, and that both sides say the same
    Check(Services),
}

/// `vrs index`
#[derive(Debug, Subcommand)]
pub enum Index {
    /// Compare the index of holders with the records: put what is missing or wrong, take out what leads to nobody and
    /// does not open
    Rebuild(Rebuild),
}

/// `vrs index rebuild`
#[derive(Debug, Args)]
pub struct Rebuild {
    /// One municipality; all of them when it is not given
    #[arg(long, value_name = "CODE", value_parser = tenant_code)]
    pub tenant: Option<TenantCode>,
    /// Only look: put nothing, and fail if something is missing or wrong
    #[arg(long)]
    pub check: bool,
    /// Where everything is
    #[command(flatten)]
    pub places: IndexPlaces,
}

/// Where the index of holders is, and what it is made from.
#[derive(Debug, Args)]
pub struct IndexPlaces {
    #[command(flatten)]
    pub index: IndexAt,
    /// The key that tells persons apart; on AWS the stack's output `HoldersKeyId`
    #[arg(
        long,
        value_name = "ID",
        default_value = "holders",
        required_if_eq("aws", "true")
    )]
    pub holders_key: String,
    /// KMS calls per second of each of the 32 parallel workers; 0 means no limit
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub kms_per_second: u32,
    /// Where the records are
    #[command(flatten)]
    pub services: Services,
}

/// The services that know the municipalities: of a running `vrs serve`, or on AWS.
#[derive(Debug, Args)]
pub struct Services {
    /// DynamoDB and KMS of the running stack
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub dynamodb: String,
    /// Go to AWS instead, with the credentials and region of the AWS command line
    #[arg(long, conflicts_with = "dynamodb", requires_all = ["table", "key"])]
    pub aws: bool,
    /// The table; on AWS the stack's output `RecordsTableName`
    #[arg(long, value_name = "NAME", default_value = "records")]
    pub table: String,
    /// The key that wraps branch keys; on AWS the stack's output `RecordsKeyId`
    #[arg(long, value_name = "ID", default_value = "records")]
    pub key: String,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        Cli::try_parse_from(line.split(' ')).map(|cli| cli.command)
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_documented_line_is_understood() {
        for line in [
            "vrs demo",
            "vrs serve",
            "vrs serve --data D --api 127.0.0.1:1 --s3 127.0.0.1:2 --dynamodb [::1]:3",
            "vrs token --tenant 131016 --role read --role register",
            "vrs token --tenant 131016 --role read register",
            "vrs token --tenant 131016 --tools",
            "vrs tenant add 131016",
            "vrs tenant add 131016 --inquiries-at-most 1300",
            "vrs tenant list",
            "vrs tenant list --dynamodb http://127.0.0.1:8001",
            "vrs tenant add 131016 --aws --table t --key k",
            "vrs tenant settings 131016",
            "vrs tenant settings 131016 --inquiries-per-day 500 --hold-protected false",
            "vrs tenant erase 131016 --export-fetched",
            "vrs tenant erase 131016 --export-fetched --aws --table t --key k --bucket b --work w --holders h",
            "vrs log check",
            "vrs index rebuild --check",
            "vrs index rebuild --tenant 131016 --aws --table t --key k --work w --holders h --holders-key i",
            "vrs log check --aws --table t --key k",
            "vrs tenant settings 131016 --column 住民番号=個別宛名番号 --max-refused 5",
            "vrs tenant settings 131016 --dose-column ﾛｯﾄ=ロット番号 --lot COMIRNATY=EY0779",
            "vrs generate --tenant 131016 --residents 200000 --seed 7",
            "vrs generate --tenant 131016 --residents 10 --seed 7 --encoding cp932 --defects 2.5",
            "vrs generate --tenant 131016 --residents 10 --changed 1 --as-of 20210501 --out -",
            "vrs generate --tenant 131016 --residents 10 --doses 15 --defects 5",
            "vrs upload residents.csv --tenant 131016",
            "vrs upload doses.csv --kind doses --tenant 131016",
            "vrs upload doses.csv --kind doses --tenant 131016 --aws --bucket b",
            "vrs recover --since 2026-11-27T01:00:00Z",
            "vrs recover --since 2026-11-27T01:00:00Z --aws --table t --key k --bucket b --uploads u --loads l --work w --holders h --holders-key i",
            "vrs evidence --results tests.log --of 1a2b3c4 --on 2026-11-27 --out infra/evidence",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err());
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_before_anything_is_done() {
        for line in [
            "vrs token --tenant 131016",
            "vrs token --tenant 131017 --role read",
            "vrs token --tenant 131016 --role boss",
            "vrs tenant add 131016 --inquiries-at-most 1000001",
            "vrs tenant settings 131016 --inquiries-per-day 1000001",
            "vrs tenant settings 131016 --export-encoding latin1",
            "vrs tenant add 13101",
            "vrs tenant erase 131016",
            "vrs generate --tenant 131016 --seed 7",
            "vrs generate --tenant 131016 --residents 0",
            "vrs generate --tenant 131016 --residents 4000001",
            "vrs generate --tenant 131016 --residents 10 --defects 101",
            "vrs generate --tenant 131016 --residents 10 --encoding euc-jp",
            "vrs generate --tenant 131016 --residents 10 --as-of 20210331",
            "vrs generate --tenant 131016 --residents 10 --doses 0",
            "vrs generate --tenant 131016 --residents 10 --doses 5 --changed 1",
            "vrs upload --tenant 131016",
            "vrs upload r.csv --tenant 131016 --aws",
            "vrs upload r.csv --tenant 131016 --aws --bucket b --s3 http://127.0.0.1:9000",
            "vrs token --tenant 131016 --tools --role read",
            "vrs upload letters.csv --kind letters --tenant 131016",
            "vrs recover",
            "vrs recover --since yesterday",
            "vrs recover --since 2026-11-27T01:00:00Z --aws --table t",
            "vrs recover --since 2026-11-27T01:00:00Z --aws --table t --key k --bucket b --uploads u --loads l",
            "vrs recover --since 2026-11-27T01:00:00Z --aws --table t --key k --uploads u --loads l --work w --holders h --holders-key i",
            "vrs index rebuild --aws --table t --key k",
            "vrs index rebuild --aws --table t --key k --work w --holders h",
            "vrs tenant erase 131016 --export-fetched --aws --table t --key k --bucket b --work w",
            "vrs serve --api 8080",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
