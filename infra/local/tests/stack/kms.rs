use aws_sdk_kms::{Client, primitives::Blob, types::DataKeySpec};

use crate::{code_of, world};

async fn wrapped(client: &Client, tenant: &str) -> Blob {
    let call = client
        .generate_data_key_without_plaintext()
        .key_id("records")
        .number_of_bytes(32);
    call.encryption_context("tenant", tenant)
        .send()
        .await
        .unwrap()
        .ciphertext_blob
        .unwrap()
}

#[tokio::test]
async fn a_data_key_opens_under_its_own_context_only() {
    let stack = world::in_memory();
    let client = world::kms(&stack);
    let blob = wrapped(&client, "131016").await;
    let open = |context: &[(&str, &str)]| {
        let mut call = client.decrypt().ciphertext_blob(blob.clone());
        for (name, value) in context {
            call = call.encryption_context(*name, *value);
        }
        call
    };
    let opened = open(&[("tenant", "131016")]).send().await.unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref().len(), 32);
    for context in [
        &[][..],
        &[("tenant", "011002")],
        &[("tenant", "131016"), ("x", "y")],
    ] {
        assert_eq!(
            code_of!(open(context), aws_sdk_kms),
            "InvalidCiphertextException"
        );
    }
    let by_another = open(&[("tenant", "131016")]).key_id("files");
    assert_eq!(code_of!(by_another, aws_sdk_kms), "IncorrectKeyException");
}

#[tokio::test]
async fn what_is_encrypted_is_decrypted_and_a_changed_byte_is_not() {
    let stack = world::in_memory();
    let client = world::kms(&stack);
    let sealed = client
        .encrypt()
        .key_id("records")
        .plaintext(Blob::new("open"))
        .send()
        .await
        .unwrap();
    let blob = sealed.ciphertext_blob.unwrap();
    let opened = client
        .decrypt()
        .ciphertext_blob(blob.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(opened.plaintext().unwrap().as_ref(), b"open");
    assert_eq!(opened.key_id(), sealed.key_id.as_deref());
    for place in 0..blob.as_ref().len() {
        let mut bytes = blob.as_ref().to_vec();
        bytes[place] ^= 1;
        let call = client.decrypt().ciphertext_blob(Blob::new(bytes));
        assert_eq!(
            code_of!(call, aws_sdk_kms),
            "InvalidCiphertextException",
            "byte {place}"
        );
    }
}

#[tokio::test]
async fn a_plain_data_key_is_the_one_that_was_wrapped() {
    let stack = world::in_memory();
    let client = world::kms(&stack);
    let made = client
        .generate_data_key()
        .key_id("records")
        .key_spec(DataKeySpec::Aes256);
    let made = made.send().await.unwrap();
    let opened = client
        .decrypt()
        .ciphertext_blob(made.ciphertext_blob.unwrap());
    assert_eq!(opened.send().await.unwrap().plaintext, made.plaintext);
}

#[tokio::test]
async fn keys_stay_in_their_folder_and_are_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let stack = world::in_folder(folder.path());
    let blob = wrapped(&world::kms(&stack), "131016").await;
    stack.stop().await;
    let stack = world::in_folder(folder.path());
    let call = world::kms(&stack).decrypt().ciphertext_blob(blob);
    call.encryption_context("tenant", "131016")
        .send()
        .await
        .unwrap();
    #[cfg(unix)]
    for key in std::fs::read_dir(folder.path().join("kms")).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            key.unwrap().metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
