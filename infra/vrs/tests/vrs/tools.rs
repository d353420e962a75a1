//! A municipality's own tool: a token of its issuer, the settings of the AWS command line, a file.

use std::path::Path;
use std::process::Command;

use crate::command::{command, ran, vrs};
use crate::served::Served;

/// The command, set up as a tool of a municipality sets up the AWS command line: a profile that names a
/// role and the file of a token, and nothing else that could give it rights.
fn tool(folder: &Path, served: &Served, arguments: &[&str]) -> Command {
    let profile = format!(
        "[profile town]\nregion = ap-northeast-1\n\
         role_arn = arn:aws:iam::000000000000:role/tools-role\n\
         web_identity_token_file = token.jwt\nservices = here\n\
         [services here]\ns3 =\n  endpoint_url = {}\nsts =\n  endpoint_url = {}\n",
        served.s3, served.dynamodb
    );
    std::fs::write(folder.join("aws.config"), profile).unwrap();
    let mut command = command(folder, arguments);
    command
        .env_clear()
        .env("AWS_CONFIG_FILE", "aws.config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "none")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_PROFILE", "town");
    command
}

#[test]
fn a_tool_drops_a_file_with_a_token_for_its_municipality_and_for_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let served = Served::start(folder);
    let at = ["--dynamodb", &served.dynamodb];
    for tenant in ["131016", "011002"] {
        let added = vrs(folder, &[&["tenant", "add", tenant], &at[..]].concat());
        assert_eq!(added.code, Some(0), "{}", added.err);
    }
    let file = ["generate", "--tenant", "131016", "--residents", "50"];
    assert_eq!(vrs(folder, &file).code, Some(0));

    let api = ["--api", &served.api];
    let token = vrs(
        folder,
        &[&["token", "--tools", "--tenant", "131016"], &api[..]].concat(),
    );
    assert_eq!(token.code, Some(0), "{}", token.err);
    std::fs::write(folder.join("token.jwt"), token.out.trim_end()).unwrap();

    let upload = |file: &str, tenant: &str| {
        let asked = [
            "upload", file, "--aws", "--bucket", "drop", "--tenant", tenant,
        ];
        ran(&mut tool(folder, &served, &asked))
    };
    let own = upload("residents_20210401.csv", "131016");
    assert_eq!(own.code, Some(0), "{}", own.err);
    assert!(
        own.out.contains("台帳に反映しました（第1世代）"),
        "{}",
        own.out
    );

    // Such a name comes encoded in the event, and its receipt is found all the same.
    let named = "住民 (1)+.csv";
    std::fs::rename(folder.join("residents_20210401.csv"), folder.join(named)).unwrap();
    let again = upload(named, "131016");
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(again.out.contains("取り込みは不要でした"), "{}", again.out);

    let others = upload(named, "011002");
    assert_eq!(others.code, Some(1));
    assert!(others.err.contains("AccessDenied"), "{}", others.err);

    // A token for the API is none for tools.
    let asked = ["token", "--tenant", "131016", "--role", "register"];
    let token = vrs(folder, &[&asked[..], &api].concat());
    std::fs::write(folder.join("token.jwt"), token.out.trim_end()).unwrap();
    assert_eq!(upload(named, "131016").code, Some(1));
}
